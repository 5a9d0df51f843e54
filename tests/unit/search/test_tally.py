"""Tests of capacity.search.tally."""

from dataclasses import replace

import pytest

from capacity.histogram import Histogram, summarize
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.measured import Interval
from capacity.model.rules import WindowStats
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    FailureSample,
    FailureTrace,
    GeneratorLoad,
    Schedule,
    SlotTimes,
)
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
    """A short last interval weighs less than a whole second; what is unknown weighs nothing."""
    tally = WindowTally()
    first = GeneratorLoad(0.2, 0.1, None, suspended_s=0.0, steal_ratio=0.04, throttled_ratio=0.0)
    second = GeneratorLoad(0.6, 0.3, None, suspended_s=1.5, throttled_ratio=0.4)
    tally.add(replace(a_snapshot(span_s=1.0), generator=first))
    tally.add(replace(a_snapshot(span_s=3.0), generator=second))
    tally.add(replace(a_snapshot(span_s=1.0), generator=None))
    load = tally.generator()
    assert load is not None
    assert (load.cpu_ratio, load.runqueue_wait_ratio) == pytest.approx((0.5, 0.25))
    assert (load.steal_ratio, load.throttled_ratio) == pytest.approx((0.04, 0.3))
    assert load.suspended_s == 1.5
    assert (load.loop_lag_s, load.loop_lag_p50_s) == (None, None)


def test_lateness_is_that_of_all_ticks_of_the_window() -> None:
    """Percentiles of several seconds come from one histogram, never from the worst second."""
    tally = WindowTally()
    for lags_s in ((0.0001,) * 98, (0.0002,) * 98, (0.003,) * 4):
        tally.add(replace(a_snapshot(), loop_lag_blob=a_blob(*lags_s)))
    load = tally.generator()
    assert load is not None
    assert load.loop_lag_s == pytest.approx(0.003, rel=1e-3)
    assert load.loop_lag_p50_s == pytest.approx(0.0002, rel=1e-3)


def test_the_achieved_concurrency_is_a_share_of_the_planned_one() -> None:
    """Three of four slots ran; an open loop plans no slots."""
    tally = WindowTally()
    assert tally.running_ratio(ClosedLoop(4)) is None
    tally.add(replace(a_snapshot(), slots=SlotTimes(3.0, 0.0, 0.0)))
    assert tally.running_ratio(ClosedLoop(4)) == 0.75
    assert tally.running_ratio(OpenLoop(100.0, Arrivals.POISSON, 4)) is None


def test_stalls_are_a_matter_of_the_closed_loop() -> None:
    """Between two planned starts nothing is completed, and nothing has stalled."""
    tally = WindowTally()
    row = replace(a_snapshot(latency_blob=a_blob(0.01)), gaps=((5.0, 5.5),))
    tally.add(replace(row, slots=SlotTimes(4.0, 0.0, 0.0)))
    stalls = tally.stalls(ClosedLoop(4))
    assert stalls is not None
    assert (stalls.longest_gap_s, stalls.gap_ratio, stalls.overlapping) == (0.5, 0.5, 4)
    assert tally.stalls(OpenLoop(100.0, Arrivals.POISSON, 4)) is None
    tally = WindowTally()
    tally.add(replace(row, latency_blob=b"", slots=SlotTimes(4.0, 0.0, 0.0)))
    assert tally.stalls(ClosedLoop(4)) == replace(stalls, gap_ratio=0.0, overlapping=0)


def test_the_law_is_held_against_this_window_and_its_stragglers() -> None:
    """Ten requests of 0.1 s in one second are one slot."""
    tally = WindowTally()
    row = a_snapshot(10, latency_blob=a_blob(*(0.1,) * 10))
    tally.add(replace(row, slots=SlotTimes(1.0, 0.0, 1.0)))
    law = tally.littles_law()
    assert law is not None
    assert (law.expected, law.low) == pytest.approx((1.0, 1.0), rel=1e-3)


