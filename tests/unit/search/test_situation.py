"""Tests of capacity.search.situation: how long the next step may be."""

from dataclasses import replace
from math import inf

import pytest

from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, SearchPlan, StepPlan
from capacity.search.situation import Situation
from tests.unit.builders import a_latency, a_step
from tests.unit.search.climbs import a_full_plan, in_order, ladder, taken

LONG = SearchPlan(hold_max_s=30.0, min_requests=200)


@pytest.mark.parametrize(
    ("p99_s", "count", "settle_s"),
    [(0.1, 9_000, 2.0), (0.4, 9_000, 4.0), (0.4, 900, 6.0), (3.0, 9_000, 10.0)],
    ids=["short waits", "ten times the P99", "the longest where the P99 is unknown", "a hold"],
)
def test_a_queue_gets_time_to_settle(p99_s: float, count: int, settle_s: float) -> None:
    """The settle follows the waits of the step before, up to the length of a hold."""
    before = replace(a_step(1), latency=a_latency(0.05, count=count, p99_s=p99_s))
    now = Situation.after(a_full_plan(), [before], inf)
    assert now.settle_s() == pytest.approx(settle_s)


def test_without_a_latency_the_settle_is_that_of_the_plan() -> None:
    """Neither the first step nor one after which nothing is known settles longer."""
    assert Situation.after(a_full_plan(), [], inf).settle_s() == 2.0
    silent = replace(a_step(1), latency=None)
    assert Situation.after(a_full_plan(), [silent], inf).settle_s() == 2.0


@pytest.mark.parametrize(
    ("purpose", "hold_s", "hold_max_s"),
    [
        (Purpose.LADDER, 10.0, 30.0),
        (Purpose.REFINE, 10.0, 30.0),
        (Purpose.VERIFY, 20.0, 30.0),
        (Purpose.CONFIRM, 10.0, 30.0),
        (Purpose.RECOVERY, 5.0, 10.0),
    ],
)
def test_the_length_of_a_hold_by_its_purpose(
    purpose: Purpose, hold_s: float, hold_max_s: float
) -> None:
    """A verification is held twice as long, light load after the heavy one half as long."""
    now = Situation.after(a_full_plan(search=LONG), in_order(*ladder(1)), inf)
    assert now.step_at(ClosedLoop(4), purpose) == StepPlan(
        1, ClosedLoop(4), 2.0, hold_s, purpose, hold_max_s, 200
    )


def test_a_hold_goes_on_no_longer_than_there_is_time() -> None:
    """Of 20 s 3 are for what follows, 2 settle and half a second goes by between steps."""
    now = Situation.after(a_full_plan(search=LONG), [], 20.0)
    step = now.step_at(ClosedLoop(1), Purpose.LADDER, later_s=3.0)
    assert step is not None
    assert (step.hold_s, step.hold_max_s) == (10.0, 14.5)
    step = now.step_at(ClosedLoop(1), Purpose.LADDER, later_s=9.0)
    assert step is not None
    assert step.hold_max_s == 10.0
    assert replace(now, left_s=12.4).step_at(ClosedLoop(1), Purpose.LADDER) is None


def test_time_is_kept_for_the_longest_settle_so_far() -> None:
    """A step with a P99 of 0.4 s came before one of 0.1 s."""
    waits = [replace(a_step(1), latency=a_latency(0.05, p99_s=p99_s)) for p99_s in (0.4, 0.1)]
    now = Situation.after(a_full_plan(), in_order(*waits), inf)
    assert (now.settle_s(), now.longest_settle_s()) == (2.0, 4.0)
    assert Situation.after(a_full_plan(), [], inf).longest_settle_s() == 2.0


def test_a_hold_that_is_longer_than_the_longest_does_not_go_on() -> None:
    """Twice a hold of 10 s is beyond a longest hold of 15 s."""
    plan = a_full_plan(search=replace(LONG, hold_max_s=15.0))
    step = Situation.after(plan, [], inf).step_at(ClosedLoop(1), Purpose.VERIFY)
    assert step is not None
    assert (step.hold_s, step.hold_max_s) == (20.0, 20.0)


def test_steps_are_counted_by_purpose() -> None:
    """Several purposes are counted together."""
    steps = in_order(*ladder(1, 4), taken(Purpose.RECHECK, 4), taken(Purpose.REFINE, 2))
    now = Situation.after(a_full_plan(), steps, inf)
    assert now.count(Purpose.LADDER, Purpose.RECHECK) == 3
    assert now.count(Purpose.VERIFY) == 0
