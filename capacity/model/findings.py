"""What does a finished run say? Capacity, knee and peak, each with its absence spelled out."""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.load import Load


@dataclass(frozen=True, slots=True)
class Peak:
    """The step with the highest good throughput."""

    load: Load
    qps: float


class NoKneeReason(StrEnum):
    """Why no knee is named."""

    TOO_FEW_STEPS = "too_few_steps"
    NOT_REACHED = "not_reached"
    BELOW_RANGE = "below_range"
    OPEN_LOOP = "open_loop"


@dataclass(frozen=True, slots=True)
class Knee:
    """Where waiting starts to replace work: N* = X_sup * R(1), with a range of concurrency."""

    concurrency: float
    low: float
    high: float
    saturation_qps: float
    method: str


@dataclass(frozen=True, slots=True)
class NoKnee:
    """No knee in the range, and the sentence that says so."""

    reason: NoKneeReason
    detail: str


class LimitKind(StrEnum):
    """Whose word a limit is: SERVICE, what callers felt; RESOURCE, a guard that was reached.

    At a guard the service may still have served everybody well.
    """

    SERVICE = "service"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Capacity:
    """The largest load that met every limit, with what was measured there.

    `limited_by` is the rule broken by the next step; None means no limit was met in the range, so
    the capacity is a lower bound. `not_judged` are the stop rules on resources that had no data
    there: whether they were met is not known.
    """

    load: Load
    qps: float
    p99_s: float | None
    success_ratio: float | None
    limited_by: str | None
    limit_kind: LimitKind | None = None
    not_judged: tuple[str, ...] = ()


class NoCapacityReason(StrEnum):
    """Why there is no capacity: nothing was measured, or what the first step lacked."""

    NO_STEP = "no_step"
    LIMIT_BROKEN = "limit_broken"
    NOT_BELIEVED = "not_believed"
    CUT_SHORT = "cut_short"
    NOT_JUDGED = "not_judged"


_WHY_NONE = {
    NoCapacityReason.NO_STEP: "no step was finished",
    NoCapacityReason.LIMIT_BROKEN: "the first step, {load}, already broke a limit: {fact}",
    NoCapacityReason.NOT_BELIEVED: "the first step, {load}, cannot be believed: {fact}",
    NoCapacityReason.CUT_SHORT: "the first step, {load}, was cut short",
    NoCapacityReason.NOT_JUDGED: "the first step, {load}, could not be judged by {fact}",
}


@dataclass(frozen=True, slots=True)
class NoCapacity:
    """No step met every limit, or none could be believed.

    `load` is that of the first step, `fact` the limit it broke, the doubts, or the rule that lacked
    its data.
    """

    reason: NoCapacityReason
    load: Load | None = None
    fact: str = ""

    @property
    def detail(self) -> str:
        """The sentence for files, which are English everywhere."""
        load = "" if self.load is None else self.load.text
        return _WHY_NONE[self.reason].format(load=load, fact=self.fact)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything the verdict, the graphs and the exit code are drawn from."""

    peak: Peak | None
    knee: Knee | NoKnee
    capacity: Capacity | NoCapacity
    exit_code: int
