"""How does a test get a plan, a step or a run in one line, with only what matters spelled out?

Every number can be given by keyword; what is left out follows from the others (the mean latency
from Little's law, the counts from QPS and hold), so that a built step is consistent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from capacity.model.confidence import Confidence
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    CheckName,
    CrossCheck,
    CurveFit,
    CurvePoint,
    Estimate,
    Findings,
    Knee,
    NoCapacity,
    NoKnee,
    NoKneeReason,
    Peak,
)
from capacity.model.load import ClosedLoop, ConcurrencyLadder
from capacity.model.plan import (
    EngineName,
    Fuses,
    Header,
    HttpRequest,
    Purpose,
    PythonCall,
    RunPlan,
    Scenario,
    Secret,
    StepPlan,
    Target,
    Timeouts,
    TlsTrust,
)
from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    Judgement,
    Rule,
    RuleState,
    Scope,
    TimesFirst,
)
from capacity.model.run import (
    EndReason,
    Environment,
    Run,
    RunEnd,
    Step,
    Trust,
    Validity,
)
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    LatencySummary,
    Schedule,
    Snapshot,
)

STARTED_AT_UNIX_S = 1_795_234_327.0  # 2026-11-21 04:12:07 UTC


ONE_PERCENT = Absolute(0.01)


def a_rule(
    metric: str = "error_rate",
    *,
    comparison: Comparison = Comparison.ABOVE,
    limit: Absolute | TimesFirst = ONE_PERCENT,
    over_s: float | None = 10.0,
    for_steps: int = 1,
    min_samples: int = 100,
    action: Action = Action.STOP,
    text: str | None = None,
) -> Rule:
    """A rule; a STEP metric loses its window by itself."""
    if METRICS[metric].scope is Scope.STEP:
        over_s = None
    written = text if text is not None else f"{metric} {comparison.value} {limit}"
    return Rule(metric, comparison, limit, over_s, for_steps, min_samples, action, written)


ERROR_RULE = a_rule(text="error_rate > 1% over 10s")
P99_RULE = a_rule("p99", limit=TimesFirst(10.0), text="p99 > 10x first over 10s")
GAIN_RULE = a_rule(
    "gain",
    comparison=Comparison.BELOW,
    limit=Absolute(0.03),
    for_steps=2,
    text="gain < 3% for 2 steps",
)


def a_judgement(
    rule: Rule = ERROR_RULE,
    state: RuleState = RuleState.OK,
    *,
    observed: float | None = 0.002,
    limit: float | None = 0.01,
    sample_count: int = 900,
    reason: str = "",
) -> Judgement:
    """A judgement over the ten seconds from 5 to 15; NO_DATA drops its numbers."""
    if state is RuleState.NO_DATA:
        observed = limit = None
        reason = reason or "too few samples"
    return Judgement(rule, state, observed, limit, sample_count, 5.0, 15.0, reason)


def a_latency(
    mean_s: float = 0.010, *, count: int = 20_000, p99_s: float | None = None
) -> LatencySummary:
    """A latency summary whose percentiles rise from the mean to its p99 (twice the mean).

    Percentiles that fewer than ten of `count` samples would lie above are withheld.
    """
    p99_s = 2.0 * mean_s if p99_s is None else p99_s
    return LatencySummary(
        count=count,
        mean_s=mean_s,
        min_s=0.5 * mean_s,
        max_s=1.5 * p99_s,
        p50_s=0.95 * mean_s,
        p90_s=mean_s + 0.5 * (p99_s - mean_s) if count >= 100 else None,
        p95_s=mean_s + 0.8 * (p99_s - mean_s) if count >= 200 else None,
        p99_s=p99_s if count >= 1_000 else None,
        p999_s=1.2 * p99_s if count >= 10_000 else None,
        p99_low_s=0.95 * p99_s if count >= 1_000 else None,
        p99_high_s=1.1 * p99_s if count >= 1_000 else None,
    )


def a_plan(
    concurrencies: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    *,
    name: str = "demo",
    host: str = "127.0.0.1",
    call: HttpRequest | PythonCall | None = None,
    rules: Sequence[Rule] = (ERROR_RULE, P99_RULE, GAIN_RULE),
    settle_s: float = 5.0,
    hold_s: float = 30.0,
    engine: EngineName = EngineName.NATIVE,
) -> RunPlan:
    """A plan for a GET of `/` on loopback with the three default rules."""
    request = HttpRequest("GET", Secret(b"/"), "/", (), None)
    return RunPlan(
        name=name,
        target=Target(
            scheme="http",
            host=host,
            port=8080,
            trust=TlsTrust.SYSTEM,
            ca_file=None,
            timeouts=Timeouts(connect_s=2.0, first_byte_s=20.0, idle_s=15.0, total_s=30.0),
        ),
        scenario=Scenario("main", call if call is not None else request, ok_below_status=400),
        engine=engine,
        source_addresses=(),
        threads=None,
        ladder=ConcurrencyLadder(tuple(concurrencies)),
        settle_s=settle_s,
        hold_s=hold_s,
        rules=tuple(rules),
        fuses=Fuses(max_concurrency=1024, max_requests=5_000_000, max_duration_s=3600.0),
        allow_hosts=(),
        demo_service=None,
        profile_sha256=None,
    )


def a_secret_plan(*, header: bytes, body: bytes, path: bytes) -> RunPlan:
    """A plan whose request carries these bytes in header, body and path."""
    call = HttpRequest(
        "POST",
        Secret(path),
        "/v1/items?key=...",
        (Header("Authorization", Secret(header)), Header("Accept", Secret(b"*/*"))),
        Secret(body),
    )
    return a_plan(call=call)


def a_step(
    concurrency: int = 64,
    qps: float = 900.0,
    *,
    index: int = 0,
    hold_s: float = 30.0,
    mean_s: float | None = None,
    p99_s: float | None = None,
    failures: Mapping[FailureKind, int] | None = None,
    cut: int = 0,
    trust: Trust = Trust.VALID,
    reasons: Sequence[str] = (),
    judgements: Sequence[Judgement] = (),
    cpu_ratio: float | None = 0.12,
    ended_early: bool = False,
) -> Step:
    """A finished step; a `qps` of 0 has no latency at all."""
    ok = round(qps * hold_s)
    failed = dict(failures or {})
    mean_s = mean_s if mean_s is not None else concurrency / qps if qps > 0 else None
    latency = None if mean_s is None or ok == 0 else a_latency(mean_s, count=ok, p99_s=p99_s)
    start_s = 5.0 + index * (hold_s + 5.0)
    load = None if cpu_ratio is None else GeneratorLoad(cpu_ratio, 0.001, None)
    return Step(
        plan=StepPlan(index, ClosedLoop(concurrency), 5.0, hold_s, Purpose.LADDER),
        started_at_unix_s=STARTED_AT_UNIX_S + start_s - 5.0,
        start_s=start_s,
        end_s=start_s + hold_s,
        counts=Counts(
            started=ok + sum(failed.values()) + cut,
            ok=ok,
            failures=failed,
            cut=cut,
            statuses={200: ok} if ok else {},
            sent_bytes=100 * ok,
            received_bytes=500 * ok,
        ),
        ended_ok=ok,
        ended_all=ok + sum(failed.values()),
        latency=latency,
        failed_latency=a_latency(0.5, count=sum(failed.values())) if failed else None,
        first_byte=None if latency is None else a_latency(0.9 * latency.mean_s, count=ok),
        connect=a_latency(0.0005, count=concurrency),
        scenario_latency=None,
        scenario_failures=0,
        latency_blob=b"",
        mean_in_flight=float(concurrency),
        connections=ConnectionCounts(opened=concurrency),
        generator=load,
        judgements=tuple(judgements),
        validity=Validity(trust, tuple(reasons)),
        ended_early=ended_early,
    )


def a_curve(
    concurrencies: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    *,
    saturation_qps: float = 800.0,
    base_latency_s: float = 0.010,
) -> tuple[Step, ...]:
    """Steps of a service that grows linearly until it saturates; the knee is X_sup * R(1)."""
    return tuple(
        a_step(n, min(n / base_latency_s, saturation_qps), index=i)
        for i, n in enumerate(concurrencies)
    )


def an_environment() -> Environment:
    """The machine of a built run."""
    return Environment(
        capacity_version="0.1.0",
        core_version="0.1.0",
        engine="native",
        engine_notes=(),
        python_version="3.11.9",
        platform="Linux-6.1-x86_64",
        cpu_count=2,
        addresses=("127.0.0.1",),
    )


RULE_END = RunEnd(EndReason.RULE, "gain was 0.3% at 64 concurrent", "gain < 3% for 2 steps")


def a_run(
    steps: Sequence[Step] | None = None,
    *,
    plan: RunPlan | None = None,
    end: RunEnd = RULE_END,
    run_id: str = "20261121-041207-9f3a",
) -> Run:
    """A finished run over `steps`, by default the curve of a service with its knee at 8."""
    steps = a_curve() if steps is None else tuple(steps)
    totals = Counts()
    for step in steps:
        totals = totals + step.counts
    return Run(
        run_id=run_id,
        started_at_unix_s=STARTED_AT_UNIX_S,
        plan=plan if plan is not None else a_plan([int(s.plan.load.level) for s in steps] or (1,)),
        environment=an_environment(),
        steps=steps,
        totals=totals,
        end=end,
    )


PEAK = Peak(ClosedLoop(64), 800.0)


def a_knee(concurrency: float = 8.0, *, qps: float = 800.0, spread: float = 1.12) -> Knee:
    """A knee whose interval is `spread` times wide to either side."""
    fit = CurveFit(
        p_saturated=0.97,
        p_not_reached=0.02,
        p_below_range=0.01,
        p_retrograde=0.05,
        is_retrograde=False,
        knee=Estimate(concurrency, concurrency / spread, concurrency * spread),
        n95=Estimate(1.5 * concurrency, 1.4 * concurrency, 1.7 * concurrency),
        n_power=Estimate(concurrency, concurrency / spread, concurrency * spread),
        saturation_qps=Estimate(qps, 0.98 * qps, 1.02 * qps),
        peak=None,
        noise_ratio=0.01,
        step_count=7,
        curve=tuple(
            CurvePoint(n, x, 0.98 * x, 1.02 * x)
            for n in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
            for x in (qps * min(n / concurrency, 1.0),)
        ),
        checks=(CrossCheck(CheckName.ASYMPTOTIC, concurrency, agrees=True),),
    )
    return Knee(fit, Confidence.HIGH, "curve library")


KNEE = a_knee()
NO_KNEE = NoKnee(NoKneeReason.NOT_REACHED, "throughput was still growing at 64 concurrent")
CAPACITY = Capacity(
    ClosedLoop(8), 800.0, 0.020, 1.0, "gain < 3% for 2 steps", kind=CapacityKind.LIMITED
)


def some_findings(
    *,
    peak: Peak | None = PEAK,
    knee: Knee | NoKnee = KNEE,
    capacity: Capacity | NoCapacity = CAPACITY,
    exit_code: int = 0,
) -> Findings:
    """Findings of the default run: capacity and knee at 8 concurrent, 800 requests/s."""
    return Findings(peak, knee, capacity, exit_code)


def a_snapshot(
    ok: int = 900,
    *,
    window: int = 1,
    start_s: float = 5.0,
    span_s: float = 1.0,
    failures: Mapping[FailureKind, int] | None = None,
    in_flight: int = 64,
    latency_blob: bytes = b"",
    response_blob: bytes = b"",
    schedule: Schedule | None = None,
) -> Snapshot:
    """One second of load: `ok` good answers and some failures, all ended inside the second."""
    failed = dict(failures or {})
    ended = ok + sum(failed.values())
    counts = Counts(started=ended, ok=ok, failures=failed, statuses={200: ok})
    return Snapshot(
        window=window,
        start_s=start_s,
        end_s=start_s + span_s,
        counts=replace(counts, sent_bytes=100 * ended, received_bytes=500 * ended),
        ended_ok=ok,
        ended_all=ended,
        in_flight=in_flight,
        window_over=False,
        connections_open=in_flight,
        connections=ConnectionCounts(opened=0),
        latency_blob=latency_blob,
        failed_latency_blob=b"",
        first_byte_blob=b"",
        connect_blob=b"",
        generator=GeneratorLoad(0.12, 0.001, None),
        scenario_latency_blob=b"",
        scenario_failures=0,
        response_blob=response_blob,
        schedule=schedule,
    )
