"""Are the parts of the lab what they say: is the limit real, and is what Prometheus has true?"""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import (
    EVERY_SECOND,
    OWN_STAMPS,
    RESTAMPED,
    Lab,
    Replica,
    lab,
    pod_name,
)
from tests.lab.pod_exporter import HOUSEKEEPING_S

HOLD_S = 7.0


@contextmanager
def users(url: str, count: int) -> Iterator[None]:
    """So many users ask again and again."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # loopback
                assert answer.read() == b"done"

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def samples(lab: Lab, metric: str, namespace: str, at_unix_s: float) -> list[tuple[float, float]]:
    """The raw samples of the container in the last seconds before a time."""
    found = lab.prometheus.query(
        f'{metric}{{namespace="{namespace}",container="app"}}[{HOLD_S:g}s]', at_unix_s
    )
    (series,) = found
    return [(at_s, float(value)) for at_s, value in series["values"]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Replica, float]]:
    """A service that was kept at its limit for HOLD_S, and the end of that time."""
    reason = why_no_limits()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("lab")
    with lab(folder) as parts, parts.replica(pod_name("checkout"), "--work-ms", "20") as replica:
        with users(replica.url, 3):
            time.sleep(HOLD_S + 0.5)
            end_unix_s = time.time()
            time.sleep(HOUSEKEEPING_S + 1.5)  # what housekeeping reads comes late
        yield parts, replica, end_unix_s


def test_the_limit_is_real(loaded: tuple[Lab, Replica, float]) -> None:
    """A service that could use a whole core gets half of one, and is throttled for it."""
    _, replica, end_unix_s = loaded
    cores = replica.kernel.cores(end_unix_s - HOLD_S, end_unix_s)
    assert cores == pytest.approx(0.5, rel=0.03)
    assert replica.kernel.throttled_ratio(end_unix_s - HOLD_S, end_unix_s) > 0.9


@pytest.mark.parametrize("namespace", [EVERY_SECOND, OWN_STAMPS])
def test_prometheus_has_what_the_kernel_counted(
    loaded: tuple[Lab, Replica, float], namespace: str
) -> None:
    """With the time of the scrape and with that of housekeeping, sample by sample."""
    parts, replica, end_unix_s = loaded
    found = samples(parts, "container_cpu_usage_seconds_total", namespace, end_unix_s)
    (first_s, first), (last_s, last) = found[0], found[-1]
    assert len(found) >= 3
    assert (last - first) / (last_s - first_s) == pytest.approx(
        replica.kernel.cores(first_s, last_s), rel=0.03
    )


def test_housekeeping_is_seen_with_its_own_times_or_as_standing_still(
    loaded: tuple[Lab, Replica, float],
) -> None:
    """Honoured stamps are a housekeeping apart; restamped counters repeat their last value."""
    parts, _, end_unix_s = loaded
    honoured = samples(parts, "container_cpu_usage_seconds_total", OWN_STAMPS, end_unix_s)
    for (before_s, before), (after_s, after) in pairwise(honoured):
        assert after_s - before_s == pytest.approx(HOUSEKEEPING_S, abs=0.5)
        assert after > before
    restamped = samples(parts, "container_cpu_usage_seconds_total", RESTAMPED, end_unix_s)
    assert [after_s - before_s for (before_s, _), (after_s, _) in pairwise(restamped)] == (
        pytest.approx([1.0] * (len(restamped) - 1), abs=0.5)
    )
    assert any(before == after for (_, before), (_, after) in pairwise(restamped))


def test_a_limit_that_cannot_be_set_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without control groups the reason is a sentence, for the skip."""
    monkeypatch.setattr("tests.lab.cpu_group.ROOT", tmp_path)
    reason = why_no_limits()
    assert reason is not None
    assert reason.startswith("no CPU limit can be set here: ")
