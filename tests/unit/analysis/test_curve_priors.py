"""Tests of capacity.analysis.curve_priors: draws and density must be of the same prior."""

from math import log

import numpy as np
import pytest
from numpy import float64, int64
from numpy.typing import NDArray

from capacity.analysis.curve_priors import BEYOND_RANGE, FAMILY_WEIGHTS, prior_for
from capacity.analysis.curve_shapes import (
    LN_BEND,
    LN_DROP,
    LN_NOISE,
    LN_ONSET,
    LN_SHARPNESS,
    Family,
)

PRIOR = prior_for(log(4.0), log(64.0))
COUNT = 240_000


def drawn() -> tuple[NDArray[int64], NDArray[float64]]:
    """Draws of the prior, the same in every test."""
    return PRIOR.draw(COUNT, np.random.default_rng(7))


def test_families_are_drawn_alike() -> None:
    """As many of each, so that none is lost by chance; their weights come in later."""
    family, _ = drawn()
    assert [int((family == one).sum()) for one in Family] == [COUNT // 6] * 6
    assert sum(FAMILY_WEIGHTS) == pytest.approx(1.0)


def test_all_draws_have_a_density() -> None:
    """Nothing is drawn that the density calls impossible."""
    family, rows = drawn()
    assert np.isfinite(PRIOR.ln_density(family, rows)).all()


@pytest.mark.parametrize(
    ("column", "edges"),
    [
        pytest.param(LN_BEND, np.linspace(0.0, log(64 * BEYOND_RANGE), 9), id="K"),
        pytest.param(LN_NOISE, np.log([0.001, 0.005, 0.01, 0.02, 0.05, 0.2]), id="noise"),
    ],
)
def test_draws_follow_the_density(column: int, edges: NDArray[float64]) -> None:
    """How often a draw falls between two values is the density's integral between them."""
    family, rows = drawn()
    plain = rows[family == Family.PLAIN]
    seen = np.histogram(plain[:, column], edges)[0] / len(plain)
    fine = np.linspace(edges[0], edges[-1], 4001)
    grid = np.tile(np.array([log(8.0), log(3.0), 0.0, 0.0, 0.0, log(0.02)]), (4001, 1))
    grid[:, column] = fine
    if column == LN_BEND:
        # p depends on K: keep it where both of its named values are far, so that only "any" counts.
        grid[:, LN_SHARPNESS] = log(400.0)
    density = np.exp(PRIOR.ln_density(np.zeros(4001, dtype=np.int64), grid))
    mass = np.histogram(fine, edges, weights=density)[0]
    assert seen / seen.sum() == pytest.approx(mass / mass.sum(), abs=0.02)


def test_sharpness_follows_the_density() -> None:
    """For K about 16: a peak at the hyperbola, one at sqrt(K), and the rest spread."""
    family, rows = drawn()
    near = (family == Family.PLAIN) & (np.abs(rows[:, LN_BEND] - log(16.0)) < 0.2)
    edges = np.log([0.8, 0.9, 1.1, 2.0, 3.5, 5.5, 20.0, 70.0, 400.0])
    seen = np.histogram(rows[near, LN_SHARPNESS], edges)[0] / near.sum()
    fine = np.linspace(edges[0] + 1e-9, edges[-1], 8001)
    grid = np.tile(np.array([log(16.0), 0.0, 0.0, 0.0, 0.0, log(0.02)]), (8001, 1))
    grid[:, LN_SHARPNESS] = fine
    density = np.exp(PRIOR.ln_density(np.zeros(8001, dtype=np.int64), grid))
    mass = np.histogram(fine, edges, weights=density)[0]
    assert seen == pytest.approx(mass / mass.sum(), abs=0.03)


@pytest.mark.parametrize(
    ("family", "column", "value"),
    [
        pytest.param(Family.PLAIN, LN_BEND, -0.1, id="K below one user"),
        pytest.param(Family.PLAIN, LN_BEND, log(64 * BEYOND_RANGE) + 0.1, id="K too far"),
        pytest.param(Family.PLAIN, LN_SHARPNESS, log(500.0), id="too sharp"),
        pytest.param(Family.PLAIN, LN_NOISE, log(2.0), id="too noisy"),
        pytest.param(Family.CUT, LN_ONSET, log(4.0), id="cut too late"),
        pytest.param(Family.CUT, LN_ONSET, log(0.11), id="cut below one user"),
        pytest.param(Family.CLIFF, LN_DROP, 0.0, id="a cliff that does not fall"),
    ],
)
def test_outside_of_the_support_there_is_nothing(family: Family, column: int, value: float) -> None:
    """One parameter out of its bounds makes the density zero; inside it is not."""
    row = np.array([[log(8.0), log(3.0), 0.0, 0.0, log(0.5), log(0.02)]])
    families = np.array([family])
    assert np.isfinite(PRIOR.ln_density(families, row)[0])
    row[0, column] = value
    assert PRIOR.ln_density(families, row)[0] == -np.inf
