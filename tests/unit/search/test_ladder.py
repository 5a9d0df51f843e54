"""Tests of capacity.search.ladder: a situation goes in, the next step or the end comes out."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.model.findings import NoKnee, NoKneeReason
from capacity.model.load import ClosedLoop
from capacity.model.measured import Steadiness, SteadyState
from capacity.model.plan import Purpose, RunPlan, SearchPlan, StepPlan
from capacity.model.rules import Action, OnMissing, RuleState
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind
from capacity.search import refinement
from capacity.search.ladder import ladder_end, next_step
from capacity.search.timetable import time_limit_s
from tests.unit.builders import GAIN_RULE, a_judgement, a_plan, a_step
from tests.unit.resource_builders import a_resource_rule
from tests.unit.search.climbs import (
    ERRORS,
    FULL,
    SLOW,
    a_full_plan,
    a_service,
    in_order,
    ladder,
    play,
    taken,
    told,
)

LADDER, RECHECK, REFINE = Purpose.LADDER, Purpose.RECHECK, Purpose.REFINE
VERIFY, CONFIRM, RECOVERY = Purpose.VERIFY, Purpose.CONFIRM, Purpose.RECOVERY
FLAT = a_judgement(GAIN_RULE, RuleState.BREACH, observed=0.003, limit=0.03)
DISASTER = replace(ERRORS, observed=0.7)
DRIFTING = Steadiness(SteadyState.DRIFTING, 0.0, 0.2, 0.2)
BUSY = taken(LADDER, 4, trust=Trust.INVALID)
# Something else than our own machine makes a step INVALID: another try may do, no end follows.
FOREIGN = replace(BUSY, generator=taken(LADDER, 4).generator)


def test_first_step_is_the_lowest_concurrency() -> None:
    """With no step taken the ladder begins at its first value, with the plan's times."""
    plan = a_plan([2, 5, 9], settle_s=1.5, hold_s=4.0)
    assert next_step(plan, [], inf) == StepPlan(0, ClosedLoop(2), 1.5, 4.0, LADDER)
    assert ladder_end(plan, [], inf) is None


def test_each_finished_step_leads_to_the_next_value() -> None:
    """The index counts the finished steps and picks the concurrency."""
    step = next_step(a_plan([2, 5, 9]), [a_step(2), a_step(5)], inf)
    assert step is not None
    assert (step.index, step.load) == (2, ClosedLoop(9))


def test_ladder_ends_after_its_last_value() -> None:
    """When every value has been climbed, and nothing is to follow, there is no next step."""
    plan = a_plan([2])
    assert next_step(plan, [a_step(2)], inf) is None
    detail = "every step of the ladder was climbed"
    assert ladder_end(plan, [a_step(2)], inf) == RunEnd(EndReason.LADDER, detail, None)


def purpose_and_level(plan: RunPlan, steps: tuple[Step, ...]) -> str | None:
    """What comes next, in two words."""
    step = next_step(plan, in_order(*steps), inf)
    return None if step is None else f"{step.purpose.value} {step.load.level:g}"


