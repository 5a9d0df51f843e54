"""How does a climb end by what was judged, in words, and which of two ends stands?"""

from capacity.model.plan import StepPlan
from capacity.model.rules import Judgement, OnMissing
from capacity.model.run import EndReason, RunEnd, Step

# What was read late about a finished step takes the place of an end that came after that step.
_YIELDS_TO = {
    EndReason.RULE: {EndReason.LADDER, EndReason.FUSE, EndReason.GENERATOR},
    EndReason.METRICS_LOST: {EndReason.LADDER, EndReason.FUSE},
}


def stopped_by(fired: Judgement, step: StepPlan) -> RunEnd:
    """The end of a climb by one of its rules, with the number that decided."""
    rule = fired.rule
    observed = "unknown" if fired.observed is None else rule.unit.show(fired.observed)
    detail = f"{rule.metric} was {observed} at {step.load.text}"
    if fired.evidence is not None:
        subject, seen_late = fired.evidence.subject, fired.evidence.seen_late
        where = [word for word in (subject, "seen late" if seen_late else "") if word]
        detail = f"{detail} ({', '.join(where)})" if where else detail
    return RunEnd(EndReason.RULE, detail, rule.text)


def lost_rules(step: Step) -> tuple[Judgement, ...]:
    """The rules on resources that lack their data, but for a hold that was too short for it."""
    if step.ended_early:
        return ()
    return tuple(judgement for judgement in step.judgements if judgement.is_lost)


def metrics_lost(step: Step) -> RunEnd | None:
    """The end of a climb by rules that must be judged and could not; None when none is such."""
    lost = lost_rules(step)
    for policy in (OnMissing.FAIL, OnMissing.STOP):
        for judgement in lost:
            if judgement.rule.on_missing is policy:
                return RunEnd(
                    EndReason.METRICS_LOST,
                    f"{judgement.rule.metric} could not be judged at {step.plan.load.text}: "
                    f"{judgement.reason}",
                    judgement.rule.text,
                )
    return None


def later_of(end: RunEnd | None, late: RunEnd) -> RunEnd:
    """The end that stands when a finished step asks for one late."""
    if end is None or end.reason in _YIELDS_TO[late.reason]:
        return late
    return end
