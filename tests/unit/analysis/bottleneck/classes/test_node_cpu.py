"""Is a node without CPU told from a service at its own limit?"""

from collections.abc import Mapping, Sequence

import pytest

from capacity.analysis.bottleneck.classes.node_cpu import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import Value, a_case
from tests.unit.resource_builders import POD

REMOTE = "192.0.2.10"
NODE = "10.0.0.1:9100"


def of_node(*values: float) -> list[Value]:
    """Values of one node."""
    return [{NODE: value} for value in values]


BUSY: Mapping[str, Sequence[Value]] = {
    "node.cpu": of_node(0.3, 0.6, 0.96, 0.97, 0.97),
    "node.psi_cpu": of_node(0.0, 0.1, 0.4, 0.5, 0.5),
    "cpu": [0.1, 0.2, 0.45, 0.45, 0.45],
}


def test_a_full_node_and_a_service_below_its_limit_is_high() -> None:
    """With tasks that wait, at the level where throughput stopped."""
    (found,) = judge(a_case(BUSY, host=REMOTE))
    assert (
        found.confidence,
        found.subject.kind,
        found.subject.name,
        found.first_level,
    ) == (Confidence.HIGH, SubjectKind.NODE, NODE, 4.0)
    assert [
        f"node {NODE} was 97% busy at 8 concurrent",
        f"tasks on {NODE} waited for a CPU 50% of the time at 8 concurrent",
        f"{POD} used 45% of its own CPU limit at 8 concurrent",
    ] == [sentence.text() for sentence in found.evidence]


def test_on_the_machine_of_the_load_generator_it_is_never_high() -> None:
    """A part of it is our own, and that is said."""
    busy = {**BUSY, "cpu": [0.1, 0.3, 0.6, 0.6, 0.6]}
    (found,) = judge(a_case(busy))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[-1].text() == (
        "the load is made on the same machine, so a part of this is the load generator's own"
    )


def test_a_service_at_ease_on_the_machine_of_the_load_generator_misses_little() -> None:
    """Below half of its limit there, it is low."""
    (found,) = judge(a_case(BUSY))
    assert found.confidence is Confidence.LOW


def test_steal_is_not_ours_wherever_the_load_is_made() -> None:
    """Another virtual machine takes the CPU, on loopback too."""
    (found,) = judge(a_case({**BUSY, "node.steal": of_node(0.0, 0.01, 0.08, 0.1, 0.1)}))
    assert found.confidence is Confidence.HIGH
    assert (
        f"other virtual machines took 10% of the CPU time of {NODE} at 8 concurrent"
        == found.evidence[1].text()
    )


def test_a_service_that_was_not_seen_leaves_it_at_medium() -> None:
    """It may be at its own limit."""
    resources = {name: values for name, values in BUSY.items() if name != "cpu"}
    (found,) = judge(a_case(resources, host=REMOTE))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"node.cpu": [None] * 5}, id="no data"),
        pytest.param({"node.cpu": of_node(0.3, 0.6, 0.89, 0.89, 0.89)}, id="just below"),
        pytest.param({"node.cpu": of_node(0.95, 0.95, 0.96, 0.97, 0.97)}, id="background"),
        pytest.param({**BUSY, "cpu": [0.3, 0.6, 0.95, 0.97, 0.97]}, id="the service is full"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """The node must get full with the load, and the service must not be."""
    assert judge(a_case(resources, host=REMOTE)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples of a node do not make it sure."""
    (found,) = judge(a_case(BUSY, host=REMOTE, sample_count=3))
    assert found.confidence is Confidence.MEDIUM


def test_one_of_several_nodes_is_medium() -> None:
    """Nobody says that the service is on it."""
    several: list[Value] = [{NODE: v, "10.0.0.2:9100": 0.2} for v in (0.3, 0.6, 0.96, 0.97, 0.97)]
    (found,) = judge(a_case({**BUSY, "node.cpu": several}, host=REMOTE))
    assert (found.confidence, found.subject.name) == (Confidence.MEDIUM, NODE)
