"""Tests of capacity.search.timetable: what the plan says of the climb's time."""

from dataclasses import replace

from capacity.model.plan import EngineName, Purpose, SearchPlan
from capacity.search.timetable import (
    PhaseTime,
    likely_duration_s,
    longest_duration_s,
    time_limit_s,
    timetable,
)
from tests.unit.builders import a_plan
from tests.unit.search.climbs import FULL, a_full_plan

LADDER = PhaseTime(Purpose.LADDER, 4, 4, likely_s=48.0, at_most_s=160.0)
RECHECK = PhaseTime(Purpose.RECHECK, 0, 4, likely_s=0.0, at_most_s=160.0)
REFINE = PhaseTime(Purpose.REFINE, 4, 4, likely_s=48.0, at_most_s=160.0)
VERIFY = PhaseTime(Purpose.VERIFY, 1, 6, likely_s=22.0, at_most_s=240.0)
CONFIRM = PhaseTime(Purpose.CONFIRM, 1, 1, likely_s=12.0, at_most_s=40.0)
RECOVERY = PhaseTime(Purpose.RECOVERY, 1, 1, likely_s=7.0, at_most_s=20.0)


def test_without_a_search_there_is_the_ladder_alone() -> None:
    """Three steps of 5 s and 30 s take 105 s if nothing ends the climb."""
    plan = a_plan((1, 2, 4), settle_s=5.0, hold_s=30.0)
    assert timetable(plan) == (PhaseTime(Purpose.LADDER, 3, 3, 105.0, 180.0),)
    assert likely_duration_s(plan) == 105.0
    assert longest_duration_s(plan) == 180.0


def test_every_part_has_its_time() -> None:
    """Rechecks are not likely; holds may go on up to three times their length."""
    plan = a_full_plan(search=replace(FULL, hold_max_s=30.0))
    assert timetable(plan) == (LADDER, RECHECK, REFINE, VERIFY, CONFIRM, RECOVERY)
    assert likely_duration_s(plan) == 137.0
    assert longest_duration_s(plan) == 780.0


def test_a_verification_without_recheck_is_not_repeated() -> None:
    """Three loads at most, each held once."""
    (_, verification) = timetable(a_full_plan(search=SearchPlan(verify=True)))
    assert (verification.likely_steps, verification.most_steps) == (1, 3)


def test_planned_starts_need_the_native_engine() -> None:
    """What cannot be confirmed takes no time."""
    plan = a_full_plan(search=SearchPlan(confirm=True))
    assert len(timetable(plan)) == 2
    assert len(timetable(replace(plan, engine=EngineName.AIOHTTP))) == 1


def test_a_budget_is_filled_with_steps_that_refine() -> None:
    """Of 150 s the ladder and the checks take 89 s; four steps of 12.5 s fit into the rest."""
    plan = a_full_plan(search=replace(FULL, budget_s=150.0))
    (refined,) = (part for part in timetable(plan) if part.purpose is Purpose.REFINE)
    assert refined.likely_steps == 4
    assert time_limit_s(plan) == 150.0
    assert likely_duration_s(plan) == 137.0
    short = a_full_plan(search=replace(FULL, budget_s=60.0))
    assert Purpose.REFINE not in {part.purpose for part in timetable(short)}
    assert likely_duration_s(short) == longest_duration_s(short) == 60.0


def test_the_fuse_bounds_the_time_too() -> None:
    """Whichever of budget and fuse is shorter."""
    plan = a_full_plan(search=replace(FULL, budget_s=9_000.0))
    assert time_limit_s(plan) == 3600.0
    assert time_limit_s(a_full_plan()) == 3600.0
