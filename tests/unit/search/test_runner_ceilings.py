"""Tests of capacity.search.runner and its ceilings: requests, time, and engines that take long."""

from dataclasses import dataclass, replace

import pytest

from capacity.model.plan import SearchPlan
from capacity.model.run import EndReason
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine
from tests.unit.builders import a_plan
from tests.unit.search.test_runner import (
    a_short_plan,
    climb,
    climb_with,
    end_of,
    knee_at_8,
    steps_of,
)


@dataclass(slots=True)
class SlowRamp(ScriptedEngine):
    """Half of the connections are up after a while, all of one."""

    up_at_s: float = 103.0

    def ready_connections(self) -> int:
        """Count what is up by now."""
        return (self.concurrency + 1) // 2 if self.clock.time_s > self.up_at_s else 0


def test_ceiling_of_requests_ends_the_run_as_a_fuse() -> None:
    """The fuse is named with its flag."""
    plan = a_short_plan()
    plan = replace(plan, fuses=replace(plan.fuses, max_requests=1500))
    events, _ = climb(plan)
    end = end_of(events).end
    assert (end.reason, end.detail) == (
        EndReason.FUSE,
        "the ceiling of 1500 requests was reached (--max-requests)",
    )


def test_no_step_is_begun_that_the_ceiling_of_time_would_end() -> None:
    """12 s hold two steps of 5 s; the third would not fit, and the end says so."""
    plan = a_short_plan()
    plan = replace(plan, fuses=replace(plan.fuses, max_duration_s=12.0))
    events, engine = climb(plan)
    assert end_of(events).end.reason is EndReason.FUSE
    assert end_of(events).end.detail == (
        "the step at 4 concurrent did not fit under the ceiling of 12s (--max-duration)"
    )
    assert [step.ended_early for step in steps_of(events)] == [False, False]
    assert engine.clock.time_s - 100.0 == pytest.approx(10.0, abs=0.2)


@pytest.mark.parametrize(
    ("budget_s", "reason", "detail"),
    [
        (None, EndReason.FUSE, "the ceiling of 12s was reached (--max-duration)"),
        (11.0, EndReason.BUDGET, "the budget of 11s was used up (--budget)"),
        (12.0, EndReason.BUDGET, "the budget of 12s was used up (--budget)"),
    ],
)
def test_ceiling_of_time_ends_a_step_that_took_longer_than_planned(
    budget_s: float | None, reason: EndReason, detail: str
) -> None:
    """A run never outlives its time, even when its connections are slow to come up."""
    plan = a_short_plan(search=SearchPlan(budget_s=budget_s))
    plan = replace(plan, fuses=replace(plan.fuses, max_duration_s=12.0))
    clock = FakeClock()
    events = climb_with(plan, SlowRamp(clock, knee_at_8, up_at_s=108.0), clock)
    assert (end_of(events).end.reason, end_of(events).end.detail) == (reason, detail)
    limit_s = 12.0 if budget_s is None else budget_s
    assert clock.time_s - 100.0 == pytest.approx(limit_s, abs=0.3)
    assert [step.ended_early for step in steps_of(events)] == [True]


def test_hold_waits_for_the_connections_but_not_for_ever() -> None:
    """After 30 s of ramp the step goes on with what there is."""
    clock = FakeClock()
    engine = SlowRamp(clock, knee_at_8)
    events = climb_with(a_plan([2], settle_s=1.0, hold_s=2.0), engine, clock)
    (step,) = steps_of(events)
    assert step.start_s == pytest.approx(100.0 + 30.0 + 1.0, abs=0.1)


class DeafEngine(ScriptedEngine):
    """Does not even report what it has cut."""

    def cut(self) -> None:
        """Record the call only."""
        self.calls.append("cut()")


def test_engine_that_never_reports_does_not_hang_the_run() -> None:
    """When a cut brings no answer the run ends, and the books say that they do not balance."""

    def hanging(_: int) -> Behaviour:
        return Behaviour(0.0, hangs=True)

    clock = FakeClock()
    engine = DeafEngine(clock, hanging)
    plan = replace(a_short_plan(), settle_s=0.0)
    events = climb_with(plan, engine, clock, interrupt_at_s=102.5)
    (step,) = steps_of(events)
    assert "the books do not balance: 1 started, 0 ended" in step.validity.reasons
    assert end_of(events).end.reason is EndReason.INTERRUPTED
    assert engine.calls.count("cut()") == 2
