"""What is believed of a curve before any step is seen?

K: any factor is as likely as any other, from 1 to 30 times the highest level tested.
p: exact solutions of closed networks put it near sqrt(K), for the deficit at the crossing of the
asymptotes is about 0.8 / sqrt(K); deterministic services bend sharply; software limits are soft.
Onsets and extents of falls are wide. The noise of a step is about 1.5 %, within a factor of 6.
"""

from dataclasses import dataclass
from math import log, pi, sqrt
from typing import TYPE_CHECKING

from capacity.analysis.curve_shapes import (
    LN_BEND,
    LN_EXTENT,
    LN_NOISE,
    LN_ONSET,
    LN_SHARPNESS,
    Family,
)

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[float64]

# The highest knee that is thought of, in times of the highest level.
BEYOND_RANGE = 30.0
# By family: PLAIN, CUT, FALLING, DECLINING.
FAMILY_WEIGHTS = (0.48, 0.17, 0.25, 0.10)

# ln p: near that of queueing theory, sharp, or anything.
_THEORY_WEIGHT, _SHARP_WEIGHT, _ANY_WEIGHT = 0.55, 0.15, 0.30
_THEORY_FACTOR = 1.05
_THEORY_SD = 0.35
_SHARP_LN = (log(20.0), log(400.0))
_ANY_LN = (log(0.8), log(70.0))

# ln (C / K), ln (Q / K), ln q, ln g: uniform between these.
_CUT_ONSET_LN = (log(0.1), log(3.0))
_FALLING_ONSET_LN = (log(0.05), log(20.0))
_FALLING_POWER_LN = (log(1.15), log(8.0))
_DECLINE_LN = (log(0.03), log(3.0))

_NOISE_LN_MEAN = log(0.015)
_NOISE_LN_SD = 1.1
_NOISE_LN = (log(5e-4), log(1.0))


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior for steps up to a highest level."""

    ln_bend_max: float

    def draw(self, count: int, rng: "Generator") -> tuple["NDArray[int64]", "Array"]:
        """So many shapes with their noise: families, and rows of parameters."""
        import numpy as np

        shares = np.cumsum(FAMILY_WEIGHTS)
        family = np.searchsorted(shares / shares[-1], (np.arange(count) + 0.5) / count)
        rows = np.zeros((count, 5))
        rows[:, LN_BEND] = rng.uniform(0.0, self.ln_bend_max, count)
        rows[:, LN_SHARPNESS] = _draw_sharpness(rows[:, LN_BEND], rng)
        for one, (onset, extent) in _SUPPORT.items():
            mask = family == one
            rows[mask, LN_ONSET] = rng.uniform(*onset, int(mask.sum()))
            rows[mask, LN_EXTENT] = rng.uniform(*extent, int(mask.sum()))
        noise = _NOISE_LN_MEAN + _NOISE_LN_SD * rng.standard_normal(count)
        rows[:, LN_NOISE] = np.clip(noise, *_NOISE_LN)
        # A cut below one user is none: those draws say that it is at one.
        below = _is_cut(family) & (rows[:, LN_BEND] + rows[:, LN_ONSET] < 0)
        rows[below, LN_ONSET] = -rows[below, LN_BEND]
        return family, rows

    def ln_density(self, family: "NDArray[int64]", rows: "Array") -> "Array":
        """Logarithm of the density at rows of parameters; minus infinity outside of the support."""
        import numpy as np

        ln_k, noise = rows[:, LN_BEND], rows[:, LN_NOISE]
        inside = (ln_k >= 0) & (ln_k <= self.ln_bend_max)
        inside &= (noise >= _NOISE_LN[0]) & (noise <= _NOISE_LN[1])
        for one, (onset, extent) in _SUPPORT.items():
            mask = family == one
            for column, (low, high) in ((LN_ONSET, onset), (LN_EXTENT, extent)):
                value = rows[:, column]
                inside &= ~mask | ((value >= low) & (value <= high))
        inside &= ~_is_cut(family) | (ln_k + rows[:, LN_ONSET] >= 0)
        density = _ln_density_of_sharpness(ln_k, rows[:, LN_SHARPNESS])
        density -= 0.5 * ((noise - _NOISE_LN_MEAN) / _NOISE_LN_SD) ** 2
        return np.where(inside, density, -np.inf)


_NOTHING = (0.0, 0.0)
_SUPPORT = {
    Family.PLAIN: (_NOTHING, _NOTHING),
    Family.CUT: (_CUT_ONSET_LN, _NOTHING),
    Family.FALLING: (_FALLING_ONSET_LN, _FALLING_POWER_LN),
    Family.DECLINING: (_CUT_ONSET_LN, _DECLINE_LN),
}


def prior_for(ln_level_max: float) -> Prior:
    """The prior of a curve whose highest level is given."""
    return Prior(max(ln_level_max, 0.0) + log(BEYOND_RANGE))


def _is_cut(family: "NDArray[int64]") -> "NDArray[bool_]":
    import numpy as np

    return np.asarray((family == Family.CUT) | (family == Family.DECLINING))


def _draw_sharpness(ln_bend: "Array", rng: "Generator") -> "Array":
    import numpy as np

    count = len(ln_bend)
    theory = log(_THEORY_FACTOR) + 0.5 * ln_bend + _THEORY_SD * rng.standard_normal(count)
    sharp = rng.uniform(*_SHARP_LN, count)
    anything = rng.uniform(*_ANY_LN, count)
    which = rng.random(count)
    below = which < _THEORY_WEIGHT + _SHARP_WEIGHT
    drawn = np.where(which < _THEORY_WEIGHT, theory, np.where(below, sharp, anything))
    return np.clip(drawn, _ANY_LN[0], _SHARP_LN[1])


def _ln_density_of_sharpness(ln_bend: "Array", ln_p: "Array") -> "Array":
    import numpy as np

    off = (ln_p - log(_THEORY_FACTOR) - 0.5 * ln_bend) / _THEORY_SD
    density = _THEORY_WEIGHT * np.exp(-0.5 * off**2) / (_THEORY_SD * sqrt(2 * pi))
    for weight, (low, high) in ((_SHARP_WEIGHT, _SHARP_LN), (_ANY_WEIGHT, _ANY_LN)):
        density += np.where((ln_p >= low) & (ln_p <= high), weight / (high - low), 0.0)
    inside = (ln_p >= _ANY_LN[0]) & (ln_p <= _SHARP_LN[1])
    return np.log(np.where(inside, density + 1e-12, 0.0) + 1e-300)
