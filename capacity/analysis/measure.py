"""What of our own steps does the answer need? A Step goes in, a Measured comes out."""

from collections.abc import Sequence

from capacity.model.measured import Believed, Measured, SteadyState
from capacity.model.rules import Judgement, OnMissing
from capacity.model.run import Step, Trust


def measure(step: Step) -> Measured:
    """Reduce a step of a run to what capacity and knee are drawn from."""
    believed = _believed(step)
    return Measured(
        index=step.plan.index,
        load=step.plan.load,
        purpose=step.plan.purpose,
        hold_s=step.hold_s,
        qps=step.qps if step.hold_s > 0 else None,
        intervals=step.intervals,
        steadiness=step.steadiness,
        mean_s=None if step.latency is None else step.latency.mean_s,
        latency=step.latency,
        success_ratio=step.counts.success_ratio,
        judged=step.counts.judged,
        judgements=step.judgements,
        believed=believed,
        doubts=step.validity.reasons,
        is_usable=_is_usable(step),
        refused_ratio=_refused_ratio(step),
        schedule=step.schedule,
        resources=step.resources,
    )


def lost(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Of a step's rules those on resources that must be judged and had no data."""
    return tuple(
        judgement
        for judgement in judgements
        if judgement.is_lost and judgement.rule.on_missing is not OnMissing.MARK
    )


def _believed(step: Step) -> Believed:
    if step.validity.trust is Trust.INVALID:
        return Believed.INVALID
    if step.ended_early:
        return Believed.CUT_SHORT
    if step.steadiness is not None and step.steadiness.state is SteadyState.DRIFTING:
        return Believed.NOT_STEADY
    return Believed.NOT_JUDGED if lost(step.judgements) else Believed.YES


def _is_usable(step: Step) -> bool:
    """INVALID steps feed no curve; of the steps cut short only those that a rule ended do."""
    if step.validity.trust is Trust.INVALID:
        return False
    return not step.ended_early or bool(step.breaches)


def _refused_ratio(step: Step) -> float | None:
    judged = step.counts.judged
    return step.counts.statuses.get(429, 0) / judged if judged else None
