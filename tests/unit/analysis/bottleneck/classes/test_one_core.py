"""Is a service that can use one core only told from one at its limit?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.one_core import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import ReadingState
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    Value,
    a_case,
    case_of,
    steps_with,
)
from tests.unit.builders import a_latency
from tests.unit.resource_builders import POD

ONE = [0.3, 0.6, 0.98, 1.0, 1.0]
REMOTE = "192.0.2.10"


def test_a_thread_that_fills_a_core_is_high() -> None:
    """A thread cannot be on two cores; requests wait for it."""
    thread = "pid 7 thread 7 app"
    (found,) = judge(
        a_case(
            {
                "process.hot_thread": [{thread: value} for value in ONE],
                "process.cores": ONE,
                "cpu": [value / 4 for value in ONE],
            }
        )
    )
    assert (Confidence.HIGH, 4.0, thread) == (
        found.confidence,
        found.first_level,
        found.subject.name,
    )
    assert [
        f"one thread ({thread}) was busy 100% of a core at 8 concurrent; a thread cannot use more "
        "than one",
        f"{POD} used 1 cores of 4 cores at 8 concurrent and cannot use more",
    ] == [sentence.text() for sentence in found.evidence]


@pytest.mark.parametrize(
    ("resources", "host", "words"),
    [
        pytest.param(
            {"pod.cores": ONE, "cpu": [value / 2 for value in ONE]}, REMOTE, "of 2 cores", id="pod"
        ),
        pytest.param(
            {"pod.cores": ONE, "cpu": [ReadingState.NO_LIMIT] * 5},
            REMOTE,
            "it has no CPU limit",
            id="no limit",
        ),
        pytest.param({"python.cores": ONE}, "localhost", "of 2 cores", id="on this machine"),
    ],
)
def test_one_core_wherever_it_is_flat_is_medium(
    resources: Mapping[str, Sequence[Value]], host: str, words: str
) -> None:
    """The sum of its threads may be of one core for other reasons."""
    (found,) = judge(a_case(resources, host=host))
    assert (found.confidence, found.subject.name) == (Confidence.MEDIUM, POD)
    assert words in found.evidence[0].text()


@pytest.mark.parametrize(
    ("resources", "host"),
    [
        pytest.param({}, REMOTE, id="never asked"),
        pytest.param({"pod.cores": [None] * 5}, REMOTE, id="no data"),
        pytest.param({"pod.cores": ONE}, REMOTE, id="nobody knows what it may use"),
        pytest.param({"pod.cores": ONE, "cpu": ONE}, REMOTE, id="its limit is one core"),
        pytest.param(
            {"pod.cores": ONE, "cpu": [value / 1.2 for value in ONE]}, REMOTE, id="little more"
        ),
        pytest.param(
            {"pod.cores": [0.3, 0.6, 0.98, 1.0, 1.7], "cpu": [0.1] * 5}, REMOTE, id="uses more"
        ),
        pytest.param(
            {"pod.cores": [{DATABASE_POD: value} for value in ONE], "cpu": [0.1] * 5},
            REMOTE,
            id="the database's",
        ),
        pytest.param({"process.hot_thread": [0.2, 0.4, 0.8, 0.85, 0.85]}, REMOTE, id="below"),
        pytest.param({"process.hot_thread": [0.95] * 5}, REMOTE, id="background"),
        pytest.param(
            {"process.hot_thread": ONE, "cpu": [0.3, 0.6, 0.97, 0.98, 0.98]},
            REMOTE,
            id="at its limit: class 1",
        ),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]], host: str) -> None:
    """It must be able to use more, be at one core where it is flat, and not from the start."""
    assert judge(a_case(resources, host=host)) == ()


def test_growth_that_did_not_stop_is_not_one_core() -> None:
    """A service on its way to two cores is at one core once."""
    assert judge(a_case({"process.cores": ONE, "cpu": [0.1] * 5}, qps=100_000.0)) == ()


def test_the_member_among_several_has_its_own_limit() -> None:
    """The share of the same pod tells what that pod may use."""
    pods = [{POD: value, "shop/api-8g0/app": 0.2} for value in ONE]
    shares = [{POD: value / 3, "shop/api-8g0/app": 0.9} for value in ONE]
    (found,) = judge(a_case({"pod.cores": pods, "cpu": shares}, host=REMOTE))
    assert "1 cores of 3 cores" in found.evidence[0].text()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples of a thread do not make it sure."""
    (found,) = judge(a_case({"process.hot_thread": ONE}, sample_count=3))
    assert found.confidence == Confidence.MEDIUM


def test_a_thread_that_refuses_most_requests_is_low() -> None:
    """Its work is not what good answers wait for."""
    steps = [
        replace(
            step,
            counts=replace(step.counts, failures={FailureKind.HTTP_STATUS: 9 * step.counts.ok}),
            failed_latency=a_latency(0.0001),
        )
        for step in steps_with({"process.hot_thread": ONE})
    ]
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.LOW
