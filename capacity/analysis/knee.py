"""Where does throughput stop growing with concurrency, and how sure is that?

N* = X_sup * R(1), the crossing of the two asymptotes of a closed system (Denning and Buzen,
operational analysis, 1978): below it more concurrency buys throughput, above it only waiting. The
curves that the steps leave likely (`curve_posterior`) are asked one by one; medians and 5 % and
95 % points of their answers are what is reported. docs/knee.md has the formulas and what they
reach on curves with known truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log
from typing import TYPE_CHECKING

from capacity.analysis.cross_checks import cross_checks
from capacity.analysis.curve_posterior import Posterior, sample, steps_of
from capacity.analysis.curve_priors import BEYOND_RANGE
from capacity.analysis.curve_shapes import Landmarks, landmarks, ln_throughput
from capacity.analysis.throughput import Observation
from capacity.model.findings import (
    Confidence,
    CrossCheck,
    CurveFit,
    CurvePoint,
    Estimate,
    Knee,
    NoKnee,
    NoKneeReason,
)

if TYPE_CHECKING:
    from numpy import bool_, float64
    from numpy.typing import NDArray

    Array = NDArray[float64]

METHOD = "Bayesian curves"

MIN_LEVELS = 3
# A state with more than this is the answer.
LIKELY = 0.5
# Throughput is retrograde when it falls by so much after its peak.
FALL_RATIO = 0.05
RETROGRADE_LIKELY = 0.35
# Steps that scatter more than this about every curve have shown none.
MAX_NOISE_RATIO = 0.2
# A tail of steps under the first share of the best, the last one under the second, has collapsed.
COLLAPSE_SHARE = 0.6
COLLAPSED_SHARE = 0.45
# A step above what any lower one makes possible is no peak: throughput grows at most like N.
_LINEAR_SLACK = 1.3
_SUPPORTED_SHARE = 0.4
_CURVE_POINTS = 60
# A step is off when it is so likely no part of the curve.
_OFF_LIKELY = 0.5
# The confidence word.
_NARROW, _WIDE = 1.3, 2.0
_CERTAIN, _DOUBTFUL = 0.9, 0.75
_MANY_STEPS = 5


def find_knee(observations: Sequence[Observation]) -> Knee | NoKnee:
    """Name the knee of the steps, or say in words why there is none."""
    collapsed = _collapsed([one for one in observations if _is_known(one)])
    kept = usable(observations)
    levels = {one.level for one in kept}
    if len(levels) < MIN_LEVELS:
        return NoKnee(NoKneeReason.TOO_FEW_STEPS, _too_few(len(levels), collapsed))
    posterior = sample(steps_of(kept))
    fit = _fit(posterior, kept, collapsed)
    absence = _scatter(posterior, fit) or _absence(fit, min(levels), max(levels))
    if absence is not None:
        reason, detail = absence
        return NoKnee(reason, detail, fit)
    return Knee(fit, _confidence(fit, _off(posterior)), METHOD)


def usable(observations: Sequence[Observation]) -> list[Observation]:
    """The steps that a curve is drawn through: throughput is known, above zero, not collapsed."""
    known = [one for one in observations if _is_known(one)]
    collapsed = _collapsed(known)
    return [one for one in known if one.qps > 0 and one.level not in collapsed]


def _is_known(observation: Observation) -> bool:
    level, qps = observation.level, observation.qps
    return isfinite(level) and level > 0 and isfinite(qps) and qps >= 0


def _too_few(count: int, collapsed: tuple[float, ...]) -> str:
    after = f" before throughput collapsed at {collapsed[0]:.10g} concurrent" if collapsed else ""
    return (
        f"usable steps at {count} different concurrencies{after}; "
        f"a knee needs at least {MIN_LEVELS}"
    )


def _collapsed(known: Sequence[Observation]) -> tuple[float, ...]:
    """The levels of a tail in which throughput has collapsed; ascending."""
    by_level: dict[float, list[float]] = {}
    for one in known:
        by_level.setdefault(one.level, []).append(one.qps)
    means = {level: sum(qps) / len(qps) for level, qps in sorted(by_level.items())}
    best = max((qps for level, qps in means.items() if _is_supported(level, means)), default=0.0)
    tail: list[float] = []
    for level in reversed(means):
        if means[level] >= COLLAPSE_SHARE * best:
            break
        tail.append(level)
    rises = len(tail) == len(means) or not tail or means[tail[0]] >= COLLAPSED_SHARE * best
    return () if rises else tuple(reversed(tail))


def _is_supported(level: float, means: dict[float, float]) -> bool:
    """Whether another step makes such a throughput possible."""
    qps = means[level]
    return any(
        (other < level and qps <= _LINEAR_SLACK * seen * level / other)
        or (other != level and seen >= _SUPPORTED_SHARE * qps)
        for other, seen in means.items()
    )


@dataclass(frozen=True, slots=True)
class _States:
    """Which of the likely curves are in which state over the levels tested."""

    not_reached: "NDArray[bool_]"
    below: "NDArray[bool_]"
    retrograde: "NDArray[bool_]"


def _states(posterior: Posterior, marks: Landmarks) -> _States:
    import numpy as np

    first, last = float(posterior.steps.ln_n[0]), float(posterior.steps.ln_n[-1])
    not_reached = marks.ln_n95 > last
    ends = np.array([[last]])
    at_last = ln_throughput(posterior.shapes, ends)[:, 0]
    at_peak = ln_throughput(posterior.shapes, np.minimum(marks.ln_peak, last)[:, None])[:, 0]
    return _States(
        not_reached=not_reached,
        below=(marks.ln_n95 < first) & ~not_reached,
        retrograde=at_last < at_peak + log(1 - FALL_RATIO),
    )


def _fit(
    posterior: Posterior, kept: Sequence[Observation], collapsed: tuple[float, ...]
) -> CurveFit:
    import numpy as np

    steps = posterior.steps
    marks = landmarks(posterior.shapes, max(float(steps.ln_n[-1]), 0.0) + log(BEYOND_RANGE))
    states = _states(posterior, marks)
    not_reached, below = float(np.mean(states.not_reached)), float(np.mean(states.below))
    retrograde = 1.0 if collapsed else float(np.mean(states.retrograde))
    is_retrograde = retrograde > RETROGRADE_LIKELY
    falls = states.retrograde if states.retrograde.any() else np.ones_like(states.retrograde)
    knee = _estimate(marks.ln_knee)
    checks = cross_checks(kept, knee)
    return CurveFit(
        p_saturated=max(0.0, 1.0 - not_reached - below),
        p_not_reached=not_reached,
        p_below_range=below,
        p_retrograde=retrograde,
        is_retrograde=is_retrograde,
        knee=knee,
        n95=_estimate(marks.ln_n95),
        n_power=_estimate(marks.ln_power),
        saturation_qps=_estimate(marks.ln_knee + posterior.ln_amplitude),
        peak=_estimate(marks.ln_peak[falls]) if is_retrograde and not collapsed else None,
        noise_ratio=float(np.median(posterior.noise_ratio)),
        step_count=len(steps.ln_n),
        curve=_curve(posterior),
        checks=checks,
        collapsed=collapsed,
    )


def _estimate(ln_values: "Array") -> Estimate:
    import numpy as np

    low, value, high = np.exp(np.quantile(ln_values, (0.05, 0.5, 0.95)))
    return Estimate(float(value), float(low), float(high))


def _curve(posterior: Posterior) -> tuple[CurvePoint, ...]:
    import numpy as np

    steps = posterior.steps
    ln_n = np.linspace(steps.ln_n[0], steps.ln_n[-1], _CURVE_POINTS)
    low, middle, high = np.exp(np.quantile(posterior.ln_qps(ln_n), (0.05, 0.5, 0.95), axis=0))
    columns = zip(np.exp(ln_n), middle, low, high, strict=True)
    return tuple(CurvePoint(*(float(value) for value in point)) for point in columns)


def _off(posterior: Posterior) -> int:
    """How many steps are likely no part of the curve."""
    return int((posterior.is_off > _OFF_LIKELY).sum())


def _scatter(posterior: Posterior, fit: CurveFit) -> tuple[NoKneeReason, str] | None:
    """Whether the steps are noise rather than a curve."""
    if fit.noise_ratio > MAX_NOISE_RATIO:
        return NoKneeReason.UNCLEAR, (
            f"the steps scatter by {fit.noise_ratio:.0%} about any curve, "
            f"more than {MAX_NOISE_RATIO:.0%}: they show none"
        )
    off = _off(posterior)
    if off > max(1, fit.step_count // 4):
        return NoKneeReason.UNCLEAR, (
            f"{off} of {fit.step_count} steps are off any curve that fits the others"
        )
    return None


def _absence(fit: CurveFit, first: float, last: float) -> tuple[NoKneeReason, str] | None:
    if fit.p_not_reached > LIKELY:
        return NoKneeReason.NOT_REACHED, (
            f"throughput had not levelled off at {last:.10g} concurrent "
            f"({fit.p_not_reached:.0%} likely): no knee in the range tested"
        )
    if fit.p_below_range > LIKELY:
        return NoKneeReason.BELOW_RANGE, (
            f"the service was saturated at the first step, {first:.10g} concurrent "
            f"({fit.p_below_range:.0%} likely); start lower"
        )
    if fit.p_saturated <= LIKELY:
        return NoKneeReason.UNCLEAR, (
            f"saturated in the range {fit.p_saturated:.0%} likely, not reached "
            f"{fit.p_not_reached:.0%}, below it {fit.p_below_range:.0%}: no state is likely"
        )
    return None


def _confidence(fit: CurveFit, off: int) -> Confidence:
    """HIGH and LOW as docs/knee.md has it; the rest is MEDIUM."""
    width = fit.knee.high / fit.knee.low
    agreeing = sum(check.agrees is True for check in fit.checks)
    if width > _WIDE or fit.p_saturated < _DOUBTFUL or off > 0 or _nobody_agrees(fit.checks):
        return Confidence.LOW
    is_high = (
        width <= _NARROW
        and fit.p_saturated >= _CERTAIN
        and fit.step_count >= _MANY_STEPS
        and agreeing > 0
    )
    return Confidence.HIGH if is_high else Confidence.MEDIUM


def _nobody_agrees(checks: Sequence[CrossCheck]) -> bool:
    return all(check.agrees is not True for check in checks)
