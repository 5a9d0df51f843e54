"""Tests of the other methods: on a curve that each is made for it finds what is there."""

from importlib.util import find_spec

import numpy as np
import pytest

from capacity.model.measured import Measured
from knee_bench.model import State
from knee_bench.noise import measured
from knee_bench.rivals import ask_kneed, ask_power, ask_usl, fit_usl, is_here, rates_of

LEVELS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def steps(*rates: float) -> tuple[Measured, ...]:
    """One step a level with this throughput, second after second."""
    pairs = zip(LEVELS, rates, strict=False)
    return tuple(measured(n, np.full(5, qps), index=i) for i, (n, qps) in enumerate(pairs))


TWO_LINES = steps(*(100.0 * min(n, 32) for n in LEVELS))
STRAIGHT = steps(*(100.0 * n for n in LEVELS))


def test_steps_are_taken_by_their_load() -> None:
    """Order does not matter."""
    levels, qps = rates_of(tuple(reversed(TWO_LINES)))
    assert tuple(levels) == LEVELS
    assert qps[-1] == 3200.0


def test_power_finds_the_bend_of_two_lines() -> None:
    """X^2 / N is highest where the lines meet, but for the smooth bend between two loads."""
    answer = ask_power(TWO_LINES)
    assert answer.state is State.SATURATED
    assert answer.knee is not None
    assert answer.knee.value == pytest.approx(32.0, rel=0.1)
    assert answer.is_retrograde is None


def test_power_names_no_knee_on_a_straight_line() -> None:
    """There it is highest at the last load."""
    assert ask_power(STRAIGHT).state is State.NOT_REACHED


def test_power_sees_a_service_that_is_saturated_from_the_start() -> None:
    """There it is highest at the first load."""
    assert ask_power(steps(*(500.0 for _ in LEVELS))).state is State.BELOW_RANGE


def test_usl_recovers_its_own_coefficients() -> None:
    """Exact throughput gives rate, sigma and kappa back."""
    n = np.array(LEVELS, dtype=np.float64)
    qps = 50.0 * n / (1 + 0.03 * (n - 1) + 2e-4 * n * (n - 1))
    assert fit_usl(n, qps) == pytest.approx([50.0, 0.03, 2e-4], rel=1e-3)


def test_usl_finds_the_fall_and_the_knee() -> None:
    """X_sup is at sqrt((1 - sigma) / kappa) = 69.6, and N* is X_sup / rate."""
    n = np.array(LEVELS, dtype=np.float64)
    qps = 5000.0 * n / (1 + 0.03 * (n - 1) + 2e-4 * n * (n - 1))
    answer = ask_usl(steps(*qps))
    top = 69.64 / (1 + 0.03 * 68.64 + 2e-4 * 69.64 * 68.64)
    assert answer.is_retrograde is True
    assert answer.knee is not None
    assert answer.knee.value == pytest.approx(top, rel=0.01)


def test_usl_names_no_knee_before_it_is_reached() -> None:
    """N95 beyond the last load is no knee."""
    assert ask_usl(STRAIGHT).state is State.NOT_REACHED


@pytest.mark.skipif(find_spec("kneed") is None, reason="only make knee-bench installs kneed")
def test_kneed_names_a_tested_load() -> None:
    """Kneedle answers with one of the points that it was given."""
    answer = ask_kneed(TWO_LINES)
    assert answer.knee is not None
    assert answer.knee.value == 32.0


def test_kneed_is_asked_only_where_it_is_installed() -> None:
    """The other methods need nothing beyond what `capacity` has."""
    assert is_here("kneed") == (find_spec("kneed") is not None)
    assert is_here("USL")
