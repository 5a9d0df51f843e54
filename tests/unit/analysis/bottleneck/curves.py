"""How does a test get the case of a curve in one line, with what matters spelled out?"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.findings import analyze_steps
from capacity.analysis.measure import measure
from capacity.model.findings import Findings
from capacity.model.load import RateLadder
from capacity.model.plan import MonitorPlan
from capacity.model.resources import Member, OwnResource, Reading, ResourceScope
from capacity.model.run import EndReason, Run, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind, GeneratorLoad, LatencySummary
from capacity.units import Unit
from tests.unit.builders import RULE_END, a_latency, a_plan, a_run, a_step
from tests.unit.resource_builders import POD, a_member, a_reading

LADDER_END = RunEnd(EndReason.LADDER, "the ladder was climbed to its end", None)
GENERATOR_END = RunEnd(EndReason.GENERATOR, "the generator was the limit", None)


def latency_of(p50_s: float, *, tail: float = 1.2, count: int = 5_000) -> LatencySummary:
    """A latency whose P99 is `tail` times its median; the mean is the median."""
    return replace(a_latency(p50_s, count=count, p99_s=tail * p50_s), p50_s=p50_s)


def curve(
    rows: Sequence[tuple[int, float]], *, tail: float = 1.2, unloaded_s: float | None = None
) -> tuple[Step, ...]:
    """Steps of concurrency and good throughput; latency is N / X, that of the first as given."""
    steps = []
    for index, (concurrency, qps) in enumerate(rows):
        step = a_step(concurrency, qps, index=index)
        median_s = concurrency / qps if qps > 0 else None
        if index == 0 and unloaded_s is not None:
            median_s = unloaded_s
        latency = None if median_s is None else latency_of(median_s, tail=tail)
        steps.append(replace(step, latency=latency))
    return tuple(steps)


def with_failures(
    step: Step,
    count: int,
    *,
    status: int | None = None,
    kind: FailureKind = FailureKind.HTTP_STATUS,
    median_s: float = 0.001,
    spread: float = 1.2,
) -> Step:
    """The step with so many requests that failed beside its good ones."""
    counts = step.counts
    statuses = {**counts.statuses, **({} if status is None else {status: count})}
    failures = {**counts.failures, kind: counts.failures.get(kind, 0) + count}
    started = counts.started + count
    return replace(
        step,
        counts=replace(counts, failures=failures, statuses=statuses, started=started),
        ended_all=step.ended_all + count,
        failed_latency=latency_of(median_s, tail=spread, count=5_000),
    )


def with_readings(
    steps: Sequence[Step],
    name: str,
    values: Sequence[float | None],
    *,
    unit: Unit = Unit.RATIO,
    scope: ResourceScope = ResourceScope.SERVICE,
    subject: str = POD,
    sample_count: int = 6,
) -> tuple[Step, ...]:
    """The steps with one quantity read at each; None is NO_DATA."""

    def reading(value: float | None) -> Reading:
        members: tuple[Member, ...] = ()
        if value is not None:
            members = (a_member(value, subject, sample_count=sample_count),)
        return replace(a_reading(name=name, unit=unit, members=members), scope=scope)

    return tuple(
        replace(step, resources=(*step.resources, reading(value)))
        for step, value in zip(steps, values, strict=True)
    )


def with_idle_cpu(steps: Sequence[Step], highest: float = 0.10) -> tuple[Step, ...]:
    """The steps of a service whose CPU was seen to be idle."""
    return with_readings(steps, "cpu", [highest * (i + 1) / len(steps) for i in range(len(steps))])


def with_generator(step: Step, cpu_ratio: float, **more: float) -> Step:
    """The step with a generator that was so busy."""
    load = replace(GeneratorLoad(cpu_ratio, None, None), **more)
    return replace(step, generator=load)


def disbelieved(step: Step, reason: str = "a load thread used 98% of a core (limit 95%)") -> Step:
    """The step, as one on which the generator was the limit."""
    return replace(step, validity=replace(step.validity, trust=Trust.INVALID, reasons=(reason,)))


def findings_of(run: Run) -> Findings:
    """What the run says beside its bottleneck."""
    return analyze_steps(
        tuple(measure(step) for step in run.steps),
        is_rate_ladder=isinstance(run.plan.ladder, RateLadder),
        end=run.end,
        rules=run.plan.rules,
        search=run.plan.search,
    )


def case_of(steps: Sequence[Step], *, end: RunEnd = RULE_END, run: Run | None = None) -> Case:
    """The case of a finished run over these steps."""
    run = a_run(steps, end=end) if run is None else run
    found = findings_of(run)
    return make_case(run, found.knee, found.capacity)


def case_naming(steps: Sequence[Step], *named: OwnResource) -> Case:
    """The case of a run whose profile names these resources."""
    monitor = MonitorPlan(None, None, None, (), bottlenecks=named)
    plan = replace(a_plan([int(step.plan.load.level) for step in steps]), monitor=monitor)
    return case_of((), run=a_run(steps, plan=plan))
