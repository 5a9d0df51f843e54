"""Any run that the model can hold, for tests that write one and read it again."""

from dataclasses import replace

from hypothesis import strategies as st

from capacity.model.load import Arrivals, ClosedLoop, ConcurrencyLadder, OpenLoop, RateLadder
from capacity.model.measured import Interval, Steadiness, SteadyState
from capacity.model.plan import (
    BasicAuth,
    DemoService,
    EngineName,
    Fuses,
    Header,
    HttpRequest,
    KubernetesScope,
    MonitorPlan,
    ProcessSource,
    PrometheusSource,
    Purpose,
    PythonCall,
    RunPlan,
    Scenario,
    SearchPlan,
    Secret,
    StepPlan,
    Target,
    Timeouts,
    TlsTrust,
)
from capacity.model.resources import (
    Aspect,
    Change,
    ChangeKind,
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Member,
    MonitorFacts,
    OwnResource,
    Quantity,
    Reading,
    ReadingState,
    Reduction,
    ResourceRole,
    ResourceScope,
    Samples,
)
from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    Evidence,
    Judgement,
    OnMissing,
    Rule,
    RuleState,
    TimesFirst,
)
from capacity.model.run import (
    EndReason,
    Environment,
    LittlesLaw,
    Run,
    RunEnd,
    Stalls,
    Step,
    Trust,
    Validity,
)
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    FailureSample,
    FailureTrace,
    GeneratorLoad,
    LatencySummary,
    Schedule,
    WarningKind,
)
from capacity.units import Unit

