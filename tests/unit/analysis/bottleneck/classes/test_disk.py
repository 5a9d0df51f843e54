"""Is a disk that holds the service up told from one that is merely at work?"""

from collections.abc import Mapping, Sequence

import pytest

from capacity.analysis.bottleneck.classes.disk import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import Value, a_case, case_of, steps_with
from tests.unit.analysis.bottleneck.classes.test_database_connections import failing

SDA = "n1:9100/sda"


def of_disk(*values: float) -> list[Value]:
    """Values of one disk."""
    return [{SDA: value} for value in values]


BUSY = of_disk(0.3, 0.6, 0.96, 0.97, 0.97)
QUEUE = of_disk(0.5, 1, 12, 14, 14)
VOLUME: list[Value] = [0.7, 0.8, 0.96, 0.99, 0.99]


def test_a_busy_disk_with_a_queue_is_medium() -> None:
    """Used up and waited for; nothing failed."""
    (found,) = judge(a_case({"node.disk": BUSY, "node.disk_queue": QUEUE}))
    assert (found.confidence, found.subject.kind, found.subject.name, found.first_level) == (
        Confidence.MEDIUM,
        SubjectKind.NODE,
        SDA,
        4.0,
    )
    assert [sentence.text() for sentence in found.evidence] == [
        f"disk {SDA} was busy 97% of the time at 8 concurrent",
        f"14 requests waited at disk {SDA} at 8 concurrent, on average",
    ]


def test_a_full_volume_and_answers_that_fail_is_high() -> None:
    """Nothing can be written any more."""
    (found,) = judge(case_of(failing(steps_with({"pod.volume": VOLUME}), 3, 0.2)))
    assert found.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"pod.volume": VOLUME}, Confidence.MEDIUM, id="full, nothing failed"),
        pytest.param({"node.disk": BUSY}, Confidence.LOW, id="busy alone"),
        pytest.param({"node.disk_queue": QUEUE}, Confidence.LOW, id="a queue alone"),
        pytest.param(
            {"node.disk": BUSY, "pod.psi_io_stalled": [0.0, 0.0, 0.2, 0.3, 0.3]},
            Confidence.MEDIUM,
            id="tasks that all wait",
        ),
    ],
)
def test_less_evidence_is_less_sure(
    resources: Mapping[str, Sequence[Value]], expected: Confidence
) -> None:
    """One of both, or a volume that nobody failed to write to."""
    (found,) = judge(a_case(resources))
    assert found.confidence is expected


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"node.disk": [None] * 5}, id="no data"),
        pytest.param({"node.disk": of_disk(0.3, 0.6, 0.89, 0.89, 0.89)}, id="just below"),
        pytest.param({"node.disk": of_disk(*[0.95] * 5)}, id="background"),
        pytest.param({"pod.volume": [0.96] * 5}, id="full from the start"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """It must get busy or full with the load."""
    assert judge(a_case(resources)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    steps = failing(steps_with({"pod.volume": VOLUME}, sample_count=3), 3, 0.2)
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM
