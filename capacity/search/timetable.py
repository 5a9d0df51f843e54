"""How long does each part of a climb take, likely and at most?

Sums of settle and hold: raising the load, the last requests of a step and readings that come late
are not in them. Whatever they say, the time limit of the plan ends the run.
"""

from dataclasses import dataclass

from capacity.model.plan import Purpose, RunPlan
from capacity.search.follow_ups import MOST_ATTEMPTS, MOST_VERIFIED, planned_checks
from capacity.search.situation import SLACK_S, longest_hold_s, planned_hold_s


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """One part of a climb: its likely and its greatest number of steps, and their times.

    Steps that measure once more what is in doubt are not likely; of those that refine the most are.
    """

    purpose: Purpose
    likely_steps: int
    most_steps: int
    likely_s: float
    at_most_s: float


def timetable(plan: RunPlan) -> tuple[PhaseTime, ...]:
    """The parts that the plan asks for, in their order."""
    search = plan.search
    rungs = len(plan.ladder.loads)
    parts = [_part(plan, Purpose.LADDER, rungs, rungs)]
    if search.recheck:
        parts.append(_part(plan, Purpose.RECHECK, 0, rungs))
    checks = [_check(plan, purpose) for purpose in planned_checks(plan)]
    refined = _refined(plan, sum(part.likely_s for part in (*parts, *checks)))
    if refined:
        parts.append(_part(plan, Purpose.REFINE, refined, refined))
    return (*parts, *checks)


def time_limit_s(plan: RunPlan) -> float:
    """What the whole run never exceeds."""
    budget_s, fuse_s = plan.search.budget_s, plan.fuses.max_duration_s
    return fuse_s if budget_s is None else min(budget_s, fuse_s)


def likely_duration_s(plan: RunPlan) -> float:
    """Settle and hold of every likely step, if no rule ends the climb."""
    return min(sum(part.likely_s for part in timetable(plan)), time_limit_s(plan))


def longest_duration_s(plan: RunPlan) -> float:
    """Settle and hold of every step that there may be, each as long as it may become."""
    return min(sum(part.at_most_s for part in timetable(plan)), time_limit_s(plan))


def _refined(plan: RunPlan, others_s: float) -> int:
    """With a budget steps are added while there is time, else so many as the plan allows."""
    if plan.search.budget_s is None:
        return plan.search.refine
    step_s = plan.settle_s + plan.hold_s + SLACK_S
    return max(int((time_limit_s(plan) - others_s) // step_s), 0)


def _check(plan: RunPlan, purpose: Purpose) -> PhaseTime:
    is_verified = purpose is Purpose.VERIFY
    attempts = MOST_ATTEMPTS if plan.search.recheck else 1
    return _part(plan, purpose, 1, MOST_VERIFIED * attempts if is_verified else 1)


def _part(plan: RunPlan, purpose: Purpose, likely: int, most: int) -> PhaseTime:
    hold_s = planned_hold_s(plan, purpose)
    longest_s = longest_hold_s(plan, purpose, hold_s) or hold_s
    settle_at_most_s = max(plan.settle_s, plan.hold_s)
    return PhaseTime(
        purpose,
        likely,
        most,
        likely_s=likely * (plan.settle_s + hold_s),
        at_most_s=most * (settle_at_most_s + longest_s),
    )
