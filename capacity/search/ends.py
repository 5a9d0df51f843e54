"""How does a climb end by what was judged, in words, and which of two ends stands?"""

from capacity.model.plan import Purpose, StepPlan
from capacity.model.rules import Judgement, OnMissing
from capacity.model.run import EndReason, RunEnd, Step
from capacity.search.judge import stopping
from capacity.search.validity import is_generator_fault

_CEILINGS = frozenset({EndReason.FUSE, EndReason.BUDGET})
# These say little beside a limit that was broken before them.
_YIELDS_TO_A_RULE = _CEILINGS | {EndReason.METRICS_LOST}


def stopped_by(fired: Judgement, step: StepPlan) -> RunEnd:
    """The end of a climb by one of its rules, with the number that decided."""
    rule = fired.rule
    observed = "unknown" if fired.observed is None else rule.unit.show(fired.observed)
    detail = f"{rule.metric} was {observed} at {step.load.text}"
    if fired.evidence is not None:
        subject, seen_late = fired.evidence.subject, fired.evidence.seen_late
        where = [word for word in (subject, "seen late" if seen_late else "") if word]
        detail = f"{detail} ({', '.join(where)})" if where else detail
    return RunEnd(EndReason.RULE, detail, rule.text, step.index)


def lost_rules(step: Step) -> tuple[Judgement, ...]:
    """The rules on resources that lack their data, but for a hold that was too short for it."""
    if step.ended_early:
        return ()
    return tuple(judgement for judgement in step.judgements if judgement.is_lost)


def metrics_lost(step: Step) -> RunEnd | None:
    """The end of a climb by rules that must be judged and could not; None when none is such.

    No answer rests on a step whose code was watched.
    """
    lost = () if step.plan.purpose is Purpose.PROFILE else lost_rules(step)
    for policy in (OnMissing.FAIL, OnMissing.STOP):
        for judgement in lost:
            if judgement.rule.on_missing is policy:
                return RunEnd(
                    EndReason.METRICS_LOST,
                    f"{judgement.rule.metric} could not be judged at {step.plan.load.text}: "
                    f"{judgement.reason}",
                    judgement.rule.text,
                    step.plan.index,
                )
    return None


def no_answer(step: Step) -> RunEnd | None:
    """The end of a climb whose last step had not one good answer, but for what a limit tells."""
    fired = stopping([judgement for judgement in step.judgements if judgement.rule.is_limit])
    if step.counts.ok > 0 or step.ended_early or fired is not None or is_generator_fault(step):
        return None
    kinds = [f"{kind.value} {count}x" for kind, count in sorted(step.counts.failures.items())]
    seen = ", ".join(kinds) or "none ended"
    load = step.plan.load.text
    detail = f"no request succeeded at {load}: {seen}"
    return RunEnd(EndReason.TARGET_DOWN, detail, None, step.plan.index)


def later_of(end: RunEnd | None, lost: RunEnd) -> RunEnd:
    """The end that stands when the data of a finished step turn out to be missing."""
    return lost if end is None or end.reason in _CEILINGS else end


def final_of(sudden: RunEnd, risen: RunEnd | None, *, broke_off_checks: bool) -> RunEnd:
    """Which end stands: a sudden one of the load, or that of the rising part.

    What breaks off the steps that refine and check is the end. While the climb was rising, a limit
    of a finished step that came to light later was broken before a ceiling was met.
    """
    is_rule = risen is not None and risen.reason is EndReason.RULE
    if risen is None or not is_rule or broke_off_checks:
        return sudden
    return risen if sudden.reason in _YIELDS_TO_A_RULE else sudden
