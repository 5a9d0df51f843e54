"""Tests of capacity.analysis.ranges."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp

import pytest

from capacity.analysis.ranges import qps_range
from capacity.analysis.throughput import observe
from capacity.model.findings import CurvePoint, Estimate
from capacity.model.measured import Measured
from capacity.model.plan import Purpose
from tests.unit.builders import a_knee
from tests.unit.measured_builders import a_measured

NOISY = (700, 880, 760, 850, 820, 690, 900, 810, 790, 800)
FIT = replace(a_knee(8.0).fit, noise_ratio=0.02)


def climb(scatter: Sequence[float] = (0.0,) * 5) -> list[Measured]:
    """Steps of 800/s at most, each off the curve by a factor."""
    levels = (1, 3, 8, 20, 64)
    return [
        a_measured(n, min(100.0 * n, 800.0) * exp(off), index=i)
        for i, (n, off) in enumerate(zip(levels, scatter, strict=True))
    ]


def half_width(estimate: Estimate | None) -> float:
    """How far the upper end is above the value, as a share of it."""
    assert estimate is not None
    return estimate.high / estimate.value - 1


def test_the_scatter_of_the_seconds_is_the_error_of_the_step() -> None:
    """1.645 standard errors to either side."""
    step = a_measured(8, 800.0, seconds=NOISY)
    seen = observe(step)
    assert seen is not None
    assert seen.error_ratio is not None
    found = qps_range(step, [step], None)
    assert half_width(found) == pytest.approx(exp(1.645 * seen.error_ratio) - 1)
    assert found is not None
    assert found.low == pytest.approx(800.0 * 800.0 / found.high)


def test_the_noise_between_steps_joins_it() -> None:
    """As independent errors do; without seconds it is all that is known."""
    alone = half_width(qps_range(climb()[2], climb(), FIT))
    assert alone == pytest.approx(exp(1.645 * 0.02) - 1)
    step = replace(climb()[2], intervals=a_measured(seconds=NOISY).intervals)
    seen = observe(step)
    assert seen is not None
    assert seen.error_ratio is not None
    joined = (0.02**2 + seen.error_ratio**2) ** 0.5
    assert half_width(qps_range(step, climb(), FIT)) == pytest.approx(exp(1.645 * joined) - 1)


def test_steps_that_follow_no_curve_make_none_sure() -> None:
    """Off by a fifth in the middle is much; one step that is off alone says nothing of others."""
    scattered = climb((0.2, -0.2, 0.0, 0.2, -0.2))
    assert half_width(qps_range(scattered[2], scattered, FIT)) > 0.5
    one_off = climb((0.0, 0.0, 0.0, 0.0, -2.0))
    assert half_width(qps_range(one_off[2], one_off, FIT)) < 0.04


def test_steps_of_other_purposes_and_unusable_ones_do_not_scatter() -> None:
    """A recovery after the harm is no step of the curve."""
    odd = [
        a_measured(8, 80.0, index=9, purpose=Purpose.RECOVERY),
        replace(a_measured(8, 80.0, index=10), is_usable=False),
        a_measured(8, 0.0, index=11),
        replace(a_measured(8, 80.0, index=12), qps=None, intervals=()),
        a_measured(500, 80.0, index=13),
    ]
    step = climb()[2]
    assert qps_range(step, [*climb(), *odd * 3], FIT) == qps_range(step, climb(), FIT)
    assert qps_range(step, odd, FIT) == qps_range(step, climb(), FIT)


def test_a_step_that_the_curve_denies_is_unsure_down_to_the_curve() -> None:
    """100 times too much, or a tenth of what the others promise."""
    for qps in (80_000.0, 80.0):
        step = a_measured(8, qps, index=2)
        found = qps_range(step, [*climb()[:2], step, *climb()[3:]], FIT)
        assert found is not None
        assert found.value == qps
        ends = (found.low, found.high)
        assert min(ends) <= 820
        assert max(ends) >= 780


def test_beyond_the_curve_its_noise_still_counts() -> None:
    """A level over which throughput had collapsed has no point of it."""
    short = replace(FIT, curve=(CurvePoint(1, 100, 99, 101), CurvePoint(4, 400, 396, 404)))
    assert half_width(qps_range(climb()[2], climb(), short)) == pytest.approx(exp(1.645 * 0.02) - 1)
    bare = replace(FIT, curve=())
    assert half_width(qps_range(climb()[2], climb(), bare)) == pytest.approx(exp(1.645 * 0.02) - 1)


def test_next_to_nothing_is_a_number_like_others() -> None:
    """A throughput that no division can hold, and an error beyond all measure, stay finite."""
    steps = climb()
    steps[1] = replace(steps[1], qps=5e-324)
    unsure = replace(steps[2], intervals=(), qps_error_ratio=1e300)

    for best in (steps[2], unsure):
        found = qps_range(best, steps, FIT)
        assert found is not None
        assert 0 < found.low <= 800.0 <= found.high < 1e40


def test_where_nothing_is_known_nothing_is_said() -> None:
    """No seconds and no curve, or no throughput."""
    step = climb()[2]
    assert qps_range(step, climb(), None) is None
    assert qps_range(replace(step, qps=None), climb(), FIT) is None
