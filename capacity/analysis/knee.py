"""Where does throughput stop growing with concurrency, and how sure is that?

Definition: N* = X_sup * R0, the crossing of the two asymptotes of a closed system (Denning and
Buzen, operational analysis, 1978): X(N) = N / R0 at light load and X_sup at heavy load. Below N*
more concurrency buys throughput, above it only waiting.

Estimate: least squares of ln X over ln N for X(N) = (N / R0) / (1 + (N / N*)^p)^(1 / p), where p
is the sharpness of the bend (p = 1 the hyperbola, large p two straight lines). Queueing theory
puts p near 1.05 sqrt(N*), which enters as one weak observation. The range is the 90 % interval of
ln N* from the fit's covariance, with 2 % as the least noise of a step.

It names no knee unless the steps show one: the curve must have stopped growing inside the range.
"""

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from capacity.model.findings import (
    Confidence,
    CurveFit,
    Estimate,
    Knee,
    NoKnee,
    NoKneeReason,
)
from capacity.model.rules import StepRate, gain_per_doubling

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

METHOD = "asymptotes, least squares"

MIN_STEPS = 4
# Growth per doubling above which the last step still bought throughput.
STILL_GROWING_RATIO = 0.05
# Share of X_sup that the best step must have reached for X_sup to count as seen.
SEEN_SHARE = 0.93
# A step this far below the peak, after it, has collapsed; it says nothing about where X bent.
COLLAPSED_SHARE = 0.90
_LEAST_NOISE = 0.02
_PRIOR_SD_LN_SHARPNESS = 0.8
_Z_90 = 1.645
_MAX_LN_HALF_WIDTH = log(4.0)


@dataclass(frozen=True, slots=True)
class _Fit:
    """ln R0, ln N* and ln p of the best curve, and the standard error of ln N*."""

    ln_r0: float
    ln_knee: float
    ln_sharpness: float
    sd_ln_knee: float

    @property
    def saturation_qps(self) -> float:
        """X_sup = N* / R0."""
        return exp(self.ln_knee - self.ln_r0)


def find_knee(rates: tuple[StepRate, ...]) -> Knee | NoKnee:
    """Name the knee of the steps, or say in words why there is none.

    `rates` are the believable steps with their good throughput; their levels are concurrencies,
    ascending.
    """
    rates = tuple(rate for rate in rates if rate.qps > 0)
    absence = _absence(rates)
    if absence is not None:
        return absence
    peak = max(rates, key=lambda rate: rate.qps)
    rising = _without_collapse(rates, peak)
    if len(rising) < MIN_STEPS:
        return NoKnee(NoKneeReason.TOO_FEW_STEPS, _too_few(len(rising)))
    fit = _fit(rising)
    if peak.qps < SEEN_SHARE * fit.saturation_qps:
        return NoKnee(
            NoKneeReason.NOT_REACHED,
            f"throughput had not levelled off at {peak.level:.10g} concurrent: "
            "no knee in the range tested",
        )
    knee = exp(fit.ln_knee)
    if knee < rates[0].level:
        return NoKnee(NoKneeReason.BELOW_RANGE, _below(rates[0].level))
    half_width = min(_Z_90 * fit.sd_ln_knee, _MAX_LN_HALF_WIDTH)
    at = Estimate(knee, exp(fit.ln_knee - half_width), exp(fit.ln_knee + half_width))
    saturation_qps = Estimate(fit.saturation_qps, fit.saturation_qps, fit.saturation_qps)
    curve_fit = CurveFit(
        p_saturated=1.0,
        p_not_reached=0.0,
        p_below_range=0.0,
        p_retrograde=0.0,
        is_retrograde=False,
        knee=at,
        n95=at,
        n_power=at,
        saturation_qps=saturation_qps,
        peak=None,
        noise_ratio=_LEAST_NOISE,
        step_count=len(rising),
        curve=(),
        checks=(),
    )
    return Knee(curve_fit, Confidence.MEDIUM, METHOD)


def _absence(rates: tuple[StepRate, ...]) -> NoKnee | None:
    """Reasons against a knee that the bare numbers show, before any curve is fitted."""
    if len(rates) < 2:
        return NoKnee(NoKneeReason.TOO_FEW_STEPS, _too_few(len(rates)))
    first, last = rates[0], rates[-1]
    if max(rate.qps for rate in rates) < first.qps * (1 + STILL_GROWING_RATIO):
        return NoKnee(NoKneeReason.BELOW_RANGE, _below(first.level))
    # Against one noisy step: growth over the last two intervals may deny the last one.
    growths = [gain_per_doubling(before, last) for before in rates[-3:-1]]
    known = [growth for growth in growths if growth is not None]
    if known and min(known) >= STILL_GROWING_RATIO:
        return NoKnee(
            NoKneeReason.NOT_REACHED,
            f"throughput still grew by {min(known):.0%} per doubling at {last.level:.10g} "
            "concurrent: no knee in the range tested",
        )
    return None


def _below(concurrency: float) -> str:
    return (
        f"the service was saturated at the first step, {concurrency:.10g} concurrent; start lower"
    )


def _too_few(count: int) -> str:
    return f"{count} usable steps; a knee needs at least {MIN_STEPS}"


def _without_collapse(rates: tuple[StepRate, ...], peak: StepRate) -> tuple[StepRate, ...]:
    return tuple(
        rate for rate in rates if rate.level <= peak.level or rate.qps >= COLLAPSED_SHARE * peak.qps
    )


def _fit(rates: tuple[StepRate, ...]) -> _Fit:
    # Imported here: the two take most of a second, and a dry run needs neither.
    import numpy as np
    from scipy.optimize import least_squares

    ln_n = np.log(np.array([rate.level for rate in rates], dtype=float))
    ln_x = np.log(np.array([rate.qps for rate in rates]))

    def residuals(parameters: "NDArray[float64]") -> "NDArray[float64]":
        ln_r0, ln_knee, ln_sharpness = parameters
        sharpness = np.exp(ln_sharpness)
        bend = np.logaddexp(0.0, sharpness * (ln_n - ln_knee)) / sharpness
        prior = (ln_sharpness - log(1.05) - 0.5 * max(ln_knee, 0.0)) / _PRIOR_SD_LN_SHARPNESS
        misfit = (ln_n - ln_r0 - bend - ln_x) / _LEAST_NOISE
        return np.append(misfit, prior)

    ln_r0_seen = float(np.min(ln_n - ln_x))
    ln_knee_guess = float(np.max(ln_x)) + ln_r0_seen
    best = least_squares(
        residuals,
        x0=[ln_r0_seen, ln_knee_guess, 1.0],
        bounds=([-np.inf, log(0.5), 0.0], [np.inf, float(ln_n[-1]) + log(4.0), log(40.0)]),
        loss="soft_l1",
    )
    # Residuals are in units of the least noise; a worse fit widens the interval by its own size.
    freedom = max(1, len(rates) - 2)
    inflation = max(1.0, sqrt(float(np.sum(best.fun[:-1] ** 2)) / freedom))
    jacobian = np.asarray(best.jac, dtype=np.float64)
    covariance = np.linalg.pinv(jacobian.T @ jacobian)
    sd_ln_knee = inflation * sqrt(max(0.0, float(covariance[1, 1])))
    return _Fit(float(best.x[0]), float(best.x[1]), float(best.x[2]), sd_ln_knee)
