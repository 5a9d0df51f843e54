"""How would a step of a climb have gone on a true curve?"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from capacity.model.plan import Purpose, StepPlan
from capacity.model.rules import (
    Absolute,
    Action,
    Comparison,
    Judgement,
    Rule,
    RuleState,
)
from capacity.model.run import Step, Trust, Validity
from capacity.model.snapshot import ConnectionCounts, Counts, FailureKind, LatencySummary
from capacity.search.judge import judge_step
from knee_bench.model import Curve, Noise
from knee_bench.noise import intervals_of, seconds_of

ERROR_RULE = Rule(
    "error_rate",
    Comparison.ABOVE,
    Absolute(0.01),
    over_s=10.0,
    for_steps=1,
    min_samples=100,
    action=Action.STOP,
    text="error_rate > 1% over 10s",
)
GAIN_RULE = replace(
    ERROR_RULE,
    metric="gain",
    comparison=Comparison.BELOW,
    limit=Absolute(0.03),
    over_s=None,
    for_steps=2,
    text="gain < 3% for 2 steps",
)
# A P99 beside its mean; in a closed loop it is the same share at every load, near enough.
_P99_TIMES_MEAN = 1.5


def play(
    plan: StepPlan, before: Sequence[Step], curve: Curve, noise: Noise, rng: Generator
) -> Step:
    """One finished step as the climb would have it, judged by the default rules."""
    level = plan.load.level
    hold_s = max(1, round(plan.hold_s))
    at = np.array([level])
    if plan.purpose is Purpose.CONFIRM:  # a rate that the service can serve is served
        true_qps, failing_ratio = level, 0.0
    else:
        true_qps = float(curve.qps(at)[0])
        failing_ratio = 0.0 if curve.failing_ratio is None else float(curve.failing_ratio(at)[0])
    counts = seconds_of(rng, noise, true_qps=true_qps, hold_s=hold_s)
    ok = int(counts.sum())
    failed = round(ok * failing_ratio / (1 - failing_ratio))
    mean_s = level * hold_s / (ok + failed) if ok + failed else None
    start_s = before[-1].end_s + plan.settle_s if before else plan.settle_s
    step = Step(
        plan=plan,
        started_at_unix_s=1.0e9 + start_s,
        start_s=start_s,
        end_s=start_s + hold_s,
        counts=Counts(
            started=ok + failed,
            ok=ok,
            failures={FailureKind.HTTP_STATUS: failed} if failed else {},
            statuses={200: ok},
        ),
        ended_ok=ok,
        ended_all=ok + failed,
        latency=None if mean_s is None else _latency(mean_s, ok),
        failed_latency=None,
        first_byte=None,
        connect=None,
        scenario_latency=None,
        scenario_failures=0,
        latency_blob=b"",
        mean_in_flight=level,
        connections=ConnectionCounts(),
        generator=None,
        judgements=(),
        validity=Validity(Trust.VALID, ()),
        ended_early=False,
        intervals=intervals_of(level, counts),
    )
    return replace(step, judgements=_judged(step, before))


def _latency(mean_s: float, count: int) -> LatencySummary:
    p99_s = _P99_TIMES_MEAN * mean_s
    return LatencySummary(
        count=count,
        mean_s=mean_s,
        min_s=0.5 * mean_s,
        max_s=2.0 * mean_s,
        p50_s=mean_s,
        p90_s=1.2 * mean_s,
        p95_s=1.3 * mean_s,
        p99_s=p99_s,
        p999_s=None,
        p99_low_s=0.95 * p99_s,
        p99_high_s=1.1 * p99_s,
    )


def _judged(step: Step, before: Sequence[Step]) -> tuple[Judgement, ...]:
    """The last word of each rule; growth is judged over the steps of the ladder only."""
    rungs = [one for one in before if one.plan.purpose is Purpose.LADDER]
    success = step.counts.success_ratio
    error_ratio = 1.0 - success if success is not None else None
    judged = [_judgement(ERROR_RULE, step, error_ratio, 0.01)]
    if step.plan.purpose is Purpose.LADDER:
        judged.append(judge_step(GAIN_RULE, rungs, step))
    return tuple(judged)


def _judgement(rule: Rule, step: Step, observed: float | None, limit: float | None) -> Judgement:
    span = (step.start_s, step.end_s)
    if observed is None or limit is None:
        return Judgement(rule, RuleState.NO_DATA, None, None, 0, *span, reason="nothing ended")
    is_broken = rule.comparison.holds(observed, limit)
    state = RuleState.BREACH if is_broken else RuleState.OK
    return Judgement(rule, state, observed, limit, step.counts.judged, *span, reason="")
