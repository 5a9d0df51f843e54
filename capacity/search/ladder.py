"""Which load comes next, and why does the rising part end?

Pure: the plan and the steps so far go in. First the ladder is climbed, and what broke a limit or
cannot be believed is measured once more; then steps refine the answer, then others check it. Where
a climb is follows from its steps alone, so a reading that comes late changes what comes next.
"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.analysis.outcomes import LevelOutcome, Outcome, outcomes
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.rules import Judgement
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.search.ends import stopped_by
from capacity.search.follow_ups import CHECKS, follow_up, follow_ups_s
from capacity.search.judge import stopping
from capacity.search.refinement import refine_step
from capacity.search.situation import SLACK_S, Situation
from capacity.search.validity import is_generator_fault
from capacity.units import format_duration

# After these nothing that is measured can be an answer.
_HOPELESS = frozenset({EndReason.GENERATOR, EndReason.TARGET_DOWN})
_LATER = (Purpose.REFINE, *CHECKS)
# What another measurement may mend; data that are late come by themselves.
_WORTH_ANOTHER = frozenset({Believed.INVALID, Believed.NOT_STEADY, Believed.CUT_SHORT})


def next_step(plan: RunPlan, steps: Sequence[Step], left_s: float) -> StepPlan | None:
    """Return the step after `steps`, or None when nothing is left to measure.

    No step is begun that would last longer than `left_s`, the time until budget or fuse end the
    run; what else the caller needs of that time he takes off before.
    """
    now = Situation.after(plan, steps, left_s)
    rise = _rise(now)
    if isinstance(rise, StepPlan):
        return rise
    if rise.reason in _HOPELESS:
        return None
    return refine_step(now) or follow_up(now)


def ladder_end(plan: RunPlan, steps: Sequence[Step], left_s: float) -> RunEnd | None:
    """Why the rising part is over, with the step that decided; None while it goes on."""
    rise = _rise(Situation.after(plan, steps, left_s))
    return rise if isinstance(rise, RunEnd) else None


def _rise(now: Situation) -> StepPlan | RunEnd:
    """The next step of the rising part, or why there is none."""
    levels = outcomes(_rising(now), recheck=now.plan.search.recheck)
    end = _end_by_limit(now, levels) or _end_by_growth(now) or _end_by_generator(now, levels)
    doubtful = _doubtful(now, levels)
    if doubtful is not None:
        again = now.step_at(doubtful.load, Purpose.RECHECK, later_s=_rest_s(now))
        return again or end or _out_of_time(now, f"measuring {doubtful.load.text} again")
    if end is not None:
        return end
    loads, climbed = now.plan.ladder.loads, now.count(Purpose.LADDER)
    if climbed >= len(loads):
        return RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)
    load = loads[climbed]
    rung = None
    if not now.count(*_LATER):
        rung = now.step_at(load, Purpose.LADDER, later_s=_rest_s(now))
    return rung or _out_of_time(now, f"the step at {load.text}")


def _rest_s(now: Situation) -> float:
    """How long the rest of the ladder and the checks take, which no hold may use up."""
    rungs = max(len(now.plan.ladder.loads) - now.count(Purpose.LADDER) - 1, 0)
    rung_s = now.longest_settle_s() + now.plan.hold_s + SLACK_S
    return rungs * rung_s + follow_ups_s(now)


def _rising(now: Situation) -> tuple[Measured, ...]:
    """The steps of the ladder and their repetitions, without the repeated verifications."""
    verified: set[float] = set()
    rising = []
    for step in now.measured:
        if step.purpose is Purpose.VERIFY:
            verified.add(step.load.level)
        is_again = step.purpose is Purpose.RECHECK and step.load.level not in verified
        if step.purpose is Purpose.LADDER or is_again:
            rising.append(step)
    return tuple(rising)


def _doubtful(now: Situation, levels: Sequence[LevelOutcome]) -> LevelOutcome | None:
    """The least load that is to be measured once more; above a failed one nothing is."""
    if not now.plan.search.recheck:
        return None
    for level in levels:
        if level.outcome is Outcome.FAILED:
            return None
        if level.outcome is Outcome.SUSPECTED:
            return level
        is_unknown = level.outcome is Outcome.UNKNOWN and len(level.steps) == 1
        if is_unknown and level.steps[0].believed in _WORTH_ANOTHER:
            return level
    return None


def _end_by_limit(now: Situation, levels: Sequence[LevelOutcome]) -> RunEnd | None:
    """The end by the least load that failed, told by the last step that broke a limit there."""
    failed = next((level for level in levels if level.outcome is Outcome.FAILED), None)
    if failed is None:
        return None
    known = [(now.steps[step.index], _decisive(now.steps[step.index])) for step in failed.steps]
    for step, judgement in reversed(known):
        if judgement is not None:
            return replace(stopped_by(judgement, step.plan), step_index=step.plan.index)
    detail = f"no request succeeded at {failed.load.text}"
    return RunEnd(EndReason.TARGET_DOWN, detail, None, failed.steps[-1].index)


def _decisive(step: Step) -> Judgement | None:
    is_invalid = step.validity.trust is Trust.INVALID
    return stopping(
        [
            judgement
            for judgement in step.judgements
            if judgement.rule.is_limit and not (is_invalid and judgement.rule.rests_on_timing)
        ]
    )


def _end_by_growth(now: Situation) -> RunEnd | None:
    """The end by a rule on growth: more load is of no use, however often it is measured."""
    for step in now.steps:
        is_rung = step.plan.purpose is Purpose.LADDER
        if not is_rung or step.validity.trust is Trust.INVALID:
            continue
        fired = stopping([judged for judged in step.judgements if not judged.rule.is_limit])
        if fired is not None:
            return replace(stopped_by(fired, step.plan), step_index=step.plan.index)
    return None


def _end_by_generator(now: Situation, levels: Sequence[LevelOutcome]) -> RunEnd | None:
    """The end at a load that our own machine could not make, however often it tried."""
    for level in levels:
        step = now.steps[level.steps[-1].index]
        if level.outcome is Outcome.UNKNOWN and is_generator_fault(step):
            reasons = "; ".join(step.validity.reasons)
            detail = f"the generator was the limit at {level.load.text}: {reasons}"
            return RunEnd(EndReason.GENERATOR, detail, None, step.plan.index)
    return None


def _out_of_time(now: Situation, what: str) -> RunEnd:
    budget_s, fuses = now.plan.search.budget_s, now.plan.fuses
    if budget_s is not None:
        detail = f"{what} did not fit into the budget of {format_duration(budget_s)}"
        return RunEnd(EndReason.BUDGET, detail, None)
    limit = format_duration(fuses.max_duration_s)
    detail = f"{what} did not fit under the ceiling of {limit} (--max-duration)"
    return RunEnd(EndReason.FUSE, detail, None)
