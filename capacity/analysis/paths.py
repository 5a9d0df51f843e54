"""On which side of the edge does the limit sit, and what does the longer path cost?

Two finished runs of the same service are held against each other: through the edge and straight to
it, or what the application does and an answer without work. The side that carries more has not the
limit; where both carry the same it is in what both have. A run that its generator limited, or that
was never driven to its limit, gives a lower bound, and a bound decides only where it is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.bottleneck.marks import at_most
from capacity.analysis.findings import EXIT_NOT_VALID
from capacity.analysis.paths_curve import common_levels, path_curve, with_same_middle
from capacity.analysis.paths_plans import differences
from capacity.model.confidence import Confidence
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Estimate,
    Findings,
    Knee,
    NoKnee,
    NoKneeReason,
)
from capacity.model.load import OpenLoop
from capacity.model.measured import Measured
from capacity.model.paths import (
    PathComparison,
    PathPoint,
    PathSide,
    PathVerdict,
    SecondRole,
    Undecided,
    Unlike,
)
from capacity.model.run import Run

# One path carries more than the other from here on; below it they are alike.
MORE_RATIO = 1.10
# Alike is said only where the intervals allow no greater difference.
ALIKE_AT_MOST_RATIO = 1.25
# Of a request without waiting: what the path adds, and what connect and TLS take.
ADDED_MUCH_RATIO = 0.30
SETUP_MUCH_RATIO = 0.20


@dataclass(frozen=True, slots=True)
class PathSource:
    """A finished run as it was read; `run` is None where only a table of its steps is left."""

    name: str
    steps: Sequence[Measured]
    findings: Findings
    run: Run | None = None

    @property
    def is_rate(self) -> bool:
        """Whether its steps planned their starts."""
        return bool(self.steps) and isinstance(self.steps[0].load, OpenLoop)


def is_comparable(outside: PathSource, inside: PathSource) -> bool:
    """A number of requests in flight and a rate of starts have no level in common."""
    return outside.is_rate is inside.is_rate


def role_of_second(outside: Run | None, inside: Run | None) -> SecondRole:
    """A baseline is another path of the same address; everything else is another way to it."""
    if outside is None or inside is None:
        return SecondRole.INSIDE
    is_same_origin = outside.plan.target.origin == inside.plan.target.origin
    is_same_call = outside.plan.scenario.call == inside.plan.scenario.call
    return SecondRole.BASELINE if is_same_origin and not is_same_call else SecondRole.INSIDE


def compare_paths(outside: PathSource, inside: PathSource, role: SecondRole) -> PathComparison:
    """Hold two comparable runs against each other."""
    curves = (path_curve(source.steps, source.run) for source in (outside, inside))
    curve, other = with_same_middle(*curves)
    first, second = _side(outside, curve), _side(inside, other)
    levels = common_levels(first.curve, second.curve)
    verdict, undecided = _decide(first, second)
    unlike = differences(outside.run, inside.run, role)
    added_ratio = levels[0].added_ratio if levels else None
    setup_ratio = levels[0].setup_ratio if levels else None
    return PathComparison(
        role=role,
        outside=first,
        inside=second,
        levels=levels,
        verdict=verdict,
        confidence=_confidence(verdict, first, second, unlike),
        undecided=undecided,
        scale_ratio=_scale(first, second),
        added_ratio=added_ratio,
        setup_ratio=setup_ratio,
        is_overhead=_exceeds(added_ratio, ADDED_MUCH_RATIO)
        or _exceeds(setup_ratio, SETUP_MUCH_RATIO),
        differences=unlike,
        is_rate=outside.is_rate,
    )


def _side(source: PathSource, curve: tuple[PathPoint, ...]) -> PathSide:
    findings = source.findings
    capacity = findings.capacity
    is_generator_limited = findings.exit_code == EXIT_NOT_VALID
    is_open_end = False
    ceiling = None
    if isinstance(capacity, Capacity):
        is_open_end = capacity.kind is CapacityKind.NO_FAILURE_IN_RANGE
        ceiling = capacity.qps_range
    return PathSide(
        name=source.name,
        capacity=capacity,
        knee=findings.knee,
        ceiling=ceiling,
        is_bound=is_open_end or is_generator_limited,
        is_generator_limited=is_generator_limited,
        curve=curve,
    )


def _scale(outside: PathSide, inside: PathSide) -> Estimate | None:
    """What the second carries over what the first does, from the ends of both intervals."""
    if outside.ceiling is None or inside.ceiling is None:
        return None
    if min(outside.ceiling.low, inside.ceiling.low) <= 0:
        return None
    return Estimate(
        inside.ceiling.value / outside.ceiling.value,
        inside.ceiling.low / outside.ceiling.high,
        inside.ceiling.high / outside.ceiling.low,
    )


def _decide(outside: PathSide, inside: PathSide) -> tuple[PathVerdict, Undecided | None]:
    ratio = _scale(outside, inside)
    if ratio is not None and ratio.low > 1 and ratio.value >= MORE_RATIO and not outside.is_bound:
        return PathVerdict.ONLY_OUTSIDE, None
    is_less = ratio is not None and ratio.high < 1 and ratio.value <= 1 / MORE_RATIO
    if is_less and not inside.is_bound:
        return PathVerdict.INSIDE_LESS, None
    if outside.is_generator_limited or inside.is_generator_limited:
        return PathVerdict.GENERATOR, None
    if ratio is not None and outside.is_bound and inside.is_bound:
        return PathVerdict.NO_LIMIT, None
    why = _undecided(outside, inside, ratio)
    return (PathVerdict.SHARED if why is None else PathVerdict.INCONCLUSIVE), why


def _undecided(outside: PathSide, inside: PathSide, ratio: Estimate | None) -> Undecided | None:
    """Why two paths, of which neither carries more, are not shown to be alike either."""
    if not (isinstance(outside.capacity, Capacity) and isinstance(inside.capacity, Capacity)):
        return Undecided.NO_CAPACITY
    if ratio is None:
        return Undecided.NO_INTERVAL
    if outside.is_bound or inside.is_bound:
        return Undecided.NOT_DRIVEN
    return None if _is_alike(ratio) else Undecided.TOO_WIDE


def _is_alike(ratio: Estimate) -> bool:
    is_near = 1 / MORE_RATIO < ratio.value < MORE_RATIO
    return is_near and ratio.high <= ALIKE_AT_MOST_RATIO and ratio.low >= 1 / ALIKE_AT_MOST_RATIO


def _confidence(
    verdict: PathVerdict, outside: PathSide, inside: PathSide, unlike: Sequence[Unlike]
) -> Confidence | None:
    """High needs a clear distance, or knees that agree; another request allows medium at most."""
    ratio = _scale(outside, inside)
    match verdict:
        case PathVerdict.ONLY_OUTSIDE:
            is_sure = ratio is not None and ratio.low >= MORE_RATIO
        case PathVerdict.INSIDE_LESS:
            is_sure = ratio is not None and ratio.high <= 1 / MORE_RATIO
        case PathVerdict.SHARED:
            is_sure = _have_same_knee(outside.knee, inside.knee)
        case _:
            return None
    by_rule = Confidence.HIGH if is_sure else Confidence.MEDIUM
    if any(one.what.is_of_the_request for one in unlike):
        return at_most(by_rule, Confidence.MEDIUM)
    return by_rule


def _have_same_knee(outside: Knee | NoKnee, inside: Knee | NoKnee) -> bool:
    """Whether the intervals touch, or both were saturated from the first level on."""
    if isinstance(outside, Knee) and isinstance(inside, Knee):
        first, second = outside.fit.knee, inside.fit.knee
        return first.low <= second.high and second.low <= first.high
    reasons = [knee.reason for knee in (outside, inside) if isinstance(knee, NoKnee)]
    return reasons == [NoKneeReason.BELOW_RANGE] * 2


def _exceeds(ratio: float | None, threshold: float) -> bool:
    return ratio is not None and ratio > threshold
