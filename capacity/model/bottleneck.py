"""What limits the service, on what evidence, and what to try next?

Sentences are kept with their figures, so that a file has the numbers and people their language.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from capacity.model.confidence import Confidence
from capacity.units import Unit


@dataclass(frozen=True, slots=True)
class Figure:
    """One value in a sentence: a number with its unit, or a word that came from elsewhere."""

    name: str
    value: float | str
    unit: Unit | None = None

    @property
    def shown(self) -> str:
        """As people read it. A word may have come from a hostile server: show it masked."""
        if isinstance(self.value, str):
            return self.value
        return (
            f"{self.value:g}"
            if self.unit is None or not isfinite(self.value)
            else self.unit.show(self.value)
        )

    def shown_in(self, language: str) -> str:
        """The same with its unit in `en` or `zh`; of all units only this one is a word."""
        if language == "zh" and self.unit is Unit.CORES:
            return self.shown.replace(" cores", " 核")
        return self.shown


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure can be looked up: a query and its window, on the clock of who has the samples.

    `sample_count` is None when it is not known.
    """

    query: str
    start_unix_s: float
    end_unix_s: float
    sample_count: int | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in both languages, with `{name}` where a figure belongs."""

    en: str
    zh: str
    figures: tuple[Figure, ...] = ()
    source: Source | None = None

    def text(self, language: str = "en") -> str:
        """The sentence with its figures, in `en` or `zh`."""
        template = self.zh if language == "zh" else self.en
        return template.format_map(
            {figure.name: figure.shown_in(language) for figure in self.figures}
        )


class SubjectKind(StrEnum):
    """What kind of thing a bottleneck sits in."""

    SERVICE = "service"
    DATABASE = "database"
    CACHE = "cache"
    INGRESS = "ingress"
    NODE = "node"
    PATH = "path"
    DOWNSTREAM = "downstream"
    GENERATOR = "generator"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a finding is about; `name` is empty where no pod or machine is known by name."""

    kind: SubjectKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The four questions to a resource: used up, waited for, at the right time, with an effect.

    `is_timed`: crossed its threshold at the load where throughput stopped growing, or one before,
    was low at the first load, and rose with the load. None is not known. `is_unambiguous` is an
    error that allows one reading only.
    """

    is_used_up: bool | None = None
    is_waited_for: bool | None = None
    is_timed: bool | None = None
    has_stopped_growth: bool | None = None
    is_unambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A class of bottleneck that fits, with what speaks for it.

    `kind` is the class's stable name. `first_level` is the load at which its signal first left what
    it was before; None when it has none. The evidence that tells most comes first.
    """

    kind: str
    title: Sentence
    subject: Subject
    confidence: Confidence
    marks: Marks
    evidence: tuple[Sentence, ...]
    advice: Sentence
    first_level: float | None = None


class Movement(StrEnum):
    """What a signal did over the load: moved first, moved later, or was high from the start."""

    FIRST = "first"
    LATER = "later"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Mover:
    """A signal that left its own trend, and the load at which it did."""

    signal: str
    title: Sentence
    movement: Movement
    level: float
    fact: Sentence


@dataclass(frozen=True, slots=True)
class Exonerated:
    """A resource that was seen and is not the cause: its highest value, and what it would need."""

    resource: str
    title: Sentence
    quantity: str
    highest: float
    unit: Unit
    subject: str
    level: float
    full_at: float | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class NotObserved:
    """A resource without data, and why there is none."""

    resource: str
    title: Sentence
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Experiment:
    """The one test that would tell the first two candidates apart, and how to read it."""

    kind: str
    what: Sentence
    reading: Sentence


@dataclass(frozen=True, slots=True)
class StepNumbers:
    """What follows from the numbers of the step that speaks for a load; None is not known.

    `slots` is X * R without load, the effective parallelism. `queueing_ratio` is the share of the
    median latency beyond that without load. `cpu_s_per_request` is CPU time of the service over
    all answers. `tail_ratio` is P99 / P50, `error_speed_ratio` the median latency of failures over
    that of good answers, `littles_ratio` X * R / N with every request counted.
    """

    level: float
    step_index: int
    qps: float
    slots: float | None
    queueing_ratio: float | None
    cpu_s_per_request: float | None
    tail_ratio: float | None
    error_speed_ratio: float | None
    littles_ratio: float | None


class DiagnosisState(StrEnum):
    """NAMED has a first candidate; UNKNOWN has steps and none; GENERATOR gives a lower bound only.

    NO_LIMIT: nothing was reached. NOT_MEASURED: there are too few steps to say anything.
    """

    NAMED = "named"
    UNKNOWN = "unknown"
    NO_LIMIT = "no_limit"
    GENERATOR = "generator"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What limits the service, as far as the run can tell.

    `candidates` are ranked; `accompanying` are facts beside them, such as the cost of the path.
    `turn_level` is the load from which throughput no longer grew, None when it still did.
    `constancy_ratio` is the coefficient of variation of good throughput from there on.
    """

    state: DiagnosisState
    candidates: tuple[Candidate, ...]
    accompanying: tuple[Candidate, ...]
    movers: tuple[Mover, ...]
    exonerated: tuple[Exonerated, ...]
    not_observed: tuple[NotObserved, ...]
    experiment: Experiment | None
    numbers: tuple[StepNumbers, ...]
    turn_level: float | None
    constancy_ratio: float | None

    @property
    def first(self) -> Candidate | None:
        """The bottleneck that is named, if one is."""
        return self.candidates[0] if self.candidates else None
