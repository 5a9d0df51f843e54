"""What would other limits have said of the same steps?

Pure, and without load: every rule is held against what was kept of the whole hold. The windows of a
rule are gone by then, so a short breach that ended a step may be none here; such a step was cut
short, and neither passes nor fails. What was not kept is NO_DATA with its reason.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from capacity.analysis.hold_values import (
    deciding_member,
    hold_value,
    is_upper,
    reading_of,
    sample_count,
    seen_before,
)
from capacity.analysis.measure import lost
from capacity.model.load import Load
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.model.resources import ReadingState
from capacity.model.rules import (
    HIGH_PERCENTILES,
    Absolute,
    Evidence,
    Judgement,
    Rule,
    RuleState,
    Scope,
    StepRate,
    gain_per_doubling,
)

# A median above the limit of a high percentile is proof enough, as in a running step.
_CERTAIN_SAMPLES = 20
_RUNGS = (Purpose.LADDER, Purpose.RECHECK)


def rejudge(measured: Sequence[Measured], rules: Sequence[Rule]) -> tuple[Measured, ...]:
    """Each step, in the order of their indices, with these rules in place of its own."""
    judged: list[Measured] = []
    for step in sorted(measured, key=lambda step: step.index):
        before = _rungs_before(judged, step.load)
        judgements = tuple(_judge(rule, step, before) for rule in rules)
        judged.append(replace(step, judgements=judgements, believed=_believed(step, judgements)))
    return tuple(judged)


def _rungs_before(steps: Sequence[Measured], load: Load) -> tuple[Measured, ...]:
    """The steps that rules look back at: those of the ladder below a load, and always the first."""
    rising = takewhile(lambda step: step.purpose in _RUNGS, steps)
    rungs = {step.load.level: step for step in rising}
    if not rungs:
        return ()
    first = min(rungs)
    is_alike = type(rungs[first].load) is type(load)
    below = [level for level in sorted(rungs) if is_alike and level < load.level]
    return tuple(rungs[level] for level in below or [first])


def _believed(step: Measured, judgements: Sequence[Judgement]) -> Believed:
    if step.believed not in (Believed.YES, Believed.NOT_JUDGED):
        return step.believed
    return Believed.NOT_JUDGED if lost(judgements) else Believed.YES


def _judge(rule: Rule, step: Measured, before: Sequence[Measured]) -> Judgement:
    if rule.scope is Scope.STEP:
        return _judge_growth(rule, step, before)
    judgement = _judge_hold(rule, step, before)
    if judgement.state is not RuleState.BREACH or rule.for_steps <= 1:
        return judgement
    broken = 1 + _in_a_row(rule, before)
    if broken >= rule.for_steps:
        return judgement
    reason = f"step {broken} of {rule.for_steps} beyond the limit"
    return replace(judgement, state=RuleState.OK, reason=reason)


def _in_a_row(rule: Rule, before: Sequence[Measured]) -> int:
    """How many of the steps just before were beyond the limit too."""
    broken = takewhile(
        lambda step: any(j.rule == rule and _is_beyond(j) for j in step.judgements),
        reversed(before),
    )
    return sum(1 for _ in broken)


def _is_beyond(judgement: Judgement) -> bool:
    observed, limit = judgement.observed, judgement.limit
    if observed is None or limit is None:
        return False
    return judgement.rule.comparison.holds(observed, limit)


def _judge_hold(rule: Rule, step: Measured, before: Sequence[Measured]) -> Judgement:
    samples = sample_count(step, rule)
    blank = _blank(rule, step, samples)
    observed = hold_value(step, rule)
    if observed is None and rule.scope is Scope.RESOURCE:
        observed = seen_before(step, rule)
    limit = _limit(rule, before)
    if samples is not None and samples < rule.min_samples and not _is_certain(rule, step, limit):
        return replace(blank, reason=f"{samples} of {rule.min_samples} samples")
    if observed is None:
        return replace(blank, reason=blank.reason or f"{rule.metric} was not kept of this step")
    if limit is None:
        # The value of a resource is known all the same: it is not lost.
        seen = observed if rule.scope is Scope.RESOURCE else None
        reason = "no earlier valid step to compare with"
        return replace(blank, observed=seen, reason=reason)
    broken = rule.comparison.holds(observed, limit)
    state = RuleState.BREACH if broken else RuleState.OK
    return replace(blank, state=state, observed=observed, limit=limit, reason="")


def _blank(rule: Rule, step: Measured, samples: int | None) -> Judgement:
    """A judgement that nothing is known of yet; for a resource with what it rests on."""
    reading = reading_of(step, rule) if rule.scope is Scope.RESOURCE else None
    span = (0.0, step.hold_s or 0.0)
    evidence = None
    if reading is not None:
        span = (reading.window_start_unix_s, reading.window_end_unix_s)
        member = deciding_member(rule, reading)
        evidence = Evidence(
            query=reading.query,
            subject="" if member is None else member.subject,
            age_s=None if member is None else member.age_s,
            seen_late=reading.seen_late,
            has_no_limit=reading.state is ReadingState.NO_LIMIT,
        )
    reason = "" if reading is None else reading.reason
    return Judgement(
        rule, RuleState.NO_DATA, None, None, samples or 0, *span, reason=reason, evidence=evidence
    )


def _limit(rule: Rule, before: Sequence[Measured]) -> float | None:
    if isinstance(rule.limit, Absolute):
        return rule.limit.value
    first = next((step for step in before if step.believed is not Believed.INVALID), None)
    base = None if first is None else hold_value(first, rule)
    return None if base is None else rule.limit.factor * base


def _is_certain(rule: Rule, step: Measured, limit: float | None) -> bool:
    if rule.metric not in HIGH_PERCENTILES or limit is None or step.latency is None:
        return False
    is_proof = step.latency.count >= _CERTAIN_SAMPLES and step.latency.p50_s > limit
    return is_upper(rule) and is_proof


def _judge_growth(rule: Rule, step: Measured, before: Sequence[Measured]) -> Judgement:
    """Growth is judged from rung to rung of the ladder; `for_steps` of them must break it.

    A hold that was cut short has not shown what it can give.
    """
    blank = _blank(rule, step, None)
    if step.purpose is not Purpose.LADDER:
        return replace(blank, reason="no step of the ladder")
    if step.believed is Believed.CUT_SHORT:
        return replace(blank, reason="the hold was cut short")
    gains = [] if _rate(step) is None else _gains([*before, step])
    observed = gains[-1] if gains else None
    if observed is None or not isinstance(rule.limit, Absolute):
        return replace(blank, reason="no earlier valid step to compare with")
    limit = rule.limit.value
    broken = takewhile(
        lambda gain: gain is not None and rule.comparison.holds(gain, limit), reversed(gains)
    )
    state = RuleState.BREACH if sum(1 for _ in broken) >= rule.for_steps else RuleState.OK
    return replace(blank, state=state, observed=observed, limit=limit)


def _gains(steps: Sequence[Measured]) -> list[float | None]:
    rates = [rate for step in steps if (rate := _rate(step)) is not None]
    return [gain_per_doubling(before, after) for before, after in pairwise(rates)]


def _rate(step: Measured) -> StepRate | None:
    """Load and throughput of a step that can be believed and was not cut short."""
    if step.believed in (Believed.INVALID, Believed.CUT_SHORT) or step.qps is None:
        return None
    return StepRate(step.load.level, step.qps)
