"""How does a test get a plan, a step or a run of planned starts in one line?"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.model.load import Arrivals, OpenLoop, RateLadder
from capacity.model.plan import RunPlan
from capacity.model.rules import Absolute, Judgement, Rule
from capacity.model.run import Run, RunEnd, Step, Trust
from capacity.model.snapshot import Schedule
from tests.unit.builders import (
    ERROR_RULE,
    P99_RULE,
    RULE_END,
    a_latency,
    a_plan,
    a_rule,
    a_run,
    a_step,
)

DROPPED_RULE = a_rule("dropped_rate", limit=Absolute(0.01), text="dropped_rate > 1% over 10s")


def a_rate_plan(
    rates_qps: Sequence[float] = (100.0, 200.0, 400.0),
    *,
    arrivals: Arrivals = Arrivals.POISSON,
    max_in_flight: int = 1024,
    rules: Sequence[Rule] = (ERROR_RULE, P99_RULE, DROPPED_RULE),
    settle_s: float = 5.0,
    hold_s: float = 30.0,
) -> RunPlan:
    """A plan of planned starts with the rules that such a run has by default."""
    plan = a_plan(rules=rules, settle_s=settle_s, hold_s=hold_s)
    return replace(plan, ladder=RateLadder(tuple(rates_qps), arrivals, max_in_flight))


def a_rate_step(
    rate_qps: float = 100.0,
    *,
    index: int = 0,
    response_s: float = 0.010,
    service_s: float = 0.010,
    dropped: int = 0,
    late: int = 0,
    judgements: Sequence[Judgement] = (),
    trust: Trust = Trust.VALID,
    ended_early: bool = False,
) -> Step:
    """A finished step of 30 s whose starts were all planned, and all good but the dropped ones."""
    planned = round(30.0 * rate_qps)
    qps = (planned - dropped - late) / 30.0
    step = a_step(
        8,
        qps,
        index=index,
        mean_s=response_s,
        judgements=judgements,
        trust=trust,
        ended_early=ended_early,
    )
    return replace(
        step,
        plan=replace(step.plan, load=OpenLoop(rate_qps, Arrivals.POISSON, 1024)),
        service_latency=a_latency(service_s, count=step.counts.ok),
        send_lag=a_latency(0.000_1, count=step.counts.ok),
        schedule=Schedule(planned, dropped, late, 0),
    )


def a_rate_run(
    steps: Sequence[Step] = (a_rate_step(100.0), a_rate_step(200.0, index=1)),
    *,
    plan: RunPlan | None = None,
    end: RunEnd = RULE_END,
) -> Run:
    """A finished run over steps of planned starts."""
    rates = [step.plan.load.level for step in steps]
    return a_run(steps, plan=plan or a_rate_plan(rates or (100.0,)), end=end)
