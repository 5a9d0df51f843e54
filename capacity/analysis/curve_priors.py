"""What is believed of a curve before any step is seen?

K: inside the levels tested any factor is as likely as any other, outside of them less so the
farther away, from 1 to 30 times the highest: who picks levels has an idea of the service.
p: exact solutions of closed networks put it near sqrt(K), for the deficit at the crossing of the
asymptotes is about 0.8 / sqrt(K); deterministic services bend sharply; software limits are soft.
Onsets and extents of falls are wide. The noise of a step is about 2 %, within a factor of 5.
"""

from dataclasses import dataclass
from math import exp, log, pi, sqrt
from typing import TYPE_CHECKING

from capacity.analysis.curve_shapes import (
    COLUMNS,
    LN_BEND,
    LN_DROP,
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
# How fast belief fades outside of the range: to 1 / e over so much of ln K.
_FADING_BELOW, _FADING_ABOVE = 6.0, 2.5
# By family: PLAIN, CUT, FALLING, UNIVERSAL, DECLINING, CLIFF.
FAMILY_WEIGHTS = (0.46, 0.14, 0.14, 0.12, 0.07, 0.07)

# ln p: near that of queueing theory, near the hyperbola, sharp, or anything.
_NEAR_WEIGHTS = (0.50, 0.10)
_NEAR_SDS = (0.30, 0.10)
_SHARP_WEIGHT, _ANY_WEIGHT = 0.18, 0.22
_LN_THEORY_FACTOR = log(1.05)
_SHARP_LN = (log(20.0), log(400.0))
_ANY_LN = (log(0.8), log(70.0))

# ln (C / K), ln (Q / K), ln q, ln g: uniform between these.
_CUT_ONSET_LN = (log(0.1), log(3.0))
_CLIFF_ONSET_LN = (log(0.1), log(30.0))
_FALLING_ONSET_LN = (log(0.05), log(20.0))
_FALLING_POWER_LN = (log(1.15), log(8.0))
_DECLINE_LN = (log(0.03), log(3.0))
_DROP_LN = (log(0.003), log(0.9))

_NOISE_LN_MEAN = log(0.02)
_NOISE_LN_SD = 1.0
_NOISE_LN = (log(2e-3), log(1.0))


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior for steps between two levels, given as ln N."""

    ln_first: float
    ln_last: float

    @property
    def ln_bend_max(self) -> float:
        """The highest ln K that is thought of."""
        return self.ln_last + log(BEYOND_RANGE)

    def _draw_bend(self, count: int, rng: "Generator") -> "Array":
        """Draws of ln K: below the range, in it, above it."""
        import numpy as np

        below = 1 - exp(-self.ln_first / _FADING_BELOW)
        above = 1 - 1 / BEYOND_RANGE ** (1 / _FADING_ABOVE)
        inside = self.ln_last - self.ln_first
        masses = np.array([_FADING_BELOW * below, inside, _FADING_ABOVE * above])
        which = np.searchsorted(np.cumsum(masses) / masses.sum(), rng.random(count))
        u = rng.random(count)
        return np.choose(
            np.minimum(which, 2),
            [
                self.ln_first + _FADING_BELOW * np.log(1 - u * below),
                self.ln_first + u * inside,
                self.ln_last - _FADING_ABOVE * np.log(1 - u * above),
            ],
        )

    def draw(self, count: int, rng: "Generator") -> tuple["NDArray[int64]", "Array"]:
        """So many shapes with their noise, as many of each family: families, rows of parameters."""
        import numpy as np

        family = np.arange(count) % len(Family)
        rows = np.zeros((count, COLUMNS))
        rows[:, LN_BEND] = self._draw_bend(count, rng)
        rows[:, LN_SHARPNESS] = _draw_sharpness(rows[:, LN_BEND], rng)
        for one, support in _SUPPORT.items():
            mask = family == one
            for column, bounds in support.items():
                rows[mask, column] = rng.uniform(*bounds, int(mask.sum()))
        noise = _NOISE_LN_MEAN + _NOISE_LN_SD * rng.standard_normal(count)
        rows[:, LN_NOISE] = np.clip(noise, *_NOISE_LN)
        rows[family == Family.UNIVERSAL, LN_SHARPNESS] = 0.0
        rows[family == Family.UNIVERSAL, LN_EXTENT] = log(2.0)
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
        for one, support in _SUPPORT.items():
            others = family != one
            for column, (low, high) in support.items():
                inside &= others | ((rows[:, column] >= low) & (rows[:, column] <= high))
        inside &= ~_is_cut(family) | (ln_k + rows[:, LN_ONSET] >= 0)
        sharpness = _ln_density_of_sharpness(ln_k, rows[:, LN_SHARPNESS])
        density = np.where(family == Family.UNIVERSAL, 0.0, sharpness)
        density -= np.maximum(self.ln_first - ln_k, 0.0) / _FADING_BELOW
        density -= np.maximum(ln_k - self.ln_last, 0.0) / _FADING_ABOVE
        density -= 0.5 * ((noise - _NOISE_LN_MEAN) / _NOISE_LN_SD) ** 2
        return np.where(inside, density, -np.inf)


# What is uniform, by family; UNIVERSAL has its p and q given.
_SUPPORT: dict[Family, dict[int, tuple[float, float]]] = {
    Family.CUT: {LN_ONSET: _CUT_ONSET_LN},
    Family.FALLING: {LN_ONSET: _FALLING_ONSET_LN, LN_EXTENT: _FALLING_POWER_LN},
    Family.UNIVERSAL: {LN_ONSET: _FALLING_ONSET_LN},
    Family.DECLINING: {LN_ONSET: _CUT_ONSET_LN, LN_EXTENT: _DECLINE_LN},
    Family.CLIFF: {LN_ONSET: _CLIFF_ONSET_LN, LN_EXTENT: _DECLINE_LN, LN_DROP: _DROP_LN},
}


def prior_for(ln_first: float, ln_last: float) -> Prior:
    """The prior of a curve whose lowest and highest level are given."""
    return Prior(max(ln_first, 0.0), max(ln_last, 0.0))


def _is_cut(family: "NDArray[int64]") -> "NDArray[bool_]":
    import numpy as np

    return np.asarray((family == Family.CUT) | (family >= Family.DECLINING))


def _near(ln_bend: "Array") -> "Array":
    """The two values of ln p with a meaning of their own: of queueing theory, of the hyperbola."""
    import numpy as np

    return np.stack([_LN_THEORY_FACTOR + 0.5 * ln_bend, np.zeros_like(ln_bend)])


def _draw_sharpness(ln_bend: "Array", rng: "Generator") -> "Array":
    import numpy as np

    count = len(ln_bend)
    near = _near(ln_bend) + np.array(_NEAR_SDS)[:, None] * rng.standard_normal((2, count))
    sharp, anything = rng.uniform(*_SHARP_LN, count), rng.uniform(*_ANY_LN, count)
    edges = np.cumsum((*_NEAR_WEIGHTS, _SHARP_WEIGHT))
    which = np.searchsorted(edges, rng.random(count))
    drawn: Array = np.choose(which, [*near, sharp, anything])
    return np.clip(drawn, _ANY_LN[0], _SHARP_LN[1])


def _ln_density_of_sharpness(ln_bend: "Array", ln_p: "Array") -> "Array":
    import numpy as np

    density = np.zeros_like(ln_p)
    for weight, sd, centre in zip(_NEAR_WEIGHTS, _NEAR_SDS, _near(ln_bend), strict=True):
        density += weight * np.exp(-0.5 * ((ln_p - centre) / sd) ** 2) / (sd * sqrt(2 * pi))
    for weight, (low, high) in ((_SHARP_WEIGHT, _SHARP_LN), (_ANY_WEIGHT, _ANY_LN)):
        density += np.where((ln_p >= low) & (ln_p <= high), weight / (high - low), 0.0)
    density[(ln_p < _ANY_LN[0]) | (ln_p > _SHARP_LN[1])] = 0.0
    with np.errstate(divide="ignore"):
        ln_density: Array = np.log(density)
    return ln_density
