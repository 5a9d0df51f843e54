"""What do plainer methods say of the same steps?

Asymptotic: the highest throughput times the residence time of the lowest level (Little's law), the
definition itself without any curve. Power: where X^2 / N, Kleinrock's power, is highest on a
monotone interpolation (PCHIP) of ln X over ln N. USL: Gunther's Universal Scalability Law,
X = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)), by least squares of its relative misfit, which
is linear in N / X; its knee is its own highest throughput times its own R(1).
"""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from capacity.analysis.curve_priors import BEYOND_RANGE
from capacity.analysis.throughput import Observation
from capacity.model.findings import CheckName, CrossCheck, Estimate

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Array = NDArray[float64]

_POWER_GRID = 400


def cross_checks(observations: Sequence[Observation], knee: Estimate) -> tuple[CrossCheck, ...]:
    """The three methods, held against the interval of our knee; throughputs are above zero."""
    import numpy as np

    by_level: dict[float, list[float]] = {}
    for one in sorted(observations, key=lambda o: (o.level, o.qps)):
        by_level.setdefault(one.level, []).append(one.qps)
    levels = np.array(list(by_level))
    qps = np.array([sum(seen) / len(seen) for seen in by_level.values()])
    asymptotic = float(levels[0] / qps[0] * qps.max())
    return (
        _check(CheckName.ASYMPTOTIC, asymptotic, knee),
        _check(CheckName.POWER, _power_maximum(levels, qps), knee),
        _usl(levels, qps, knee),
    )


def _check(name: CheckName, concurrency: float | None, knee: Estimate) -> CrossCheck:
    agrees = None if concurrency is None else knee.low <= concurrency <= knee.high
    return CrossCheck(name, concurrency, agrees)


def _power_maximum(levels: "Array", qps: "Array") -> float | None:
    """None when power is highest at an end of the range: no maximum was seen."""
    import numpy as np
    from scipy.interpolate import PchipInterpolator

    ln_n, ln_x = np.log(levels), np.log(qps)
    grid = np.linspace(ln_n[0], ln_n[-1], _POWER_GRID)
    best = int(np.argmax(2 * PchipInterpolator(ln_n, ln_x)(grid) - grid))
    return None if best in (0, _POWER_GRID - 1) else float(np.exp(grid[best]))


def _usl(levels: "Array", qps: "Array", knee: Estimate) -> CrossCheck:
    import numpy as np
    from scipy.optimize import nnls

    residence = levels / qps
    terms = np.stack([np.ones_like(levels), levels - 1, levels * (levels - 1)], axis=1)
    scale = np.abs(terms).max(axis=0)
    shares = np.where(levels[:, None] >= 1, terms, 0.0) / scale / residence[:, None]
    found, misfit = nnls(shares, np.ones_like(levels))
    first, linear, square = (float(value) for value in found / scale)
    if first <= 0:
        return CrossCheck(CheckName.USL, None, None)
    sigma, kappa = linear / first, square / first
    concurrency = _usl_knee(sigma, kappa, float(levels[-1]))
    checked = _check(CheckName.USL, concurrency, knee)
    return CrossCheck(
        CheckName.USL,
        checked.concurrency,
        checked.agrees,
        (("lambda_qps", 1 / first), ("sigma", sigma), ("kappa", kappa)),
        float(misfit) / sqrt(len(levels)),
    )


def _usl_knee(sigma: float, kappa: float, last: float) -> float | None:
    """X_sup / lambda of the law; None for what is a straight line as far as one can think."""
    if kappa <= 0:
        return 1 / sigma if sigma * BEYOND_RANGE * last > 1 else None
    peak = max(1.0, sqrt(max(0.0, 1 - sigma) / kappa))
    return peak / (1 + sigma * (peak - 1) + kappa * peak * (peak - 1))
