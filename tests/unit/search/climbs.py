"""How does a test play a climb: steps with a purpose, and services whose answers are known?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from capacity.model.load import ClosedLoop, Load, OpenLoop
from capacity.model.plan import Purpose, RunPlan, SearchPlan, StepPlan
from capacity.model.rules import Judgement, RuleState
from capacity.model.run import Step, Trust
from capacity.search.ladder import next_step
from tests.unit.builders import ERROR_RULE, P99_RULE, a_judgement, a_plan, a_step

FULL = SearchPlan(recheck=True, refine=4, verify=True, confirm=True, recovery=True)
ERRORS = a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.2)
SLOW = a_judgement(P99_RULE, RuleState.BREACH, observed=0.3, limit=0.2)

Service = Callable[[StepPlan], Step]


def a_full_plan(
    concurrencies: Sequence[int] = (1, 4, 16, 64), search: SearchPlan = FULL, **options: float
) -> RunPlan:
    """A plan with holds of 10 s and everything on that can follow a ladder."""
    plan = a_plan(concurrencies, settle_s=options.get("settle_s", 2.0), hold_s=10.0)
    return replace(plan, search=search)


def taken(
    purpose: Purpose,
    level: int,
    *judgements: Judgement,
    qps: float | None = None,
    trust: Trust = Trust.VALID,
    hold_s: float = 10.0,
    ended_early: bool = False,
) -> Step:
    """A finished step of a service that saturates at 800/s with 8 in flight."""
    load: Load = ClosedLoop(level)
    step = a_step(
        level,
        min(100.0 * level, 800.0) if qps is None else qps,
        hold_s=hold_s,
        judgements=judgements,
        trust=trust,
        reasons=() if trust is Trust.VALID else ("the load threads were busy",),
        cpu_ratio=0.99 if trust is Trust.INVALID else 0.12,
        ended_early=ended_early,
    )
    return replace(step, plan=StepPlan(0, load, 2.0, hold_s, purpose))


def ladder(*levels: int) -> tuple[Step, ...]:
    """Good steps of the ladder."""
    return tuple(taken(Purpose.LADDER, level) for level in levels)


def in_order(*steps: Step) -> tuple[Step, ...]:
    """The steps with their places as indices."""
    return tuple(
        replace(step, plan=replace(step.plan, index=index)) for index, step in enumerate(steps)
    )


def a_service(*, most: float = inf, capacity_qps: float = 800.0) -> Service:
    """A service of 10 ms a request; above `most` in flight it breaks the error limit."""

    def answer(step: StepPlan) -> Step:
        load = step.load
        is_open = isinstance(load, OpenLoop)
        in_flight = 1 if is_open else int(load.level)
        qps = load.level if is_open else min(100.0 * in_flight, capacity_qps)
        broken = () if in_flight <= most else (ERRORS,)
        return replace(a_step(in_flight, qps, hold_s=step.hold_s, judgements=broken), plan=step)

    return answer


def play(plan: RunPlan, service: Service, *, time_s: float = inf) -> tuple[Step, ...]:
    """Climb until nothing comes next; each hold goes on as long as it may."""
    steps: list[Step] = []
    left_s = time_s
    while (step := next_step(plan, steps, left_s)) is not None:
        steps.append(service(step))
        left_s -= step.settle_s + (step.hold_max_s or step.hold_s)
    return tuple(steps)


def told(steps: Sequence[Step]) -> list[str]:
    """The climb in words: purpose and level of each step."""
    return [f"{step.plan.purpose.value} {step.plan.load.level:g}" for step in steps]
