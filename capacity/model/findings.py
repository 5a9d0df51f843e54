"""What does a finished run say? Capacity, knee and peak, each with its absence spelled out.

Every interval is one of 90 %: in nine of ten runs the truth lies inside.
"""

from dataclasses import dataclass
from enum import StrEnum

from capacity.model.bottleneck import Diagnosis
from capacity.model.confidence import Confidence
from capacity.model.load import Load


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity with its 90 % interval, all three in the quantity's own unit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The step with the highest good throughput."""

    load: Load
    qps: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Good throughput at a concurrency as the fit has it, with its 90 % band."""

    concurrency: float
    qps: float
    low_qps: float
    high_qps: float


class CheckName(StrEnum):
    """The plainer methods that a knee is held against."""

    ASYMPTOTIC = "asymptotic"
    POWER = "power"
    USL = "usl"


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What a plainer method says of the same steps.

    `concurrency` is the knee that it names, None when it names none; `agrees` whether that lies
    inside the interval of ours. `coefficients` are its own, by name (USL: lambda_qps, sigma and
    kappa); `residual_ratio` is the root mean square of its relative misfit.
    """

    name: CheckName
    concurrency: float | None
    agrees: bool | None
    coefficients: tuple[tuple[str, float], ...] = ()
    residual_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class CurveFit:
    """What the curve of good throughput over concurrency is like, whichever state it is in.

    The three states exclude each other, so their probabilities add up to 1. A curve is retrograde
    when it falls by 5 % or more after its peak. `knee` is N* = X_sup * R(1), `n95` the least
    concurrency with 95 % of X_sup, `peak` the concurrency of the highest throughput where the curve
    falls after it. `noise_ratio` is how far steps scatter about the curve, `step_count` how many
    steps it rests on, `collapsed` the levels left out because throughput had collapsed there.
    """

    p_saturated: float
    p_not_reached: float
    p_below_range: float
    p_retrograde: float
    is_retrograde: bool
    knee: Estimate
    n95: Estimate
    n_power: Estimate
    saturation_qps: Estimate
    peak: Estimate | None
    noise_ratio: float
    step_count: int
    curve: tuple[CurvePoint, ...]
    checks: tuple[CrossCheck, ...]
    collapsed: tuple[float, ...] = ()


class NoKneeReason(StrEnum):
    """Why no knee is named."""

    TOO_FEW_STEPS = "too_few_steps"
    NOT_REACHED = "not_reached"
    BELOW_RANGE = "below_range"
    UNCLEAR = "unclear"
    OPEN_LOOP = "open_loop"


@dataclass(frozen=True, slots=True)
class Knee:
    """The curve has a knee in the range tested: where waiting starts to replace work."""

    fit: CurveFit
    confidence: Confidence
    method: str


@dataclass(frozen=True, slots=True)
class NoKnee:
    """No knee in the range, and the sentence that says so; `fit` where there was one.

    UNCLEAR: the steps scatter so much that no state of the curve is likely.
    """

    reason: NoKneeReason
    detail: str
    fit: CurveFit | None = None


class LimitKind(StrEnum):
    """Whose word a limit is: SERVICE, what callers felt; RESOURCE, a guard that was reached.

    At a guard the service may still have served everybody well.
    """

    SERVICE = "service"
    RESOURCE = "resource"


class CapacityKind(StrEnum):
    """What stands above a capacity.

    LIMITED: a limit was broken there. SATURATED: no limit was, but throughput no longer grew, so
    more load buys waiting only. NO_FAILURE_IN_RANGE: neither was seen, so it is a lower bound.
    """

    LIMITED = "limited"
    SATURATED = "saturated"
    NO_FAILURE_IN_RANGE = "no_failure_in_range"


class FollowUpState(StrEnum):
    """What became of a step that was to check the answer.

    UNKNOWN: it ran and cannot be believed. NOT_RUN: it was planned, and the run ended before.
    """

    HELD = "held"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_RUN = "not_run"
    NOT_PLANNED = "not_planned"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The check of an answer: its state, the step that decided, and the fact in words.

    `rate_qps` is the rate of planned starts of a confirmation, None for the others.
    """

    state: FollowUpState
    step_index: int | None = None
    detail: str = ""
    rate_qps: float | None = None


_NOT_PLANNED = FollowUp(FollowUpState.NOT_PLANNED)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The load at which the service gives all that it can within the limits.

    `load` is the least tested load whose good throughput is within 1 % (2 % where that is noise) of
    the best among the loads that met every limit; of planned rates it is the largest that the
    service kept up with; `qps`, `p99_s` and `success_ratio` were measured there, by the
    verification where there was one, and `qps_range` is the 90 % interval of that throughput.
    `step_index` is the step these figures are from. `largest` is N_slo: the largest load that meets
    every limit, as a level with its interval; None when no limit was broken. It lies between
    `passed`, the last level that met them, and `failed`, the first that did not; with `is_cliff`
    nothing at `passed` told of it. `passed_above` are levels over `failed` that met every limit all
    the same. `limited_by` is the rule broken at `failed`. `not_judged` are the stop rules on
    resources that had no data at `load`: whether they were met is not known.
    """

    load: Load
    qps: float
    p99_s: float | None
    success_ratio: float | None
    limited_by: str | None
    limit_kind: LimitKind | None = None
    not_judged: tuple[str, ...] = ()
    kind: CapacityKind = CapacityKind.NO_FAILURE_IN_RANGE
    qps_range: Estimate | None = None
    step_index: int | None = None
    largest: Estimate | None = None
    passed: Load | None = None
    failed: Load | None = None
    is_cliff: bool = False
    passed_above: tuple[Load, ...] = ()
    verification: FollowUp = _NOT_PLANNED
    confirmation: FollowUp = _NOT_PLANNED
    recovery: FollowUp = _NOT_PLANNED


class NoCapacityReason(StrEnum):
    """Why there is no capacity: nothing was measured, or what the first step lacked."""

    NO_STEP = "no_step"
    LIMIT_BROKEN = "limit_broken"
    NOT_BELIEVED = "not_believed"
    CUT_SHORT = "cut_short"
    NOT_STEADY = "not_steady"
    NOT_JUDGED = "not_judged"


_WHY_NONE = {
    NoCapacityReason.NO_STEP: "no step was finished",
    NoCapacityReason.LIMIT_BROKEN: "the first step, {load}, already broke a limit: {fact}",
    NoCapacityReason.NOT_BELIEVED: "the first step, {load}, cannot be believed: {fact}",
    NoCapacityReason.CUT_SHORT: "the first step, {load}, was cut short",
    NoCapacityReason.NOT_STEADY: "the first step, {load}, was still drifting at its end",
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
    """Everything the verdict, the graphs and the exit code are drawn from.

    `missing` says in words what the source lacks, so that it could not be found out. `diagnosis` is
    None where the source is not a run of our own.
    """

    peak: Peak | None
    knee: Knee | NoKnee
    capacity: Capacity | NoCapacity
    exit_code: int
    missing: tuple[str, ...] = ()
    diagnosis: Diagnosis | None = None
