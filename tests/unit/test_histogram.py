"""Tests of capacity.histogram: what is withheld, and how sure a P99 is."""

import pytest

from capacity.histogram import Histogram, merge, summarize


def a_histogram(count: int) -> Histogram:
    """Latencies of 1 ms, 2 ms, ... `count` ms."""
    histogram = Histogram()
    for number in range(1, count + 1):
        histogram.record_s(number / 1_000)
    return histogram


@pytest.mark.parametrize(
    ("count", "known"),
    [
        (99, ()),
        (100, ("p90_s",)),
        (199, ("p90_s",)),
        (200, ("p90_s", "p95_s")),
        (999, ("p90_s", "p95_s")),
        (1_000, ("p90_s", "p95_s", "p99_s", "p99_low_s", "p99_high_s")),
        (9_999, ("p90_s", "p95_s", "p99_s", "p99_low_s", "p99_high_s")),
        (10_000, ("p90_s", "p95_s", "p99_s", "p999_s", "p99_low_s", "p99_high_s")),
    ],
)
def test_a_tail_percentile_needs_ten_samples_above_it(count: int, known: tuple[str, ...]) -> None:
    """Withheld is None, so that nothing can take it for a number."""
    summary = summarize(a_histogram(count))

    tails = ("p90_s", "p95_s", "p99_s", "p999_s", "p99_low_s", "p99_high_s")
    assert tuple(name for name in tails if getattr(summary, name) is not None) == known


def test_a_rule_may_ask_for_less() -> None:
    """Rules have a sample count of their own; the value is the nearest rank."""
    summary = summarize(a_histogram(100), least_above=0)

    assert summary is not None
    assert summary.p99_s == pytest.approx(0.099, rel=1e-3)
    assert summary.p99_low_s is None


def test_the_interval_of_the_p99_holds_for_any_distribution() -> None:
    """Of 1,000 samples the true P99 lies between the 983rd and the 998th at 95 %."""
    summary = summarize(a_histogram(1_000))

    assert summary is not None
    assert summary.p99_low_s == pytest.approx(0.983, rel=1e-3)
    assert summary.p99_high_s == pytest.approx(0.998, rel=1e-3)


def test_the_interval_narrows_with_samples() -> None:
    """Ten times the samples: P98.8 to P99.2."""
    summary = summarize(a_histogram(10_000))

    assert summary is not None
    assert summary.p99_low_s == pytest.approx(9.880, rel=1e-3)
    assert summary.p99_high_s == pytest.approx(9.921, rel=1e-3)


def test_nothing_recorded_has_no_summary() -> None:
    """Missing is not zero."""
    assert summarize(merge([b""])) is None
