"""Tests of capacity.search.follow_ups: which step checks the answer next."""

from dataclasses import replace
from math import inf

import pytest

from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.plan import EngineName, Purpose, PythonCall, RunPlan
from capacity.model.run import Step, Trust
from capacity.search.follow_ups import follow_up, planned_checks
from capacity.search.situation import Situation
from tests.unit.rate_builders import a_rate_plan, a_rate_step
from tests.unit.search.climbs import ERRORS, FULL, a_full_plan, in_order, ladder, taken

VERIFY, RECHECK, CONFIRM, RECOVERY = (
    Purpose.VERIFY,
    Purpose.RECHECK,
    Purpose.CONFIRM,
    Purpose.RECOVERY,
)
CLIMBED = ladder(1, 4, 8, 16)
HELD = taken(VERIFY, 8)
BROKEN = taken(VERIFY, 8, ERRORS)
BUSY = taken(VERIFY, 8, trust=Trust.INVALID)


def next_check(
    steps: tuple[Step, ...], plan: RunPlan | None = None, left_s: float = inf
) -> str | None:
    """The next check as purpose, level and hold."""
    plan = a_full_plan((1, 4, 8, 16)) if plan is None else plan
    step = follow_up(Situation.after(plan, in_order(*steps), left_s))
    if step is None:
        return None
    return f"{step.purpose.value} {step.load.level:g} {step.hold_s:g}s"


def confirmed(step: Step) -> Step:
    """The step as one of planned starts."""
    load = OpenLoop(720.0, Arrivals.POISSON, 64)
    return replace(step, plan=replace(step.plan, load=load, purpose=CONFIRM))


@pytest.mark.parametrize(
    ("after", "following"),
    [
        ((), "verify 8 20s"),
        ((HELD,), "confirm 720 10s"),
        ((BROKEN,), "recheck 8 20s"),
        ((BROKEN, taken(RECHECK, 8)), "confirm 720 10s"),
        ((BROKEN, taken(RECHECK, 8, ERRORS)), "verify 4 20s"),
        ((BROKEN, taken(RECHECK, 8, ERRORS), taken(VERIFY, 4)), "confirm 360 10s"),
        ((BUSY,), "verify 8 20s"),
        ((BUSY, HELD), "confirm 720 10s"),
        ((BUSY, BUSY), "recovery 1 5s"),
        ((HELD, confirmed(HELD)), "recovery 1 5s"),
        ((HELD, confirmed(HELD), taken(RECOVERY, 1)), None),
        ((BROKEN, confirmed(HELD)), "recovery 1 5s"),
    ],
    ids=[
        "the answer is verified",
        "planned starts follow",
        "a breach is measured again, as long",
        "the second look cleared it",
        "failed twice: the next lower answer",
        "the lower answer is confirmed",
        "INVALID is repeated",
        "the repetition held",
        "INVALID twice is given up, and nothing confirmed",
        "light load comes last",
        "all is checked",
        "nothing is verified after planned starts",
    ],
)
def test_what_is_checked_next(after: tuple[Step, ...], following: str | None) -> None:
    """Each situation has one next check."""
    assert next_check((*CLIMBED, *after)) == following


def test_three_loads_are_verified_at_most() -> None:
    """A service that breaks whatever is held longer is not chased to the ground."""
    steps = CLIMBED
    for level in (8, 4):
        steps = (*steps, taken(VERIFY, level, ERRORS), taken(RECHECK, level, ERRORS))
    assert next_check(steps) == "verify 1 20s"
    steps = (*ladder(1, 2), *steps[1:])
    steps = (*steps, taken(VERIFY, 2, ERRORS), taken(RECHECK, 2, ERRORS))
    assert next_check(steps) == "recovery 1 5s"


def test_without_recheck_a_verification_is_held_once() -> None:
    """One breach lowers the answer, and an INVALID one is left as it is."""
    plan = a_full_plan((1, 4, 8, 16), replace(FULL, recheck=False))
    assert next_check((*CLIMBED, BROKEN), plan) == "verify 4 20s"
    assert next_check((*CLIMBED, BUSY), plan) == "recovery 1 5s"


def test_without_a_verification_the_measured_answer_is_confirmed() -> None:
    """Switched off is not broken."""
    plan = a_full_plan((1, 4, 8, 16), replace(FULL, verify=False))
    assert next_check(CLIMBED, plan) == "confirm 720 10s"