@pytest.mark.parametrize(
    ("steps", "following"),
    [
        ((*ladder(1), taken(LADDER, 4, ERRORS)), "recheck 4"),
        ((*ladder(1), taken(LADDER, 4, DISASTER)), "refine 3"),
        ((*ladder(1), taken(LADDER, 4, ERRORS), taken(RECHECK, 4, ERRORS)), "refine 3"),
        ((*ladder(1), taken(LADDER, 4, ERRORS), taken(RECHECK, 4)), "ladder 16"),
        ((*ladder(1), BUSY), "recheck 4"),
        ((*ladder(1), BUSY, replace(BUSY, plan=taken(RECHECK, 4).plan)), None),
        ((*ladder(1), BUSY, taken(RECHECK, 4)), "ladder 16"),
        ((*ladder(1), FOREIGN), "recheck 4"),
        ((*ladder(1), FOREIGN, replace(FOREIGN, plan=taken(RECHECK, 4).plan)), "ladder 16"),
        ((*ladder(1), replace(taken(LADDER, 4), steadiness=DRIFTING)), "recheck 4"),
        ((*ladder(1), taken(LADDER, 4, ended_early=True)), "recheck 4"),
        ((taken(LADDER, 1, ERRORS), *ladder(4)), "recheck 1"),
        ((taken(LADDER, 1, ERRORS), *ladder(4), taken(RECHECK, 1)), "ladder 16"),
        ((taken(LADDER, 1, ERRORS), taken(RECHECK, 1, ERRORS)), None),
        ((*ladder(1, 4), taken(LADDER, 16, FLAT, qps=1600.0)), "verify 16"),
        ((*ladder(1, 4), taken(LADDER, 16, FLAT, SLOW)), "recheck 16"),
        ((*ladder(1), replace(BUSY, judgements=(FLAT,)), taken(RECHECK, 4)), "ladder 16"),
        ((*ladder(1, 4), taken(LADDER, 16, DISASTER), taken(REFINE, 8, ERRORS)), "refine 7"),
    ],
    ids=[
        "a breach is a suspicion",
        "an emergency needs no second look",
        "two breaches are a fact",
        "the second look cleared it",
        "an INVALID step is measured again",
        "the generator was the limit twice: nothing more",
        "the second try was good",
        "INVALID by others is measured again",
        "INVALID by others twice does not end the ladder",
        "a drifting step is measured again",
        "a step cut short is measured again",
        "a reading that came late",
        "a late suspicion was cleared",
        "nothing ever passed",
        "growth ends the ladder at once",
        "growth and a limit: the limit is looked at again",
        "growth of an INVALID step says nothing",
        "a refine step that fails is a fail",
    ],
)
def test_what_comes_next(steps: tuple[Step, ...], following: str | None) -> None:
    """Each situation has one next step."""
    assert purpose_and_level(a_full_plan(), steps) == following


@pytest.mark.parametrize(
    ("steps", "following"),
    [
        ((*ladder(1), taken(LADDER, 4, ERRORS)), None),
        ((*ladder(1), BUSY), None),
        ((*ladder(1), FOREIGN), "ladder 16"),
        ((*ladder(1), replace(taken(LADDER, 4), steadiness=DRIFTING)), "ladder 16"),
    ],
    ids=["breach", "generator", "INVALID by others", "drifting"],
)
def test_without_recheck_nothing_is_measured_again(
    steps: tuple[Step, ...], following: str | None
) -> None:
    """One breach ends the ladder, and what is unknown stays unknown."""
    assert purpose_and_level(a_full_plan(search=SearchPlan()), steps) == following


def test_a_step_whose_data_are_late_is_not_measured_again() -> None:
    """What a monitor still owes comes by itself."""
    rule = a_resource_rule(on_missing=OnMissing.STOP)
    late = a_judgement(rule, RuleState.NO_DATA, reason="not yet")
    assert purpose_and_level(a_full_plan(), (*ladder(1), taken(LADDER, 4, late))) == "ladder 16"


def test_a_suspicion_above_a_load_that_failed_is_of_no_interest() -> None:
    """A late reading broke the lower load; what was seen above needs no second look."""
    late = (taken(LADDER, 1), taken(LADDER, 4, DISASTER), taken(LADDER, 16, ERRORS))
    assert purpose_and_level(a_full_plan(), late) == "refine 3"


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        (
            (*ladder(1), taken(LADDER, 4, SLOW), taken(RECHECK, 4, ERRORS)),
            (EndReason.RULE, "error_rate was 20% at 4 concurrent", "error_rate > 1% over 10s", 2),
        ),
        (
            (*ladder(1), taken(LADDER, 4, DISASTER)),
            (EndReason.RULE, "error_rate was 70% at 4 concurrent", "error_rate > 1% over 10s", 1),
        ),
        (
            (*ladder(1, 4), taken(LADDER, 16, FLAT)),
            (EndReason.RULE, "gain was 0.3% at 16 concurrent", "gain < 3% for 2 steps", 2),
        ),
        (
            (*ladder(1), taken(LADDER, 4, FLAT, ERRORS), taken(RECHECK, 4, ERRORS)),
            (EndReason.RULE, "error_rate was 20% at 4 concurrent", "error_rate > 1% over 10s", 2),
        ),
        (
            (*ladder(1), BUSY, replace(BUSY, plan=taken(RECHECK, 4).plan)),
            (
                EndReason.GENERATOR,
                "the generator was the limit at 4 concurrent: the load threads were busy",
                None,
                2,
            ),
        ),
        (
            (*ladder(1), taken(LADDER, 4, qps=0.0), taken(RECHECK, 4, qps=0.0)),
            None,
        ),
        ((*ladder(1), taken(LADDER, 4, ERRORS)), None),
        ((*ladder(1), replace(BUSY, judgements=(FLAT, SLOW))), None),
        (
            (*ladder(1, 4, 16), taken(LADDER, 64), taken(REFINE, 32, ERRORS)),
            (EndReason.LADDER, "every step of the ladder was climbed", None, None),
        ),
        (
            (*ladder(1, 4, 16, 64), taken(VERIFY, 16, ERRORS), taken(RECHECK, 16, ERRORS)),
            (EndReason.LADDER, "every step of the ladder was climbed", None, None),
        ),
        ((taken(LADDER, 1), taken(RECHECK, 1, FLAT)), None),
    ],
    ids=[
        "the last breach is told",
        "emergency",
        "growth",
        "a limit comes before growth",
        "generator",
        "silence has no outcome",
        "a suspicion is no end",
        "an INVALID step ends nothing by timing",
        "refine steps do not end the ladder",
        "verifications do not end the ladder",
        "growth is judged on the ladder alone",
    ],
)
def test_why_the_ladder_ended(
    steps: tuple[Step, ...], end: tuple[EndReason, str, str | None, int | None] | None
) -> None:
    """The reason, the number that decided, and the step that had it."""
    found = ladder_end(a_full_plan(), in_order(*steps), inf)
    assert found == (None if end is None else RunEnd(*end))


