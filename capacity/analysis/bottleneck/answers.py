"""What did the answers of a level say: how many failed, of which kind, and how fast?"""

from collections.abc import Collection, Sequence

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.numbers import constancy_ratio
from capacity.analysis.bottleneck.thresholds import CONSTANT_CV_RATIO, FAILED_LEAST_RATIO
from capacity.model.rules import StepRate, gain_per_doubling
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind

# Beyond this growth per doubling of the load, throughput was not constant between two levels.
_STILL_RATIO = 0.05
_ENOUGH_LEVELS = 3


def every_step(case: Case) -> tuple[Step, ...]:
    """The steps of the curve, ascending, also those whose throughput cannot be believed.

    An answer that was counted is a fact, however late the generator was in counting it.
    """
    return tuple(sorted((*case.levels, *case.disbelieved), key=lambda step: step.plan.load.level))


def failed_count(step: Step) -> int:
    """Requests of the step that were judged and not good."""
    return step.counts.judged - step.counts.ok


def failed_ratio(step: Step) -> float:
    """Their share; 0 where nothing was judged, so that nothing has failed."""
    return failed_count(step) / step.counts.judged if step.counts.judged else 0.0


def is_clean(step: Step) -> bool:
    """Whether hardly anything failed in it."""
    return failed_ratio(step) < FAILED_LEAST_RATIO


def status_ratio(step: Step, status: int) -> float:
    """Share of the judged requests that were answered with this status."""
    return step.counts.statuses.get(status, 0) / step.counts.judged if step.counts.judged else 0.0


def kinds_count(step: Step, kinds: Collection[FailureKind]) -> int:
    """How many requests failed in one of these ways."""
    return sum(count for kind, count in step.counts.failures.items() if kind in kinds)


def status_steps(case: Case, status: int) -> tuple[Step, ...]:
    """The steps in which this status is most of what failed, and no rare thing."""
    return tuple(
        step
        for step in every_step(case)
        if status_ratio(step, status) >= FAILED_LEAST_RATIO
        and 2 * step.counts.statuses.get(status, 0) >= failed_count(step)
    )


def is_constant(steps: Sequence[Step]) -> bool | None:
    """Whether good throughput was the same at all of these ascending levels.

    None for fewer than two. Two are held against each other by the growth per doubling.
    """
    if len(steps) < 2:
        return None
    scatter = constancy_ratio([step.qps for step in steps])
    if len(steps) >= _ENOUGH_LEVELS:
        return scatter is not None and scatter < CONSTANT_CV_RATIO
    gain = gain_between(steps[0], steps[1])
    return gain is not None and abs(gain) < _STILL_RATIO


def gain_between(before: Step, after: Step) -> float | None:
    """Growth of good throughput per doubling of the load."""
    return gain_per_doubling(
        StepRate(before.plan.load.level, before.qps), StepRate(after.plan.load.level, after.qps)
    )