def test_planned_starts_find_slots_enough() -> None:
    """Four times those of the closed loop, at least 64, never more than the fuse; 4 digits."""
    steps = (*ladder(1), taken(Purpose.LADDER, 40, qps=3333.3), taken(VERIFY, 40, qps=3333.3))
    now = Situation.after(a_full_plan((1, 40)), in_order(*steps), inf)
    step = follow_up(now)
    assert step is not None
    assert step.load == OpenLoop(3000.0, Arrivals.POISSON, 160)
    small = replace(now.plan, fuses=replace(now.plan.fuses, max_concurrency=50))
    step = follow_up(replace(now, plan=small))
    assert step is not None
    assert step.load == OpenLoop(3000.0, Arrivals.POISSON, 50)
    step = follow_up(Situation.after(a_full_plan((1, 8)), in_order(*ladder(1, 8), HELD), inf))
    assert step is not None
    assert step.load == OpenLoop(720.0, Arrivals.POISSON, 64)


def test_what_cannot_plan_starts_is_not_confirmed() -> None:
    """Another engine, a scenario in Python, or a ladder of planned starts."""
    checks = (VERIFY, RECOVERY)
    plan = a_full_plan()
    assert planned_checks(plan) == (VERIFY, CONFIRM, RECOVERY)
    assert planned_checks(replace(plan, engine=EngineName.AIOHTTP)) == checks
    call = PythonCall("buy.py", "buy", ())
    python = replace(plan, scenario=replace(plan.scenario, call=call))
    assert planned_checks(python) == checks
    assert planned_checks(replace(a_rate_plan(), search=FULL)) == checks


def test_planned_starts_are_verified_at_the_highest_rate_that_held() -> None:
    """A ladder of rates has its answer at its top; light load follows."""
    plan = replace(a_rate_plan((100.0, 200.0), hold_s=10.0), search=FULL)
    steps = in_order(a_rate_step(100.0), a_rate_step(200.0))
    step = follow_up(Situation.after(plan, steps, inf))
    assert step is not None
    assert (step.purpose, step.load) == (VERIFY, OpenLoop(200.0, Arrivals.POISSON, 1024))


def test_light_load_is_compared_with_light_load_that_was_heavier_since() -> None:
    """Nothing is to be recovered from after the first load alone, nor where it failed."""
    plan = a_full_plan((1, 4), replace(FULL, verify=False, confirm=False))
    assert next_check(ladder(1), plan) is None
    assert next_check(ladder(1, 4), plan) == "recovery 1 5s"
    assert next_check((taken(Purpose.LADDER, 1, trust=Trust.INVALID), *ladder(4)), plan) is None
    assert next_check((taken(Purpose.LADDER, 1, ERRORS), *ladder(4)), plan) is None


def test_where_nothing_passed_there_is_nothing_to_check() -> None:
    """The first load broke a limit twice."""
    broken = (taken(Purpose.LADDER, 1, ERRORS), taken(RECHECK, 1, ERRORS))
    assert next_check(broken) is None


@pytest.mark.parametrize(
    ("left_s", "following"),
    [(22.5, "verify 8 20s"), (22.4, "recovery 1 5s"), (7.5, "recovery 1 5s"), (7.4, None)],
)
def test_what_does_not_fit_is_left_out(left_s: float, following: str | None) -> None:
    """The longer check first, then what still fits; planned starts need a verified answer."""
    assert next_check(CLIMBED, left_s=left_s) == following


def test_what_still_follows_bounds_how_long_a_hold_may_go_on() -> None:
    """60 s less 12.5 for the planned starts, 7.5 for light load, 2 and 0.5 of its own."""
    plan = a_full_plan((1, 4, 8, 16), replace(FULL, hold_max_s=50.0))
    step = follow_up(Situation.after(plan, in_order(*CLIMBED), 60.0))
    assert step is not None
    assert (step.load, step.hold_s, step.hold_max_s) == (ClosedLoop(8), 20.0, 37.5)
    step = follow_up(Situation.after(plan, in_order(*CLIMBED, HELD), 30.0))
    assert step is not None
    assert (step.purpose, step.hold_s, step.hold_max_s) == (CONFIRM, 10.0, 20.0)


def test_a_level_that_saturates_needs_no_more_load() -> None:
    """The answer is the least load with all of the throughput."""
    assert next_check(ladder(1, 4, 8, 16)) == "verify 8 20s"
    assert next_check(ladder(1, 4)) == "verify 4 20s"
