"""What the tests of the monitors share."""

from collections.abc import Iterator

import pytest

from tests.monitors.prometheus_server import PrometheusServer, prometheus_server

# Where the samples of `past_prometheus` begin.
PAST_UNIX_S = 1_700_000_000.0


@pytest.fixture(scope="session")
def past_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus with old samples only: `busy_seconds_total` of pods a and b, ten every 15 s.

    Pod a counts 0.5 a second, pod b 0.25, both from 100 at PAST_UNIX_S.
    """
    lines = ["# TYPE busy_seconds counter"]
    for pod, growth in (("a", 0.5), ("b", 0.25)):
        for index in range(10):
            at_unix_s, value = PAST_UNIX_S + 15 * index, 100 + growth * 15 * index
            lines.append(f'busy_seconds_total{{pod="{pod}"}} {value} {at_unix_s:.3f}')
    folder = tmp_path_factory.mktemp("past")
    with prometheus_server(folder, samples="\n".join(lines)) as server:
        yield server
