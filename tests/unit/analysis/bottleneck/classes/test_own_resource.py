"""Is a resource that the profile names called by its name when it gets full?"""

from collections.abc import Sequence

import pytest

from capacity.analysis.bottleneck.classes.cpu_limit import judge as judge_cpu_limit
from capacity.analysis.bottleneck.classes.database import judge as judge_database
from capacity.analysis.bottleneck.classes.own_resource import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import OwnResource, ResourceRole
from tests.unit.analysis.bottleneck.cases import Value
from tests.unit.analysis.bottleneck.test_own_resources import case_with
from tests.unit.resource_builders import POD

GPU = OwnResource("GPU", "prom.gpu", ResourceRole.SERVICE, 0.95, grows=False)
QUEUE = OwnResource("engine queue", "prom.waiting", ResourceRole.DOWNSTREAM, None, grows=True)
FULL: list[Value] = [{"": value} for value in (0.3, 0.6, 0.96, 0.99, 0.99)]
LEDGER = "shop/ledger-7f9/main"


def test_a_full_one_that_requests_wait_for_is_high_and_has_its_name() -> None:
    """Full when throughput stopped; a query without members is called as the profile calls it."""
    (found,) = judge(case_with([GPU], {"prom.gpu": FULL}))
    assert (found.confidence, found.first_level, found.title.text()) == (
        Confidence.HIGH,
        4.0,
        "GPU",
    )
    assert (found.subject.kind, found.subject.name) == (SubjectKind.SERVICE, "GPU")
    assert found.evidence[0].text() == (
        "GPU was at 99% at 8 concurrent; by the profile it is full at 95%"
    )
    assert found.advice.text() == "give GPU more room, or find out what uses it up"


def test_a_queue_that_grows_is_medium() -> None:
    """That something waits does not say what for."""
    waiting: list[Value] = [0, 0, 6, 14, 30]
    (found,) = judge(case_with([QUEUE], {"prom.waiting": waiting}))
    assert (found.confidence, found.subject.kind) == (Confidence.MEDIUM, SubjectKind.DOWNSTREAM)
    assert "engine queue grew from" in found.evidence[0].text()


def test_a_node_is_used_by_others_too() -> None:
    """What is full from the start there is background, whatever throughput did."""
    node = OwnResource("link", "prom.link", ResourceRole.NODE, 0.9, grows=False)
    assert judge(case_with([node], {"prom.link": [0.95] * 5})) == ()
    assert len(judge(case_with([node], {"prom.link": FULL}))) == 1


@pytest.mark.parametrize(
    ("own", "values"),
    [
        pytest.param(GPU, [None] * 5, id="no data"),
        pytest.param(GPU, [0.3, 0.6, 0.94, 0.94, 0.94], id="just below"),
        pytest.param(GPU, [0.97] * 5, id="background"),
        pytest.param(QUEUE, [0, 0, 0, 0, 0], id="an empty queue"),
    ],
)
def test_nothing_is_named_otherwise(own: OwnResource, values: Sequence[Value]) -> None:
    """It must get full, or grow, with the load."""
    assert judge(case_with([own], {own.quantity: values})) == ()


def test_pools_and_what_presets_read_have_classes_that_know_more() -> None:
    """They are not named twice."""
    pool = OwnResource("pool", "prom.used", ResourceRole.POOL, 0.9, grows=False)
    cpu = OwnResource("gateway CPU", "cpu", ResourceRole.SERVICE, 0.85, grows=False)
    assert judge(case_with([pool, cpu], {"prom.used": FULL, "cpu": FULL})) == ()


def test_a_workload_is_what_the_profile_says_it_is() -> None:
    """Its name would not tell that it is a database."""
    ledger = OwnResource(
        "ledger",
        "cpu",
        ResourceRole.DATABASE,
        0.9,
        grows=False,
        workload="deploy/ledger",
        pod_pattern="^ledger-[a-z0-9]+$",
    )
    resources = {
        "cpu": [{LEDGER: value, POD: 0.1} for value in (0.3, 0.6, 0.96, 0.97, 0.97)],
        "throttle": [{LEDGER: value} for value in (0.0, 0.1, 0.8, 0.9, 0.9)],
    }
    (limit,) = judge_cpu_limit(case_with([], resources))
    (database,) = judge_database(case_with([ledger], resources))
    assert (limit.subject.kind, database.subject.kind) == (
        SubjectKind.SERVICE,
        SubjectKind.DATABASE,
    )
    assert judge_cpu_limit(case_with([ledger], resources)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    (found,) = judge(case_with([GPU], {"prom.gpu": FULL}, sample_count=3))
    assert found.confidence is Confidence.MEDIUM
