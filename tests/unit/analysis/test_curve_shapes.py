"""Tests of capacity.analysis.curve_shapes: each family against a law that is known exactly."""

from math import exp, log

import numpy as np
import pytest
from numpy import float64
from numpy.typing import NDArray

from capacity.analysis.curve_shapes import (
    COLUMNS,
    Family,
    Landmarks,
    Shapes,
    landmarks,
    ln_throughput,
    shapes_of,
)

N = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 1024.0])
LN_MAX = log(1e6)


def shape(family: Family, **values: float) -> Shapes:
    """One shape by the names of its parameters, themselves and not their logarithms."""
    k = values.get("k", 8.0)
    rows = np.zeros((1, COLUMNS))
    rows[0, :5] = (
        log(k),
        log(values.get("p", 1.0)),
        log(values.get("onset", 1.0) / k),
        log(values.get("extent", 2.0)),
        log(values.get("drop", 1.0)),
    )
    return shapes_of(np.array([family]), rows)


def qps(one: Shapes, n: NDArray[float64] = N) -> NDArray[float64]:
    """Throughput in units of X(1)."""
    return np.asarray(np.exp(ln_throughput(one, np.log(n)[None, :]))[0])


def marks(one: Shapes) -> Landmarks:
    """Its landmarks as plain numbers."""
    found = landmarks(one, LN_MAX)
    return Landmarks(
        *(np.exp(v) for v in (found.ln_knee, found.ln_n95, found.ln_power, found.ln_peak))
    )


def test_one_user_sees_the_unloaded_service() -> None:
    """X(1) * R(1) is 1 in every family, or N* = X_sup * R(1) would not be the crossing."""
    shapes = [shape(family, k=5.0, p=1.7, onset=9.0, drop=0.5) for family in Family]
    assert [qps(one)[0] for one in shapes] == pytest.approx([1.0] * len(shapes))


def test_sharpest_bend_is_two_straight_lines() -> None:
    """Eight servers without any other wait: X = min(N, 8)."""
    assert qps(shape(Family.PLAIN, p=400.0)) == pytest.approx(np.minimum(N, 8.0), rel=0.002)


def test_softest_bend_is_balanced_stations() -> None:
    """Eight balanced stations in a row: X / X_sup = N / (N + 7), and N* = 8."""
    one = shape(Family.PLAIN)
    assert qps(one) == pytest.approx(8 * N / (N + 7))
    found = marks(one)
    assert found.ln_knee == pytest.approx(8.0)
    assert found.ln_n95 == pytest.approx(0.95 * 7 / 0.05)
    assert found.ln_power == pytest.approx(7.0)


def test_universal_scalability_law_is_exact() -> None:
    """With sigma = 0.05 and kappa = 0.0004: X, its peak and its N* are those of Gunther's law."""
    kappa, sigma = 0.0004, 0.05
    one = shape(Family.UNIVERSAL, k=1 / (sigma - kappa), onset=kappa**-0.5)
    assert qps(one) == pytest.approx(N / (1 + sigma * (N - 1) + kappa * N * (N - 1)))
    found = marks(one)
    peak = ((1 - sigma) / kappa) ** 0.5
    top = peak / (1 + sigma * (peak - 1) + kappa * peak * (peak - 1))
    assert found.ln_peak == pytest.approx(peak, rel=0.01)
    assert found.ln_knee == pytest.approx(top, rel=1e-4)
    at_95 = qps(one, found.ln_n95)[0]
    assert at_95 == pytest.approx(0.95 * top, rel=1e-4)


def test_cut_stops_growth() -> None:
    """A limiter at 6 concurrent of a service with 20 servers: X = min(N, 6), and that is N*."""
    one = shape(Family.CUT, k=20.0, p=400.0, onset=6.0)
    assert qps(one) == pytest.approx(np.minimum(N, 6.0), rel=0.002)
    found = marks(one)
    assert found.ln_knee == pytest.approx(6.0, rel=0.002)
    assert found.ln_n95 == pytest.approx(5.7, rel=0.002)
    assert found.ln_power == pytest.approx(6.0)


def test_decline_follows_its_power() -> None:
    """Beyond its cut at 8 throughput falls like 1 / sqrt(N), and the peak is at the cut."""
    one = shape(Family.DECLINING, k=100.0, p=400.0, onset=8.0, extent=0.5)
    assert qps(one)[3:] == pytest.approx(8 * (8 / N[3:]) ** 0.5, rel=1e-6)
    assert marks(one).ln_peak == pytest.approx(8.0)


def test_cliff_falls_at_once() -> None:
    """Beyond 8 a quarter is left, of which each doubling halves what is left."""
    one = shape(Family.CLIFF, k=100.0, p=400.0, onset=8.0, extent=1.0, drop=0.25)
    assert qps(one)[2:6] == pytest.approx([4.0, 8.0, 1.0, 0.25], rel=1e-6)


def test_falling_beyond_every_number_is_zero_and_no_overflow() -> None:
    """Far beyond its peak a steep fall leaves next to nothing, and a warning would be an error."""
    one = shape(Family.FALLING, p=300.0, onset=4.0, extent=8.0)
    assert 0 < qps(one, np.array([1e9]))[0] < 1e-9


def test_flat_service_has_its_knees_at_one() -> None:
    """One lock: X is the same for all N, so N*, N95 and the power maximum are 1."""
    found = marks(shape(Family.PLAIN, k=1.0, p=2.0))
    assert (found.ln_knee[0], found.ln_n95[0]) == pytest.approx((1.0, 1.0))
    assert found.ln_power[0] == pytest.approx(1.0)


def test_an_end_cuts_every_family() -> None:
    """A curve that ends at 4 is no higher than at 4, whatever it would have been."""
    for family in (Family.PLAIN, Family.CUT, Family.UNIVERSAL):
        one = shape(family, k=50.0, p=1.0, onset=40.0)
        ended = marks(one.ending(np.array([log(4.0)])))
        assert ended.ln_knee[0] == pytest.approx(qps(one, np.array([4.0]))[0], rel=0.01)
        assert ended.ln_n95[0] < 4.0


def test_some_shapes_can_be_taken() -> None:
    """The rows that are asked for, and they only."""
    rows = np.zeros((3, COLUMNS))
    rows[:, 0] = (0.0, 1.0, 2.0)
    shapes = shapes_of(np.zeros(3, dtype=np.int64), rows)
    taken = shapes.take(np.array([True, False, True]))
    assert [exp(v) for v in taken.ln_bend] == pytest.approx([1.0, exp(2.0)])
