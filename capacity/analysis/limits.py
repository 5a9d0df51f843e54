"""Up to which load does every limit hold, between the last that passed and the first that failed?

N_slo is where the value of the rule that was broken crosses its limit. The values of the loads up
to `failed` are made monotonic (isotonic regression, pool-adjacent-violators) on a scale on which
they are nearly straight over ln N: ln for latencies, the square root for shares, whose 0 is a value
like another. What lies above `failed` is flagged elsewhere, never averaged in. Between `passed` and
`failed` a latency is bent like the residence time R = N / X of the fitted curve, a resource like X.

The 90 % interval comes from drawing each value within its own error (P99: its order statistics,
other percentiles: the slope of the tail, shares: binomial; latencies and resources by 3 % more from
step to step, or by the noise of the curve where that is more) and the way between the two loads:
the crossing t in (0, 1) becomes t ** exp(s z), s = 0.2 with the curve and 0.5 without, for between
two loads nothing was measured. Where the value at `passed` is under half of the limit on a share,
it tells nothing of the way, and every place between is as likely. Draws are seeded: the same steps
give the same answer. It never leaves [passed, failed].

A cliff: `failed` is at most 1.5 times `passed`, the value at `passed` is under half of its limit,
and it rose by more than a queue explains (a share: more than 1.5 times 1 - passed / failed, which
is what a limiter refuses; a latency: in such a gap R itself rises by 1.5 at most). Then, and where
nothing succeeded, the interval is the whole gap, and the value the load that passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from typing import TYPE_CHECKING

from capacity.analysis.hold_values import hold_value, is_upper, percentile, seen_before
from capacity.analysis.outcomes import (
    LevelOutcome,
    broken_limits,
    first_failure,
    limit_of,
    passed_prefix,
)
from capacity.model.findings import CurveFit, Estimate
from capacity.model.measured import Measured
from capacity.model.rules import Judgement, Rule, Scope
from capacity.model.snapshot import LatencySummary
from capacity.units import Unit

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

CLIFF_GAP = 1.5
# Below this share of its limit a value does not tell that the limit is near.
TELLING_SHARE = 0.5
_DRAWS = 400
_SEED = 20_261_121
_PLACES = 65
_SD_WAY_WITH_CURVE = 0.2
_SD_WAY = 0.5
# Of a value whose error nobody knows, and the least of any.
_UNKNOWN_LN_ERROR = 0.05
_LEAST_ERROR = 0.002
_MOST = 1e100
# How far a latency or a resource scatters from step to step, whatever its requests tell.
_BETWEEN_STEPS = 0.03
_Z_95 = 1.96

_PERCENTS = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999))


@dataclass(frozen=True, slots=True)
class Largest:
    """N_slo with its interval, and whether nothing told of it."""

    estimate: Estimate
    is_cliff: bool


@dataclass(frozen=True, slots=True)
class _Point:
    """The value of a rule at a load, on the scale of the rule, with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class _Crossing:
    """The values up to the failed load, and the limit, on one scale that rises to the limit."""

    points: tuple[_Point, ...]
    limit: float
    bend: "NDArray[float64]"
    sd_way: float
    is_told: bool


def largest_load(levels: Sequence[LevelOutcome], fit: CurveFit | None) -> Largest | None:
    """N_slo; None where no limit was broken, or no load passed.

    Of several rules broken at the first failed load the one that is crossed first counts.
    """
    failure, passed = first_failure(levels), passed_prefix(levels)
    if failure is None or not passed:
        return None
    low, high = passed[-1].load.level, failure.load.level
    last = [step for step in failure.steps if limit_of(step) is not None][-1]
    broken = [j for j in broken_limits(last) if j.observed is not None and j.limit is not None]
    if not broken or low <= 0:
        # A limit whose value is not known tells nothing of what went before it.
        return Largest(Estimate(low, low, high), is_cliff=not broken_limits(last))
    found = [_largest_by(judgement, passed, last, fit) for judgement in broken]
    return min(found, key=lambda largest: (largest.estimate.value, largest.estimate.high))


def _largest_by(
    broken: Judgement, passed: Sequence[LevelOutcome], failed: Measured, fit: CurveFit | None
) -> Largest:
    low, high = passed[-1].load.level, failed.load.level
    at_passed = None if passed[-1].best is None else _value(passed[-1].best, broken.rule)
    if at_passed is None:
        return Largest(Estimate(low, low, high), is_cliff=False)
    if _is_cliff(broken, at_passed, high / low):
        return Largest(Estimate(low, low, high), is_cliff=True)
    places = _draw(_crossing(broken, passed, failed, fit))
    # Rounding must not carry an end of the interval over an end of the gap.
    value, least, most = (min(max(low * (high / low) ** p, low), high) for p in places)
    return Largest(Estimate(value, least, most), is_cliff=False)


def _is_cliff(broken: Judgement, at_passed: float, gap: float) -> bool:
    rule, observed, limit = broken.rule, broken.observed, broken.limit
    if observed is None or limit is None or not is_upper(rule) or gap > CLIFF_GAP:
        return False
    if at_passed >= TELLING_SHARE * limit:
        return False
    return rule.unit is not Unit.RATIO or observed > 1.5 * max(limit, 1 - 1 / gap)


