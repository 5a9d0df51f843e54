"""Which resources of a run were seen, the most telling first, and how did each go over the loads?

Pure: run and findings go in, one series for each resource comes out. What was not read at a load is
None there, and never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.bottleneck.resources import RESOURCES, Resource
from capacity.analysis.bottleneck.roles import of_kind
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

    `full_at` is None where no value alone says that it is used up.
    """

    resource: str
    title: Sentence
    quantity: str
    unit: Unit
    direction: Direction
    values: tuple[Value | None, ...]
    full_at: float | None
    mover: Mover | None

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
    seen = [one for resource in RESOURCES if (one := _observed(case, resource, diagnosis))]
    generator = _generator(case, diagnosis)
    if generator is not None and (seen or diagnosis.state is DiagnosisState.GENERATOR):
        seen.append(generator)
    return Overview(case.levels, tuple(sorted(seen, key=lambda one: _rank(one, diagnosis))))


def _observed(case: Case, resource: Resource, diagnosis: Diagnosis) -> Observed | None:
    """By the most telling of its quantities that was read."""
    for tell in resource.tells:
        series = of_kind(case, tell.quantity, resource.subject)
        if series.read and not _is_uneventful(series):
            return Observed(
                resource=resource.name,
                title=resource.title,
                quantity=tell.quantity,
                unit=series.unit,
                direction=series.direction,
                values=_values(series),
                full_at=tell.full_at,
                mover=_mover(diagnosis, resource.name, tell.quantity),
            )
    return None


def _is_uneventful(series: Series) -> bool:
    """Whether it tells of events, and there was none: nothing to look at."""
    return series.aspect is Aspect.ERRORS and all(point.value == 0 for point in series.read)


def _values(series: Series) -> tuple[Value | None, ...]:
    return tuple(
        None if point is None else Value(point.value, point.subject, point.has_few_samples)
        for point in series.points
    )


def _generator(case: Case, diagnosis: Diagnosis) -> Observed | None:
    """The generator tells of itself with each step."""
    resource = next(one for one in RESOURCES if one.name == GENERATOR)
    values = tuple(_generator_cpu(step) for step in case.levels)
    if all(value is None for value in values):
        return None
    quantity = resource.quantities[0]
    return Observed(
        resource=resource.name,
        title=resource.title,
        quantity=quantity,
        unit=Unit.RATIO,
        direction=Direction.HIGH_IS_BAD,
        values=values,
        full_at=resource.full_at,
        mover=_mover(diagnosis, resource.name, quantity),
    )


def _generator_cpu(step: Step) -> Value | None:
    ratio = None if step.generator is None else step.generator.cpu_ratio
    return None if ratio is None else Value(ratio, "", has_few_samples=False)


def _mover(diagnosis: Diagnosis, *names: str) -> Mover | None:
    return next((one for one in diagnosis.movers if one.signal in names), None)


def _rank(one: Observed, diagnosis: Diagnosis) -> tuple[int, int, float]:
    """Candidates' resources in the order of the candidates, then movers, then what is fullest."""
    return (_blame(one, diagnosis), _movement(one), -one.fullness)


def _blame(one: Observed, diagnosis: Diagnosis) -> int:
    resource = next(row for row in RESOURCES if row.name == one.resource)
    blamed = [place for place, candidate in enumerate(diagnosis.candidates)
              if candidate.kind in resource.blamed_by]  # fmt: skip
    return min(blamed, default=len(diagnosis.candidates))


_MOVEMENTS: Sequence[Movement] = (Movement.FIRST, Movement.LATER, Movement.BACKGROUND)


def _movement(one: Observed) -> int:
    return len(_MOVEMENTS) if one.mover is None else _MOVEMENTS.index(one.mover.movement)
