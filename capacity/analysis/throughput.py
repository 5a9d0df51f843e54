"""How much good throughput did a step have, and how far may that be off?

Throughput of one second is like that of the second before, so n seconds tell less than n numbers:
with a first-order autocorrelation r they tell as much as n (1 - r) / (1 + r) independent ones.
A short series says little about its own r, so r is drawn towards what services usually show. The
error is what the seconds scatter; it is not taken from a Poisson law, for a deterministic service
is quieter than that. But whole requests are counted between two edges, so even seconds that are
all alike leave an error of about half a request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from capacity.model.measured import Interval, Measured

# With fewer intervals their scatter says nothing.
MIN_INTERVALS = 3
# An autocorrelation as services have it, and of how many intervals it is worth.
_USUAL_AUTOCORRELATION = 0.2
_WORTH_INTERVALS = 8.0
_MAX_AUTOCORRELATION = 0.9
# A request that is half inside at either edge of a hold: uniform errors, two of them.
_EDGE_REQUESTS = sqrt(2.0 / 12.0)
# Clocks and edges of intervals are not better than this.
_LEAST_ERROR_RATIO = 2e-4


@dataclass(frozen=True, slots=True)
class Observation:
    """Good throughput at a level. `error_ratio`: its standard error over itself, if known."""

    level: float
    qps: float
    error_ratio: float | None = None


def observe(measured: Measured) -> Observation | None:
    """Throughput of a step after its warm-up; None when none is known."""
    level = measured.load.level
    cut_s = 0.0 if measured.steadiness is None else measured.steadiness.cut_s
    kept = _after(measured.intervals, cut_s)
    span_s = sum(interval.span_s for interval in kept)
    if span_s <= 0:
        qps = measured.qps if measured.steady_qps is None else measured.steady_qps
        return None if qps is None else Observation(level, qps, measured.qps_error_ratio)
    good = sum(interval.ended_ok for interval in kept)
    return Observation(level, good / span_s, _error_ratio(kept, good, span_s))


def _after(intervals: Sequence[Interval], cut_s: float) -> list[Interval]:
    kept = []
    begin_s = 0.0
    for interval in intervals:
        # Edges are sums of floats: a nanosecond is no reason to lose a second.
        if begin_s >= cut_s - 1e-9 and interval.span_s > 0:
            kept.append(interval)
        begin_s += interval.span_s
    return kept


def _error_ratio(intervals: Sequence[Interval], good: int, span_s: float) -> float | None:
    """Standard error of the mean over the mean."""
    count = len(intervals)
    if count < MIN_INTERVALS or good == 0:
        return None
    mean = good / span_s
    weights = [interval.span_s * count / span_s for interval in intervals]
    deviations = [interval.ended_ok / interval.span_s - mean for interval in intervals]
    squares = sum(w * d * d for w, d in zip(weights, deviations, strict=True))
    r = _autocorrelation(deviations)
    # The scatter of few numbers is itself not known well: Student's factor, bounded.
    widening = (count - 1) / max(count - 3.0, 0.5)
    variance = squares / (count - 1) / count * (1 + r) / (1 - r) * widening
    edge = _EDGE_REQUESTS / good
    return sqrt(variance / mean**2 + edge**2 + _LEAST_ERROR_RATIO**2)


def _autocorrelation(deviations: Sequence[float]) -> float:
    """First-order, its bias towards minus taken out, drawn to the usual by what it is worth."""
    count = len(deviations)
    squares = sum(d * d for d in deviations)
    if squares == 0:
        return 0.0
    products = sum(a * b for a, b in pairwise(deviations))
    seen = (count * products / squares + 1) / count
    drawn = (count * seen + _WORTH_INTERVALS * _USUAL_AUTOCORRELATION) / (count + _WORTH_INTERVALS)
    return min(max(drawn, 0.0), _MAX_AUTOCORRELATION)
