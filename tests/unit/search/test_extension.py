"""Tests of capacity.search.extension."""

from collections.abc import Sequence

import pytest

from capacity.histogram import Histogram
from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, StepPlan
from capacity.model.rules import Absolute
from capacity.search.extension import extension_s
from capacity.search.tally import WindowTally
from tests.unit.builders import ERROR_RULE, GAIN_RULE, a_rule, a_snapshot

SLOW = a_rule("p99", limit=Absolute(0.1), text="p99 > 100ms")


def a_plan(*, hold_max_s: float | None = 30.0, min_requests: int = 0) -> StepPlan:
    """A hold of 10 s that may go on."""
    return StepPlan(0, ClosedLoop(4), 1.0, 10.0, Purpose.LADDER, hold_max_s, min_requests)


def a_hold(rates: Sequence[int], latency_s: float = 0.010) -> WindowTally:
    """One interval a second."""
    tally = WindowTally()
    for second, ok in enumerate(rates):
        latency = Histogram()
        for _ in range(ok):
            latency.record_s(latency_s)
        tally.add(a_snapshot(ok, start_s=float(second), latency_blob=latency.to_blob()))
    return tally


EVEN = [40] * 10
RISING = [100 + 20 * n for n in range(10)]


def test_a_hold_that_has_shown_enough_ends_as_planned() -> None:
    """Even, with samples enough for its rules."""
    assert extension_s(a_plan(min_requests=400), a_hold(EVEN), 10.0, [SLOW, GAIN_RULE], None) == 0.0


def test_a_hold_that_may_not_go_on_ends_as_planned() -> None:
    """Without a longest hold, or when that is reached, nothing prolongs it."""
    for plan, held_s in ((a_plan(hold_max_s=None), 10.0), (a_plan(hold_max_s=10.0), 10.0)):
        assert extension_s(plan, a_hold(RISING), held_s, [], None) == 0.0


def test_a_hold_that_drifts_goes_on_by_a_quarter() -> None:
    """As long as it was planned, not as long as it has become; at last only what is left."""
    assert extension_s(a_plan(), a_hold(RISING), 10.0, [], None) == 2.5
    assert extension_s(a_plan(), a_hold(RISING), 17.5, [], None) == 2.5
    assert extension_s(a_plan(hold_max_s=18.0), a_hold(RISING), 17.5, [], None) == 0.5


def test_too_few_good_answers_prolong_a_hold() -> None:
    """40 a second for 10 s are 400."""
    assert extension_s(a_plan(min_requests=401), a_hold(EVEN), 10.0, [], None) == 2.5


@pytest.mark.parametrize(("least", "more_s"), [(100, 0.0), (101, 1.0)])
def test_the_part_of_a_second_at_the_end_counts_before_it_is_handed_out(
    least: int, more_s: float
) -> None:
    """Two rows of 40 after 2.5 s are 100; a short hold goes on by a second at least."""
    plan = StepPlan(0, ClosedLoop(4), 1.0, 2.5, Purpose.LADDER, 10.0, least)
    assert extension_s(plan, a_hold([40, 40]), 2.5, [], None) == more_s


def test_a_hold_without_any_row_goes_on() -> None:
    """Nothing has been seen of it yet."""
    assert extension_s(a_plan(min_requests=1), a_hold([]), 10.0, [], None) == 2.5


def test_a_percentile_near_its_limit_prolongs_a_hold_on_few_samples() -> None:
    """400 answers of 60 ms say too little about a P99 of at most 100 ms; of 10 ms they do."""
    rules = [ERROR_RULE, SLOW]
    assert extension_s(a_plan(), a_hold(EVEN, 0.060), 10.0, rules, None) == 2.5
    assert extension_s(a_plan(), a_hold(EVEN, 0.010), 10.0, rules, None) == 0.0
    assert extension_s(a_plan(), a_hold([100] * 10, 0.060), 10.0, rules, None) == 0.0