def test_parts_of_the_latency_are_known_or_not() -> None:
    """An engine that takes no part apart has none; one that does has its own histogram."""
    tally = WindowTally()
    tally.add(a_snapshot())
    nothing = (tally.tls(), tally.transfer(), tally.fresh_latency(), tally.schedule())
    assert nothing == (None, None, None, None)
    blobs = [a_blob(seconds) for seconds in (0.01, 0.02, 0.03, 0.04, 0.05)]
    row = replace(
        a_snapshot(),
        tls_blob=blobs[0],
        transfer_blob=blobs[1],
        fresh_latency_blob=blobs[2],
        response_blob=blobs[3],
        send_lag_blob=blobs[4],
        schedule=Schedule(5, 1, 2, 1),
    )
    tally.add(row)
    tally.add(row)
    parts = (
        tally.tls(),
        tally.transfer(),
        tally.fresh_latency(),
        summarize(tally.latency()),
        tally.send_lag(),
    )
    assert [part.count for part in parts if part is not None] == [2] * 5
    medians_s = [part.p50_s for part in parts if part is not None]
    assert medians_s == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05], rel=1e-3)
    assert tally.schedule() == Schedule(10, 2, 4, 2)


def test_the_latency_of_an_open_loop_counts_from_the_planned_start() -> None:
    """Rules and percentiles take the response time; the time from the send stands beside it."""
    tally = WindowTally()
    tally.add(a_snapshot(latency_blob=a_blob(0.01), response_blob=a_blob(0.9)))
    latency = tally.last(1.0, enough).latency
    service = tally.service_latency(OpenLoop(100.0, Arrivals.POISSON, 4))
    assert latency is not None
    assert service is not None
    assert (latency.p50_s, service.p50_s) == pytest.approx((0.9, 0.01), rel=1e-3)
    assert tally.latency().quantile_s(0.5) == pytest.approx(0.9, rel=1e-3)
    assert tally.service_latency(ClosedLoop(4)) is None


def test_a_window_knows_what_became_of_its_planned_starts() -> None:
    """Summed over its own intervals; unknown for an engine that plans none."""
    tally = WindowTally()
    for second in range(3):
        tally.add(a_snapshot(start_s=float(second), schedule=Schedule(100, 10 * second, 0, 0)))
    assert tally.last(2.0, enough).schedule == Schedule(200, 30, 0, 0)
    assert tally.schedule() == Schedule(300, 30, 0, 0)
    other = WindowTally()
    other.add(a_snapshot())
    assert other.last(2.0, enough).schedule is None


def test_failures_of_a_kind_keep_their_first_few_samples() -> None:
    """Seen first and last in any row; of the samples the first five stay."""
    samples = [FailureSample(float(n), 503, 17, 0.002, is_reused=True) for n in range(9)]
    tally = WindowTally()
    for first in (0, 3, 6):
        trace = FailureTrace(
            FailureKind.HTTP_STATUS, float(first), first + 2.0, tuple(samples[first : first + 3])
        )
        tally.add(replace(a_snapshot(), failure_traces=(trace,)))
    other = FailureTrace(FailureKind.CONN_REFUSED, 4.0, 4.0, ())
    tally.add(replace(a_snapshot(), failure_traces=(other,)))
    assert tally.failure_traces() == (
        other,
        FailureTrace(FailureKind.HTTP_STATUS, 0.0, 8.0, tuple(samples[:5])),
    )


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


def test_intervals_are_seconds_with_the_mean_of_their_own_answers() -> None:
    """The few milliseconds at the end of a hold belong to its last second."""
    tally = WindowTally()
    tally.add(a_snapshot(0, start_s=5.0))
    tally.add(a_snapshot(20, start_s=6.0, latency_blob=a_blob(0.010, 0.030)))
    tally.add(a_snapshot(1, start_s=7.0, span_s=0.01, latency_blob=a_blob(0.080)))
    tally.add(a_snapshot(9, start_s=7.01, span_s=0.0))
    first, second = tally.intervals()
    assert first == Interval(1.0, 0, None)
    assert second.span_s == pytest.approx(1.01)
    assert second.ended_ok == 21
    assert second.mean_s == pytest.approx(0.040, rel=1e-3)


def test_a_hold_of_less_than_half_a_second_is_one_interval() -> None:
    """There is no second before it that it could belong to."""
    tally = WindowTally()
    tally.add(a_snapshot(3, start_s=5.0, span_s=0.25))
    assert tally.intervals() == (Interval(0.25, 3, None),)


def test_whole_window_is_every_interval_so_far() -> None:
    """From the begin of the window on, however long a sliding window would be."""
    tally = WindowTally()
    for second in range(3):
        tally.add(a_snapshot(10, start_s=float(second), latency_blob=a_blob(0.010)))
    assert (tally.whole().span_s, tally.whole().counts.ok) == (3.0, 30)
