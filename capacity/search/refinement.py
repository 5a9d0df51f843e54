"""Where do the steps go that refine the answer?

Into the gap between the last load that met every limit and the first that did not, or to where the
knee becomes clearer, whichever is less well known. Pure.
"""

from itertools import pairwise
from math import exp, inf, log

from capacity.analysis.outcomes import first_failure, operating_point, passed_prefix
from capacity.model.load import ClosedLoop, Load, OpenLoop
from capacity.model.plan import Purpose, StepPlan
from capacity.search.follow_ups import follow_ups_s
from capacity.search.situation import Situation

# Narrower than this nobody asks for, unless --precision says so.
DEFAULT_PRECISION_RATIO = 0.15
# A guard against a time that never gets less; no budget holds so many steps.
MOST_REFINED = 200


def refine_step(now: Situation) -> StepPlan | None:
    """The next step that refines; None when enough is known, or the checks need what is left."""
    search = now.plan.search
    most = search.refine if search.budget_s is None else MOST_REFINED
    if now.count(Purpose.REFINE) >= most:
        return None
    if now.count(Purpose.VERIFY, Purpose.CONFIRM, Purpose.RECOVERY):
        return None
    load = _telling_load(now)
    if load is None:
        return None
    return now.step_at(load, Purpose.REFINE, reserve_s=follow_ups_s(now))


def _telling_load(now: Situation) -> Load | None:
    passed, failed = passed_prefix(now.levels), first_failure(now.levels)
    if not passed:
        return None
    good = passed[-1].load
    if failed is not None:
        middle = _between(good, failed.load, 0.5)
        gap_ratio = failed.load.level / good.level - 1
        if middle is not None and gap_ratio > goal_ratio(now):
            return middle
    return _beside_the_answer(now)


def goal_ratio(now: Situation) -> float:
    """How narrow is narrow enough, as high / low - 1; with a budget alone nothing is."""
    search = now.plan.search
    if search.precision_ratio is not None:
        return search.precision_ratio
    return DEFAULT_PRECISION_RATIO if search.budget_s is None else 0.0


def _between(low: Load, high: Load, fraction: float) -> Load | None:
    """The load at a fraction of the gap on a log scale, None when there is none between."""
    level = exp(log(low.level) + fraction * log(high.level / low.level))
    match low:
        case ClosedLoop(concurrency):
            level = min(max(round(level), concurrency + 1), int(high.level) - 1)
            return ClosedLoop(int(level)) if level > concurrency else None
        case OpenLoop():
            return OpenLoop(float(f"{level:.4g}"), low.arrivals, low.max_in_flight)


def _beside_the_answer(now: Situation) -> Load | None:
    """The widest gap beside the answer, where the curve bends."""
    point = operating_point(now.levels)
    if point is None or not isinstance(point.load, ClosedLoop):
        return None
    tested = sorted({level.load.level for level in now.levels})
    at = tested.index(point.load.level)
    around = tested[max(at - 1, 0) : at + 2]
    gaps = [(high / low, low, high) for low, high in pairwise(around)]
    ratio, low, high = max(gaps, default=(0.0, inf, inf))
    if ratio - 1 <= goal_ratio(now):
        return None
    return _between(ClosedLoop(int(low)), ClosedLoop(int(high)), 0.5)
