"""Where do the steps go that refine the answer?

Three things may be known too little: between the last load that met every limit and the first that
did not, where the limit lies; where the knee is; and which is the least load with all of the
throughput. The one that is furthest from narrow enough gets the next step. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, floor, log, sqrt

from capacity.analysis.knee import find_knee
from capacity.analysis.knee_design import most_telling_level
from capacity.analysis.outcomes import (
    JUDGED_PURPOSES,
    NEAR_BEST_RATIO,
    LevelOutcome,
    Outcome,
    broken_limit,
    first_failure,
    limit_of,
    operating_point,
    passed_prefix,
)
from capacity.analysis.throughput import Observation, observe
from capacity.model.findings import CurveFit, Knee, NoKnee
from capacity.model.load import ClosedLoop, Load, OpenLoop
from capacity.model.measured import Measured
from capacity.model.plan import Purpose, SearchPlan, StepPlan
from capacity.model.rules import Judgement, Rule, Scope, StepRate
from capacity.search.follow_ups import CHECKS, follow_ups_s
from capacity.search.situation import SLACK_S, Situation
from capacity.units import Unit

# Narrow enough for knee and limit, unless --precision says otherwise, and for the throughput.
DEFAULT_PRECISION_RATIO = 0.15
THROUGHPUT_RATIO = 0.02
# Two rates that are closer need not be told apart, however much time there is.
LEAST_RATE_RATIO = 0.01
# Where throughput is wanted, nearly all of the curve's highest; where it is there, and less load is
# wanted, so much of it that a step may show as all.
_MORE_SHARE = 0.995
_LESS_SHARE = 0.985
# The same throughput at less load is worth less than more throughput.
_LESS_LOAD_WEIGHT = 0.7
# With so much of the probability on a knee above the range, its interval is not narrow.
_NOT_REACHED_LIKELY = 0.2
# And with so much of it on one side of the range, no step inside will find it.
_SURELY_OUTSIDE = 0.95
_UNCLEAR_URGENCY = 1.5
# Loads to choose from lie so close.
_GRID_RATIO = 1.1
# Good throughput beyond a limit that is so much of that below it has not broken down.
STILL_THERE_RATIO = 0.9
# A whole load that is told as a logarithm is no longer quite whole.
_ROUNDING = 0.01
# A guard against a time that never gets less; no budget holds so many steps.
MOST_REFINED = 200


@dataclass(frozen=True, slots=True)
class _Wish:
    """A load that would tell something. `urgency` above 1: that is not narrow enough yet."""

    load: Load
    urgency: float


def refine_step(now: Situation) -> StepPlan | None:
    """The next step that refines; None when enough is known, or the checks need what is left."""
    search = now.plan.search
    most = search.refine if search.budget_s is None else MOST_REFINED
    is_over = now.count(*CHECKS) > 0
    hold_s, later_s = now.plan.hold_s, follow_ups_s(now)
    # Before the arithmetic of a curve is begun: is there time for the step, and for the checks?
    fits = now.left_s >= now.settle_s() + hold_s + SLACK_S + later_s
    if is_over or not fits or now.count(Purpose.REFINE) >= most:
        return None
    wish = max(_wishes(now), key=lambda wish: wish.urgency, default=None)
    if wish is None or wish.urgency <= (0.0 if _spends_all(search) else 1.0):
        return None
    return now.step_at(wish.load, Purpose.REFINE, later_s=later_s)


def _spends_all(search: SearchPlan) -> bool:
    """Whether nothing is narrow enough while there is time."""
    return search.budget_s is not None and search.precision_ratio is None


def _precision_ratio(now: Situation) -> float:
    asked = now.plan.search.precision_ratio
    return DEFAULT_PRECISION_RATIO if asked is None else asked


def _wishes(now: Situation) -> list[_Wish]:
    passed, failed = passed_prefix(now.levels), first_failure(now.levels)
    if not passed:
        return []
    good = passed[-1]
    if isinstance(good.load, OpenLoop):
        wish = None if failed is None else _at_limit(now, good, failed, _kept_up_to(good, failed))
        return [] if wish is None else [wish]
    seen = _observations(now.measured)
    knee = find_knee(seen)
    fit, last = knee.fit, now.levels[-1].load.level
    wishes: list[_Wish | None] = []
    if failed is not None:
        limit = _likely_limit(good, failed)
        wish = _at_limit(now, good, failed, limit)
        # What is not known of such a knee lies in the gap: a step there tells of both.
        is_knee_above = fit is not None and fit.knee.high > good.load.level
        if wish is not None and wish.urgency > 1 and is_knee_above:
            return [wish]
        wishes.append(wish)
        # For the sake of the curve no load is measured that failed, nor one that is likely to.
        last = max(limit, good.load.level)
    levels = _grid(int(now.levels[0].load.level), round(last))
    wishes.append(_at_knee(now, knee, seen, levels))
    point = operating_point(now.levels)
    qps = None if point is None or point.best is None else point.best.qps
    if fit is not None and point is not None and qps is not None:
        wishes.append(_at_answer(now, fit, StepRate(point.load.level, qps), levels[-1]))
    return [wish for wish in wishes if wish is not None]


def _observations(steps: Sequence[Measured]) -> list[Observation]:
    usable = [step for step in steps if step.is_usable and step.purpose in JUDGED_PURPOSES]
    return [seen for seen in map(observe, usable) if seen is not None]


def _grid(first: int, last: int) -> list[int]:
    """Whole loads from the first to the last, about a tenth apart."""
    levels = [first]
    while levels[-1] < last:
        levels.append(min(max(round(levels[-1] * _GRID_RATIO), levels[-1] + 1), last))
    return levels


def _at_limit(
    now: Situation, good: LevelOutcome, failed: LevelOutcome, limit: float
) -> _Wish | None:
    """Into the gap, to where the limit is likely met, but not so near to an end as to be lost."""
    low, high = good.load.level, failed.load.level
    step = 1 + _precision_ratio(now)
    is_wide = high / low >= step**2
    level = min(max(limit, low * step), high / step) if is_wide else _middle(good, failed)
    load = _between(good.load, failed.load, level)
    return None if load is None else _Wish(load, log(high / low) / log(step))


def _between(low: Load, high: Load, level: float) -> Load | None:
    """The load at a level between two others; None when they are next to each other.

    Whole numbers are rounded towards the nearer end, so that what is left there is narrow enough.
    """
    if isinstance(low, ClosedLoop):
        is_nearer_low = level < sqrt(low.level * high.level)
        concurrency = floor(level) if is_nearer_low else ceil(level)
        concurrency = min(max(concurrency, low.concurrency + 1), int(high.level) - 1)
        return ClosedLoop(concurrency) if concurrency > low.concurrency else None
    if high.level / low.level <= 1 + LEAST_RATE_RATIO:
        return None
    return OpenLoop(float(f"{level:.4g}"), low.arrivals, low.max_in_flight)


def _middle(good: LevelOutcome, failed: LevelOutcome) -> float:
    return sqrt(good.load.level * failed.load.level)


def _kept_up_to(good: LevelOutcome, failed: LevelOutcome) -> float:
    """The rate that a service kept up with when more was planned; the middle when it broke down."""
    seen = [step.qps for step in failed.steps if step.qps is not None]
    most_qps = max(seen, default=0.0)
    is_between = good.load.level < most_qps < failed.load.level
    return most_qps if is_between else _middle(good, failed)


def _likely_limit(good: LevelOutcome, failed: LevelOutcome) -> float:
    """Where in the gap the limit is likely met; its middle when nothing tells."""
    last = next(step for step in reversed(failed.steps) if limit_of(step) is not None)
    rule = broken_limit(last)
    if rule is None or good.best is None:
        level = None
    elif rule.unit is Unit.RATIO and rule.scope is not Scope.RESOURCE:
        level = _refused_from(good.best, last)
    else:
        low, high = _judgement(good.best, rule), _judgement(last, rule)
        level = _on_power_law((good.load.level, low), (failed.load.level, high))
    return _middle(good, failed) if level is None else level


def _refused_from(good: Measured, failed: Measured) -> float | None:
    """The load from which a limiter refuses requests: there throughput is what it is above.

    Below it throughput grows like the load. None where it has fallen, as when a service breaks.
    """
    if good.qps is None or failed.qps is None or failed.qps < STILL_THERE_RATIO * good.qps:
        return None
    return good.load.level * failed.qps / good.qps


def _judgement(step: Measured, rule: Rule) -> Judgement | None:
    return next((judged for judged in step.judgements if judged.rule == rule), None)


def _on_power_law(
    low: tuple[float, Judgement | None], high: tuple[float, Judgement | None]
) -> float | None:
    """The load at which a latency or a resource that grows like its power meets its limit.

    None when nothing tells.
    """
    if low[1] is None or high[1] is None:
        return None
    at_low, at_high, limit = low[1].observed, high[1].observed, high[1].limit
    if at_low is None or at_high is None or limit is None or min(at_low, at_high, limit) <= 0:
        return None
    if not min(at_low, at_high) < limit < max(at_low, at_high):
        return None
    fraction = log(limit / at_low) / log(at_high / at_low)
    return low[0] * exp(fraction * log(high[0] / low[0]))


def _at_knee(
    now: Situation, knee: Knee | NoKnee, seen: Sequence[Observation], levels: Sequence[int]
) -> _Wish | None:
    """Where a step tells most about the knee; where it is surely not in the range none does."""
    if knee.fit is None:
        return _in_widest_gap(now, levels[-1])
    if max(knee.fit.p_not_reached, knee.fit.p_below_range) >= _SURELY_OUTSIDE:
        return None
    level = most_telling_level(seen, levels)
    width = knee.fit.knee.high / knee.fit.knee.low
    urgency = log(width) / log(1 + _precision_ratio(now))
    if isinstance(knee, NoKnee) or knee.fit.p_not_reached >= _NOT_REACHED_LIKELY:
        urgency = max(urgency, _UNCLEAR_URGENCY)
    return None if level is None else _Wish(ClosedLoop(int(level)), urgency)


def _in_widest_gap(now: Situation, last: int) -> _Wish | None:
    """Too few loads for a curve: the widest gap is halved."""
    tested = sorted({level.load.level for level in now.levels if level.load.level <= last})
    gaps = [(high / low, low, high) for low, high in pairwise(tested)]
    if not gaps:
        return None
    ratio, low, high = max(gaps)
    load = _between(ClosedLoop(int(low)), ClosedLoop(int(high)), sqrt(low * high))
    return None if load is None else _Wish(load, log(ratio) / log(1 + _precision_ratio(now)))


def _at_answer(now: Situation, fit: CurveFit, answer: StepRate, last: int) -> _Wish | None:
    """The least load with all of the throughput, where the curve has it and no step has been."""
    curve = [at for at in fit.curve if at.concurrency <= last + 0.5]
    most_qps = max(at.qps for at in curve)
    is_there = answer.qps >= NEAR_BEST_RATIO * most_qps
    wanted_qps = most_qps * (_LESS_SHARE if is_there else _MORE_SHARE)
    full = next(at.concurrency for at in curve if at.qps >= wanted_qps)
    level = min(ceil(full - _ROUNDING), last)
    # What could not be believed is measured once more.
    tested = [at for at in now.levels if at.outcome is not Outcome.UNKNOWN or len(at.steps) > 1]
    if level in {at.load.level for at in tested}:
        return None
    # Loads between the two that showed less than the answer did: scatter hides what is sought.
    if is_there and any(level <= at.load.level < answer.level for at in tested):
        return None
    more = log(most_qps / answer.qps) / log(1 + THROUGHPUT_RATIO)
    less = log(answer.level / level) / log(1 + _precision_ratio(now))
    return _Wish(ClosedLoop(level), max(more, _LESS_LOAD_WEIGHT * less))
