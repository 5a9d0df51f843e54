"""How sure is the throughput at the answer?

Its 90 % interval has two parts: the error of the step itself, from the scatter of its seconds, and
the scatter between steps. The second is the noise of the fitted curve, or what the steps are off
the curve in the middle, where that is more: of steps that follow no curve none is sure. Where the
curve and the step deny each other, the interval reaches from one to the other.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, hypot, log
from statistics import median

from capacity.analysis.outcomes import JUDGED_PURPOSES
from capacity.analysis.throughput import observe
from capacity.model.findings import CurveFit, CurvePoint, Estimate
from capacity.model.measured import Measured

# Half the width of a 90 % interval in standard deviations of a normal distribution.
_Z_90 = 1.645
# The standard deviation of a normal distribution in medians of the distance from its middle.
_SD_IN_MEDIANS = 1.4826
_ROUNDING = 1e-9
# Nothing is known of a throughput with this error; a larger one is no number.
_MOST_SD_LN = 50.0


def qps_range(best: Measured, steps: Sequence[Measured], fit: CurveFit | None) -> Estimate | None:
    """The interval of the throughput of the step that carries the answer; None: nothing known."""
    seen = observe(best)
    if seen is None or best.qps is None or (seen.error_ratio is None and fit is None):
        return None
    of_step = 0.0 if seen.error_ratio is None else seen.error_ratio
    sd_ln = hypot(of_step, 0.0 if fit is None else _between_steps(steps, fit))
    factor = exp(_Z_90 * min(sd_ln, _MOST_SD_LN))
    low, high = best.qps / factor, best.qps * factor
    at = None if fit is None else _at(fit.curve, best.load.level)
    if at is not None:
        low = min(low, at.high_qps)
        high = max(high, at.low_qps)
    return Estimate(best.qps, low, high)


def _between_steps(steps: Sequence[Measured], fit: CurveFit) -> float:
    off = [
        abs(log(step.qps) - log(at.qps))
        for step in steps
        if step.is_usable and step.purpose in JUDGED_PURPOSES
        if step.qps is not None and step.qps > 0
        if (at := _at(fit.curve, step.load.level)) is not None
    ]
    return max(fit.noise_ratio, _SD_IN_MEDIANS * median(off)) if off else fit.noise_ratio


def _at(curve: Sequence[CurvePoint], level: float) -> CurvePoint | None:
    """The curve at a level, straight in logarithms between its points; None beyond its ends."""
    for before, after in pairwise(curve):
        if before.concurrency * (1 - _ROUNDING) <= level <= after.concurrency * (1 + _ROUNDING):
            share = log(level / before.concurrency) / log(after.concurrency / before.concurrency)
            return CurvePoint(
                level,
                before.qps * (after.qps / before.qps) ** share,
                before.low_qps * (after.low_qps / before.low_qps) ** share,
                before.high_qps * (after.high_qps / before.high_qps) ** share,
            )
    return None
