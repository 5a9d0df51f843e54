"""Where does throughput stop growing with concurrency, and how sure is that?

N* = X_sup * R(1), the crossing of the two asymptotes of a closed system (Denning and Buzen,
operational analysis, 1978): below it more concurrency buys throughput, above it only waiting. The
curves that the steps leave likely (`curve_posterior`) are asked one by one; medians and 5 % and
95 % points of their answers are what is reported. docs/knee.md has the formulas and what they
reach on curves with known truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, log, log1p
from typing import TYPE_CHECKING

from capacity.analysis.cross_checks import cross_checks
from capacity.analysis.curve_posterior import Posterior, curves_of
from capacity.analysis.curve_priors import BEYOND_RANGE
from capacity.analysis.curve_shapes import Landmarks, landmarks, ln_throughput
from capacity.analysis.throughput import Observation
from capacity.model.confidence import Confidence
from capacity.model.findings import (
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
# Beyond these, figures are none of a service; one answer in thirty years is none.
_LEAST, _MOST_LEVEL, _MOST_QPS = 1e-9, 1e9, 1e15
# A state with more than this is the answer; a knee is a number that people build on, so it needs
# more.
LIKELY = 0.5
LIKELY_KNEE = 0.55
# Where one step alone tells of saturation, that one may have been disturbed.
LIKELY_BY_ONE_STEP = 0.83
# Throughput is retrograde when it falls by so much after its peak.
FALL_RATIO = 0.05
RETROGRADE_LIKELY = 0.35
# Steps that scatter more than this about every curve have shown none.
MAX_NOISE_RATIO = 0.2
# No curve falls faster than 1 / N by much; a step under this share of that, with all that follow
# under the other share of the best, has collapsed.
ABRUPT_SHARE = 0.7
COLLAPSE_SHARE = 0.5
# A step above what any lower one makes possible is no peak: throughput grows at most like N.
_LINEAR_SLACK = 1.3
_SUPPORTED_SHARE = 0.4
_CURVE_POINTS = 60
# No service is of a family exactly; measured on curves of known truth, logarithms of intervals are
# to be so much wider to have it in nine of ten cases.
WIDENING = 1.1
# However steady the steps are, R(1) has the way there and back in it, which is the tool's and not
# the service's: some 0.1 ms of some ms. No knee is known better than to this ratio on either side.
LEAST_RATIO = 0.02
# A step is off when it is so likely no part of the curve.
_OFF_LIKELY = 0.5
# The confidence word.
_NARROW, _WIDE = 1.3, 2.0
_CERTAIN, _DOUBTFUL = 0.9, 0.75
_MANY_STEPS = 5


def find_knee(observations: Sequence[Observation]) -> Knee | NoKnee:
    """Name the knee of the steps, or say in words why there is none."""
    kept, collapsed = usable(observations)
    levels = {one.level for one in kept}
    if len(levels) < MIN_LEVELS:
        return NoKnee(NoKneeReason.TOO_FEW_STEPS, _too_few(len(levels)))
    posterior = curves_of(kept)
    fit = _fit(posterior, kept, collapsed)
    absence = _scatter(posterior, fit) or _absence(fit, [one.level for one in kept])
    if absence is not None:
        reason, detail = absence
        return NoKnee(reason, detail, fit)
    return Knee(fit, _confidence(fit, _off(posterior)), METHOD)


def usable(observations: Sequence[Observation]) -> tuple[list[Observation], tuple[float, ...]]:
    """The steps that a curve is drawn through, and the levels at which throughput had collapsed.

    Steps without a known throughput, or with none before a collapse, tell of no curve.
    """
    known = [one for one in observations if _is_known(one)]
    flowing = [one for one in known if one.qps >= _LEAST]
    collapsed = _collapsed(known)
    kept = [one for one in flowing if one.level not in collapsed]
    # Too few are left for a curve: then the fall itself has to be part of it.
    is_enough = len({one.level for one in kept}) >= MIN_LEVELS
    return (kept, collapsed) if is_enough else (flowing, ())


def _is_known(observation: Observation) -> bool:
    level, qps, error = observation.level, observation.qps, observation.error_ratio
    is_load = isfinite(level) and _LEAST <= level <= _MOST_LEVEL
    is_error = error is None or (isfinite(error) and error >= 0)
    return is_load and is_error and isfinite(qps) and 0 <= qps <= _MOST_QPS


def _too_few(count: int) -> str:
    return f"usable steps at {count} different concurrencies; a knee needs at least {MIN_LEVELS}"


def _collapsed(known: Sequence[Observation]) -> tuple[float, ...]:
    """The levels of a tail in which throughput has collapsed; ascending."""
    by_level: dict[float, list[float]] = {}
    for one in known:
        by_level.setdefault(one.level, []).append(one.qps)
    means = {level: sum(qps) / len(qps) for level, qps in sorted(by_level.items())}
    best = max((qps for level, qps in means.items() if _is_supported(level, means)), default=0.0)
    levels = list(means)
    begin = len(levels)
    for place in range(len(levels) - 1, 0, -1):
        before, level = levels[place - 1], levels[place]
        if means[level] >= COLLAPSE_SHARE * best:
            break
        if means[level] * level <= ABRUPT_SHARE * means[before] * before:
            begin = place
    return tuple(levels[begin:])


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


def _states(posterior: Posterior, marks: Landmarks, *, is_whole: bool) -> _States:
    import numpy as np

    first, last = float(posterior.steps.ln_n[0]), float(posterior.steps.ln_n[-1])
    not_reached = (marks.ln_n95 > last) & (not is_whole)
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
    shapes = posterior.shapes
    if collapsed:
        # Somewhere before the first collapsed level was all that there is, and rather sooner than
        # later: services that collapse have mostly been saturated before.
        shares = ((np.arange(len(shapes.ln_bend)) + 0.5) / len(shapes.ln_bend)) ** 2
        last = float(steps.ln_n[-1])
        shapes = shapes.ending(last + shares * (log(collapsed[0]) - last))
    marks = landmarks(shapes, max(float(steps.ln_n[-1]), 0.0) + log(BEYOND_RANGE))
    states = _states(posterior, marks, is_whole=bool(collapsed))
    not_reached, below = float(np.mean(states.not_reached)), float(np.mean(states.below))
    retrograde = 1.0 if collapsed else float(np.mean(states.retrograde))
    is_retrograde = retrograde > RETROGRADE_LIKELY
    falling = np.ones_like(states.retrograde) if collapsed else states.retrograde
    knee = _estimate(marks.ln_knee, ln_least=0.0, ln_half_least=log1p(LEAST_RATIO))
    checks = cross_checks(kept, knee)
    return CurveFit(
        p_saturated=max(0.0, 1.0 - not_reached - below),
        p_not_reached=not_reached,
        p_below_range=below,
        p_retrograde=retrograde,
        is_retrograde=is_retrograde,
        knee=knee,
        n95=_estimate(marks.ln_n95, ln_least=0.0),
        n_power=_estimate(marks.ln_power, ln_least=0.0),
        saturation_qps=_estimate(marks.ln_knee + posterior.ln_amplitude),
        peak=_estimate(marks.ln_peak[falling], ln_least=0.0) if is_retrograde else None,
        noise_ratio=float(np.median(posterior.noise_ratio)),
        step_count=len(steps.ln_n),
        curve=_curve(posterior),
        checks=checks,
        collapsed=collapsed,
    )


def _estimate(
    ln_values: "Array", *, ln_least: float = -inf, ln_half_least: float = 0.0
) -> Estimate:
    """Median and 90 % interval.

    `ln_least`: what the quantity cannot be below; `ln_half_least`: to what it is known at best.
    """
    import numpy as np

    low, value, high = np.quantile(ln_values, (0.05, 0.5, 0.95))
    low = min(value + WIDENING * (low - value), value - ln_half_least)
    high = max(value + WIDENING * (high - value), value + ln_half_least)
    ends = np.exp([value, max(low, ln_least), high])
    return Estimate(*(float(end) for end in ends))


def _curve(posterior: Posterior) -> tuple[CurvePoint, ...]:
    import numpy as np

    steps = posterior.steps
    ln_n = np.linspace(steps.ln_n[0], steps.ln_n[-1], _CURVE_POINTS)
    low, middle, high = np.quantile(posterior.ln_qps(ln_n), (0.05, 0.5, 0.95), axis=0)
    ends = (middle, middle + WIDENING * (low - middle), middle + WIDENING * (high - middle))
    columns = zip(np.exp(ln_n), *np.exp(ends), strict=True)
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
    if off > max(1, fit.step_count // 3):
        return NoKneeReason.UNCLEAR, (
            f"{off} of {fit.step_count} steps are off any curve that fits the others"
        )
    return None


def _absence(fit: CurveFit, levels: Sequence[float]) -> tuple[NoKneeReason, str] | None:
    """Why no knee is named of steps at these levels, one for each step."""
    first, last = min(levels), max(levels)
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
    beyond = sum(level > fit.knee.value for level in levels)
    is_seen = beyond > 1 or bool(fit.collapsed)
    if fit.p_saturated <= (LIKELY_KNEE if is_seen else LIKELY_BY_ONE_STEP):
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
