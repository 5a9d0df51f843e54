"""Which curves do the steps leave likely?

A sequential Monte Carlo sampler (Del Moral, Doucet and Jasra, 2006): draws of the prior are brought
to the posterior by raising the likelihood to powers from 0 to 1; each power is as far as half of
the draws still count, then they are resampled and moved by differential evolution (ter Braak,
2006). The seed is fixed, so the same steps give the same bytes.

Likelihood of a step: ln X is off by a normal error of its own standard error and the curve's noise
together, or, one time in 20, by more: mostly low, since a pause can only cost throughput. The
amplitude is integrated out by Laplace's method round its robust mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import pi
from typing import TYPE_CHECKING

from capacity.analysis.curve_priors import FAMILY_WEIGHTS, Prior, prior_for
from capacity.analysis.curve_shapes import (
    COLUMNS_OF,
    LN_NOISE,
    Family,
    Shapes,
    ln_throughput,
    shapes_of,
)
from capacity.analysis.throughput import Observation

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[float64]

_SEED = 20_260_101
_DRAWS = 15_000
# Of each family so many draws go on, so that one that is seldom is not lost by chance; at the end
# so many curves are told.
_KEPT = {
    Family.PLAIN: 700,
    Family.CUT: 500,
    Family.FALLING: 700,
    Family.UNIVERSAL: 200,
    Family.DECLINING: 600,
    Family.CLIFF: 450,
}
_TOLD = 2000
_MOVES = 3
_LAST_MOVES = 6
# The share of the draws that must count after a rise, and so many of the first ones.
_COUNTING, _FEWEST_COUNTING = 0.5, 280
# A family with less than this of the likeliest one's share is dropped.
_LN_UNLIKELY = -9.0
_MOVE_SCALES = (1.0, 0.45, 0.2)
# The least rise of the power, so that the sampler ends.
_LEAST_RISE = 1e-3

# A step that is off by more than noise: how often low and high, and by how much (ln).
_LOW_SHARE, _HIGH_SHARE = 0.04, 0.008
_OFF_SCALE = 0.3


@dataclass(frozen=True, slots=True)
class Steps:
    """Levels, throughputs and squared relative errors, in logarithms, ascending by level.

    `ln_x` is centred: `centre` is to be added.
    """

    ln_n: "Array"
    ln_x: "Array"
    variance: "Array"
    centre: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Curves, equally likely all of them, with the amplitude ln (1 / R(1)) of each."""

    steps: Steps
    shapes: Shapes
    ln_amplitude: "Array"
    noise_ratio: "Array"
    is_off: "Array"

    def ln_qps(self, ln_n: "Array") -> "Array":
        """Throughput as ln X of every curve at some concurrencies."""
        return ln_throughput(self.shapes, ln_n[None, :]) + self.ln_amplitude[:, None]


def steps_of(observations: Sequence[Observation]) -> Steps:
    """The steps as the sampler takes them: in order, and a copied record once."""
    import numpy as np

    seen = sorted({_in_order(one) for one in observations})
    levels, qps, errors = (np.array(column) for column in zip(*seen, strict=True))
    ln_x = np.log(qps)
    centre = float(np.mean(ln_x))
    # Rounded, so that throughput in another unit gives the same numbers from here on.
    return Steps(np.log(levels), np.round(ln_x - centre, 9), errors**2, centre)


def curves_of(observations: Sequence[Observation]) -> Posterior:
    """The curves that the steps leave likely; who asks for the same ones again waits no more."""
    return _kept_curves(tuple(sorted(observations, key=_in_order)))


def _in_order(observation: Observation) -> tuple[float, float, float]:
    return (observation.level, observation.qps, observation.error_ratio or 0.0)


# The climb asks where the knee is and where to measure next, of the same steps.
@lru_cache(maxsize=4)
def _kept_curves(observations: tuple[Observation, ...]) -> Posterior:
    return sample(steps_of(observations))


