"""How does a test get a case with resources over the levels, in one line?

The built service answers in 10 ms and stops to grow at 4 concurrent, the third of five levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.model.resources import (
    Change,
    ChangeKind,
    Direction,
    Member,
    Reading,
    ReadingState,
    ResourceScope,
)
from capacity.model.run import Run, Step
from capacity.units import Unit
from tests.unit.builders import CAPACITY, KNEE, a_curve, a_plan, a_run
from tests.unit.resource_builders import POD, a_member, a_reading

LEVELS = (1, 2, 4, 8, 16)
TURN_QPS = 400.0
DATABASE_POD = "shop/postgres-0/postgres"
CACHE_POD = "shop/redis-0/redis"
INGRESS_POD = "edge/ingress-nginx-controller-7c9f8d6b5-x2x4z/controller"

# A value at a level: of one pod, of several by name, or nothing that could be used.
Value = float | Mapping[str, float] | ReadingState | None

_SCOPES = {
    "postgresql": ResourceScope.DATABASE,
    "redis": ResourceScope.CACHE,
    "ingress_nginx": ResourceScope.INGRESS,
    "node": ResourceScope.NODE,
    "process": ResourceScope.PROCESS,
    "process_exporter": ResourceScope.PROCESS,
    "prom": ResourceScope.USER,
}
_UNITS = {
    "cores": Unit.CORES,
    "active": Unit.COUNT,
    "up": Unit.COUNT,
    "restarts": Unit.COUNT,
    "replicas": Unit.COUNT,
    "oom": Unit.COUNT,
    "request_mean": Unit.SECONDS,
    "upstream_mean": Unit.SECONDS,
    "disk_queue": Unit.NUMBER,
    "load": Unit.NUMBER,
    "memory_used": Unit.BYTES,
    "lock_waits": Unit.COUNT,
    "rejected_connections": Unit.COUNT,
    "blocked_clients": Unit.COUNT,
    "evictions": Unit.PER_SECOND,
    "commands": Unit.PER_SECOND,
}
_LOW_IS_BAD = frozenset({"replicas", "up", "cache_hits", "hit_rate"})


def reading_of(name: str, value: Value, *, sample_count: int | None = 6) -> Reading:
    """A reading of a quantity in its scope and unit."""
    family, _, last = name.rpartition(".")
    state = value if isinstance(value, ReadingState) else None
    members = () if isinstance(value, ReadingState) else _members(value, sample_count)
    made = a_reading(
        None,
        name=name,
        unit=_UNITS.get(last, Unit.RATIO),
        direction=Direction.LOW_IS_BAD if last in _LOW_IS_BAD else Direction.HIGH_IS_BAD,
        members=members,
        state=state,
    )
    return replace(made, scope=_SCOPES.get(family.partition(".")[0], ResourceScope.SERVICE))


def steps_with(
    resources: Mapping[str, Sequence[Value]],
    *,
    levels: Sequence[int] = LEVELS,
    qps: float = TURN_QPS,
    sample_count: int | None = 6,
) -> tuple[Step, ...]:
    """The curve of the built service, with a value of each quantity at each level."""
    return tuple(
        replace(
            step,
            resources=tuple(
                reading_of(name, values[place], sample_count=sample_count)
                for name, values in resources.items()
            ),
        )
        for place, step in enumerate(a_curve(levels, saturation_qps=qps))
    )


def case_of(steps: Sequence[Step], *, host: str = "127.0.0.1") -> Case:
    """The case of a run over these steps."""
    plan = a_plan([int(step.plan.load.level) for step in steps] or (1,), host=host)
    return case_of_run(a_run(steps, plan=plan))


def case_of_run(run: Run) -> Case:
    """The case of a whole run."""
    return make_case(run, KNEE, CAPACITY)


def a_case(
    resources: Mapping[str, Sequence[Value]],
    *,
    levels: Sequence[int] = LEVELS,
    qps: float = TURN_QPS,
    host: str = "127.0.0.1",
    sample_count: int | None = 6,
) -> Case:
    """The built service with its resources; a `qps` beyond its reach never stops to grow."""
    steps = steps_with(resources, levels=levels, qps=qps, sample_count=sample_count)
    return case_of(steps, host=host)


def a_change(
    kind: ChangeKind, subject: str = "shop/api-7f9/app", detail: str = "restarts: 0 -> 1"
) -> Change:
    """Something that happened to the service within a step."""
    return Change(kind, subject, detail, seen_at_unix_s=1_795_234_340.0)


def changed(steps: Sequence[Step], place: int, *changes: Change) -> tuple[Step, ...]:
    """The steps, with changes in one of them."""
    return tuple(
        replace(step, changes=changes) if index == place else step
        for index, step in enumerate(steps)
    )


def _members(value: float | Mapping[str, float] | None, count: int | None) -> tuple[Member, ...]:
    if value is None:
        return ()
    by_subject = {POD: value} if isinstance(value, int | float) else value
    return tuple(a_member(one, who, sample_count=count) for who, one in by_subject.items())
