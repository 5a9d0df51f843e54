"""Is memory that runs out told from memory that is simply full?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.memory import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import DATABASE_POD, Value, a_case, case_of, steps_with
from tests.unit.resource_builders import POD

RISING: list[Value] = [0.4, 0.6, 0.91, 0.93, 0.95]


def test_memory_that_rises_to_its_limit_is_medium() -> None:
    """It is not sure before something is killed."""
    (found,) = judge(a_case({"mem": RISING}))
    assert (
        found.confidence,
        found.subject.name,
        found.first_level,
    ) == (Confidence.MEDIUM, POD, 4.0)
    assert (
        f"memory of {POD} reached 95% of what it may use at 16 concurrent, from 40% at the first "
        "load"
    ) == found.evidence[0].text()


def test_tasks_that_all_wait_for_memory_say_so_alone() -> None:
    """Pressure stall information needs no limit."""
    (found,) = judge(a_case({"pod.psi_memory_stalled": [0.0, 0.0, 0.08, 0.1, 0.1]}))
    assert found.confidence is Confidence.MEDIUM
    assert (
        f"every task of {POD} waited for memory 10% of the time at 8 concurrent"
        == found.evidence[0].text()
    )


def test_the_memory_of_database_and_node_is_theirs() -> None:
    """Each is a candidate of its own, and the service is none."""
    database: list[Value] = [{DATABASE_POD: value, POD: 0.2} for value in (0.4, 0.6, 0.9, 0.95, 1)]
    node: list[Value] = [{"n1": value} for value in (0.5, 0.6, 0.92, 0.95, 0.97)]
    found = judge(a_case({"mem": database, "node.memory": node}))
    assert [(one.subject.kind, one.subject.name) for one in found] == [
        (SubjectKind.DATABASE, DATABASE_POD),
        (SubjectKind.NODE, "n1"),
    ]


def test_memory_that_rises_with_the_time_is_a_leak_whatever_the_order_of_the_loads() -> None:
    """The highest load was run first here."""
    steps = steps_with({"mem": [0.95, 0.9, 0.7, 0.6, 0.5]})
    last = len(steps) - 1
    late = [
        replace(step, plan=replace(step.plan, index=last - place))
        for place, step in enumerate(steps)
    ]
    (found,) = judge(case_of(late))
    assert "memory of" in found.evidence[0].text()


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"mem": [None] * 5}, id="no data"),
        pytest.param({"mem": [0.4, 0.6, 0.88, 0.89, 0.89]}, id="just below"),
        pytest.param({"mem": [0.95, 0.95, 0.95, 0.96, 0.96]}, id="background"),
        pytest.param({"mem": [0.89, 0.9, 0.91, 0.91, 0.92]}, id="hardly rises"),
        pytest.param({"mem": [0.5, 0.95, 0.6, 0.7, 0.5]}, id="comes and goes"),
        pytest.param({"mem": [0.7, None, None, None, 0.91], "cpu": [0.1] * 5}, id="two points"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """It must be full, and have risen until then; long after the turn it is at most low."""
    assert [one for one in judge(a_case(resources)) if one.confidence is not Confidence.LOW] == []


def test_two_points_rise_when_the_second_is_higher() -> None:
    """There is no rank correlation of two."""
    (found,) = judge(a_case({"mem": [0.5, None, 0.95, None, None]}))
    assert found.first_level == 4.0
    assert judge(a_case({"mem": [0.95, None, 0.5, None, None]})) == ()
