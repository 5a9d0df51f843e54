"""How did one resource go over the loads?

A Series has a place for each level of the case; a place without a usable reading is None, which is
never taken for a low value.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from capacity.analysis.bottleneck.thresholds import EASE_RATIO
from capacity.model.bottleneck import Source
from capacity.model.resources import (
    STOPPING_SAMPLES,
    Aspect,
    Direction,
    Member,
    Reading,
    ResourceScope,
)
from capacity.model.run import Step
from capacity.units import Unit


@dataclass(frozen=True, slots=True)
class Point:
    """The worst member of a resource at one level."""

    level: float
    member: Member
    reading: Reading

    @property
    def value(self) -> float:
        """In the base unit of its quantity."""
        return self.member.value

    @property
    def subject(self) -> str:
        """The pod, instance or thread it is the value of."""
        return self.member.subject

    @property
    def has_few_samples(self) -> bool:
        """Whether it may support a claim, but never lift it to high."""
        count = self.member.sample_count
        return count is not None and count < STOPPING_SAMPLES

    @property
    def source(self) -> Source | None:
        """Query and window, for whoever wants to look it up; None where no query was sent."""
        reading = self.reading
        if not reading.query:
            return None
        return Source(
            reading.query,
            reading.window_start_unix_s,
            reading.window_end_unix_s,
            self.member.sample_count,
        )


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over the levels, ascending; `points` has as many places as there are levels."""

    name: str
    unit: Unit
    scope: ResourceScope
    aspect: Aspect
    direction: Direction
    points: tuple[Point | None, ...]

    @property
    def read(self) -> tuple[Point, ...]:
        """The places that have a value."""
        return tuple(point for point in self.points if point is not None)

    @property
    def worst(self) -> Point | None:
        """The point that is nearest to trouble."""
        return self.worst_from(0)

    def worst_from(self, place: int) -> Point | None:
        """The one that is nearest to trouble at the levels from a place on."""
        choose = max if self.direction is Direction.HIGH_IS_BAD else min
        read = (point for point in self.points[place:] if point is not None)
        return choose(read, key=lambda point: point.value, default=None)

    def at(self, place: int | None) -> Point | None:
        """The point of one level, by its place among the levels."""
        return None if place is None else self.points[place]

    def is_beyond(self, point: Point, threshold: float) -> bool:
        """Whether a point is at the threshold or on its bad side."""
        if self.direction is Direction.HIGH_IS_BAD:
            return point.value >= threshold
        return point.value <= threshold

    def first_beyond(self, threshold: float) -> int | None:
        """The place of the first level at which the threshold is reached."""
        places = (
            place
            for place, point in enumerate(self.points)
            if point is not None and self.is_beyond(point, threshold)
        )
        return next(places, None)

    def near(self, threshold: float) -> float:
        """The value from which on a resource with this threshold is no longer at ease."""
        if self.direction is Direction.HIGH_IS_BAD:
            return EASE_RATIO * threshold
        return threshold + (1.0 - EASE_RATIO) * abs(1.0 - threshold)

    def lasting_beyond(self, threshold: float) -> int | None:
        """The first level at the threshold whose next one is not at ease; else the first at it.

        So a moment's accident at a low load is not taken for the first move.
        """
        near = self.near(threshold)
        read = [(place, point) for place, point in enumerate(self.points) if point is not None]
        for (place, point), (_, after) in pairwise([*read, *read[-1:]]):
            if self.is_beyond(point, threshold) and self.is_beyond(after, near):
                return place
        return self.first_beyond(threshold)

    def of_members(self, choose: Callable[[Reading], Iterable[Member]]) -> "Series":
        """The same quantity of some members alone: the worst of them at each level."""
        points = tuple(
            None if point is None else self._worst_of(point, choose(point.reading))
            for point in self.points
        )
        return replace(self, points=points)

    def of_subject(self, subject: str) -> "Series":
        """The same quantity of one member alone."""
        return self.of_members(
            lambda reading: (one for one in reading.members if one.subject == subject)
        )

    def _worst_of(self, point: Point, members: Iterable[Member]) -> Point | None:
        choose = max if self.direction is Direction.HIGH_IS_BAD else min
        worst = choose(members, key=lambda member: member.value, default=None)
        return None if worst is None else Point(point.level, worst, point.reading)


def all_series(steps: Sequence[Step]) -> dict[str, Series]:
    """Every quantity that was asked for, by name, over steps that are the levels."""
    shapes = {reading.name: reading for step in steps for reading in step.resources}
    return {
        name: Series(
            name=name,
            unit=shape.unit,
            scope=shape.scope,
            aspect=shape.aspect,
            direction=shape.direction,
            points=tuple(_point(step, name) for step in steps),
        )
        for name, shape in shapes.items()
    }


def _point(step: Step, name: str) -> Point | None:
    for reading in step.resources:
        if reading.name == name and reading.over_s is None and reading.worst is not None:
            return Point(step.plan.load.level, reading.worst, reading)
    return None
