"""What may a class of bottleneck look at? Everything that is prepared of a run, once.

The levels are the loads of the curve, ascending, each with the step that speaks for it; steps that
cannot be believed are not among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from capacity.analysis.bottleneck.generator_series import generator_series
from capacity.analysis.bottleneck.numbers import constancy_ratio, step_numbers
from capacity.analysis.bottleneck.roles import Declared, declared_roles
from capacity.analysis.bottleneck.series import Series, all_series
from capacity.analysis.step_roles import roles_of
from capacity.model.bottleneck import StepNumbers
from capacity.model.findings import Capacity, Knee, NoCapacity, NoKnee
from capacity.model.resources import Aspect, Direction, ResourceScope
from capacity.model.run import Run, Step, Trust
from capacity.units import Unit

# A level with so much of the median throughput of all later ones has all of it.
FULL_RATIO = 0.95
# A single later level may scatter so far above it.
FULL_WITH_SCATTER_RATIO = 0.87
# A load that was raised less than this would hide growth in that tolerance.
SHOWS_GROWTH_FACTOR = 1.2
# A gain of so much of the load's, both as powers, has kept up with it.
KEEPS_UP_RATIO = 0.65
# Throughput that grows less than this per doubling of the load has stopped to grow.
GROWTH_LEAST_RATIO = 0.05

_NO_SERIES = (Unit.NUMBER, ResourceScope.USER, Aspect.INFORMATION, Direction.HIGH_IS_BAD)


@dataclass(frozen=True, slots=True)
class Case:
    """A run as its bottleneck is looked for.

    `turn` is the place among `levels` of the first one with all of the throughput, None while it
    still grew at the last. `disbelieved` are steps of the curve that are INVALID.
    """

    run: Run
    knee: Knee | NoKnee
    capacity: Capacity | NoCapacity
    levels: tuple[Step, ...]
    disbelieved: tuple[Step, ...]
    recoveries: tuple[Step, ...]
    numbers: tuple[StepNumbers, ...]
    resources: Mapping[str, Series]
    turn: int | None

    def series(self, name: str) -> Series:
        """A quantity over the levels; one that was never asked for has no point anywhere."""
        nothing = (None,) * len(self.levels)
        return self.resources.get(name) or Series(name, *_NO_SERIES, nothing)

    @property
    def limit_place(self) -> int | None:
        """Where throughput met its limit: the turn, or the last level if it fell behind there."""
        if self.turn is not None:
            return self.turn
        curve = [(step.plan.load.level, step.qps) for step in self.levels]
        return len(curve) - 1 if falls_behind(curve) else None

    @property
    def declared(self) -> Declared:
        """What the profile says of its workloads: which part of the path they are."""
        monitor = self.run.plan.monitor
        return () if monitor is None else declared_roles(monitor.bottlenecks)

    @property
    def has_stopped_growth(self) -> bool:
        """Whether throughput stopped to grow in the range, or to keep up with the load at its end.

        A rule often ends the climb at the very level where a resource is full.
        """
        return self.limit_place is not None

    @property
    def plateau(self) -> tuple[Step, ...]:
        """The levels from the turn on, where throughput no longer grew."""
        return () if self.turn is None else self.levels[self.turn :]

    @property
    def plateau_constancy_ratio(self) -> float | None:
        """How far throughput scatters there; None for fewer than three levels."""
        return constancy_ratio([step.qps for step in self.plateau])

    def level_at(self, place: int | None) -> float | None:
        """The load of a place among the levels."""
        return None if place is None else self.levels[place].plan.load.level


def make_case(run: Run, knee: Knee | NoKnee, capacity: Capacity | NoCapacity) -> Case:
    """Prepare what the classes look at."""
    roles = roles_of(run)
    levels = tuple(step for step in roles.curve if step.validity.trust is not Trust.INVALID)
    resources = {**all_series(levels), **generator_series(levels)}
    return Case(
        run=run,
        knee=knee,
        capacity=capacity,
        levels=levels,
        disbelieved=tuple(step for step in roles.curve if step.validity.trust is Trust.INVALID),
        recoveries=roles.recoveries,
        numbers=step_numbers(levels, resources),
        resources=resources,
        turn=turn_of([(step.plan.load.level, step.qps) for step in levels]),
    )


def turn_of(curve: Sequence[tuple[float, float]]) -> int | None:
    """The first place after which throughput does not grow, of levels and QPS, ascending.

    The later levels are not above it by their median, and none by far: one that scatters moves no
    turn. None where the levels after it do not reach far enough to show growth, if there were any.
    """
    if max((qps for _, qps in curve), default=0.0) <= 0:
        return None
    for place, (level, qps) in enumerate(curve[:-1]):
        later = [one for _, one in curve[place + 1 :]]
        is_full = qps >= FULL_RATIO * median(later) and qps >= FULL_WITH_SCATTER_RATIO * max(later)
        if is_full and curve[-1][0] >= SHOWS_GROWTH_FACTOR * level:
            return place
    return None


def falls_behind(curve: Sequence[tuple[float, float]]) -> bool:
    """Whether the last step up of the load raised throughput by much less than it should have.

    The gain is compared with the load's as powers: from 4 to 8 users, 1.6 times as much still
    keeps up.
    """
    if len(curve) < 2:
        return False
    (level_before, qps_before), (level, qps) = curve[-2:]
    if qps_before <= 0 or qps <= 0 or level < SHOWS_GROWTH_FACTOR * level_before:
        return False
    return log(qps / qps_before) < KEEPS_UP_RATIO * log(level / level_before)
