"""What follows from the numbers of each level?

Slots are X * R(1), the effective parallelism of the limit (asymptotic bounds of a closed network);
queueing is what the median latency has beyond the unloaded one; Little's ratio is X * R / N.
"""

from collections.abc import Sequence
from statistics import fmean, pstdev

from capacity.analysis.bottleneck.roles import members_of
from capacity.analysis.bottleneck.series import Series
from capacity.model.bottleneck import StepNumbers, SubjectKind
from capacity.model.load import ClosedLoop
from capacity.model.run import Step

# CPU time of the service, the most telling first: each is in cores, summed over its members.
CPU_CORES = ("pod.cores", "process.cores", "go.cores", "python.cores", "process_exporter.cores")

# Throughput that follows the load so closely has not waited.
_UNLOADED_RATIO = 0.9
# The first level was cold if its median is so many times the shortest.
_COLD_RATIO = 1.25


def step_numbers(steps: Sequence[Step], series: dict[str, Series]) -> tuple[StepNumbers, ...]:
    """One row for each level, in their order; the first level may be the unloaded one."""
    unloaded_s = unloaded_median_s(steps)
    return tuple(
        _numbers(step, unloaded_s, _cores(series, place)) for place, step in enumerate(steps)
    )


def unloaded_median_s(steps: Sequence[Step]) -> float | None:
    """The median latency without load, None where the first level was a load already.

    One request at a time waits for no other. A higher first level had room to spare if throughput
    grew with the load up to the next. Under load no median is shorter: where one is, by far, the
    service was still cold at the first level.
    """
    if not steps:
        return None
    first = steps[0]
    if isinstance(first.plan.load, ClosedLoop) and first.plan.load.concurrency == 1:
        return _warm_median_s(steps)
    if len(steps) == 1 or first.qps <= 0:
        return None
    asked = steps[1].plan.load.level / first.plan.load.level
    has_room = steps[1].qps / first.qps >= _UNLOADED_RATIO * asked
    return _warm_median_s(steps) if has_room else None


def _warm_median_s(steps: Sequence[Step]) -> float | None:
    """Of the first level, or the shortest of all where that is far below."""
    first_s = _median_s(steps[0])
    shortest_s = min((s for step in steps if (s := _median_s(step)) is not None), default=None)
    if first_s is None or shortest_s is None:
        return first_s
    return shortest_s if first_s > _COLD_RATIO * shortest_s else first_s


def constancy_ratio(qps: Sequence[float]) -> float | None:
    """The coefficient of variation of the throughput of levels; None for fewer than three."""
    if len(qps) < 3 or fmean(qps) <= 0:
        return None
    return pstdev(qps) / fmean(qps)


def _numbers(step: Step, unloaded_s: float | None, cores: float | None) -> StepNumbers:
    median_s = _median_s(step)
    ended_qps = step.ended_all / step.hold_s if step.hold_s > 0 else 0.0
    return StepNumbers(
        level=step.plan.load.level,
        step_index=step.plan.index,
        qps=step.qps,
        slots=None if unloaded_s is None else step.qps * unloaded_s,
        queueing_ratio=_queueing(median_s, unloaded_s),
        cpu_s_per_request=cores / ended_qps if cores is not None and ended_qps > 0 else None,
        tail_ratio=_tail(step),
        error_speed_ratio=_error_speed(step),
        littles_ratio=_littles(step),
    )


def _median_s(step: Step) -> float | None:
    return None if step.latency is None else step.latency.p50_s


def _queueing(median_s: float | None, unloaded_s: float | None) -> float | None:
    if median_s is None or unloaded_s is None or median_s <= 0:
        return None
    return max(0.0, 1.0 - unloaded_s / median_s)


def _tail(step: Step) -> float | None:
    latency = step.latency
    if latency is None or latency.p99_s is None or latency.p50_s <= 0:
        return None
    return latency.p99_s / latency.p50_s


def _error_speed(step: Step) -> float | None:
    median_s = _median_s(step)
    if step.failed_latency is None or median_s is None or median_s <= 0:
        return None
    return step.failed_latency.p50_s / median_s


def _littles(step: Step) -> float | None:
    """The time of all requests, good or not, as a share of the time that the users had."""
    if not isinstance(step.plan.load, ClosedLoop) or step.hold_s <= 0:
        return None
    if step.latency is None or (step.failed_latency is None and any(step.counts.failures.values())):
        return None
    spent_s = sum(one.mean_s * one.count for one in (step.latency, step.failed_latency) if one)
    return spent_s / (step.hold_s * step.plan.load.concurrency)


def _cores(series: dict[str, Series], place: int) -> float | None:
    """The service's CPU in cores; of a reading that lists its worst members only, none is known."""
    for name in CPU_CORES:
        point = series[name].at(place) if name in series else None
        if point is not None and point.reading.population is None:
            members = members_of(point.reading, SubjectKind.SERVICE)
            if members:
                return sum(member.value for member in members)
    return None
