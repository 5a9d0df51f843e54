"""Which resources of a run were seen, the most telling first, and how did each go over the loads?

Pure: run and findings go in, one series for each resource comes out. What was not read at a load is
None there, and never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import make_case
from capacity.analysis.bottleneck.seen import SeenResource, seen_resources
from capacity.analysis.bottleneck.series import Series
from capacity.model.bottleneck import Diagnosis, DiagnosisState, Movement, Mover, Sentence
from capacity.model.findings import Findings
from capacity.model.resources import Aspect, Direction
from capacity.model.run import Run, Step
from capacity.units import Unit

GENERATOR = "generator"


@dataclass(frozen=True, slots=True)
class Value:
    """The worst member of a resource at one load."""

    value: float
    subject: str
    has_few_samples: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """A resource over the loads: `values` has as many places as there are levels.

    `full_at` is None where no value alone says that it is used up. `blamed_by` are the classes of
    bottleneck that name it.
    """

    resource: str
    title: Sentence
    quantity: str
    unit: Unit
    direction: Direction
    values: tuple[Value | None, ...]
    full_at: float | None
    mover: Mover | None
    blamed_by: tuple[str, ...]

    @property
    def worst(self) -> int:
        """The place of the value that is nearest to trouble."""
        read = [place for place, value in enumerate(self.values) if value is not None]
        choose = max if self.direction is Direction.HIGH_IS_BAD else min
        return choose(read, key=self._at)

    @property
    def is_first_mover(self) -> bool:
        """Whether it left its own trend before the others."""
        return self.mover is not None and self.mover.movement is Movement.FIRST

    @property
    def fullness(self) -> float:
        """How near to full it came: 1 and more is full, 0 is not known."""
        if self.full_at is None or self.full_at <= 0:
            return 0.0
        worst = self._at(self.worst)
        if self.direction is Direction.HIGH_IS_BAD:
            return worst / self.full_at
        return self.full_at / worst if worst > 0 else 1.0

    def _at(self, place: int) -> float:
        value = self.values[place]
        return 0.0 if value is None else value.value


@dataclass(frozen=True, slots=True)
class Overview:
    """What was seen of a run: its levels, the step that speaks for each, and the resources."""

    steps: tuple[Step, ...]
    resources: tuple[Observed, ...]

    @property
    def levels(self) -> tuple[float, ...]:
        """The loads, ascending."""
        return tuple(step.plan.load.level for step in self.steps)


def overview(run: Run, findings: Findings) -> Overview:
    """Everything that was seen; without a diagnosis, or without any reading, no resource."""
    diagnosis = findings.diagnosis
    case = make_case(run, findings.knee, findings.capacity)
    if diagnosis is None:
        return Overview(case.levels, ())
    seen = [one for each in seen_resources(case) if (one := _observed(each, diagnosis))]
    is_generator = diagnosis.state is DiagnosisState.GENERATOR
    if not is_generator and all(one.resource == GENERATOR for one in seen):
        seen = []  # of the service nothing was seen
    return Overview(case.levels, tuple(sorted(seen, key=lambda one: _rank(one, diagnosis))))


def _observed(each: SeenResource, diagnosis: Diagnosis) -> Observed | None:
    """By a quantity that filled up, or else by the most telling one that was read."""
    read = [one for one in each.seen if one.series.read and not _is_uneventful(one.series)]
    if not read:
        return None
    told = next((one for one in read if one.full_from is not None), read[0])
    series, resource = told.series, each.resource
    return Observed(
        resource=resource.name,
        title=resource.title,
        quantity=told.tell.quantity,
        unit=series.unit,
        direction=series.direction,
        values=_values(series),
        full_at=told.tell.full_at,
        mover=_mover(diagnosis, resource.name, told.tell.quantity, series),
        blamed_by=resource.blamed_by,
    )


def _is_uneventful(series: Series) -> bool:
    """Whether it tells of events, and there was none: nothing to look at."""
    return series.aspect is Aspect.ERRORS and all(point.value == 0 for point in series.read)


def _values(series: Series) -> tuple[Value | None, ...]:
    return tuple(
        None if point is None else Value(point.value, point.subject, point.has_few_samples)
        for point in series.points
    )


def _mover(diagnosis: Diagnosis, name: str, quantity: str, series: Series) -> Mover | None:
    """The mover of this resource; of a quantity that several share, the one at a level of its own.

    A database and a service both have a `cpu`: what moved tells of whom by its subject.
    """
    subjects = {point.subject for point in series.read}
    for mover in diagnosis.movers:
        named = {figure.value for figure in mover.fact.figures if figure.name == "subject"}
        if mover.signal in (name, quantity) and (not named or named & subjects):
            return mover
    return None


def _rank(one: Observed, diagnosis: Diagnosis) -> tuple[int, int, int, float]:
    """Candidates' resources in the order of the candidates, then movers, then what is fullest."""
    return (*_blame(one, diagnosis), _movement(one), -one.fullness)


def _blame(one: Observed, diagnosis: Diagnosis) -> tuple[int, int]:
    """The place of the candidate, and how near the resource is to it: most have a class of own."""
    blamed = [
        (place, one.blamed_by.index(candidate.kind))
        for place, candidate in enumerate(diagnosis.candidates)
        if candidate.kind in one.blamed_by
    ]
    return min(blamed, default=(len(diagnosis.candidates), 0))


_MOVEMENTS: Sequence[Movement] = (Movement.FIRST, Movement.LATER, Movement.BACKGROUND)


def _movement(one: Observed) -> int:
    return len(_MOVEMENTS) if one.mover is None else _MOVEMENTS.index(one.mover.movement)
