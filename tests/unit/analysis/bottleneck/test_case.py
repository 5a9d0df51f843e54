"""Is a run prepared as the classes need it, and is the turn of its curve found?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case, falls_behind, make_case, turn_of
from capacity.model.plan import Purpose
from capacity.model.run import Step, Trust
from tests.unit.builders import CAPACITY, KNEE, a_curve, a_run, a_step
from tests.unit.resource_builders import a_reading


def case_of(*steps: Step) -> Case:
    """The case of a run over these steps."""
    return make_case(a_run(steps), KNEE, CAPACITY)


@pytest.mark.parametrize(
    ("qps", "turn"),
    [
        ((48, 95, 187, 187, 186, 183, 180), 2),
        ((48, 95, 140, 187, 186, 183, 180), 3),
        ((91, 92, 93, 91, 90), 0),
        ((5011, 6466, 5139, 4038, 4187), 1),
        ((5000, 6000, 4500, 3500), 1),
        ((100, 200, 400, 800, 1600), None),
        ((100, 200, 400, 800, 820), 3),
        ((0, 0, 0), None),
        ((100, 0), 0),
        ((100,), None),
        ((), None),
    ],
)
def test_the_turn_is_the_first_level_with_all_of_the_throughput(
    qps: tuple[float, ...], turn: int | None
) -> None:
    """Measured curves of pool, quota and row lock, and curves that never stopped to grow."""
    levels = [2.0**place for place in range(len(qps))]
    assert turn_of(list(zip(levels, qps, strict=True))) == turn


@pytest.mark.parametrize(
    "qps",
    [
        (48, 95, 180, 180, 187.5),
        (48, 95, 178, 178, 187.5),
        (48, 95, 180, 187.5, 178, 186),
        (48, 95, 187, 180, 179, 186),
        (48, 95, 176, 179, 186, 175),
        (48, 95, 182, 196, 195, 187, 178),
    ],
)
def test_scatter_does_not_move_the_turn(qps: tuple[float, ...]) -> None:
    """A level some 5 % below the best is no level that still grew."""
    levels = [2.0**place for place in range(len(qps))]
    assert turn_of(list(zip(levels, qps, strict=True))) == 2


def test_a_last_level_close_by_shows_no_turn() -> None:
    """From 8 to 9 concurrent throughput cannot grow by much: it is not known whether it does."""
    assert turn_of([(1, 100), (2, 200), (4, 400), (8, 800), (9, 830)]) is None
    assert turn_of([(1, 100), (2, 200), (4, 400), (8, 800), (10, 830)]) == 3


@pytest.mark.parametrize(
    ("before", "last", "is_behind"),
    [
        ((2, 63.9), (4, 95.5), True),
        ((4, 144.7), (8, 213.3), True),
        ((4, 144.7), (8, 240.0), False),
        ((100, 100), (125, 110), True),
        ((100, 100), (125, 123), False),
        ((8, 800), (9, 800), False),
        ((1, 0), (2, 100), False),
        ((1, 100), (2, 0), False),
    ],
)
def test_a_last_level_may_fall_behind_the_load(
    before: tuple[float, float], last: tuple[float, float], *, is_behind: bool
) -> None:
    """A CPU at its limit and an edge at its limit (measured); planned starts; no level to tell."""
    assert falls_behind([before, last]) is is_behind
    assert not falls_behind([last])


def test_a_rule_may_end_the_climb_where_throughput_meets_its_limit() -> None:
    """There is no turn yet, but the load has doubled and throughput has not."""
    case = case_of(a_step(1, 32.4), a_step(2, 63.9, index=1), a_step(4, 95.5, index=2))
    assert case.turn is None
    assert case.limit_place == 2
    assert case.has_stopped_growth


def test_a_run_that_broke_at_its_second_level_turned_at_the_first() -> None:
    """Most of its good answers are gone."""
    case = case_of(a_step(1, 100.0), a_step(2, 20.0, index=1))
    assert case.turn == 0
    assert case.has_stopped_growth
    assert case.level_at(case.turn) == 1.0


def test_levels_ascend_and_only_believed_ones_are_among_them() -> None:
    """A step that cannot be believed stands beside; the recovery is no level."""
    steps = list(a_curve((1, 2, 8, 4)))
    steps[2] = replace(steps[2], validity=replace(steps[2].validity, trust=Trust.INVALID))
    recovery = a_step(1, 100.0, index=4)
    recovery = replace(recovery, plan=replace(recovery.plan, purpose=Purpose.RECOVERY))
    case = case_of(*steps, recovery)
    assert [step.plan.load.level for step in case.levels] == [1, 2, 4]
    assert [step.plan.load.level for step in case.disbelieved] == [8]
    assert case.recoveries == (recovery,)
    assert [one.level for one in case.numbers] == [1, 2, 4]


def test_the_plateau_begins_at_the_turn() -> None:
    """From there on throughput is constant; three levels are needed to say how much."""
    case = case_of(*a_curve((1, 2, 4, 8, 16), saturation_qps=400.0))
    assert case.turn == 2
    assert [step.plan.load.level for step in case.plateau] == [4, 8, 16]
    assert case.plateau_constancy_ratio == 0.0
    growing = case_of(*a_curve((1, 2, 4)))
    assert growing.plateau == ()
    assert growing.plateau_constancy_ratio is None
    assert not growing.has_stopped_growth
    assert growing.level_at(growing.turn) is None


def test_a_quantity_that_was_not_asked_for_has_no_point() -> None:
    """Whoever looks for it finds nothing at any level, rather than an error."""
    steps = [replace(step, resources=(a_reading(0.5),)) for step in a_curve((1, 2, 4))]
    case = case_of(*steps)
    assert [point.value for point in case.series("cpu").read] == [0.5, 0.5, 0.5]
    assert case.series("redis.memory").points == (None, None, None)


def test_a_run_without_a_step_has_a_case() -> None:
    """Nothing is known of it."""
    case = case_of()
    assert (case.levels, case.numbers, case.turn) == ((), (), None)
