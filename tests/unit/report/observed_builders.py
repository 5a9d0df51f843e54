"""How does a test get a run whose steps have readings of many resources?"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.model.resources import Direction, Reading, ReadingState, ResourceScope
from capacity.model.run import Run
from capacity.units import Unit
from tests.unit.builders import a_curve, a_run
from tests.unit.report.reading_builders import a_reading
from tests.unit.resource_builders import POD

LEVELS = (1, 2, 4, 8, 16, 32, 64)
RISING = (0.12, 0.24, 0.49, 0.98, 0.98, 0.98, 0.98)
HALF = (0.06, 0.12, 0.25, 0.49, 0.49, 0.49, 0.49)
WAITING = (0.0, 0.0, 0.0, 1.0, 5.0, 20.0, 52.0)
HITS = (0.999, 0.998, 0.997, 0.99, 0.985, 0.98, 0.97)
FEW_AT = 1
UNREAD_AT = 3


def over_the_curve(
    name: str,
    values: Sequence[float],
    *,
    scope: ResourceScope = ResourceScope.SERVICE,
    unit: Unit = Unit.RATIO,
    direction: Direction = Direction.HIGH_IS_BAD,
    subject: str = POD,
) -> tuple[Reading, ...]:
    """A reading for each level of the default curve; the second has few samples."""
    return tuple(
        replace(
            a_reading(
                name,
                {subject: value},
                unit=unit,
                direction=direction,
                sample_count=3 if place == FEW_AT else 12,
            ),
            scope=scope,
        )
        for place, value in enumerate(values)
    )


CPU = over_the_curve("cpu", RISING)
THREAD = over_the_curve("process.hot_thread", HALF, scope=ResourceScope.PROCESS)
CACHE = over_the_curve(
    "postgresql.cache_hits",
    HITS,
    scope=ResourceScope.DATABASE,
    direction=Direction.LOW_IS_BAD,
    subject="shop/db-0",
)
POOL = over_the_curve("jvm.pool_waiting", WAITING, unit=Unit.COUNT)
NODE = over_the_curve("node.cpu", HALF, scope=ResourceScope.NODE, subject="n1")
REDIS = over_the_curve("redis.main_thread", HALF, scope=ResourceScope.CACHE, subject="shop/redis-0")
MEMORY = tuple(
    a_reading("mem", {}, state=ReadingState.ERROR, reason="no answer")
    if place == UNREAD_AT
    else one
    for place, one in enumerate(over_the_curve("mem", HALF))
)
MANY = (CPU, THREAD, CACHE, POOL, NODE, REDIS, MEMORY)


def a_read_run(*readings: Sequence[Reading]) -> Run:
    """The default curve with these readings, each one for every level."""
    steps = [
        replace(step, resources=tuple(one[place] for one in readings))
        for place, step in enumerate(a_curve(LEVELS))
    ]
    return a_run(steps)
