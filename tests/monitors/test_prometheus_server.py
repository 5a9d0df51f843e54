"""Does the Prometheus of the tests have the samples that it was given?"""

from pathlib import Path

import pytest

from tests.monitors.conftest import PAST_UNIX_S
from tests.monitors.prometheus_server import PrometheusServer, Scrape, prometheus_server


def test_has_the_samples_it_was_given(past_prometheus: PrometheusServer) -> None:
    """Old samples are there at once, with their own times."""
    found = past_prometheus.query('busy_seconds_total{pod="a"}[31s]', PAST_UNIX_S + 30)
    assert [series["values"] for series in found] == [
        [[PAST_UNIX_S, "100"], [PAST_UNIX_S + 15, "107.5"], [PAST_UNIX_S + 30, "115"]]
    ]


@pytest.mark.timeout(180)
def test_scrapes_what_it_is_told_to_and_ends(tmp_path: Path) -> None:
    """A target that is not there is seen as down; afterwards the process is gone."""
    job = Scrape("nobody", ["127.0.0.1:1"], every_s=0.5, more="honor_timestamps: false")
    with prometheus_server(tmp_path, scrapes=[job]) as server:
        (series,) = server.wait_for('up{job="nobody"}')
        assert series["value"][1] == "0"
        pid = server.pid
    assert not Path(f"/proc/{pid}").exists()
