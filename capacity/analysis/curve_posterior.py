"""Which curves do the steps leave likely?

A sequential Monte Carlo sampler (Del Moral, Doucet and Jasra, 2006): draws of the prior are brought
to the posterior by raising the likelihood to powers from 0 to 1; each power is as far as half of
the draws still count, then they are resampled and moved by differential evolution (ter Braak,
2006). The seed is fixed, so the same steps give the same bytes.

Likelihood of a step: ln X is off by a normal error of its own standard error and the curve's noise
together, or, one time in 16, by more: mostly low, since a pause can only cost throughput. The
amplitude is integrated out by Laplace's method round its robust mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

from capacity.analysis.curve_priors import Prior, prior_for
from capacity.analysis.curve_shapes import (
    LN_NOISE,
    SHAPE_COLUMNS,
    Shapes,
    ln_throughput,
    shapes_of,
)
from capacity.analysis.throughput import Observation

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[float64]

_SEED = 20_260_101
_DRAWS = 4000
_KEPT = 1200
_MOVES = 3
_LAST_MOVES = 6
_MOVE_SCALES = (1.0, 0.45, 0.2)
_MAX_STAGES = 40

# A step that is off by more than noise: how often low and high, and by how much (ln).
_LOW_SHARE, _HIGH_SHARE = 0.05, 0.0125
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

    seen = sorted({(o.level, o.qps, o.error_ratio or 0.0) for o in observations})
    levels, qps, errors = (np.array(column) for column in zip(*seen, strict=True))
    ln_x = np.log(qps)
    centre = float(np.mean(ln_x))
    # Rounded, so that throughput in another unit gives the same numbers from here on.
    return Steps(np.log(levels), np.round(ln_x - centre, 9), errors**2, centre)


def sample(steps: Steps) -> Posterior:
    """The curves that the steps leave likely."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    prior = prior_for(float(steps.ln_n[-1]))
    family, rows = prior.draw(_DRAWS, rng)
    likelihood = _ln_likelihood(steps, family, rows)
    power = 0.0
    for _ in range(_MAX_STAGES):
        step = _next_power(likelihood, 1.0 - power)
        power += step
        kept = _resample(step * likelihood, rng)
        cloud = _Cloud(prior, steps, family[kept], rows[kept], likelihood[kept], power)
        is_last = power >= 1.0
        for move in range(_LAST_MOVES if is_last else _MOVES):
            cloud.move(_MOVE_SCALES[move % len(_MOVE_SCALES)], rng)
        family, rows, likelihood = cloud.family, cloud.rows, cloud.likelihood
        if is_last:
            break
    return _posterior(steps, family, rows, rng)


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
        for one, columns in SHAPE_COLUMNS.items():
            members = np.flatnonzero(self.family == one)
            count = len(members)
            if count < 3:
                continue
            first = (np.arange(count) + rng.integers(1, count, count)) % count
            second = (first + rng.integers(1, count, count)) % count
            gamma = scale * 2.38 / np.sqrt(2 * (columns + 1))
            steps[members] = gamma * (self.rows[members[first]] - self.rows[members[second]])
            active = [*range(columns), LN_NOISE]
            jitter = 0.01 * scale * rng.standard_normal((count, len(active)))
            steps[np.ix_(members, active)] += jitter
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


def _next_power(likelihood: "Array", most: float) -> float:
    """How far the power may rise so that half of the kept draws still count."""
    import numpy as np

    rise = likelihood - np.max(likelihood)

    def effective(step: float) -> float:
        weights = np.exp(step * rise)
        return float(np.sum(weights) ** 2 / np.sum(weights**2))

    least = 0.5 * _KEPT
    if effective(most) >= least:
        return most
    low, high = 0.0, most
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= least else (low, middle)
    return max(low, 1e-6)


def _resample(ln_weights: "Array", rng: "Generator") -> "NDArray[int64]":
    """Systematic: as many of each draw as its weight says, but for one."""
    import numpy as np

    weights = np.exp(ln_weights - np.max(ln_weights))
    edges = np.cumsum(weights) / np.sum(weights)
    at = (np.arange(_KEPT) + rng.random()) / _KEPT
    return np.minimum(np.searchsorted(edges, at), len(edges) - 1)
