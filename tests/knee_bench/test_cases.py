"""Tests of what is true in a range of loads, and of the noise on it."""

from math import inf

import numpy as np
import pytest

from knee_bench.cases import draw_case, falls_in, state_in
from knee_bench.curves import sharp_curve
from knee_bench.grids import DOUBLING, WRKTEST, cut_at, refined
from knee_bench.model import Noise, State, Truth
from knee_bench.noise import draw_quiet_noise, intervals_of, measured_at, seconds_of


def truth(n95: float) -> Truth:
    """A ceiling of 100 requests/s that is reached at n95."""
    return Truth(knee=0.9 * n95, n95=n95, saturation_qps=100.0, peak=None)


@pytest.mark.parametrize(
    ("n95", "qps", "wanted"),
    [
        (20.0, (20.0, 90.0, 100.0), State.SATURATED),
        (70.0, (20.0, 70.0, 99.0), State.SATURATED),
        (85.0, (20.0, 60.0, 98.0), State.BETWEEN),
        (20.0, (20.0, 80.0, 30.0), State.BETWEEN),
        (60.0, (20.0, 90.0, 30.0), State.BETWEEN),
        (60.0, (20.0, 90.0, 70.0), State.SATURATED),
        (150.0, (5.0, 50.0, 80.0), State.NOT_REACHED),
        (150.0, (5.0, 60.0, 85.0), State.BETWEEN),
        (inf, (1.0, 10.0, 20.0), State.NOT_REACHED),
        (8.0, (96.0, 100.0, 100.0), State.BELOW_RANGE),
        (9.0, (95.5, 100.0, 100.0), State.BETWEEN),
        (11.0, (92.0, 100.0, 100.0), State.BETWEEN),
    ],
    ids=[
        "well inside",
        "inside",
        "near the end",
        "no load near the top",
        "only the foot of a cliff beyond",
        "falling slowly",
        "short",
        "nearly there",
        "far beyond",
        "well below",
        "just below the begin",
        "just above the begin",
    ],
)
def test_the_state_of_a_range(n95: float, qps: tuple[float, ...], wanted: State) -> None:
    """Loads of 10, 50 and 100: the word where it is sure, BETWEEN where two are right."""
    assert state_in(truth(n95), (10, 50, 100), np.array(qps)) is wanted


@pytest.mark.parametrize(
    ("last", "wanted"), [(100.0, False), (96.0, False), (93.0, None), (89.0, True)]
)
def test_a_fall_counts_from_ten_percent(last: float, *, wanted: bool | None) -> None:
    """Below 5 % it is none, between 5 and 10 % either word is right."""
    assert falls_in(np.array([50.0, 100.0, last])) is wanted


def test_a_seed_is_a_case() -> None:
    """The same seed draws the same steps, another one others."""
    assert draw_case(11).steps == draw_case(11).steps
    assert draw_case(11).steps != draw_case(12).steps


def test_counts_follow_the_curve() -> None:
    """Without noise of step and second the seconds of a hold are Poisson about the true rate."""
    noise = Noise(step_ratio=0.0, second_ratio=0.0, r=0.0, outlier_probability=0.0)
    step = measured_at(
        sharp_curve("two lines", 40.0, 800.0),
        20,
        index=3,
        hold_s=4000,
        noise=noise,
        rng=np.random.default_rng(1),
    )
    counts = np.array([second.ended_ok for second in step.intervals])
    assert step.qps == pytest.approx(400.0, rel=0.005)
    assert counts.var() == pytest.approx(400.0, rel=0.1)
    assert (step.index, step.load.level, step.hold_s) == (3, 20.0, 4000.0)
    assert step.mean_s == pytest.approx(0.05, rel=0.005)


def test_seconds_wander_with_their_correlation() -> None:
    """The rate of a second is like that of the second before by r."""
    noise = Noise(step_ratio=0.0, second_ratio=0.05, r=0.7, outlier_probability=0.0)
    counts = seconds_of(np.random.default_rng(2), noise, true_qps=1e6, hold_s=20_000)
    assert np.corrcoef(counts[:-1], counts[1:])[0, 1] == pytest.approx(0.7, abs=0.02)
    assert counts.std() / counts.mean() == pytest.approx(0.05, rel=0.05)


def test_quiet_counts_scatter_less_than_poisson() -> None:
    """A quarter of Poisson's variance; with none of it every second is the same."""
    rng = np.random.default_rng(4)
    noise = Noise(0.0, 0.0, 0.0, 0.0, poisson_share=0.25)
    counts = seconds_of(rng, noise, true_qps=900.0, hold_s=5000)
    assert counts.var() == pytest.approx(225.0, rel=0.1)
    still = Noise(0.0, 0.0, 0.0, 0.0, poisson_share=0.0)
    assert set(seconds_of(rng, still, true_qps=900.0, hold_s=50)) == {900.0}


def test_quiet_noise_is_quieter() -> None:
    """The same curve and loads, with a tenth of the noise."""
    loud, quiet = draw_case(11), draw_case(11, draw_quiet_noise)
    assert quiet.truth == loud.truth
    assert quiet.noise.step_ratio <= 0.01 <= loud.noise.step_ratio


def test_outliers_lie_low() -> None:
    """An outlier has lost 15 to 60 % of its throughput."""
    noise = Noise(step_ratio=0.0, second_ratio=0.0, r=0.0, outlier_probability=1.0)
    rng = np.random.default_rng(3)
    means = [seconds_of(rng, noise, true_qps=1e6, hold_s=1).mean() / 1e6 for _ in range(200)]
    assert 0.39 < min(means) < 0.45
    assert 0.8 < max(means) < 0.86


def test_a_second_without_answers_has_no_mean_time() -> None:
    """Missing is not zero."""
    assert intervals_of(4.0, np.array([0.0]))[0].mean_s is None


def test_a_climb_is_cut_at_the_first_load_that_is_enough() -> None:
    """All loads up to it stay; a list that never gets there stays whole."""
    assert cut_at(DOUBLING, 33.0) == (1, 2, 4, 8, 16, 32, 64)
    assert cut_at(WRKTEST, 1e6) == WRKTEST


def test_refined_loads_lie_around_the_knee() -> None:
    """Up to four more, none outside of the list's range."""
    grid = refined((1, 4, 16, 64), np.random.default_rng(1), 16.0)
    more = set(grid) - {1, 4, 16, 64}
    assert 1 <= len(more) <= 4
    assert all(16 / 3.1 <= level <= 16 * 3.1 for level in more)
    assert max(refined((1, 4, 16), np.random.default_rng(1), 16.0)) == 16
