"""Tests of the true curves: what is drawn is what is said of it."""

import numpy as np
import pytest

from knee_bench.curves import (
    MAKERS,
    WEIGHTS,
    draw_curve,
    network_curve,
    sharp_curve,
    truth_of,
    usl_curve,
)
from knee_bench.networks import delay, servers

FALLING = {"thrashing", "USL, falling", "limiter, falling", "cliff"}


def test_truth_of_usl_is_its_closed_form() -> None:
    """Without a fall N* = 1 / sigma and X_sup = rate / sigma; 95 % of it is far away."""
    truth = truth_of(usl_curve("USL", 20.0, 0.05, 0.0))
    assert truth.knee == pytest.approx(20.0)
    assert truth.saturation_qps == pytest.approx(400.0)
    assert truth.n95 == pytest.approx(0.95 * 0.95 / (0.05 * 0.05), rel=1e-3)
    assert truth.peak is None


def test_truth_of_falling_usl_has_its_peak() -> None:
    """The peak is at sqrt((1 - sigma) / kappa), and X_sup is the throughput there."""
    curve = usl_curve("USL, falling", 20.0, 0.02, 0.98e-4)
    truth = truth_of(curve)
    assert truth.peak == 100.0
    assert truth.saturation_qps == pytest.approx(curve.qps(np.array([100.0]))[0])
    assert truth.knee == pytest.approx(truth.saturation_qps / 20.0)


def test_truth_of_two_lines() -> None:
    """95 % of the ceiling come at 95 % of the bend; the slope is that from N = 1 on."""
    truth = truth_of(sharp_curve("two lines", 40.0, 800.0))
    assert (truth.knee, truth.n95) == pytest.approx((40.0, 38.0))


def test_truth_of_many_servers_with_a_delay() -> None:
    """N* = X_sup R(1): 8 servers of 10 ms behind 40 ms of delay have theirs at 40."""
    stations = [servers(8.0, 8), delay(32.0)]
    truth = truth_of(network_curve("servers", stations, knee=40.0, scale_qps=800.0))
    assert truth.knee == pytest.approx(40.0)
    assert truth.saturation_qps == pytest.approx(800.0)


def test_a_network_goes_on_where_it_is_not_solved() -> None:
    """X(N) = mu N / (N + 1) of two balanced stations is met far beyond what is solved, too."""
    stations = [servers(1.0, 1), servers(1.0, 1)]
    curve = network_curve("balanced", stations, knee=2.0, scale_qps=100.0)
    n = np.array([1.0, 200.0, 5000.0, 50_000.0])
    assert curve.qps(n) == pytest.approx(100 * n / (n + 1), rel=1e-4)


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("wanted", [1.5, 30.0, 500.0])
def test_every_kind_is_what_it_is_called(kind: str, wanted: float) -> None:
    """It never exceeds X_sup nor the line of light load, and falls if and only if it should."""
    n = np.unique(np.geomspace(1, 40_000, 400).round())
    for seed in range(3):
        curve = draw_curve(np.random.default_rng(seed), kind, wanted)
        truth, qps = truth_of(curve), curve.qps(n)
        assert qps.min() > 0
        assert qps.max() <= truth.saturation_qps * (1 + 1e-9)
        assert (qps <= n * qps[0] * (1 + 1e-9)).all()
        assert (truth.peak is not None) == (kind in FALLING)
        assert 1 <= truth.knee <= 1.8 * wanted + 3
        assert truth.n95 >= 1


@pytest.mark.parametrize("kind", ["servers", "downstream delay", "bandwidth", "think time"])
def test_the_knee_is_where_it_was_wanted(kind: str) -> None:
    """With a delay the demands are made to add up to the wanted knee."""
    for seed in range(5):
        curve = draw_curve(np.random.default_rng(seed), kind, 120.0)
        assert truth_of(curve).knee == pytest.approx(120.0, rel=1e-6)


def test_a_limiter_fails_only_above_its_limit() -> None:
    """Below the limit every answer is good; above it good and failing ones share the throughput."""
    curve = draw_curve(np.random.default_rng(3), "limiter, flat", 50.0)
    assert curve.failing_ratio is not None
    below, above = curve.failing_ratio(np.array([5.0, 1000.0]))
    assert below == 0.0
    assert 0.05 < above < 0.75


def test_every_kind_has_its_weight() -> None:
    """A kind without a weight would never be drawn."""
    assert set(WEIGHTS) == set(MAKERS)
