"""Does one step speak for each level, and does the climb end where it ended?"""

from dataclasses import replace

from capacity.analysis.step_roles import StepRoles, end_step, roles_of, step_at
from capacity.model.plan import Purpose
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, RunEnd, Step
from tests.unit.builders import ERROR_RULE, a_curve, a_judgement, a_run, a_step
from tests.unit.report.answer_builders import a_whole_run, as_purpose

BROKEN = (a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.02),)


def numbers(steps: tuple[Step, ...]) -> list[int]:
    """Which steps these are."""
    return [step.plan.index for step in steps]


def test_each_step_has_its_role() -> None:
    """The verification speaks for its level; planned starts and recovery are no part of a curve."""
    roles = roles_of(a_whole_run())

    assert [step.plan.load.level for step in roles.curve] == [1, 2, 4, 6, 8, 11, 16, 32, 64]
    assert numbers(roles.curve) == [0, 1, 2, 7, 9, 8, 4, 5, 6]
    assert numbers(roles.extra) == [3, 7, 8, 9]
    assert numbers(roles.confirmations) == [10]
    assert numbers(roles.recoveries) == [11]


def test_a_limit_that_was_broken_twice_is_drawn_as_it_was_measured_last() -> None:
    """And a suspicion that a second look did away with is drawn as what passed."""
    twice = [
        a_step(8, 800.0, index=0, judgements=BROKEN),
        as_purpose(a_step(8, 700.0, index=1, judgements=BROKEN), Purpose.RECHECK),
    ]
    once = [twice[0], as_purpose(a_step(8, 810.0, index=1), Purpose.RECHECK)]

    assert numbers(roles_of(a_run(twice)).curve) == [1]
    assert numbers(roles_of(a_run(twice)).extra) == [0, 1]
    assert numbers(roles_of(a_run(once)).curve) == [1]


def test_a_verification_speaks_for_its_level_whatever_came_later() -> None:
    """Its hold is the longest."""
    steps = [
        a_step(8, 800.0, index=0),
        as_purpose(a_step(8, 799.0, index=1, hold_s=60.0), Purpose.VERIFY),
        as_purpose(a_step(8, 801.0, index=2), Purpose.REFINE),
    ]

    assert numbers(roles_of(a_run(steps)).curve) == [1]


def test_a_run_without_steps_has_no_roles() -> None:
    """Nothing is drawn of it."""
    assert roles_of(a_run([])) == StepRoles((), (), (), ())
    assert end_step(a_run([])) is None


def test_the_climb_ended_at_the_step_that_is_named() -> None:
    """What refined and checked came later; without a name it is the last of the rising part."""
    run = a_whole_run()
    named = end_step(run)
    unnamed = end_step(replace(run, end=RunEnd(EndReason.LADDER, "x", None)))
    lost = end_step(replace(run, end=replace(run.end, step_index=99)))

    assert named is run.steps[6]
    assert unnamed is run.steps[6]
    assert lost is run.steps[6]
    assert end_step(replace(run, end=replace(run.end, step_index=2))) is run.steps[2]


def test_a_run_of_an_odd_file_ends_at_its_last_step() -> None:
    """A file may hold nothing of the climb itself."""
    odd = as_purpose(a_step(8, index=3), Purpose.VERIFY)

    assert end_step(a_run([odd])) is odd


def test_steps_are_found_by_their_number() -> None:
    """Not by their place: a file may lack some."""
    steps = a_curve((4, 8))[1:]

    assert step_at(steps, 1) is steps[0]
    assert step_at(steps, 0) is None
    assert step_at(steps, None) is None