def test_a_load_at_which_nothing_succeeds_is_the_end() -> None:
    """All requests failed twice, and no rule was there to say so."""
    dead = replace(
        taken(LADDER, 4),
        counts=a_step(4, 0.0, failures={FailureKind.CONN_REFUSED: 9}).counts,
        ended_ok=0,
    )
    steps = in_order(*ladder(1), dead, replace(dead, plan=taken(RECHECK, 4).plan))
    detail = "no request succeeded at 4 concurrent"
    end = RunEnd(EndReason.TARGET_DOWN, detail, None, 2)
    assert ladder_end(a_full_plan(), steps, inf) == end
    assert next_step(a_full_plan(), steps, inf) is None


def test_a_rule_that_marks_ends_nothing() -> None:
    """Growth and limits that only mark are no end."""
    marks = [replace(j, rule=replace(j.rule, action=Action.MARK)) for j in (FLAT, ERRORS)]
    assert purpose_and_level(a_full_plan(), (*ladder(1), taken(LADDER, 4, *marks))) == "ladder 16"


@pytest.mark.parametrize(
    ("budget_s", "end"),
    [
        (
            100.0,
            RunEnd(
                EndReason.BUDGET,
                "the step at 4 concurrent did not fit into the budget of 100s",
                None,
            ),
        ),
        (
            None,
            RunEnd(
                EndReason.FUSE,
                "the step at 4 concurrent did not fit under the ceiling of 60m (--max-duration)",
                None,
            ),
        ),
    ],
    ids=["budget", "fuse"],
)
def test_a_step_that_does_not_fit_is_not_begun(budget_s: float | None, end: RunEnd) -> None:
    """Settle and hold and half a second must fit; light load for half a hold still may."""
    plan = a_full_plan(search=replace(FULL, budget_s=budget_s))
    step = next_step(plan, ladder(1), 12.5)
    assert step is not None
    assert (step.purpose, step.load) == (LADDER, ClosedLoop(4))
    assert ladder_end(plan, ladder(1), 12.5) is None
    assert next_step(plan, ladder(1), 12.4) is None
    assert ladder_end(plan, ladder(1), 12.4) == end


def test_a_doubt_that_time_does_not_allow_to_clear_ends_the_ladder() -> None:
    """A load that broke a limit once is not climbed past."""
    plan = a_full_plan(search=replace(FULL, budget_s=100.0))
    steps = in_order(*ladder(1), taken(LADDER, 4, ERRORS))
    end = ladder_end(plan, steps, 12.0)
    detail = "measuring 4 concurrent again did not fit into the budget of 100s"
    assert end == RunEnd(EndReason.BUDGET, detail, None)


def test_a_ladder_left_for_want_of_time_is_not_climbed_on() -> None:
    """Once light load has followed, the ladder stays where it was."""
    plan = a_full_plan(search=replace(FULL, budget_s=100.0))
    steps = in_order(*ladder(1, 4), taken(RECOVERY, 1))
    end = ladder_end(plan, steps, 100.0)
    assert end is not None
    assert end.reason is EndReason.BUDGET


