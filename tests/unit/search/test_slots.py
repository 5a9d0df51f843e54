"""Tests of capacity.search.slots: times are made up so that every sum can be done by hand."""

from dataclasses import replace

import pytest

from capacity.histogram import Histogram
from capacity.model.run import LittlesLaw, Stalls
from capacity.model.snapshot import Counts, SlotTimes, Snapshot
from capacity.search.slots import check_littles_law, find_stalls, running_slots
from tests.unit.builders import a_snapshot


def a_blob(count: int, latency_s: float) -> bytes:
    """A serialised histogram of equal latencies."""
    histogram = Histogram()
    for _ in range(count):
        histogram.record_s(latency_s)
    return histogram.to_blob()


def a_row(
    slots: SlotTimes | None, *, start_s: float = 5.0, ok: int = 0, latency_s: float = 0.1
) -> Snapshot:
    """One second with these slot times, in which `ok` requests began and ended."""
    blob = a_blob(ok, latency_s) if ok else b""
    return replace(a_snapshot(ok, start_s=start_s, latency_blob=blob), slots=slots)


def a_straggler(ok: int, latency_s: float) -> Snapshot:
    """Requests of the window that ended after it."""
    return replace(
        a_snapshot(ok, start_s=6.0, span_s=0.0, latency_blob=a_blob(ok, latency_s)),
        window_over=True,
    )


def test_running_slots_are_a_mean_over_time() -> None:
    """Four slots in one second and two in the next are three."""
    rows = [a_row(SlotTimes(4.0, 0, 0)), a_row(SlotTimes(2.0, 0, 0), start_s=6.0)]
    assert running_slots(rows) == 3.0


def test_what_was_not_measured_is_not_known() -> None:
    """One interval without slot times, or no interval at all, leaves every answer open."""
    rows = [a_row(SlotTimes(4.0, 0, 0)), a_row(None, start_s=6.0)]
    assert running_slots(rows) is None
    assert running_slots([]) is None
    assert check_littles_law(rows, []) is None
    assert find_stalls(rows, 0.1) is None
    assert find_stalls([], 0.1) is None


def test_littles_law_counts_what_crossed_an_edge_as_a_range() -> None:
    """36 requests of 0.1 s inside, 0.2 s brought in, 0.4 s taken out, 0.05 s of gaps: 4 slots."""
    row = a_row(SlotTimes(running_s=4.0, gap_s=0.05, ended_time_s=3.8), ok=36)

    law = check_littles_law([row], [a_straggler(4, 0.1)])

    assert law is not None
    assert law.expected == 4.0
    assert (law.low, law.high) == pytest.approx((3.65, 4.25), rel=1e-3)
    assert law.deviation_ratio == 0.0


def test_littles_law_notices_requests_that_were_not_counted() -> None:
    """Two of forty requests are missing in the sums: 5 % of the slots' time has no owner."""
    row = a_row(SlotTimes(running_s=4.0, gap_s=0.0, ended_time_s=3.8), ok=38)

    law = check_littles_law([row], [])

    assert law is not None
    assert law.deviation_ratio == pytest.approx(0.05, rel=0.01)


def test_littles_law_notices_requests_that_were_counted_twice() -> None:
    """More time in flight than slots can have had."""
    row = a_row(SlotTimes(running_s=4.0, gap_s=0.0, ended_time_s=4.4), ok=44)

    law = check_littles_law([row], [])

    assert law is not None
    assert law.deviation_ratio == pytest.approx(0.10, rel=0.01)


def test_a_cut_request_may_have_been_in_flight_all_the_time() -> None:
    """It has no latency of its own, so the range opens by a whole slot."""
    row = a_row(SlotTimes(running_s=4.0, gap_s=0.0, ended_time_s=3.0), ok=30)
    cut = replace(a_straggler(1, 0.1), counts=Counts(cut=1), latency_blob=b"")

    law = check_littles_law([row], [cut])

    assert law is not None
    assert (law.low, law.high) == pytest.approx((3.0, 4.0), rel=1e-3)


def test_no_slot_expected_is_no_deviation() -> None:
    """An idle hold divides by nothing."""
    assert LittlesLaw(0.0, 0.1, 0.2).deviation_ratio == 0.0


def test_a_gap_across_an_interval_is_one_stall() -> None:
    """0.3 s before and 0.7 s after a row's edge: one second in which four slots waited."""
    slots = SlotTimes(4.0, 0, 0)
    rows = [
        replace(a_row(slots, start_s=5.0), gaps=((5.7, 6.0), (5.1, 5.12))),
        replace(a_row(slots, start_s=6.0), gaps=((6.0, 6.7),)),
    ]

    stalls = find_stalls(rows, 0.010)

    assert stalls is not None
    assert (stalls.longest_gap_s, stalls.gap_ratio) == pytest.approx((1.0, 0.5))
    assert stalls.overlapping == 4


def test_gaps_of_some_medians_are_no_stall() -> None:
    """A service of 200 ms has gaps of 200 ms."""
    row = replace(a_row(SlotTimes(4.0, 0, 0)), gaps=((5.0, 5.25), (5.5, 6.0)))

    assert find_stalls([row], 0.2) == Stalls(0.5, 0.0, 0)
    assert find_stalls([row], None) == Stalls(0.5, 0.0, 0)


def test_an_answer_between_two_gaps_parts_them() -> None:
    """A slow service has one gap behind the other, and no stall of their whole length."""
    gaps = tuple((5.0 + k / 10, 5.0 + (k + 1) / 10) for k in range(10))
    row = replace(a_row(SlotTimes(4.0, 0, 0), start_s=5.0), gaps=gaps)

    stalls = find_stalls([row], 0.1)

    assert stalls is not None
    assert stalls.longest_gap_s == pytest.approx(0.1)
    assert (stalls.gap_ratio, stalls.overlapping) == (0.0, 0)


def test_an_engine_that_sees_no_gaps_says_so() -> None:
    """Not having looked is not a hold without a stall."""
    assert find_stalls([a_row(SlotTimes(4.0, 0, 0))], 0.01) is None


def test_no_gap_is_a_longest_gap_of_zero() -> None:
    """The engine looked and found none, which is not the same as not having looked."""
    row = replace(a_row(SlotTimes(4.0, 0, 0)), gaps=())
    assert find_stalls([row], 0.01) == Stalls(0.0, 0.0, 0)
