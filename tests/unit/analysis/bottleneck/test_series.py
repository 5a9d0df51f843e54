"""Does a series have the worst member at each level, and nothing where nothing was read?"""

from dataclasses import replace

from capacity.analysis.bottleneck.series import Series, all_series
from capacity.model.bottleneck import Source
from capacity.model.resources import Direction, Reading, ReadingState
from capacity.model.run import Step
from tests.unit.builders import a_curve
from tests.unit.resource_builders import (
    HOLD_END_UNIX_S,
    HOLD_START_UNIX_S,
    a_member,
    a_reading,
)


def steps_of(*readings: Reading) -> tuple[Step, ...]:
    """One level for each reading: 1, 2, 4 and so on."""
    levels = [2**place for place in range(len(readings))]
    return tuple(
        replace(step, resources=(reading,))
        for step, reading in zip(a_curve(levels), readings, strict=True)
    )


def cpu(*values: float | None) -> Series:
    """The series of a share of the CPU."""
    return all_series(steps_of(*(a_reading(value) for value in values)))["cpu"]


def test_a_level_without_a_reading_has_no_point() -> None:
    """What was asked for in vain is no low value."""
    series = cpu(0.2, None, 0.9)
    assert [point and point.value for point in series.points] == [0.2, None, 0.9]
    assert [point.level for point in series.read] == [1, 4]
    assert series.at(1) is None
    assert series.at(None) is None


def test_the_worst_member_speaks_for_a_level() -> None:
    """The highest, or the lowest where low values are bad."""
    pods = [a_member(0.3, "shop/api-1/app"), a_member(0.8, "shop/api-2/app")]
    high = all_series(steps_of(a_reading(members=pods)))["cpu"].points[0]
    low = all_series(steps_of(a_reading(members=pods, direction=Direction.LOW_IS_BAD)))["cpu"]
    assert high is not None
    assert (high.value, high.subject) == (0.8, "shop/api-2/app")
    assert low.worst is not None
    assert low.worst.value == 0.3
    assert low.first_beyond(0.3) == 0
    assert low.first_beyond(0.2) is None


def test_a_threshold_is_reached_at_it() -> None:
    """From it on a value is beyond."""
    series = cpu(0.2, 0.9, 0.95)
    assert series.first_beyond(0.9) == 1
    assert series.first_beyond(0.96) is None
    assert series.worst is not None
    assert series.worst.level == 4


def test_what_lasts_is_not_at_ease_at_the_next_level() -> None:
    """90 % at the threshold, 76.5 % near it; at the last level there is no next one."""
    assert cpu(0.2, 0.9, 0.8, 0.9).lasting_beyond(0.9) == 1
    assert cpu(0.2, 0.9, 0.3, 0.9).lasting_beyond(0.9) == 3
    assert cpu(0.2, 0.9, None, 0.3).lasting_beyond(0.9) == 1
    assert cpu(0.2, 0.3).lasting_beyond(0.9) is None
    assert cpu(None, None).lasting_beyond(0.9) is None
    assert cpu(0.2).near(0.9) == 0.765


def test_a_window_of_a_rule_is_not_the_whole_hold() -> None:
    """The last 20 s of a step are a rule's; a series has whole holds."""
    steps = steps_of(a_reading(0.9, over_s=20.0))
    assert all_series(steps)["cpu"].points == (None,)


def test_a_share_of_no_limit_has_no_point() -> None:
    """Nothing is missing, but there is no value either."""
    steps = steps_of(a_reading(None, state=ReadingState.NO_LIMIT))
    assert all_series(steps)["cpu"].read == ()


def test_one_member_can_be_followed_over_the_levels() -> None:
    """Where it is not among the members there is no point."""
    both = [a_member(0.3, "a"), a_member(0.8, "b")]
    steps = steps_of(a_reading(members=both), a_reading(members=both[1:]), a_reading(None))
    series = all_series(steps)["cpu"].of_subject("a")
    assert [point and point.value for point in series.points] == [0.3, None, None]


def test_a_point_tells_where_it_can_be_looked_up() -> None:
    """The query, the window of the hold and the samples it rests on."""
    point = cpu(0.5).points[0]
    assert point is not None
    assert point.source == Source("query_of_cpu", HOLD_START_UNIX_S, HOLD_END_UNIX_S, 6)


def test_fewer_than_four_samples_are_few() -> None:
    """An unknown number of samples, as of a process that is read as needed, is not."""
    for count, is_few in ((3, True), (4, False), (None, False)):
        reading = a_reading(members=[a_member(0.5, sample_count=count)])
        point = all_series(steps_of(reading))["cpu"].points[0]
        assert point is not None
        assert point.has_few_samples is is_few