def _crossing(
    broken: Judgement, passed: Sequence[LevelOutcome], failed: Measured, fit: CurveFit | None
) -> _Crossing:
    rule = broken.rule
    observed, limit = broken.observed or 0.0, broken.limit or 0.0
    steps = [level.best for level in passed if level.best is not None]
    known = [(step, value) for step in steps if (value := _value(step, rule)) is not None]
    known.append((failed, observed))
    scale = _Scale.of(rule, [limit, *(value for _, value in known)])
    is_share = _is_share(rule)
    between_steps = 0.0
    if scale.is_ln:
        between_steps = max(_BETWEEN_STEPS, 0.0 if fit is None else fit.noise_ratio)
    return _Crossing(
        points=tuple(
            _Point(scale.place(value), hypot(scale.error(step, rule, value), between_steps))
            for step, value in known
        ),
        limit=scale.place(limit),
        bend=_bend(rule, passed[-1].load.level, failed.load.level, fit),
        sd_way=_SD_WAY if fit is None or is_share else _SD_WAY_WITH_CURVE,
        is_told=not (is_share and known[-2][1] < TELLING_SHARE * limit),
    )


def _is_share(rule: Rule) -> bool:
    return rule.unit is Unit.RATIO and rule.scope is not Scope.RESOURCE


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a rule's values become nearly straight over ln N; a lower limit is turned round."""

    is_ln: bool
    is_root: bool
    sign: float

    @classmethod
    def of(cls, rule: Rule, values: Sequence[float]) -> "_Scale":
        sign = 1.0 if is_upper(rule) else -1.0
        is_root = _is_share(rule)
        is_ln = not is_root and min(values) > 0
        return cls(is_ln, is_root, sign)

    def place(self, value: float) -> float:
        if self.is_ln:
            return self.sign * log(value)
        return self.sign * (sqrt(max(value, 0.0)) if self.is_root else value)

    def error(self, step: Measured, rule: Rule, value: float) -> float:
        """The standard error on this scale."""
        if self.is_root:
            return 0.5 / sqrt(max(step.judged or 0, 1))
        ln_error = _ln_error(step.latency, rule.metric)
        return max(ln_error if self.is_ln else ln_error * abs(value), _LEAST_ERROR)


def _ln_error(latency: LatencySummary | None, metric: str) -> float:
    """The standard error of ln of a percentile, from its order statistics or the tail's slope."""
    if latency is None:
        return _UNKNOWN_LN_ERROR
    if metric == "p99" and latency.p99_low_s and latency.p99_high_s:
        return log(latency.p99_high_s / latency.p99_low_s) / (2 * _Z_95)
    known = [(q, percentile(latency, name)) for name, q in _PERCENTS]
    tail = [(q, value) for q, value in known if value is not None and value > 0]
    share = dict(_PERCENTS).get(metric)
    if share is None or len(tail) < 2:
        return _UNKNOWN_LN_ERROR
    (first_q, first_s), (last_q, last_s) = tail[0], tail[-1]
    slope = log(last_s / first_s) / log((1 - first_q) / (1 - last_q))
    return abs(slope) * sqrt(share / ((1 - share) * max(latency.count, 1)))


def _value(step: Measured, rule: Rule) -> float | None:
    """The rule's value over the whole hold; else what the rule saw in its window."""
    value = hold_value(step, rule)
    return seen_before(step, rule) if value is None else value


def _bend(
    rule: Rule, passed_level: float, failed_level: float, fit: CurveFit | None
) -> "NDArray[float64]":
    """How far off a straight line the way from `passed` to `failed` is, at even places on it."""
    # Imported here: slow to load, and a dry run needs none of it.
    import numpy as np

    places = np.linspace(0.0, 1.0, _PLACES)
    is_latency, is_resource = rule.unit is Unit.SECONDS, rule.scope is Scope.RESOURCE
    if fit is None or not fit.curve or not (is_latency or is_resource):
        return np.zeros(_PLACES)
    ln_n = np.log([point.concurrency for point in fit.curve])
    ln_x = np.log([point.qps for point in fit.curve])
    at = log(passed_level) + places * log(failed_level / passed_level)
    shape = np.interp(at, ln_n, ln_x)
    if is_latency:
        shape = at - shape
    straight = shape[0] + places * (shape[-1] - shape[0])
    return np.asarray(shape - straight, dtype=np.float64)


def _draw(crossing: _Crossing) -> tuple[float, float, float]:
    """Median, 5 % and 95 % point of the place between passed (0) and failed (1)."""
    import numpy as np
    from scipy.optimize import isotonic_regression

    random = np.random.default_rng(_SEED)
    # Numbers that no service has must not overflow here.
    values = np.clip([point.value for point in crossing.points], -_MOST, _MOST)
    errors = np.clip([point.error for point in crossing.points], 1 / _MOST, _MOST)
    even = np.linspace(0.0, 1.0, _PLACES)
    found = np.empty(_DRAWS)
    for index in range(_DRAWS):
        drawn = values + errors * random.standard_normal(len(values))
        way, chance = random.standard_normal(), random.uniform()
        risen = isotonic_regression(drawn, weights=errors**-2).x
        path = np.maximum.accumulate(risen[-2] + even * (risen[-1] - risen[-2]) + crossing.bend)
        if not crossing.is_told:
            found[index] = chance
        elif path[0] >= crossing.limit:
            found[index] = 0.0
        elif path[-1] <= crossing.limit:
            found[index] = 1.0
        else:
            above = int(np.argmax(path > crossing.limit))
            rise = path[above] - path[above - 1]
            place = even[above - 1] + (crossing.limit - path[above - 1]) / rise * even[1]
            found[index] = place ** exp(crossing.sd_way * way)
    value, least, most = (float(np.quantile(found, q)) for q in (0.5, 0.05, 0.95))
    return value, least, most
