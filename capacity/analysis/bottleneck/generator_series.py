"""How busy was the load generator itself over the loads? Told like any other resource."""

from collections.abc import Sequence

from capacity.analysis.bottleneck.series import Point, Series
from capacity.model.resources import (
    Aspect,
    Direction,
    Member,
    Reading,
    ReadingState,
    ResourceScope,
)
from capacity.model.run import Step
from capacity.model.snapshot import GeneratorLoad
from capacity.units import Unit

GENERATOR_CPU = "generator.cpu"
GENERATOR_LAG = "generator.loop_lag"

_SUBJECT = "generator"


def generator_series(steps: Sequence[Step]) -> dict[str, Series]:
    """CPU of the busiest load thread, and the P99 of its lateness, over steps that are levels."""
    return {
        GENERATOR_CPU: _series(GENERATOR_CPU, Unit.RATIO, Aspect.UTILISATION, steps),
        GENERATOR_LAG: _series(GENERATOR_LAG, Unit.SECONDS, Aspect.SATURATION, steps),
    }


def _series(name: str, unit: Unit, aspect: Aspect, steps: Sequence[Step]) -> Series:
    points = tuple(_point(name, unit, aspect, step) for step in steps)
    return Series(name, unit, ResourceScope.PROCESS, aspect, Direction.HIGH_IS_BAD, points)


def _point(name: str, unit: Unit, aspect: Aspect, step: Step) -> Point | None:
    value = None if step.generator is None else _value(name, step.generator)
    if value is None:
        return None
    member = Member(_SUBJECT, value, sample_count=None, age_s=None, coverage_ratio=None)
    hold_unix_s = step.started_at_unix_s + step.plan.settle_s
    reading = Reading(
        name=name,
        unit=unit,
        scope=ResourceScope.PROCESS,
        aspect=aspect,
        direction=Direction.HIGH_IS_BAD,
        state=ReadingState.READ,
        reason="",
        query="",
        over_s=None,
        window_start_unix_s=hold_unix_s,
        window_end_unix_s=hold_unix_s + step.hold_s,
        members=(member,),
        may_stop=True,
        seen_late=False,
    )
    return Point(step.plan.load.level, member, reading)


def _value(name: str, load: GeneratorLoad) -> float | None:
    return load.cpu_ratio if name == GENERATOR_CPU else load.loop_lag_s
