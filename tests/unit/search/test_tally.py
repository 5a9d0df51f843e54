"""Tests of capacity.search.tally."""

from dataclasses import replace

import pytest

from capacity.histogram import Histogram
from capacity.model.rules import WindowStats
from capacity.model.snapshot import ConnectionCounts, Counts, FailureKind, GeneratorLoad
from capacity.search.tally import WindowTally
from tests.unit.builders import a_snapshot


def a_blob(*latencies_s: float) -> bytes:
    """A serialised histogram of these latencies."""
    histogram = Histogram()
    for latency_s in latencies_s:
        histogram.record_s(latency_s)
    return histogram.to_blob()


def enough(_: WindowStats) -> bool:
    """Any window will do."""
    return True


def test_empty_tally_knows_nothing() -> None:
    """Before the first interval there is no span, no latency and no load, not a zero of them."""
    tally = WindowTally()
    assert not tally.is_complete
    assert tally.mean_in_flight() is None
    assert tally.generator() is None
    assert tally.first_byte() is None
    window = tally.last(10.0, enough)
    assert (window.span_s, window.latency, window.counts) == (0.0, None, Counts())


def test_sliding_window_takes_the_newest_seconds_only() -> None:
    """A window of 2 s sees the last two of four intervals, with their own percentiles."""
    tally = WindowTally()
    for second, latency_s in enumerate((0.010, 0.010, 0.200, 0.200)):
        tally.add(a_snapshot(10 * second, start_s=float(second), latency_blob=a_blob(latency_s)))
    window = tally.last(2.0, enough)
    assert (window.start_s, window.end_s) == (2.0, 4.0)
    assert window.counts.ok == 20 + 30
    assert window.latency is not None
    assert window.latency.p50_s == pytest.approx(0.200, rel=1e-3)


def test_window_with_too_few_samples_reaches_further_back() -> None:
    """A service that has become slow is judged on more seconds, up to the start of the hold."""
    tally = WindowTally()
    for second, ok in enumerate((500, 60, 50, 40)):
        tally.add(a_snapshot(ok, start_s=float(second)))
    assert tally.last(1.0, lambda window: window.counts.ok >= 100).start_s == 1.0
    assert tally.last(1.0, lambda window: window.counts.ok >= 1000).start_s == 0.0


def test_stragglers_count_for_the_step_but_not_for_its_window() -> None:
    """What ends after the window belongs to its counts and latencies, not to its throughput."""
    tally = WindowTally()
    tally.add(replace(a_snapshot(10, latency_blob=a_blob(0.01)), in_flight=4, window_over=True))
    assert tally.is_complete is False
    late = replace(
        a_snapshot(4, start_s=6.0, span_s=0.0, latency_blob=a_blob(1.0)),
        ended_ok=0,
        ended_all=0,
        in_flight=0,
        window_over=True,
    )
    tally.add(late)
    assert bool(tally.is_complete)
    assert tally.counts().ok == 14
    assert (tally.ended_ok(), tally.ended_all()) == (10, 10)
    assert tally.latency().max_s == pytest.approx(1.0, rel=1e-3)
    assert tally.last(1.0, enough).counts.ok == 10


def test_generator_load_is_weighted_by_time() -> None:
    """A short last interval weighs less than a whole second; the worst lag is kept."""
    tally = WindowTally()
    tally.add(replace(a_snapshot(span_s=1.0), generator=GeneratorLoad(0.2, 0.1, 0.001)))
    tally.add(replace(a_snapshot(span_s=3.0), generator=GeneratorLoad(0.6, 0.3, 0.004)))
    tally.add(replace(a_snapshot(span_s=1.0), generator=None))
    load = tally.generator()
    assert load is not None
    assert (load.cpu_ratio, load.runqueue_wait_ratio) == pytest.approx((0.5, 0.25))
    assert load.loop_lag_s == 0.004


def test_failures_connections_and_in_flight_add_up() -> None:
    """Counts per kind and connection counts are sums; in flight is a mean over whole intervals."""
    tally = WindowTally()
    kinds = {FailureKind.CONN_REFUSED: 2}
    tally.add(replace(a_snapshot(5, failures=kinds), connections=ConnectionCounts(3, 2, 1)))
    tally.add(replace(a_snapshot(5, failures=kinds), connections=ConnectionCounts(1, 0, 4)))
    tally.add(replace(a_snapshot(0), in_flight=0, window_over=True))
    assert tally.counts().failures == {FailureKind.CONN_REFUSED: 4}
    assert tally.connections() == ConnectionCounts(4, 2, 5)
    assert tally.mean_in_flight() == 64.0


def test_scenario_functions_are_summed_apart() -> None:
    """Whole functions of a Python scenario have a latency and failures of their own."""
    tally = WindowTally()
    row = replace(a_snapshot(), scenario_latency_blob=a_blob(0.5), scenario_failures=2)
    tally.add(row)
    tally.add(row)
    latency = tally.scenario_latency()
    assert latency is not None
    assert (latency.count, tally.scenario_failures()) == (2, 4)
