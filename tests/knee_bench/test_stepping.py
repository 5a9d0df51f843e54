"""Tests of the simulated climbs: they are the real ones, and both sides are counted alike."""

from math import inf, log

import numpy as np
import pytest

from capacity.model.findings import Estimate
from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, SearchPlan
from knee_bench.climbs import a_plan, climb
from knee_bench.curves import draw_curve, sharp_curve
from knee_bench.model import Answer, Noise, State, Truth
from knee_bench.stepping import (
    CLASSES,
    CLIMB_S,
    FIXED_LEVELS,
    FIXED_S,
    Duel,
    compare,
    duel,
)

QUIET = Noise(step_ratio=0.002, second_ratio=0.0, r=0.0, outlier_probability=0.0)
CURVE = sharp_curve("two lines", 40.0, 8000.0)


def test_ten_fixed_loads_are_geometric() -> None:
    """From 1 to 1024, by 2.16; they take 350 s and the climb has half."""
    assert FIXED_LEVELS == (1, 2, 5, 10, 22, 47, 102, 219, 474, 1024)
    assert (FIXED_S, CLIMB_S) == (350.0, 175.0)


def test_a_climb_without_search_climbs_its_ladder_until_growth_ends() -> None:
    """By four to 40: growth below 3 % at 256 and again at 1024 ends it."""
    plan = a_plan((1, 4, 16, 64, 256, 1024, 4096), SearchPlan(), settle_s=2.0, hold_s=10.0)
    found = climb(plan, CURVE, QUIET, np.random.default_rng(1))
    assert [step.plan.load.level for step in found.steps] == [1, 4, 16, 64, 256, 1024]
    assert found.steps[2].qps == pytest.approx(3200.0, rel=0.02)
    assert found.took_s >= 6 * 12.0


def test_a_climb_keeps_its_budget() -> None:
    """Settle and hold of all steps never exceed it."""
    plan = a_plan((1, 4, 16, 64, 256, 1024), SearchPlan(budget_s=100.0), settle_s=2.0, hold_s=10.0)
    found = climb(plan, CURVE, QUIET, np.random.default_rng(1))
    assert 80.0 < found.took_s <= 100.0
    assert {step.plan.purpose for step in found.steps} == {Purpose.LADDER, Purpose.REFINE}
    assert len(found.measured) == len(found.steps)


def test_a_broken_limit_is_measured_again_and_ends_the_ladder() -> None:
    """A limiter fails above its limit: one breach is a suspicion, two are the end."""
    curve = draw_curve(np.random.default_rng(3), "limiter, flat", 50.0)
    plan = a_plan((1, 4, 16, 64, 256), SearchPlan(recheck=True), settle_s=2.0, hold_s=10.0)
    found = climb(plan, curve, QUIET, np.random.default_rng(1))
    above = [step.plan for step in found.steps if step.counts.success_ratio != 1.0]
    assert [step.purpose for step in above] == [Purpose.LADDER, Purpose.RECHECK]
    assert len({step.load for step in above}) == 1
    assert above[0].load in (ClosedLoop(64), ClosedLoop(256))


def a_duel(fixed: float | None, climbed: float | None, *, steps: int = 10) -> Duel:
    """A curve with its knee at 100, and what the two ways of measuring say."""
    truth = Truth(knee=100.0, n95=150.0, saturation_qps=1.0, peak=None)
    return Duel(1, CURVE, truth, an_answer(fixed), an_answer(climbed), steps, 12.0 * steps)


def an_answer(knee: float | None) -> Answer:
    """An answer with this knee; None names none."""
    if knee is None:
        return Answer(State.NOT_REACHED, None, None, None, None)
    return Answer(State.SATURATED, Estimate(knee, knee, knee), None, None, None)


def test_a_class_is_compared_by_medians() -> None:
    """Medians of |ln|; a knee that was not named is an infinite error."""
    duels = [a_duel(110.0, 105.0), a_duel(100.0, 102.0, steps=12), a_duel(104.0, None, steps=14)]
    row = compare(duels)
    assert row.fixed[0] == pytest.approx(log(1.04))
    assert row.climbed[0] == pytest.approx(log(1.05))
    assert row.climbed[1] == inf
    assert row.ratio == pytest.approx(0.05 / 0.04)
    assert row.as_good == pytest.approx(1 / 3)
    assert (row.curves, row.mean_steps, row.mean_s) == (3, 12.0, 144.0)


@pytest.fixture(scope="module")
def duels() -> dict[str, Duel]:
    """One curve of each class, measured both ways."""
    return {name: duel(2, name) for name in CLASSES}


def test_a_duel_is_fair(duels: dict[str, Duel]) -> None:
    """The climb takes at most half of the time, on a curve of its class with its knee in range."""
    for name, one in duels.items():
        assert one.curve.kind in CLASSES[name]
        assert one.climb_s <= CLIMB_S
        assert 1.2 <= one.truth.n95 <= 800.0


def test_a_duel_is_the_same_every_time(duels: dict[str, Duel]) -> None:
    """A seed is a curve and its noise."""
    again = duel(2, "two lines")
    assert (again.climb_error, again.climb_s) == (
        duels["two lines"].climb_error,
        duels["two lines"].climb_s,
    )


def test_climbs_find_the_knee_in_half_the_time(duels: dict[str, Duel]) -> None:
    """A loose bar, so that a ladder that lost its ways fails here: half of them within 8 %."""
    assert compare(tuple(duels.values())).climbed[0] <= log(1.08)
