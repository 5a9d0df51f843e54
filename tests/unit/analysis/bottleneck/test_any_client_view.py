"""Do the classes of the client's view hold out whatever a run looks like?"""

from dataclasses import replace
from math import isfinite

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.model.confidence import Confidence
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.measured import Interval
from capacity.model.run import Step
from capacity.model.snapshot import ConnectionCounts, FailureKind, GeneratorLoad, LatencySummary
from capacity.units import Unit
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    disbelieved,
    latency_of,
    with_failures,
    with_readings,
)
from tests.unit.builders import a_step

CLIENT_VIEW = frozenset(
    {
        *("pool", "contention", "rate_limit", "concurrency_limit", "pacing", "connections"),
        *("bandwidth", "path_overhead", "generator", "unobserved", "upstream_timeout", "no_limit"),
    }
)
# What a claim of the service's CPU at ease rests on.
NEEDS_SIGHT = frozenset({"pool", "pacing", "contention", "unobserved"})

seconds = st.one_of(st.just(0.0), st.floats(1e-6, 1e4))
ratios = st.floats(0.0, 50.0)


@st.composite
def latencies(draw: st.DrawFn) -> LatencySummary | None:
    """Any summary, or none; percentiles may be missing, or out of order."""
    if draw(st.booleans()):
        return None
    made = latency_of(draw(seconds), tail=draw(st.floats(1.0, 100.0)))
    if draw(st.booleans()):
        return replace(made, p90_s=None, p95_s=None, p99_s=None, p999_s=None)
    return made


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """A step of any throughput, failures, generator and quantities, believed or not."""
    made = a_step(
        draw(st.integers(1, 5000)), draw(st.floats(0.0, 1e6)), hold_s=draw(st.floats(0.5, 60.0))
    )
    if draw(st.booleans()):
        made = replace(
            made,
            plan=replace(made.plan, load=OpenLoop(draw(st.floats(0.1, 1e5)), Arrivals.POISSON, 9)),
        )
    for _ in range(draw(st.integers(0, 2))):
        made = with_failures(
            made,
            draw(st.integers(1, 100_000)),
            status=draw(st.sampled_from([None, 429, 500, 503, 504])),
            kind=draw(st.sampled_from(list(FailureKind))),
            median_s=draw(seconds),
        )
    load = GeneratorLoad(draw(ratios), draw(st.none() | ratios), draw(st.none() | seconds))
    made = replace(
        made,
        latency=draw(latencies()),
        failed_latency=draw(latencies()),
        connect=draw(latencies()),
        tls=draw(latencies()),
        transfer=draw(latencies()),
        fresh_latency=draw(latencies()),
        generator=draw(st.none() | st.just(load)),
        connections=ConnectionCounts(opened=draw(st.integers(0, 10**6))),
        intervals=(Interval(1.0, draw(st.integers(0, 3)), None),),
    )
    return disbelieved(made) if draw(st.booleans()) else made


@given(
    run=st.lists(steps(), max_size=6),
    names=st.lists(
        st.sampled_from(
            ["cpu", "throttle", "pod.cores", "jvm.pool", "postgresql.lock_waits", "go.mutex_wait"]
        ),
        max_size=3,
        unique=True,
    ),
    data=st.data(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_run_is_judged(run: list[Step], names: list[str], data: st.DataObject) -> None:
    """Zero throughput, no latency, one level, planned rates: a claim or none, never an error."""
    made = tuple(replace(step, plan=replace(step.plan, index=i)) for i, step in enumerate(run))
    for name in names:
        values = [data.draw(st.none() | st.floats(0.0, 1e9)) for _ in made]
        made = with_readings(made, name, values, unit=Unit.RATIO)
    case = case_of(made)
    for one in CLASSES:
        if one.kind not in CLIENT_VIEW:
            continue
        for candidate in one.judge(case):
            assert candidate.evidence
            for sentence in (*candidate.evidence, candidate.advice, candidate.title):
                assert sentence.text("en")
                assert sentence.text("zh")
                numbers = [f.value for f in sentence.figures if not isinstance(f.value, str)]
                assert all(isfinite(number) for number in numbers)
            if one.kind in NEEDS_SIGHT and not names:
                assert candidate.confidence is Confidence.LOW