def sample(steps: Steps) -> Posterior:
    """Draw the curves."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    prior = prior_for(float(steps.ln_n[0]), float(steps.ln_n[-1]))
    family, rows = prior.draw(_DRAWS, rng)
    ln_share = np.log(FAMILY_WEIGHTS)
    likelihood = _ln_likelihood(steps, family, rows)
    power = 0.0
    while power < 1.0:
        rise = _rise(likelihood, family, ln_share, 1.0 - power)
        power = min(power + rise, 1.0)
        kept, ln_share = _resample(rise * likelihood, family, ln_share, rng)
        cloud = _Cloud(prior, steps, family[kept], rows[kept], likelihood[kept], power)
        for move in range(_MOVES if power < 1.0 else _LAST_MOVES):
            cloud.move(_MOVE_SCALES[move % len(_MOVE_SCALES)], rng)
        family, rows, likelihood = cloud.family, cloud.rows, cloud.likelihood
    weights = np.exp(ln_share - np.max(ln_share)) / np.maximum(
        np.bincount(family, minlength=len(Family)), 1
    )
    told = _systematic(weights[family], _TOLD, rng)
    return _posterior(steps, family[told], rows[told], rng)


def _posterior(
    steps: Steps, family: "NDArray[int64]", rows: "Array", rng: "Generator"
) -> Posterior:
    import numpy as np

    shapes = shapes_of(family, rows)
    rests = steps.ln_x - ln_throughput(shapes, steps.ln_n[None, :])
    variance = _variance(steps, rows)
    amplitude = _robust_mean(rests, variance)
    regular, off = _densities(rests - amplitude[:, None], variance)
    share = regular / (regular + off)
    spread = 1 / np.sqrt(np.sum(share / variance, axis=1) + 1 / _OFF_SCALE**2)
    return Posterior(
        steps=steps,
        shapes=shapes,
        ln_amplitude=steps.centre + amplitude + spread * rng.standard_normal(len(amplitude)),
        noise_ratio=np.exp(rows[:, LN_NOISE]),
        is_off=np.mean(1 - share, axis=0),
    )


class _Cloud:
    """Draws on their way, at one power of the likelihood."""

    def __init__(
        self,
        prior: Prior,
        steps: Steps,
        family: "NDArray[int64]",
        rows: "Array",
        likelihood: "Array",
        power: float,
    ) -> None:
        self.prior, self.steps, self.power = prior, steps, power
        self.family, self.rows, self.likelihood = family, rows, likelihood
        self.density = prior.ln_density(family, rows)

    def move(self, scale: float, rng: "Generator") -> None:
        """Metropolis: each draw tries to go by the difference of two others of its family."""
        import numpy as np

        proposed = self.rows + self._steps(scale, rng)
        density = self.prior.ln_density(self.family, proposed)
        possible = np.flatnonzero(np.isfinite(density))
        likelihood = np.full(len(density), -np.inf)
        likelihood[possible] = _ln_likelihood(self.steps, self.family[possible], proposed[possible])
        gain = density - self.density + self.power * (likelihood - self.likelihood)
        accepted = np.log(rng.random(len(gain))) < gain
        self.rows = np.where(accepted[:, None], proposed, self.rows)
        self.density = np.where(accepted, density, self.density)
        self.likelihood = np.where(accepted, likelihood, self.likelihood)

    def _steps(self, scale: float, rng: "Generator") -> "Array":
        import numpy as np

        steps = np.zeros_like(self.rows)
        for one, columns in COLUMNS_OF.items():
            members = np.flatnonzero(self.family == one)
            count = len(members)
            if count < 3:
                continue
            first = (np.arange(count) + rng.integers(1, count, count)) % count
            second = (first + rng.integers(1, count, count)) % count
            gamma = scale * 2.38 / np.sqrt(2 * len(columns))
            steps[members] = gamma * (self.rows[members[first]] - self.rows[members[second]])
            jitter = 0.01 * scale * rng.standard_normal((count, len(columns)))
            steps[np.ix_(members, np.array(columns))] += jitter
        return steps


def _ln_likelihood(steps: Steps, family: "NDArray[int64]", rows: "Array") -> "Array":
    import numpy as np

    rests = steps.ln_x - ln_throughput(shapes_of(family, rows), steps.ln_n[None, :])
    variance = _variance(steps, rows)
    amplitude = _robust_mean(rests, variance)
    regular, off = _densities(rests - amplitude[:, None], variance)
    total = regular + off
    sharpness = np.sum(regular / total / variance, axis=1) + 1 / _OFF_SCALE**2
    likelihood: Array = np.sum(np.log(total), axis=1) + 0.5 * np.log(2 * pi / sharpness)
    return likelihood


def _variance(steps: Steps, rows: "Array") -> "Array":
    import numpy as np

    return steps.variance[None, :] + np.exp(2 * rows[:, LN_NOISE, None])


def _densities(rests: "Array", variance: "Array") -> tuple["Array", "Array"]:
    """Of a regular step and of one that is off, at each residual."""
    import numpy as np

    share = 1 - _LOW_SHARE - _HIGH_SHARE
    squares = rests**2
    regular = share * np.exp(-0.5 * squares / variance) / np.sqrt(2 * pi * variance)
    side = np.where(rests < 0, _LOW_SHARE, _HIGH_SHARE)
    off = side * 2 / (pi * _OFF_SCALE * (1 + squares / _OFF_SCALE**2))
    return regular, off


def _robust_mean(rests: "Array", variance: "Array") -> "Array":
    """The amplitude of each curve, mindful of steps that are off.

    From the trimmed mean, closer with little regard to what is far, then by how regular a step is.
    """
    import numpy as np

    ends = rests.min(axis=1) + rests.max(axis=1)
    mean = (rests.sum(axis=1) - ends) / (rests.shape[1] - 2)
    for _ in range(3):
        off = rests - mean[:, None]
        weights = 1 / (variance + off**2)
        mean = np.sum(weights * rests, axis=1) / np.sum(weights, axis=1)
    regular, other = _densities(rests - mean[:, None], variance)
    weights = (regular / (regular + other) + 1e-6) / variance
    amplitude: Array = np.sum(weights * rests, axis=1) / np.sum(weights, axis=1)
    return amplitude


def _rise(likelihood: "Array", family: "NDArray[int64]", ln_share: "Array", most: float) -> float:
    """How far the power may rise so that in each likely family half of its draws still count."""
    import numpy as np

    members = [likelihood[family == one] for one in np.flatnonzero(_is_likely(ln_share))]
    below = [values - np.max(values) for values in members]

    def is_fine(step: float) -> bool:
        weights = (np.exp(step * values) for values in below)
        return all(
            np.sum(w) ** 2 >= min(_COUNTING * len(w), _FEWEST_COUNTING) * np.sum(w**2)
            for w in weights
        )

    if is_fine(most):
        return most
    low, high = 0.0, most
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if is_fine(middle) else (low, middle)
    return max(low, min(_LEAST_RISE, most))


def _is_likely(ln_share: "Array") -> "NDArray[bool_]":
    """The families that the answer may still come from."""
    import numpy as np

    return np.asarray(ln_share > np.max(ln_share) + _LN_UNLIKELY)


def _resample(
    ln_weights: "Array", family: "NDArray[int64]", ln_share: "Array", rng: "Generator"
) -> tuple["NDArray[int64]", "Array"]:
    """The draws that go on, so many a family, and what each family's share has become.

    Its share grows by the mean weight of its draws; who has next to none goes on no more.
    """
    import numpy as np

    shares = np.full(len(Family), -np.inf)
    kept = []
    for one in np.flatnonzero(_is_likely(ln_share)):
        members = np.flatnonzero(family == one)
        highest = np.max(ln_weights[members])
        weights = np.exp(ln_weights[members] - highest)
        shares[one] = ln_share[one] + highest + np.log(np.mean(weights))
        kept.append(members[_systematic(weights, _KEPT[Family(int(one))], rng)])
    likely = _is_likely(shares)
    shares = np.where(likely, shares, -np.inf)
    return np.concatenate([rows for rows in kept if likely[family[rows[0]]]]), shares


def _systematic(weights: "Array", count: int, rng: "Generator") -> "NDArray[int64]":
    """So many draws, of each as many as its weight says, but for one."""
    import numpy as np

    edges = np.cumsum(weights) / np.sum(weights)
    at = (np.arange(count) + rng.random()) / count
    return np.minimum(np.searchsorted(edges, at), len(edges) - 1)
