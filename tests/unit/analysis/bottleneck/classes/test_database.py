"""Is a database at its limit told from a service at its own, and from statements that wait?"""

from collections.abc import Mapping, Sequence

import pytest

from capacity.analysis.bottleneck.classes.cpu_limit import judge as judge_cpu_limit
from capacity.analysis.bottleneck.classes.database import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import DATABASE_POD, Value, a_case
from tests.unit.resource_builders import POD

REMOTE = "192.0.2.10"
POSTGRES = "127.0.0.1:9256/postgres"


def of_pods(*values: float) -> list[Value]:
    """Values of the database's pod, beside a service that is at ease."""
    return [{DATABASE_POD: value, POD: 0.1} for value in values]


def of_group(*values: float) -> list[Value]:
    """Values of a group of processes."""
    return [{POSTGRES: value} for value in values]


CPU = of_pods(0.3, 0.6, 0.96, 0.97, 0.97)
THROTTLE = of_pods(0.0, 0.1, 0.8, 0.9, 0.9)


def test_the_databases_cpu_at_its_limit_and_held_back_is_high() -> None:
    """It is the database, though the service's pods are in the same reading."""
    case = a_case({"cpu": CPU, "throttle": THROTTLE}, host=REMOTE)
    (found,) = judge(case)
    assert (found.confidence, found.subject.kind, found.subject.name, found.first_level) == (
        Confidence.HIGH,
        SubjectKind.DATABASE,
        DATABASE_POD,
        4.0,
    )
    assert [sentence.text() for sentence in found.evidence] == [
        f"{DATABASE_POD} used 97% of its CPU limit at 8 concurrent; throughput stopped at 400 qps",
        f"{DATABASE_POD} was held back in 90% of the scheduler's periods at 8 concurrent",
    ]
    assert judge_cpu_limit(case) == ()


def test_more_statements_than_twice_its_cores_wait_for_it() -> None:
    """What it may use follows from its cores and their share of the limit."""
    resources: Mapping[str, Sequence[Value]] = {
        "cpu": CPU,
        "pod.cores": of_pods(0.6, 1.2, 1.92, 1.94, 1.94),
        "postgresql.active": [1, 2, 4, 8, 16],
        "postgresql.cache_hits": [0.99, 0.99, 0.9, 0.9, 0.9],
    }
    (found,) = judge(a_case(resources, host=REMOTE))
    assert found.confidence is Confidence.HIGH
    assert [sentence.text() for sentence in found.evidence][1:] == [
        "8 statements ran at the same time on 2 cores at 8 concurrent",
        f"only 90% of the blocks were found in the buffers of {POD} at 8 concurrent",
    ]


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({"cpu": CPU}, id="full, and nothing tells of waiting"),
        pytest.param(
            {"cpu": of_pods(0.3, 0.6, 0.85, 0.85, 0.85), "throttle": THROTTLE}, id="near its limit"
        ),
    ],
)
def test_one_of_both_is_medium(resources: Mapping[str, Sequence[Value]]) -> None:
    """Used up, or waited for."""
    (found,) = judge(a_case(resources, host=REMOTE))
    assert found.confidence is Confidence.MEDIUM


def test_without_a_limit_it_is_what_fills_the_machine() -> None:
    """At most medium: the load is made on the same machine."""
    resources: Mapping[str, Sequence[Value]] = {
        "process_exporter.cores": of_group(0.3, 0.6, 1.3, 1.4, 1.4),
        "node.cpu": [0.3, 0.6, 0.97, 0.98, 0.98],
        "postgresql.active": [1, 2, 4, 8, 16],
    }
    (found,) = judge(a_case(resources))
    assert (found.confidence, found.subject.name) == (Confidence.MEDIUM, POSTGRES)
    assert [sentence.text() for sentence in found.evidence] == [
        f"{POSTGRES} used 1.4 cores of 2 CPUs at 8 concurrent, and the machine was 98% busy",
        "8 statements ran at the same time on 2 cores at 8 concurrent",
    ]


@pytest.mark.parametrize(
    ("lock_waits", "expected"),
    [
        pytest.param([0, 0, 0, 0, 0], Confidence.MEDIUM, id="no locks"),
        pytest.param(None, Confidence.LOW, id="locks not told"),
    ],
)
def test_statements_alone_are_less(lock_waits: list[Value] | None, expected: Confidence) -> None:
    """Those that wait for a lock run as well, as PostgreSQL counts."""
    resources: dict[str, Sequence[Value]] = {"postgresql.active": [1, 2, 5, 9, 16]}
    if lock_waits is not None:
        resources["postgresql.lock_waits"] = lock_waits
    (found,) = judge(a_case(resources))
    assert found.confidence is expected


@pytest.mark.parametrize(
    ("resources", "host"),
    [
        pytest.param({}, "localhost", id="never asked"),
        pytest.param({"cpu": [None] * 5, "postgresql.active": [None] * 5}, "localhost", id="none"),
        pytest.param({"cpu": of_pods(0.3, 0.6, 0.79, 0.79, 0.79)}, REMOTE, id="just below"),
        pytest.param({"cpu": of_pods(0.95, 0.95, 0.95, 0.97, 0.97)}, REMOTE, id="background"),
        pytest.param({"postgresql.active": [1, 2, 3, 4, 4]}, "localhost", id="as many as fit"),
        pytest.param({"postgresql.active": [1, 2, 5, 9, 16]}, REMOTE, id="cores not known"),
        pytest.param(
            {"postgresql.active": [1, 2, 5, 9, 16], "cpu": of_pods(0.1, 0.1, 0.1, 0.1, 0.1)},
            "localhost",
            id="its cpu is at ease",
        ),
        pytest.param(
            {
                "postgresql.active": [1, 2, 5, 9, 16],
                "postgresql.lock_waits": [0, 1, 4, 8, 15],
            },
            "localhost",
            id="they wait for locks",
        ),
        pytest.param(
            {
                "process_exporter.cores": of_group(0.3, 0.6, 1.3, 1.4, 1.4),
                "node.cpu": [0.3, 0.6, 0.7, 0.7, 0.7],
            },
            "localhost",
            id="the machine is not full",
        ),
        pytest.param(
            {
                "process_exporter.cores": of_group(0.1, 0.2, 0.3, 0.3, 0.3),
                "node.cpu": [0.3, 0.6, 0.98, 0.98, 0.98],
            },
            "localhost",
            id="others fill the machine",
        ),
        pytest.param(
            {"process_exporter.cores": of_group(0.3, 0.6, 1.3, 1.4, 1.4)}, "localhost", id="no node"
        ),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]], host: str) -> None:
    """Its CPU must get full, or more run than it has cores."""
    assert judge(a_case(resources, host=host)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples of a pod do not make it sure."""
    resources: Mapping[str, Sequence[Value]] = {"cpu": CPU, "throttle": THROTTLE}
    (found,) = judge(a_case(resources, host=REMOTE, sample_count=3))
    assert found.confidence is Confidence.MEDIUM


def test_cores_without_a_share_leave_the_machine_to_tell() -> None:
    """A share of nothing, or of a pod whose cores were not read."""
    resources: Mapping[str, Sequence[Value]] = {
        "cpu": CPU,
        "pod.cores": of_pods(0.0, 0.0, 0.0, 0.0, 0.0),
        "postgresql.active": [1, 2, 4, 8, 16],
    }
    (found,) = judge(a_case(resources))
    assert found.evidence[1].text() == (
        "8 statements ran at the same time on 2 cores at 8 concurrent"
    )
