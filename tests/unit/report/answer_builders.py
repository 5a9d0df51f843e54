"""How does a test get an answer with everything that can be told of it in one line?"""

from dataclasses import replace

from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Estimate,
    FollowUp,
    FollowUpState,
    LimitKind,
)
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.plan import Purpose
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, Run, RunEnd, Step
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    a_judgement,
    a_latency,
    a_plan,
    a_run,
    a_step,
)

SATURATED = Capacity(
    ClosedLoop(8),
    800.0,
    0.020,
    1.0,
    None,
    kind=CapacityKind.SATURATED,
    qps_range=Estimate(800.0, 797.0, 803.0),
    step_index=9,
    passed=ClosedLoop(64),
    verification=FollowUp(FollowUpState.HELD, 9),
    confirmation=FollowUp(FollowUpState.HELD, 10, "719/s of 720/s, P99 14ms", 720.0),
    recovery=FollowUp(FollowUpState.HELD, 11),
)
LIMITED = replace(
    SATURATED,
    kind=CapacityKind.LIMITED,
    limited_by=ERROR_RULE.text,
    limit_kind=LimitKind.SERVICE,
    largest=Estimate(10.4, 10.0, 11.0),
    passed=ClosedLoop(10),
    failed=ClosedLoop(11),
)
GROWTH_END = RunEnd(EndReason.RULE, "gain was 0.3%", GAIN_RULE.text, step_index=6)
BROKEN_GAIN = a_judgement(GAIN_RULE, RuleState.BREACH, observed=0.003, limit=0.03)


def as_purpose(step: Step, purpose: Purpose) -> Step:
    """The step, made for something else than to climb."""
    return replace(step, plan=replace(step.plan, purpose=purpose))


def a_confirmation(rate_qps: float = 720.0, *, index: int = 10) -> Step:
    """Planned starts, all of them answered, with a P99 of 14 ms."""
    step = a_step(8, rate_qps, index=index, mean_s=0.010)
    return replace(
        step,
        plan=replace(
            step.plan,
            load=OpenLoop(rate_qps, Arrivals.POISSON, 64),
            purpose=Purpose.CONFIRM,
        ),
        latency=a_latency(0.010, p99_s=0.014),
    )


def a_whole_run() -> Run:
    """A ladder to 64 concurrent, two refinements, a verification, a confirmation, a recovery."""
    levels = (1, 2, 4, 8, 16, 32, 64)
    ladder = [a_step(n, min(100.0 * n, 800.0), index=i) for i, n in enumerate(levels)]
    ladder[6] = replace(ladder[6], judgements=(BROKEN_GAIN,))
    after = [
        as_purpose(a_step(6, 600.0, index=7), Purpose.REFINE),
        as_purpose(a_step(11, 801.0, index=8), Purpose.REFINE),
        as_purpose(a_step(8, 800.0, index=9, hold_s=60.0), Purpose.VERIFY),
        a_confirmation(),
        as_purpose(a_step(1, 99.0, index=11, hold_s=10.0), Purpose.RECOVERY),
    ]
    return a_run([*ladder, *after], plan=a_plan(levels), end=GROWTH_END)
