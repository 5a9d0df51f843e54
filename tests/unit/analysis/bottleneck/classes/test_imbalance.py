"""Is one hot replica told from replicas that are all at work?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.cpu_limit import judge as judge_cpu_limit
from capacity.analysis.bottleneck.classes.imbalance import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import Population
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    Value,
    a_case,
    case_of,
    reading_of,
    steps_with,
)

HOT = "shop/api-5d9c7b6f4d-x1a2b/app"
COLD = "shop/api-5d9c7b6f4d-x1a2c/app"
SIDECAR = "shop/api-5d9c7b6f4d-x1a2b/logger"


def pods(*pairs: tuple[float, float]) -> list[Value]:
    """Values of the hot and of the cold replica."""
    return [{HOT: hot, COLD: cold} for hot, cold in pairs]


FOUR_TO_ONE = pods((0.3, 0.07), (0.6, 0.15), (0.97, 0.24), (0.98, 0.25), (0.98, 0.25))
EVEN = pods((0.3, 0.3), (0.6, 0.5), (0.97, 0.9), (0.98, 0.95), (0.98, 0.96))


def test_a_replica_near_its_limit_beside_an_idle_one_is_high() -> None:
    """The limit of one pod is what it is at, not that of the service."""
    case = a_case({"cpu": FOUR_TO_ONE, "throttle": pods(*[(0.9, 0.0)] * 5)})
    (found,) = judge(case)
    assert (found.confidence, found.subject.name, found.first_level) == (
        Confidence.HIGH,
        HOT,
        4.0,
    )
    assert (
        f"uneven: {HOT} used 98% of its CPU limit at 8 concurrent, its 2 replicas 61.5% on average"
        == found.evidence[0].text()
    )
    (limit,) = judge_cpu_limit(case)
    assert limit.confidence is Confidence.MEDIUM


def test_without_a_limit_cores_are_compared_and_it_is_medium() -> None:
    """Nobody knows how near to its end the hot one is."""
    (found,) = judge(a_case({"pod.cores": FOUR_TO_ONE}))
    assert found.confidence is Confidence.MEDIUM
    assert f"uneven: {HOT} used 0.98 cores at 8 concurrent" in found.evidence[0].text()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples of a pod do not make it sure."""
    (found,) = judge(a_case({"cpu": FOUR_TO_ONE}, sample_count=3))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("hot", "expected"),
    [
        pytest.param(0.85, Confidence.LOW, id="below its limit: it limits nothing yet"),
        pytest.param(0.98, Confidence.HIGH, id="at its limit: it can take no more"),
    ],
)
def test_where_throughput_grows_on_the_limit_decides(hot: float, expected: Confidence) -> None:
    """At the last level, where a rule may have ended the climb."""
    resources: Mapping[str, Sequence[Value]] = {"cpu": [*FOUR_TO_ONE[:4], {HOT: hot, COLD: 0.25}]}
    (found,) = judge(a_case(resources, qps=100_000.0))
    assert (found.confidence, found.first_level) == (expected, 16.0)


def test_between_busy_and_full_it_is_medium() -> None:
    """There is some room left in the hot one."""
    (found,) = judge(a_case({"cpu": pods(*[(0.85, 0.2)] * 5)}))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"cpu": [None] * 5}, id="no data"),
        pytest.param({"cpu": EVEN}, id="even"),
        pytest.param({"cpu": pods(*[(0.9, 0.31)] * 5)}, id="just below"),
        pytest.param({"cpu": pods(*[(0.1, 0.01)] * 5)}, id="all idle"),
        pytest.param({"cpu": [{HOT: 0.9, SIDECAR: 0.1}] * 5}, id="another container of one pod"),
        pytest.param({"cpu": [{HOT: 0.9, DATABASE_POD: 0.1}] * 5}, id="another workload"),
        pytest.param({"cpu": [*FOUR_TO_ONE[:3], *EVEN[3:]]}, id="at one level only"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """Replicas of one workload must differ far, at most levels where it counts."""
    assert judge(a_case(resources)) == ()


def test_a_reading_of_the_worst_members_alone_says_nothing_of_the_others() -> None:
    """They are not listed."""
    reading = replace(reading_of("cpu", {HOT: 0.9, COLD: 0.2}), population=Population(40, 0.2, 0.9))
    steps = [replace(step, resources=(reading,)) for step in steps_with({})]
    assert judge(case_of(steps)) == ()


def test_a_run_without_steps_has_no_replicas() -> None:
    """Nothing was measured."""
    assert judge(case_of(())) == ()
