"""Was a hold measured after the service had settled, and which part of it?

Pure: the intervals of a hold go in. Its begin is cut where that makes the mean of the rest most
certain (MSER, White 1997: the cut with the least variance / count of the rest, at most half), but
only when what is cut differs from the rest at the 1 % level: else chance would pick quiet seconds.

What is left drifts when the straight line through throughput or mean latency changes by more than
5 % from begin to end AND its slope differs from 0 at the 1 % level. Its error comes from what line
and bend leave over, times (1 + r) / (1 - r), because neighbouring seconds are alike: r is the
autocorrelation of first order, its bias in short series taken back. Latency is looked at from five
mean latencies on: the first answers in a hold are the quick ones of those that began in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

from capacity.model.measured import Interval, Steadiness, SteadyState

# Fewer say nothing about a drift; a line through fewer points than this is none.
LEAST_INTERVALS = 5
_LEAST_POINTS = 3
DRIFT_RATIO = 0.05
_MEANS_UNTIL_ALL_ANSWER = 5.0
_MOST_AUTOCORRELATION = 0.9
# Below this what is left over is the rounding of numbers.
_GRAIN_RATIO = 1e-12
# For 1, 2, ... degrees of freedom.
_T_QUANTILES = (63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355)
_NORMAL_QUANTILE = 2.575_829


@dataclass(frozen=True, slots=True)
class _Drift:
    """The change from begin to end as a share of the mean, and whether it is beyond its error."""

    ratio: float
    is_significant: bool

    @property
    def counts(self) -> bool:
        """Whether it is both real and large enough to matter."""
        return self.is_significant and abs(self.ratio) > DRIFT_RATIO


def assess(intervals: Sequence[Interval], *, extended_s: float = 0.0) -> Steadiness:
    """How a hold went on; `extended_s` is how much longer than planned it was."""
    if len(intervals) < LEAST_INTERVALS:
        return Steadiness(SteadyState.UNKNOWN, 0.0, None, None, extended_s)
    rates = [interval.ended_ok / interval.span_s for interval in intervals]
    cut = _warm_up(rates)
    begins_s = _begins_s(intervals)
    middles_s = [begin_s + i.span_s / 2 for begin_s, i in zip(begins_s, intervals, strict=True)]
    qps = _drift(middles_s[cut:], rates[cut:])
    answered_s = max(begins_s[cut], _MEANS_UNTIL_ALL_ANSWER * _mean_latency_s(intervals))
    latencies = [
        (middle_s, interval.mean_s)
        for begin_s, middle_s, interval in zip(begins_s, middles_s, intervals, strict=True)
        if interval.mean_s is not None and begin_s >= answered_s
    ]
    latency = _drift([at_s for at_s, _ in latencies], [mean_s for _, mean_s in latencies])
    if qps is None:  # not one good answer
        return Steadiness(SteadyState.UNKNOWN, 0.0, None, None, extended_s)
    is_drifting = qps.counts or (latency is not None and latency.counts)
    return Steadiness(
        state=SteadyState.DRIFTING if is_drifting else SteadyState.STEADY,
        cut_s=begins_s[cut],
        qps_drift_ratio=qps.ratio,
        latency_drift_ratio=None if latency is None else latency.ratio,
        extended_s=extended_s,
    )


def _warm_up(rates: Sequence[float]) -> int:
    """How many of the first values are no part of the steady state."""
    cut = min(range(len(rates) // 2 + 1), key=lambda d: _squares(rates[d:]) / (len(rates) - d) ** 2)
    if cut == 0:
        return 0
    head, rest = rates[:cut], rates[cut:]
    mean, squares, freedom = _mean(rest), _squares(rest), len(rest) - 1
    likeness = _autocorrelation([x - mean for x in rest], squares, fitted=1)
    variance = squares / freedom * (1 + likeness) / (1 - likeness)
    error = sqrt(variance * (1 / len(head) + 1 / len(rest)))
    return cut if abs(_mean(head) - mean) > t_quantile(freedom) * error else 0


def _drift(at_s: Sequence[float], values: Sequence[float]) -> _Drift | None:
    """The straight line through the values; None when they are too few or have no scale."""
    if len(values) < _LEAST_POINTS or (mean := _mean(values)) <= 0:
        return None
    middle_s = _mean(at_s)
    off_s = [t - middle_s for t in at_s]
    left_over, slope = _without(off_s, [x - mean for x in values])
    ratio = slope * (at_s[-1] - at_s[0]) / mean
    return _Drift(ratio, abs(slope) > _slope_error(off_s, left_over, mean))


def _slope_error(off_s: Sequence[float], left_over: Sequence[float], mean: float) -> float:
    """How large a slope must be to differ from 0 at the 1 % level.

    What drifts seldom does so in a straight line, so a bend is no noise either.
    """
    square_s = _mean([t * t for t in off_s])
    bend, _ = _without(off_s, [t * t - square_s for t in off_s])
    noise, _ = _without(bend, left_over)
    count = len(noise)
    squares = sum(x * x for x in noise)
    freedom = count - 3
    if freedom < 1:
        return inf
    if squares <= count * (_GRAIN_RATIO * mean) ** 2:
        return 0.0
    likeness = _autocorrelation(noise, squares, fitted=3)
    variance = squares / freedom * (1 + likeness) / (1 - likeness)
    return t_quantile(freedom) * sqrt(variance / sum(t * t for t in off_s))


def _without(basis: Sequence[float], values: Sequence[float]) -> tuple[list[float], float]:
    """What the best multiple of a basis leaves of values, both without a mean; and the factor."""
    products = sum(b * x for b, x in zip(basis, values, strict=True))
    factor = products / sum(b * b for b in basis)
    return [x - factor * b for b, x in zip(basis, values, strict=True)], factor


def _autocorrelation(left_over: Sequence[float], squares: float, *, fitted: int) -> float:
    """How alike neighbours are, 0 at least; `squares` is the sum of their squares.

    Taking `fitted` constants off n independent values leaves about -fitted / n (Kendall 1954).
    """
    if squares <= 0:
        return 0.0
    seen = sum(a * b for a, b in pairwise(left_over)) / squares
    unbiased = seen + (fitted + (fitted + 2) * seen) / len(left_over)
    return min(max(0.0, unbiased), _MOST_AUTOCORRELATION)


def t_quantile(freedom: int) -> float:
    """Student's t, the two-sided 1 % point; scipy would take a second to load in a climb."""
    if freedom <= len(_T_QUANTILES):
        return _T_QUANTILES[freedom - 1]
    z = _NORMAL_QUANTILE
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _begins_s(intervals: Sequence[Interval]) -> list[float]:
    begins_s = [0.0]
    for interval in intervals:
        begins_s.append(begins_s[-1] + interval.span_s)
    return begins_s[:-1]


def _mean_latency_s(intervals: Sequence[Interval]) -> float:
    known = [(i.mean_s, i.ended_ok) for i in intervals if i.mean_s is not None]
    count = sum(ended_ok for _, ended_ok in known)
    return sum(mean_s * ended_ok for mean_s, ended_ok in known) / count if count else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _squares(values: Sequence[float]) -> float:
    mean = _mean(values)
    return sum((x - mean) ** 2 for x in values)