def test_a_whole_climb() -> None:
    """Errors above 11 in flight: found, narrowed down, verified, confirmed, recovered from."""
    steps = play(a_full_plan(), a_service(most=11))
    assert told(steps)[:4] == ["ladder 1", "ladder 4", "ladder 16", "recheck 16"]
    assert told(steps)[-3:] in (
        [f"verify {level}", "confirm 720", "recovery 1"] for level in (8, 9, 10, 11)
    )
    refined = [step.split() for step in told(steps)[4:-3]]
    assert {purpose for purpose, _ in refined} == {"refine"}
    assert all(8 <= int(level) <= 13 for _, level in refined)


RANK = {
    purpose: rank
    for rank, purposes in enumerate(
        [(LADDER, RECHECK), (REFINE,), (VERIFY, RECHECK), (CONFIRM,), (RECOVERY,)]
    )
    for purpose in purposes
}


A_SEARCH = st.builds(
    SearchPlan,
    hold_max_s=st.sampled_from([None, 30.0]),
    recheck=st.booleans(),
    refine=st.integers(0, 6),
    precision_ratio=st.sampled_from([None, 0.1]),
    budget_s=st.sampled_from([None, 60.0, 300.0]),
    verify=st.booleans(),
    confirm=st.booleans(),
    recovery=st.booleans(),
)


@settings(deadline=None)
@given(most=st.floats(0.5, 2000), capacity_qps=st.floats(50, 50_000), search=A_SEARCH)
def test_every_climb_ends_in_time_and_in_order(
    most: float, capacity_qps: float, search: SearchPlan
) -> None:
    """Time is never exceeded, loads stay within the ladder's, no phase comes back.

    The curve is not drawn here, so that many climbs take little time: gaps are halved.
    """
    plan = a_full_plan((1, 4, 16, 64, 256, 1024), search)
    service = a_service(most=most, capacity_qps=capacity_qps)
    with pytest.MonkeyPatch.context() as without_curve:
        absent = NoKnee(NoKneeReason.TOO_FEW_STEPS, "")
        without_curve.setattr(refinement, "find_knee", lambda _: absent)
        steps = play(plan, service, time_s=time_limit_s(plan))
    assert_in_time_and_in_order(plan, steps)


@pytest.mark.parametrize("most", [3.5, 40, 2000])
@pytest.mark.parametrize("budget_s", [None, 240.0])
def test_a_climb_that_draws_the_curve_ends_in_time_too(most: float, budget_s: float | None) -> None:
    """The same of climbs whose steps are chosen by the curve."""
    plan = a_full_plan((1, 4, 16, 64, 256, 1024), replace(FULL, hold_max_s=30.0, budget_s=budget_s))
    steps = play(plan, a_service(most=most), time_s=time_limit_s(plan))
    assert_in_time_and_in_order(plan, steps)
    assert told(steps)[-1] == "recovery 1"


def assert_in_time_and_in_order(plan: RunPlan, steps: tuple[Step, ...]) -> None:
    """What holds for every climb."""
    longest = [step.plan.settle_s + (step.plan.hold_max_s or step.plan.hold_s) for step in steps]
    assert sum(longest) <= time_limit_s(plan)
    closed = [s.plan.load.level for s in steps if s.plan.purpose is not CONFIRM]
    assert (min(closed), max(closed) <= 1024) == (1, True)
    ranks = [RANK[step.plan.purpose] for step in steps if step.plan.purpose is not RECHECK]
    assert ranks == sorted(ranks)
    rungs = [step.plan.load.level for step in steps if step.plan.purpose is LADDER]
    assert rungs == [load.level for load in plan.ladder.loads][: len(rungs)]
    if plan.search.budget_s is None:
        assert sum(step.plan.purpose is REFINE for step in steps) <= plan.search.refine


def test_a_hold_of_the_ladder_leaves_time_for_the_rest() -> None:
    """Of 100 s three more steps take 37.5, the checks 42.5, its own settle and slack 2.5."""
    plan = a_full_plan(search=replace(FULL, hold_max_s=30.0, budget_s=100.0))
    step = next_step(plan, [], 100.0)
    assert step is not None
    assert (step.hold_s, step.hold_max_s) == (10.0, 17.5)
    step = next_step(plan, in_order(*ladder(1, 4, 16), taken(LADDER, 64, ERRORS)), 60.0)
    assert step is not None
    assert (step.purpose, step.hold_max_s) == (RECHECK, 15.0)
