"""Is it told when a resource was at its threshold, and how sure that makes a claim?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import qps_per_core
from capacity.analysis.bottleneck.machine import is_on_this_machine, shared_cpu_count
from capacity.analysis.bottleneck.sight import Sight, confidence_of, marks_of, see, see_own
from capacity.analysis.bottleneck.telling import tell
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.resources import Population
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    Value,
    a_case,
    case_of,
    reading_of,
    steps_with,
)
from tests.unit.builders import a_curve
from tests.unit.resource_builders import POD


def seen(values: list[Value]) -> Sight:
    """What is seen of a pod's CPU from 80 % on."""
    case = a_case({"cpu": values})
    sight = see(case, case.series("cpu"), 0.8)
    assert sight is not None
    return sight


@pytest.mark.parametrize(
    ("values", "place", "is_timed", "is_late"),
    [
        pytest.param([0.1, 0.5, 0.9, 0.9, 0.9], 2, True, False, id="when growth stopped"),
        pytest.param([0.1, 0.8, 0.9, 0.9, 0.9], 1, True, False, id="one level before"),
        pytest.param([0.1, 0.2, 0.3, 0.9, 0.9], 3, False, False, id="one level after"),
        pytest.param([0.1, 0.2, 0.3, 0.4, 0.9], 4, False, True, id="two levels after"),
        pytest.param([None, 0.5, 0.9, 0.9, 0.9], 2, None, False, id="first level not read"),
    ],
)
def test_the_time_of_a_crossing_is_told(
    values: list[Value], place: int, *, is_timed: bool | None, is_late: bool
) -> None:
    """Beside the level at which throughput stopped to grow, the third of five."""
    sight = seen(values)
    assert (sight.place, sight.is_timed, sight.is_late) == (place, is_timed, is_late)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([0.1, 0.3, 0.5, 0.7, 0.9], True, id="at its end"),
        pytest.param([0.1, 0.3, 0.5, 0.85, 0.9], True, id="one level before"),
        pytest.param([0.1, 0.3, 0.85, 0.85, 0.9], False, id="earlier, and it grew on"),
        pytest.param([0.1, 0.7, 0.1, 0.2, 0.9], False, id="not with the load"),
        pytest.param([None, 0.3, 0.5, 0.7, 0.9], None, id="first level not read"),
        pytest.param([0.9, 0.1, 0.5, 0.7, 0.9], False, id="for a while at the first level"),
    ],
)
def test_the_end_of_a_climb_takes_the_place_of_a_turn_that_was_not_seen(
    values: list[Value], *, expected: bool | None
) -> None:
    """A rule was broken there, or the range was at its end."""
    case = a_case({"cpu": values}, qps=100_000.0)
    sight = see(case, case.series("cpu"), 0.8)
    assert sight is not None
    assert (sight.is_timed, sight.is_late) == (expected, False)


def test_the_worst_point_speaks_for_a_resource() -> None:
    """Wherever it is beyond the threshold."""
    assert seen([0.1, 0.5, 0.85, 0.95, 0.9]).worst.level == 8.0


def test_background_is_seen_only_of_what_is_ones_own_and_full_from_the_start() -> None:
    """A node may be busy with others; a container that is full at one caller is full of it."""
    flat, grows = (a_case({"cpu": [0.9] * 5}, qps=qps) for qps in (100.0, 400.0))

    def both(case: Case) -> tuple[bool, bool]:
        series = case.series("cpu")
        return see(case, series, 0.8) is not None, see_own(case, series, 0.8) is not None

    assert (both(flat), both(grows)) == ((False, True), (False, False))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([0.9, 0.3, 0.3, 0.3, 0.3], id="a compiler at the first load"),
        pytest.param([0.1, 0.9, 0.3, 0.3, 0.3], id="one level before the turn"),
        pytest.param([0.9, 0.9, None, 0.3, 0.3], id="not read at the turn"),
    ],
)
def test_what_is_at_ease_where_throughput_met_its_limit_is_not_the_limit(
    values: list[Value],
) -> None:
    """It was full for a while, before it counted."""
    case = a_case({"cpu": values})
    assert see_own(case, case.series("cpu"), 0.8) is None


