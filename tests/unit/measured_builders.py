"""How does a test get what the answer is drawn from, in one line, with what matters spelled out?"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.analysis.measure import measure
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.measured import Interval, Measured, Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import Absolute, Judgement, Rule, RuleState
from capacity.model.run import Trust
from capacity.model.snapshot import FailureKind, Schedule
from tests.unit.builders import a_judgement, a_rule, a_step

P99_LIMIT = a_rule("p99", limit=Absolute(0.1), text="p99 > 100ms")
ERROR_LIMIT = a_rule("error_rate", limit=Absolute(0.01), text="error_rate > 1%")
DRIFTING = Steadiness(SteadyState.DRIFTING, 0.0, 0.3, 0.4)


def a_measured(
    concurrency: int = 8,
    qps: float = 800.0,
    *,
    index: int = 0,
    purpose: Purpose = Purpose.LADDER,
    p99_s: float | None = None,
    mean_s: float | None = None,
    hold_s: float = 30.0,
    failures: int = 0,
    judgements: Sequence[Judgement] = (),
    trust: Trust = Trust.VALID,
    reasons: Sequence[str] = (),
    ended_early: bool = False,
    is_drifting: bool = False,
    seconds: Sequence[int] = (),
) -> Measured:
    """A step of our own, reduced; `seconds` are the good answers of each second of its hold."""
    step = a_step(
        concurrency,
        qps,
        index=index,
        p99_s=p99_s,
        mean_s=mean_s,
        hold_s=hold_s,
        failures={FailureKind.RESP_TIMEOUT_TOTAL: failures} if failures else None,
        judgements=judgements,
        trust=trust,
        reasons=reasons,
        ended_early=ended_early,
    )
    step = replace(
        step,
        plan=replace(step.plan, purpose=purpose),
        steadiness=DRIFTING if is_drifting else None,
        intervals=tuple(Interval(1.0, good, 0.01) for good in seconds),
    )
    return measure(step)


def broken(
    rule: Rule = P99_LIMIT, observed: float = 0.2, *, limit: float | None = None
) -> Judgement:
    """A breach of a rule with an absolute limit."""
    if limit is None:
        limit = rule.limit.value if isinstance(rule.limit, Absolute) else 0.1
    return a_judgement(rule, RuleState.BREACH, observed=observed, limit=limit)


def a_slow(
    concurrency: int = 16, qps: float = 800.0, *, index: int = 9, purpose: Purpose = Purpose.LADDER
) -> Measured:
    """A step that broke the limit on P99 by a factor of two."""
    return a_measured(
        concurrency, qps, index=index, purpose=purpose, p99_s=0.2, judgements=[broken()]
    )


def a_confirmation(
    rate_qps: float = 720.0,
    *,
    index: int = 20,
    answered_ratio: float = 1.0,
    dropped: int = 0,
    judgements: Sequence[Judgement] = (),
    trust: Trust = Trust.VALID,
) -> Measured:
    """Planned starts for 30 s, of which a share was answered well."""
    planned = round(30 * rate_qps)
    step = a_step(
        8,
        answered_ratio * rate_qps,
        index=index,
        mean_s=0.01,
        judgements=judgements,
        trust=trust,
    )
    plan = replace(
        step.plan, load=OpenLoop(rate_qps, Arrivals.POISSON, 64), purpose=Purpose.CONFIRM
    )
    return measure(replace(step, plan=plan, schedule=Schedule(planned, dropped, 0, 0)))
