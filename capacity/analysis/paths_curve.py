"""How do throughput and times of a run go over its levels, and what are they at those of another?

Between two levels values run straight in logarithms of both, as throughput and waiting do at either
side of a knee; a value of zero makes the line straight in the logarithm of the load alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from math import log2

from capacity.analysis.outcomes import Outcome, outcomes
from capacity.model.measured import Measured
from capacity.model.paths import PathLevel, PathPoint, PathTimes
from capacity.model.run import Run, Step
from capacity.model.snapshot import LatencySummary

_TIMES = tuple(field.name for field in fields(PathTimes))


def path_curve(steps: Sequence[Measured], run: Run | None) -> tuple[PathPoint, ...]:
    """One point a level, ascending, of the steps that can be believed."""
    whole = {} if run is None else {step.plan.index: step for step in run.steps}
    is_plain = run is not None and run.plan.target.scheme == "http"
    points = []
    for level in outcomes(steps, recheck=False):
        usable = [step for step in level.steps if step.is_usable and step.qps is not None]
        best = level.best if level.outcome is Outcome.PASSED else None
        chosen = best if best in usable else next(reversed(usable), None)
        if chosen is not None and chosen.qps is not None:
            times = _times(chosen, whole.get(chosen.index), is_plain=is_plain)
            points.append(PathPoint(level.load.level, chosen.qps, times))
    return tuple(sorted(points, key=lambda point: point.level))


def with_same_middle(
    outside: Sequence[PathPoint], inside: Sequence[PathPoint]
) -> tuple[tuple[PathPoint, ...], tuple[PathPoint, ...]]:
    """Both curves without medians if one of them has none: a mean is not held against a median."""
    if all(point.times.p50_s is not None for point in (*outside, *inside)):
        return tuple(outside), tuple(inside)
    return _without_medians(outside), _without_medians(inside)


def _without_medians(curve: Sequence[PathPoint]) -> tuple[PathPoint, ...]:
    return tuple(replace(point, times=replace(point.times, p50_s=None)) for point in curve)


def common_levels(
    outside: Sequence[PathPoint], inside: Sequence[PathPoint]
) -> tuple[PathLevel, ...]:
    """Every level of either curve that lies within both."""
    levels = sorted({point.level for point in (*outside, *inside)})
    pairs = ((level, _at(outside, level), _at(inside, level)) for level in levels)
    return tuple(
        PathLevel(level, first, second, _each(first.times, second.times, _less))
        for level, first, second in pairs
        if first is not None and second is not None
    )


def _at(curve: Sequence[PathPoint], level: float) -> PathPoint | None:
    for point in curve:
        if point.level == level:
            return point
    for before, after in pairwise(curve):
        if before.level < level < after.level:
            share = log2(level / before.level) / log2(after.level / before.level)

            def between(low: float, high: float, share: float = share) -> float:
                return _between(low, high, share)

            times = _each(before.times, after.times, between)
            qps = _between(before.qps, after.qps, share)
            return PathPoint(level, qps, times, is_interpolated=True)
    return None


def _between(low: float, high: float, share: float) -> float:
    if low > 0 and high > 0:
        return float(low * (high / low) ** share)
    return low + (high - low) * share


def _less(outside: float, inside: float) -> float:
    return outside - inside


def _each(
    first: PathTimes, second: PathTimes, combine: Callable[[float, float], float]
) -> PathTimes:
    """Every time that both have, combined."""
    found: dict[str, float | None] = {}
    for name in _TIMES:
        one, other = getattr(first, name), getattr(second, name)
        found[name] = None if one is None or other is None else combine(one, other)
    return PathTimes(**found)


def _times(measured: Measured, step: Step | None, *, is_plain: bool) -> PathTimes:
    latency = measured.latency
    p50_s = None if latency is None else latency.p50_s
    p99_s = None if latency is None else latency.p99_s
    if step is None:
        return PathTimes(measured.mean_s, p50_s, p99_s)
    return PathTimes(
        mean_s=measured.mean_s,
        p50_s=p50_s,
        p99_s=p99_s,
        connect_s=_spread(step.connect, step),
        tls_s=0.0 if is_plain else _spread(step.tls, step),
        first_byte_s=None if step.first_byte is None else step.first_byte.mean_s,
        transfer_s=None if step.transfer is None else step.transfer.mean_s,
    )


def _spread(part: LatencySummary | None, step: Step) -> float | None:
    """The time of all new connections over all requests; none is opened where all are kept."""
    if part is None:
        return 0.0 if step.connections.opened == 0 else None
    return part.mean_s * part.count / step.counts.started if step.counts.started else None
