"""Tests of capacity.analysis.curve_posterior."""

import numpy as np
import pytest

from capacity.analysis.curve_posterior import curves_of, sample, steps_of
from capacity.analysis.curve_shapes import landmarks
from capacity.analysis.throughput import Observation

LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def flat_after_8(**at: float) -> list[Observation]:
    """Eight servers of 10 ms, but with some throughputs given as `n16=300`."""
    qps = {f"n{level:.0f}": 100 * min(level, 8.0) for level in LEVELS} | at
    return [Observation(level, qps[f"n{level:.0f}"], 0.003) for level in LEVELS]


def test_steps_are_sorted_and_copies_count_once() -> None:
    """A record that is there twice is no second measurement; another throughput is."""
    steps = steps_of(
        [
            Observation(4, 50.0, 0.1),
            Observation(1, 20.0),
            Observation(4, 50.0, 0.1),
            Observation(4, 60.0, 0.1),
        ]
    )
    assert np.exp(steps.ln_n) == pytest.approx([1.0, 4.0, 4.0])
    assert np.exp(steps.ln_x + steps.centre) == pytest.approx([20.0, 50.0, 60.0])
    assert steps.variance == pytest.approx([0.0, 0.01, 0.01])


def test_same_steps_give_the_same_curves() -> None:
    """The sampler draws the same numbers every time."""
    steps = steps_of(flat_after_8())
    one, other = sample(steps), sample(steps)
    assert np.array_equal(one.ln_amplitude, other.ln_amplitude)
    assert np.array_equal(one.shapes.ln_bend, other.shapes.ln_bend)


def test_curves_go_through_the_steps() -> None:
    """At every level the middle curve is within 1 % of what was measured there."""
    posterior = sample(steps_of(flat_after_8()))
    middle = np.exp(np.median(posterior.ln_qps(np.log(np.array(LEVELS))), axis=0))
    assert middle == pytest.approx([100 * min(n, 8.0) for n in LEVELS], rel=0.01)


def test_a_step_far_below_the_others_is_off() -> None:
    """A pause at 16 costs that step its word, and the knee stays where the others have it."""
    posterior = sample(steps_of(flat_after_8(n16=300.0)))
    assert np.flatnonzero(posterior.is_off > 0.5).tolist() == [4]
    knees = landmarks(posterior.shapes, np.log(1e4)).ln_knee
    assert np.exp(np.median(knees)) == pytest.approx(8.0, rel=0.03)


def test_noise_is_learnt_from_the_steps() -> None:
    """Steps that scatter by 5 % about two lines leave a noise of about that."""
    signs = (1, -1, -1, 1, 1, -1, 1)
    noisy = [
        Observation(level, 100 * min(level, 8.0) * (1 + 0.05 * sign))
        for level, sign in zip(LEVELS, signs, strict=True)
    ]
    assert 0.025 < float(np.median(sample(steps_of(noisy)).noise_ratio)) < 0.1
    assert float(np.median(sample(steps_of(flat_after_8())).noise_ratio)) < 0.01


def test_families_that_die_out_do_not_move() -> None:
    """A long exact ladder leaves one family, and the sampler still ends."""
    levels = [float(n) for n in range(1, 41)]
    steps = steps_of([Observation(n, 1000 * n / (n + 9), 0.0005) for n in levels])
    knees = landmarks(sample(steps).shapes, np.log(1e4)).ln_knee
    assert np.exp(np.median(knees)) == pytest.approx(10.0, rel=0.03)


def test_the_same_steps_are_drawn_once() -> None:
    """The climb asks for knee and next load of the same steps, in any order."""
    observations = flat_after_8()
    assert curves_of(observations) is curves_of(observations[::-1])
    assert curves_of(observations) is not curves_of(observations[:-1])
