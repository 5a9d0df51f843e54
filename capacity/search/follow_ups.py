"""Which steps check the answer, after the climb and before it is printed?

A verification holds the load of the answer longer; a profile repeats it while the service's code is
watched; a confirmation plans starts at 90 % of its rate; a recovery is light load after the heavy
one. Pure; each is begun only while there is time for it.
"""

from collections.abc import Sequence

from capacity.analysis.outcomes import Outcome, limit_of, operating_point
from capacity.model.load import Arrivals, ClosedLoop, Load, OpenLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import EngineName, HttpRequest, Purpose, RunPlan, StepPlan
from capacity.search.situation import SLACK_S, Situation, planned_hold_s

# What is run once no step refines any more, in this order.
CHECKS = (Purpose.VERIFY, Purpose.PROFILE, Purpose.CONFIRM, Purpose.RECOVERY)
# How many loads are verified at most, and how often one is while it cannot be believed.
MOST_VERIFIED = 3
MOST_ATTEMPTS = 2
# Planned starts near the capacity itself would queue without end.
CONFIRM_RATIO = 0.9
# Slots for waiting starts: several times those of the closed loop, and never a handful.
_SLOTS_TIMES = 4
_LEAST_SLOTS = 64
_RATE_DIGITS = 4


def follow_up(now: Situation) -> StepPlan | None:
    """The next step that checks the answer; None when all is checked or no time is left."""
    return _verification(now) or _profile(now) or _confirmation(now) or _recovery(now)


def follow_ups_s(now: Situation, *after: Purpose) -> float:
    """How long the planned checks take when each is run once, without those in `after`."""
    purposes = [purpose for purpose in planned_checks(now.plan) if purpose not in after]
    holds_s = sum(planned_hold_s(now.plan, purpose) for purpose in purposes)
    return holds_s + len(purposes) * (now.longest_settle_s() + SLACK_S)


def planned_checks(plan: RunPlan) -> tuple[Purpose, ...]:
    """The checks that the plan asks for and its load allows, in their order."""
    search = plan.search
    wanted = (
        (Purpose.VERIFY, search.verify),
        (Purpose.PROFILE, plan.profiling is not None),
        (Purpose.CONFIRM, search.confirm and can_confirm(plan)),
        (Purpose.RECOVERY, search.recovery),
    )
    return tuple(purpose for purpose, is_wanted in wanted if is_wanted)


def can_confirm(plan: RunPlan) -> bool:
    """Whether starts can be planned: by the native engine, unless the ladder plans them itself."""
    is_closed = isinstance(plan.ladder.loads[0], ClosedLoop)
    is_data = isinstance(plan.scenario.call, HttpRequest)
    return is_closed and is_data and plan.engine is EngineName.NATIVE


def _verification(now: Situation) -> StepPlan | None:
    """Hold the answer; a breach is measured once more, and then a lower answer is verified."""
    is_wanted = Purpose.VERIFY in planned_checks(now.plan)
    if not is_wanted or now.count(Purpose.CONFIRM, Purpose.RECOVERY):
        return None
    verified = [step.load for step in now.measured if step.purpose is Purpose.VERIFY]
    if verified and (again := _purpose_again(now, verified[-1])) is not None:
        return _at_answer(now, verified[-1], again)
    point = operating_point(now.levels)
    if point is None or point.load in verified or len(set(verified)) >= MOST_VERIFIED:
        return None
    return _at_answer(now, point.load, Purpose.VERIFY)


def _at_answer(now: Situation, load: Load, purpose: Purpose) -> StepPlan | None:
    hold_s = planned_hold_s(now.plan, Purpose.VERIFY)
    return now.step_at(load, purpose, hold_s=hold_s, later_s=follow_ups_s(now, Purpose.VERIFY))


def _purpose_again(now: Situation, load: Load) -> Purpose | None:
    """Why a verified load is held once more; None when what was seen of it is enough."""
    attempts = _attempts(now.measured, load)
    level = next(level for level in now.levels if level.load == load)
    if level.outcome is Outcome.SUSPECTED:
        return Purpose.RECHECK
    is_open = level.outcome is not Outcome.FAILED and not any(map(_holds, attempts))
    can_repeat = now.plan.search.recheck and len(attempts) < MOST_ATTEMPTS
    return Purpose.VERIFY if is_open and can_repeat else None


def _attempts(steps: Sequence[Measured], load: Load) -> tuple[Measured, ...]:
    """The verifications of a load and what was measured there since, but for a watched step."""
    at_load = [s for s in steps if s.load == load and s.purpose is not Purpose.PROFILE]
    first = next((step.index for step in at_load if step.purpose is Purpose.VERIFY), None)
    return tuple(step for step in at_load if first is not None and step.index >= first)


def _holds(step: Measured) -> bool:
    return limit_of(step) is None and step.believed is Believed.YES


def _profile(now: Situation) -> StepPlan | None:
    """The answer once more, as verified as it will be; at most once."""
    is_wanted = Purpose.PROFILE in planned_checks(now.plan)
    point = operating_point(now.levels)
    if not is_wanted or point is None:
        return None
    if now.count(Purpose.PROFILE, Purpose.CONFIRM, Purpose.RECOVERY):
        return None
    later_s = follow_ups_s(now, Purpose.VERIFY, Purpose.PROFILE)
    return now.step_at(point.load, Purpose.PROFILE, later_s=later_s)


def _confirmation(now: Situation) -> StepPlan | None:
    is_wanted = Purpose.CONFIRM in planned_checks(now.plan)
    point = operating_point(now.levels)
    if not is_wanted or point is None or now.count(Purpose.CONFIRM, Purpose.RECOVERY):
        return None
    is_verified = any(map(_holds, _attempts(now.measured, point.load)))
    qps = None if point.best is None else point.best.qps
    if qps is None or (now.plan.search.verify and not is_verified):
        return None
    slots = max(_SLOTS_TIMES * int(point.load.level), _LEAST_SLOTS)
    load = OpenLoop(
        rate_qps=float(f"{CONFIRM_RATIO * qps:.{_RATE_DIGITS}g}"),
        arrivals=Arrivals.POISSON,
        max_in_flight=min(slots, now.plan.fuses.max_concurrency),
    )
    later_s = follow_ups_s(now, Purpose.VERIFY, Purpose.PROFILE, Purpose.CONFIRM)
    return now.step_at(load, Purpose.CONFIRM, later_s=later_s)


def _recovery(now: Situation) -> StepPlan | None:
    """Light load once more, where it was light before and became heavier."""
    first = now.plan.ladder.loads[0]
    is_wanted = Purpose.RECOVERY in planned_checks(now.plan)
    if not is_wanted or now.count(Purpose.RECOVERY) or all(s.load == first for s in now.measured):
        return None
    passed = any(level.load == first and level.outcome is Outcome.PASSED for level in now.levels)
    return now.step_at(first, Purpose.RECOVERY) if passed else None
