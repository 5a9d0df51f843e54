"""Which curve, noise and steps belong to a seed, and what is true in the range of the steps?

SEEDS BELOW 3,000,000 ARE FOR TUNING. SEEDS FROM 3,000,000 ARE FOR THE TABLE: whoever looks at them
while changing an estimator or a ladder makes the table worthless.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator

from knee_bench import curves, grids
from knee_bench.model import Case, Floats, Noise, State, Truth
from knee_bench.noise import draw_noise, measured_at

FIRST_TABLE_SEED = 3_000_000

# Surely saturated: N95 at most this share of the last level, a level with this share of X_sup, and
# one from N95 on that has more than the third share of the highest: not the foot of a cliff.
_SURELY_SEEN = 0.8
_SURELY_TOUCHED = 0.85
_STANDING = 0.6
# Surely not reached: no level has more than this share of X_sup.
_SURELY_SHORT = 0.8
# Surely below the range: N95 at most this share of the first level; surely not: the reverse.
_SURELY_BELOW = 0.8
# By definition a curve is retrograde from a fall of 5 %; whether it falls by 5 or by 9 % no one can
# tell where steps scatter as much.
_SURELY_FLAT, _SURELY_FALLING = 0.05, 0.10

_LEAST_KNEE, _MOST_KNEE, _FARTHEST_KNEE = 1.0, 2000.0, 3000.0
_HOLDS_S = (5, 10, 20, 30)


def draw_case(seed: int, noise_of: Callable[[Generator], Noise] = draw_noise) -> Case:
    """The case of a seed; the same seed and kind of noise give the same case."""
    rng = np.random.default_rng(seed)
    grid = _pick(rng, grids.WEIGHTS)
    levels = grids.GRIDS[grid](rng)
    curve = curves.draw_curve(rng, _pick(rng, curves.WEIGHTS), _wanted_knee(rng, levels))
    truth = curves.truth_of(curve)
    levels = _as_climbed(rng, grid, levels, truth)
    noise, hold_s = noise_of(rng), int(rng.choice(_HOLDS_S))
    steps = tuple(
        measured_at(curve, level, index=index, hold_s=hold_s, noise=noise, rng=rng)
        for index, level in enumerate(levels)
    )
    at_levels = curve.qps(np.array(levels, dtype=np.float64))
    return Case(
        seed=seed,
        curve=curve,
        truth=truth,
        grid=grid,
        noise=noise,
        steps=steps,
        state=state_in(truth, levels, at_levels),
        is_retrograde=falls_in(at_levels),
    )


def _pick(rng: Generator, weights: Mapping[str, float]) -> str:
    odds = np.array(list(weights.values()), dtype=np.float64)
    return str(rng.choice(list(weights), p=odds / odds.sum()))


def _wanted_knee(rng: Generator, levels: grids.Grid) -> float:
    """Mostly inside the range, sometimes beyond its end, seldom below its begin."""
    first, last = float(levels[0]), float(levels[-1])
    where = rng.random()
    if where < 0.18 and 2 * last <= _FARTHEST_KNEE:
        return _log_uniform(rng, 1.5 * last, min(10.0 * last, _FARTHEST_KNEE))
    if where > 0.94 and first >= 2 * _LEAST_KNEE:
        return _log_uniform(rng, max(_LEAST_KNEE, first / 20), first / 1.5)
    return _log_uniform(rng, max(_LEAST_KNEE, first), min(0.8 * last, _MOST_KNEE))


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _as_climbed(rng: Generator, grid: str, levels: grids.Grid, truth: Truth) -> grids.Grid:
    """Half of the long geometric grids end by themselves some way beyond the knee."""
    if grid in ("doubling", "by four", grids.REFINED) and rng.random() < 0.5:
        levels = grids.cut_at(levels, float(rng.uniform(2.0, 4.0)) * min(truth.n95, 1e9))
    if grid == grids.REFINED:
        levels = grids.refined(levels, rng, truth.knee)
    return levels


def state_in(truth: Truth, levels: grids.Grid, qps: Floats) -> State:
    """The word for the range, or BETWEEN where two words are as good as each other."""
    highest = qps.max() / truth.saturation_qps
    if truth.n95 <= _SURELY_BELOW * levels[0]:
        return State.BELOW_RANGE
    is_in_range = levels[0] / _SURELY_BELOW <= truth.n95 <= _SURELY_SEEN * levels[-1]
    beyond = qps[np.array(levels) >= truth.n95]
    is_seen = bool((beyond > _STANDING * qps.max()).any())
    if is_in_range and is_seen and highest >= _SURELY_TOUCHED:
        return State.SATURATED
    if truth.n95 > levels[-1] and highest <= _SURELY_SHORT:
        return State.NOT_REACHED
    return State.BETWEEN


def falls_in(qps: Floats) -> bool | None:
    """Whether throughput has fallen from its highest level to the last; None near the edge."""
    fall = 1.0 - qps[-1] / qps.max()
    if _SURELY_FLAT <= fall < _SURELY_FALLING:
        return None
    return bool(fall >= _SURELY_FALLING)