COUNTS_UP_TO = st.integers(0, 2**40)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=12)
MAYBE = st.none() | NUMBERS
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
SECRETS = st.binary(max_size=12).map(Secret)
HEADERS = st.lists(st.builds(Header, TEXTS, SECRETS), max_size=2).map(tuple)
CALLS = st.one_of(
    st.builds(HttpRequest, TEXTS, SECRETS, TEXTS, HEADERS, st.none() | SECRETS),
    st.builds(PythonCall, TEXTS, TEXTS, HEADERS),
)
LIMITS = st.one_of(st.builds(Absolute, NUMBERS), st.builds(TimesFirst, NUMBERS))
_RULE_PARTS = (
    st.sampled_from(Comparison),
    LIMITS,
    st.none() | NUMBERS,
    COUNTS_UP_TO,
    COUNTS_UP_TO,
    st.sampled_from(Action),
    TEXTS,
)
RULES = st.one_of(
    st.builds(Rule, st.sampled_from(sorted(METRICS)), *_RULE_PARTS),
    st.builds(
        Rule,
        st.sampled_from(["cpu", "redis.memory", "prom.waiting"]),
        *_RULE_PARTS,
        st.sampled_from(Unit),
        st.sampled_from(OnMissing),
    ),
)
TARGETS = st.builds(
    Target,
    TEXTS,
    TEXTS,
    st.integers(0, 65535),
    st.sampled_from(TlsTrust),
    st.none() | TEXTS,
    st.builds(Timeouts, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
)
RATES = st.floats(1e-3, 2.0**53)
LADDERS = st.one_of(
    st.builds(ConcurrencyLadder, st.lists(st.integers(1, 100_000), max_size=4).map(tuple)),
    st.builds(
        RateLadder,
        st.lists(RATES, max_size=4).map(tuple),
        st.sampled_from(Arrivals),
        st.integers(1, 100_000),
    ),
)
LOADS = st.one_of(
    st.builds(ClosedLoop, st.integers(1, 100_000)),
    st.builds(OpenLoop, RATES, st.sampled_from(Arrivals), st.integers(1, 100_000)),
)
TIMES = st.floats(0, 1e10)
MEMBERS = st.lists(
    st.builds(Member, TEXTS, NUMBERS, st.none() | COUNTS_UP_TO, MAYBE, MAYBE), max_size=3
).map(tuple)
READINGS = st.builds(
    Reading,
    st.sampled_from(["cpu", "mem", "prom.waiting"]),
    st.sampled_from(Unit),
    st.sampled_from(ResourceScope),
    st.sampled_from(Aspect),
    st.sampled_from(Direction),
    st.sampled_from(ReadingState),
    TEXTS,
    TEXTS,
    MAYBE,
    TIMES,
    TIMES,
    MEMBERS,
    st.booleans(),
    st.booleans(),
    doubtful=MEMBERS,
)
CHANGES = st.builds(Change, st.sampled_from(ChangeKind), TEXTS, TEXTS, TIMES)
FACTS = st.builds(
    MonitorFacts,
    TEXTS,
    st.none() | TEXTS,
    MAYBE,
    MAYBE,
    MAYBE,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
_TEXT_TUPLES = st.lists(TEXTS, max_size=2).map(tuple)
_SHARES = st.none() | st.builds(Limit, TEXTS) | st.builds(Growth, TEXTS)
QUANTITIES = st.builds(
    Quantity,
    TEXTS,
    st.sampled_from(Unit),
    st.sampled_from(ResourceScope),
    st.sampled_from(Aspect),
    st.sampled_from(Direction),
    st.none()
    | st.builds(Expression, TEXTS, _TEXT_TUPLES)
    | st.builds(Samples, TEXTS, st.sampled_from(Reduction), _TEXT_TUPLES, _SHARES),
    st.sampled_from(EmptyMeans),
    TEXTS,
    TEXTS,
)
MONITORS = st.none() | st.builds(
    MonitorPlan,
    st.none()
    | st.builds(
        PrometheusSource,
        TEXTS,
        HEADERS,
        st.none() | SECRETS,
        st.none() | TEXTS,
        st.none() | st.builds(BasicAuth, TEXTS, SECRETS),
        st.sampled_from(TlsTrust),
        *([st.none() | TEXTS] * 4),
        NUMBERS,
        MAYBE,
        st.booleans(),
    ),
    st.none() | st.builds(ProcessSource, st.none() | COUNTS_UP_TO, st.none() | COUNTS_UP_TO),
    st.none() | st.builds(KubernetesScope, TEXTS, _TEXT_TUPLES, _TEXT_TUPLES),
    st.lists(QUANTITIES, max_size=2).map(tuple),
    st.lists(
        st.builds(
            OwnResource,
            TEXTS,
            TEXTS,
            st.sampled_from(ResourceRole),
            MAYBE,
            st.booleans(),
            st.none() | TEXTS,
            st.none() | st.sampled_from(("^api-.*$", "")),
        ),
        max_size=2,
    ).map(tuple),
)
SEARCHES = st.builds(
    SearchPlan,
    MAYBE,
    COUNTS_UP_TO,
    st.booleans(),
    COUNTS_UP_TO,
    MAYBE,
    MAYBE,
    *([st.booleans()] * 3),
)
PLANS = st.builds(
    RunPlan,
    NAMES,
    TARGETS,
    st.builds(Scenario, TEXTS, CALLS, COUNTS_UP_TO),
    st.sampled_from(EngineName),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | st.integers(1, 512),
    LADDERS,
    NUMBERS,
    NUMBERS,
    st.lists(RULES, max_size=2).map(tuple),
    st.builds(Fuses, COUNTS_UP_TO, COUNTS_UP_TO, NUMBERS),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | st.builds(DemoService, COUNTS_UP_TO, NUMBERS),
    st.none() | TEXTS,
    MONITORS,
    _TEXT_TUPLES,
    SEARCHES,
)
COUNTS = st.builds(
    Counts,
    COUNTS_UP_TO,
    COUNTS_UP_TO,
    st.dictionaries(st.sampled_from(FailureKind), COUNTS_UP_TO, max_size=3),
    COUNTS_UP_TO,
    st.dictionaries(st.integers(0, 999), COUNTS_UP_TO, max_size=3),
    COUNTS_UP_TO,
    COUNTS_UP_TO,
    st.dictionaries(st.sampled_from(WarningKind), COUNTS_UP_TO, max_size=3),
)
LATENCIES = st.none() | st.builds(LatencySummary, COUNTS_UP_TO, *([NUMBERS] * 4), *([MAYBE] * 6))
RATIOS = st.floats(1e-3, 1e6)
TRACES = st.builds(
    FailureTrace,
    st.sampled_from(FailureKind),
    NUMBERS,
    NUMBERS,
    st.lists(
        st.builds(
            FailureSample,
            NUMBERS,
            st.none() | st.integers(100, 599),
            COUNTS_UP_TO,
            MAYBE,
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)
JUDGEMENTS = st.builds(
    Judgement,
    RULES,
    st.sampled_from(RuleState),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    COUNTS_UP_TO,
    NUMBERS,
    NUMBERS,
    TEXTS,
    st.none() | st.builds(Evidence, TEXTS, TEXTS, MAYBE, st.booleans()),
)
INTERVALS = st.builds(Interval, st.floats(1e-3, 1e6), COUNTS_UP_TO, st.none() | st.floats(0, 1e6))
STEADINESS = st.none() | st.builds(
    Steadiness, st.sampled_from(SteadyState), st.floats(0, 1e6), MAYBE, MAYBE, NUMBERS
)
STEPS = st.builds(
    Step,
    st.builds(
        StepPlan,
        COUNTS_UP_TO,
        LOADS,
        NUMBERS,
        NUMBERS,
        st.sampled_from(Purpose),
        MAYBE,
        COUNTS_UP_TO,
    ),
    NUMBERS,
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    COUNTS,
    COUNTS_UP_TO,
    COUNTS_UP_TO,
    *([LATENCIES] * 5),
    COUNTS_UP_TO,
    st.binary(max_size=40),
    st.none() | NUMBERS,
    st.builds(ConnectionCounts, COUNTS_UP_TO, COUNTS_UP_TO, COUNTS_UP_TO),
    st.none() | st.builds(GeneratorLoad, NUMBERS, *([MAYBE] * 6)),
    st.lists(JUDGEMENTS, max_size=2).map(tuple),
    st.builds(Validity, st.sampled_from(Trust), st.lists(TEXTS, max_size=2).map(tuple)),
    st.booleans(),
    *([LATENCIES] * 5),
    st.none() | st.builds(Schedule, *([COUNTS_UP_TO] * 4)),
    MAYBE,
    st.none() | st.builds(Stalls, NUMBERS, NUMBERS, COUNTS_UP_TO),
    st.none() | st.builds(LittlesLaw, RATIOS, RATIOS, RATIOS),
    st.lists(TRACES, max_size=2).map(tuple),
    st.lists(READINGS, max_size=2).map(tuple),
    st.lists(CHANGES, max_size=2).map(tuple),
    st.lists(INTERVALS, max_size=3).map(tuple),
    STEADINESS,
).filter(lambda step: step.hold_s <= 0 or step.hold_s > 1e-3)
ENVIRONMENTS = st.builds(
    Environment,
    *([TEXTS] * 3),
    st.lists(TEXTS, max_size=2).map(tuple),
    TEXTS,
    TEXTS,
    COUNTS_UP_TO,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(FACTS, max_size=2).map(tuple),
)
RUNS = st.builds(
    Run,
    NAMES,
    NUMBERS,
    PLANS,
    ENVIRONMENTS,
    st.lists(STEPS, max_size=3).map(tuple),
    COUNTS,
    st.builds(
        RunEnd, st.sampled_from(EndReason), TEXTS, st.none() | TEXTS, st.none() | COUNTS_UP_TO
    ),
)


def redacted(run: Run) -> Run:
    """The run as a reader may know it: every secret emptied."""
    nothing = Secret(b"")
    call = run.plan.scenario.call
    headers = tuple(Header(header.name, nothing) for header in call.headers)
    emptied: HttpRequest | PythonCall = replace(call, headers=headers)
    if isinstance(emptied, HttpRequest):
        body = None if emptied.body is None else nothing
        emptied = replace(emptied, path=nothing, body=body)
    scenario = replace(run.plan.scenario, call=emptied)
    monitor = None if run.plan.monitor is None else _redacted_monitor(run.plan.monitor)
    return replace(run, plan=replace(run.plan, scenario=scenario, monitor=monitor))


def _redacted_monitor(monitor: MonitorPlan) -> MonitorPlan:
    source, nothing = monitor.prometheus, Secret(b"")
    if source is None:
        return monitor
    basic = None if source.basic is None else BasicAuth(source.basic.user, nothing)
    headers = tuple(Header(header.name, nothing) for header in source.headers)
    bearer = None if source.bearer is None else nothing
    return replace(monitor, prometheus=replace(source, headers=headers, bearer=bearer, basic=basic))
