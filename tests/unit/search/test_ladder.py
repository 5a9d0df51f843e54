"""Tests of capacity.search.ladder."""

from math import inf

from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, StepPlan
from capacity.search.ladder import next_step
from tests.unit.builders import a_plan, a_step


def test_first_step_is_the_lowest_concurrency() -> None:
    """With no step taken the ladder begins at its first value, with the plan's times."""
    plan = a_plan([2, 5, 9], settle_s=1.5, hold_s=4.0)
    assert next_step(plan, [], inf) == StepPlan(0, ClosedLoop(2), 1.5, 4.0, Purpose.LADDER)


def test_each_finished_step_leads_to_the_next_value() -> None:
    """The index counts the finished steps and picks the concurrency."""
    plan = a_plan([2, 5, 9])
    step = next_step(plan, [a_step(2), a_step(5)], inf)
    assert step is not None
    assert (step.index, step.load) == (2, ClosedLoop(9))


def test_ladder_ends_after_its_last_value() -> None:
    """When every value has been climbed there is no next step."""
    assert next_step(a_plan([2]), [a_step(2)], inf) is None
