"""Do the rules on resources hold up against readings that nobody expects?"""

import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass
from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.model.bottleneck import Candidate
from capacity.model.confidence import Confidence
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.resources import Change, ChangeKind, Member, Population, Reading, ReadingState
from capacity.model.run import EndReason, Run, RunEnd, Stalls, Step
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import (
    CACHE_POD,
    DATABASE_POD,
    INGRESS_POD,
    case_of,
    reading_of,
    steps_with,
)
from tests.unit.builders import CAPACITY, KNEE, a_plan, a_run, a_step
from tests.unit.resource_builders import POD

_KINDS = """
cpu_limit cpu_throttling one_core node_cpu memory restart database database_connections redis
ingress pauses disk scaling imbalance
"""
_NAMES = """
cpu throttle mem restarts replicas pod.cores pod.oom pod.psi_cpu pod.psi_memory_stalled
pod.psi_io_stalled pod.volume pod.volume_inodes process.cores process.hot_thread
process_exporter.cores process_exporter.hot_thread go.cores python.cores go.gc jvm.gc jvm.heap
node.cpu node.steal node.psi_cpu node.memory node.psi_memory_stalled node.disk node.disk_queue
node.psi_io_stalled postgresql.connections postgresql.user_connections postgresql.active
postgresql.lock_waits postgresql.cache_hits postgresql.up redis.main_thread redis.busy
redis.memory redis.evictions redis.hit_rate redis.rejected_connections redis.commands
ingress_nginx.request_mean ingress_nginx.upstream_mean ingress_nginx.status_499
ingress_nginx.status_502
"""
OURS = tuple(one for one in CLASSES if one.kind in _KINDS.split())
NAMES = _NAMES.split()
SUBJECTS = (
    POD,
    "shop/api-8g0/app",
    DATABASE_POD,
    CACHE_POD,
    INGRESS_POD,
    "h:9256/postgres",
    "h:9256/redis-server",
    "pid 7 app",
    "",
    "/",
    "a/b/c/d",
    "shop/redis-0/redis-exporter",
)
NUMBERS = st.one_of(
    st.sampled_from([0.0, 0.05, 0.5, 0.9, 1.0, 1.05, 4.0, 1e9]),
    st.floats(min_value=-1e12, max_value=1e12, allow_nan=False),
)
MEMBERS = st.builds(
    Member,
    st.sampled_from(SUBJECTS),
    NUMBERS,
    st.sampled_from([None, 1, 3, 6]),
    st.sampled_from([None, 1.0]),
    st.sampled_from([None, 0.9]),
)


@st.composite
def some_readings(draw: st.DrawFn) -> tuple[Reading, ...]:
    """Readings of some quantities: with members, without, of part of them, or none at all."""
    readings = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=12, unique=True)):
        made = reading_of(name, None)
        members = tuple(draw(st.lists(MEMBERS, max_size=4)))
        if members:
            made = replace(
                made,
                state=ReadingState.READ,
                members=members,
                may_stop=draw(st.booleans()),
                population=draw(st.sampled_from([None, Population(40, 0.3, 0.7)])),
            )
        else:
            made = replace(made, state=draw(st.sampled_from(list(ReadingState))))
        readings.append(replace(made, over_s=draw(st.sampled_from([None, None, 10.0]))))
    return tuple(readings)


@st.composite
def some_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Steps of loads of either kind, with or without answers, stalls and changes."""
    levels = draw(st.lists(st.integers(1, 512), max_size=5, unique=True))
    is_open = draw(st.booleans())
    steps = []
    for index, level in enumerate(sorted(levels)):
        step = a_step(
            level,
            draw(st.sampled_from([0.0, 0.1, 50.0, 400.0, 1e6])),
            index=index,
            hold_s=draw(st.sampled_from([0.5, 30.0])),
            failures=draw(st.sampled_from([None, {FailureKind.CONN_REFUSED: 50}])),
        )
        load = OpenLoop(float(level), Arrivals.POISSON, 64) if is_open else step.plan.load
        changes = draw(
            st.lists(
                st.builds(
                    Change,
                    st.sampled_from(list(ChangeKind)),
                    st.sampled_from(SUBJECTS),
                    st.sampled_from(["", "{0} -> {x}"]),
                    st.just(0.0),
                ),
                max_size=3,
            )
        )
        stalls = draw(st.sampled_from([None, Stalls(0.3, 0.5, 90), Stalls(0.0, 0.0, 0)]))
        steps.append(
            replace(
                step,
                plan=replace(step.plan, load=load),
                resources=draw(some_readings()),
                changes=tuple(changes),
                stalls=stalls,
                mean_in_flight=draw(st.sampled_from([None, 0.0, 8.0])),
                latency=draw(st.sampled_from([None, step.latency])),
            )
        )
    return tuple(steps)


def judged(case: Case) -> list[tuple[BottleneckClass, Candidate]]:
    """What all of the classes say."""
    return [(one, found) for one in OURS for found in one.judge(case)]


def a_wild_run(steps: tuple[Step, ...], reason: EndReason) -> Run:
    """A run over these steps that ended for any reason."""
    return a_run(steps, plan=a_plan((1,)), end=RunEnd(reason, "", None))


@settings(max_examples=150, deadline=None)
@given(some_steps(), st.sampled_from(list(EndReason)))
def test_no_readings_make_a_rule_raise(steps: tuple[Step, ...], reason: EndReason) -> None:
    """Every candidate has its class's name, evidence, and sentences in both languages."""
    for one, found in judged(make_case(a_wild_run(steps, reason), KNEE, CAPACITY)):
        assert found.kind == one.kind
        assert found.evidence
        for sentence in (found.title, found.advice, *found.evidence):
            assert sentence.text("en")
            assert sentence.text("zh")
            numbers = [f.value for f in sentence.figures if isinstance(f.value, float)]
            assert all(math.isfinite(number) for number in numbers)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.floats(0.0, 1e6, allow_nan=False))
def test_what_is_the_same_at_every_level_is_no_cause(name: str, value: float) -> None:
    """Background alone names no resource with more than low confidence, except what happened."""
    found = judged(case_of(steps_with({name: [value] * 5})))
    assert [
        one.kind
        for one, candidate in found
        if candidate.confidence is not Confidence.LOW and name not in ("restarts", "pod.oom")
    ] == []


@settings(max_examples=60, deadline=None)
@given(some_steps())
def test_readings_without_a_value_say_nothing(steps: tuple[Step, ...]) -> None:
    """No data is neither high nor low."""
    bare = tuple(
        replace(
            step,
            resources=tuple(
                replace(one, members=(), state=ReadingState.NO_DATA) for one in step.resources
            ),
            changes=(),
            stalls=None,
        )
        for step in steps
    )
    assert judged(make_case(a_wild_run(bare, EndReason.RULE), KNEE, CAPACITY)) == []
