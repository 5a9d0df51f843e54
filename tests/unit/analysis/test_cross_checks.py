"""Tests of capacity.analysis.cross_checks."""

import pytest

from capacity.analysis.cross_checks import cross_checks
from capacity.analysis.throughput import Observation
from capacity.model.findings import CheckName, CrossCheck, Estimate

KNEE = Estimate(20.0, 18.0, 22.0)


def checks_of(*steps: tuple[float, float], knee: Estimate = KNEE) -> dict[CheckName, CrossCheck]:
    """The checks by name of steps given as (concurrency, QPS)."""
    return {one.name: one for one in cross_checks([Observation(*step) for step in steps], knee)}


def usl(n: float, sigma: float, kappa: float) -> float:
    """The law with lambda = 50."""
    return 50 * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


def test_asymptotic_is_the_definition_itself() -> None:
    """Highest X 500 and R(1) = 1 / 25 make 20, which lies inside our interval."""
    check = checks_of((1, 25), (10, 240), (40, 500), (80, 490))[CheckName.ASYMPTOTIC]
    assert check.concurrency == pytest.approx(20.0)
    assert check.agrees is True


def test_check_outside_of_the_interval_disagrees() -> None:
    """The same 20 against an interval that begins at 21."""
    check = checks_of((1, 25), (10, 240), (40, 500), knee=Estimate(23, 21, 25))
    assert check[CheckName.ASYMPTOTIC].agrees is False


def test_power_is_highest_at_the_bend_of_two_lines() -> None:
    """X^2 / N of min(N, 20) rises up to 20 and falls after it."""
    steps = [(n, min(n, 20.0)) for n in (1, 5, 10, 18, 20, 22, 40, 80)]
    check = checks_of(*steps)[CheckName.POWER]
    assert check.concurrency == pytest.approx(20.0, rel=0.03)
    assert check.agrees is True


def test_power_that_still_rises_names_no_knee() -> None:
    """At an end of the range no maximum was seen."""
    check = checks_of((1, 10), (2, 20), (4, 40))[CheckName.POWER]
    assert (check.concurrency, check.agrees) == (None, None)


def test_usl_finds_its_own_coefficients() -> None:
    """Exact steps of the law give lambda, sigma and kappa back, without a residual."""
    steps = [(n, usl(n, 0.04, 0.0005)) for n in (1, 4, 16, 32, 64, 128)]
    check = checks_of(*steps)[CheckName.USL]
    assert dict(check.coefficients) == pytest.approx(
        {"lambda_qps": 50.0, "sigma": 0.04, "kappa": 0.0005}
    )
    assert check.residual_ratio == pytest.approx(0.0, abs=1e-9)
    peak = (0.96 / 0.0005) ** 0.5
    assert check.concurrency == pytest.approx(usl(peak, 0.04, 0.0005) / 50)


def test_usl_without_kappa_has_its_knee_at_one_over_sigma() -> None:
    """Amdahl's law: X_sup / lambda = 1 / sigma."""
    steps = [(n, usl(n, 0.05, 0.0)) for n in (1, 4, 16, 64, 256)]
    assert checks_of(*steps)[CheckName.USL].concurrency == pytest.approx(20.0, rel=1e-4)


def test_usl_of_a_straight_line_names_no_knee() -> None:
    """Growth like N has neither contention nor coherence that could be seen."""
    check = checks_of((1, 10), (2, 20), (4, 40), (8, 80))[CheckName.USL]
    assert check.concurrency is None
    assert dict(check.coefficients)["lambda_qps"] == pytest.approx(10.0)


def test_usl_says_how_far_it_misses() -> None:
    """Two straight lines are no USL: the root mean square misfit is above 3 %."""
    steps = [(n, min(n, 20.0)) for n in (1, 5, 10, 18, 20, 22, 40, 80)]
    residual = checks_of(*steps)[CheckName.USL].residual_ratio
    assert residual is not None
    assert 0.03 < residual < 0.3


def test_usl_has_no_word_where_one_user_would_have_no_time() -> None:
    """Residence that grows faster than N^2 leaves nothing for R(1), so no law."""
    check = checks_of(*((n, 1e6 * n**-1.5) for n in (10.0, 100.0, 1000.0)))[CheckName.USL]
    assert check == CrossCheck(CheckName.USL, None, None)


def test_repeated_levels_are_averaged() -> None:
    """Two steps at one level count as one, at their mean."""
    check = checks_of((1, 20), (1, 30), (40, 500))[CheckName.ASYMPTOTIC]
    assert check.concurrency == pytest.approx(20.0)