def test_the_worst_point_is_one_from_where_it_stayed_full() -> None:
    """What a compiler took at the first load is no evidence."""
    sight = seen([0.99, 0.3, 0.85, 0.9, 0.85])
    assert (sight.place, sight.worst.value) == (2, 0.9)


def test_what_was_never_seen_low_makes_nothing_sure() -> None:
    """A node that was busy before may be so by its neighbours."""
    values: list[Value] = [None, 0.9, 0.9, 0.9, 0.9]
    case, sight = a_case({"cpu": values}), seen(values)
    marks = marks_of(case, sight, is_used_up=True, is_waited_for=True)
    assert confidence_of(sight, marks, Confidence.HIGH) is Confidence.MEDIUM
    assert seen([None, 0.5, 0.9, 0.9, 0.9]).was_low


def test_a_resource_without_points_is_not_seen() -> None:
    """Never asked, or never answered."""
    case = a_case({"cpu": [None] * 5})
    assert see(case, case.series("cpu"), 0.8) is None
    assert see_own(case, case.series("prom.none"), 0.8) is None


def test_a_reading_that_may_not_stop_a_run_makes_nothing_sure() -> None:
    """Its samples are many, but cover too little."""
    steps = [
        replace(step, resources=(replace(step.resources[0], may_stop=False),))
        for step in steps_with({"cpu": [0.1, 0.5, 0.9, 0.9, 0.9]})
    ]
    case = case_of(steps)
    sight = see(case, case.series("cpu"), 0.8)
    assert sight is not None
    marks = marks_of(case, sight, is_used_up=True, is_waited_for=True)
    assert (sight.is_thin, confidence_of(sight, marks, Confidence.HIGH)) == (
        True,
        Confidence.MEDIUM,
    )


def test_a_load_is_told_in_the_words_of_its_loop() -> None:
    """So many concurrent, or so many planned each second."""
    closed = case_of(a_curve((1, 2)))
    steps = [
        replace(step, plan=replace(step.plan, load=OpenLoop(50.0, Arrivals.POISSON, 9)))
        for step in a_curve((1,))
    ]
    texts = [
        tell(case, "it was busy {at}", "{at}，它很忙", level=50.0).text(language)
        for case in (closed, case_of(steps))
        for language in ("en", "zh")
    ]
    assert texts == [
        "it was busy at 50 concurrent",
        "并发 50 时，它很忙",
        "it was busy at 50/s planned",
        "计划速率 50/s 时，它很忙",
    ]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 2),
        ("127.0.0.7", 2),
        ("::1", 2),
        ("192.0.2.10", None),
        ("127.example.org", None),
    ],
)
def test_the_machine_is_shared_on_loopback_only(host: str, expected: int | None) -> None:
    """Of another machine the CPUs are not known."""
    case = a_case({}, host=host)
    assert (is_on_this_machine(case), shared_cpu_count(case)) == (expected is not None, expected)


def test_good_answers_for_each_core_leave_the_database_out() -> None:
    """Two pods of the service used one core together."""
    pods: dict[str, float] = {POD: 0.6, "shop/api-8g0/app": 0.4, DATABASE_POD: 3.0}
    case = a_case({"pod.cores": [pods] * 5})
    assert qps_per_core(case, SubjectKind.SERVICE, 4) == 400.0


def test_good_answers_for_each_core_are_not_known_of_the_worst_members_alone() -> None:
    """What the others used is missing; so it is where nothing was used or read."""
    reading = replace(reading_of("pod.cores", 0.5), population=Population(30, 0.4, 0.3))
    steps = [replace(step, resources=(reading,)) for step in a_curve((1, 2))]
    assert qps_per_core(case_of(steps), SubjectKind.SERVICE, 1) is None
    assert qps_per_core(a_case({"pod.cores": [0.0] * 5}), SubjectKind.SERVICE, 1) is None
    assert qps_per_core(a_case({}), SubjectKind.SERVICE, 1) is None
