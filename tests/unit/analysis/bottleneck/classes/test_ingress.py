"""Is an edge that is at its limit told from a service that is slow behind it?"""

from collections.abc import Mapping, Sequence

import pytest

from capacity.analysis.bottleneck.classes.ingress import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from tests.unit.analysis.bottleneck.cases import INGRESS_POD, Value, a_case
from tests.unit.resource_builders import POD


def of_pods(*values: float) -> list[Value]:
    """Values of the controller's pod, beside a service that is at ease."""
    return [{INGRESS_POD: value, POD: 0.1} for value in values]


UPSTREAM: list[Value] = [0.009] * 5
EDGE: list[Value] = [0.010, 0.012, 0.030, 0.050, 0.080]


def test_a_controller_at_its_limit_and_held_back_is_high() -> None:
    """As for the service itself; what the edge adds is told beside it."""
    resources: Mapping[str, Sequence[Value]] = {
        "cpu": of_pods(0.3, 0.6, 0.96, 0.97, 0.97),
        "throttle": of_pods(0.0, 0.1, 0.8, 0.9, 0.9),
        "ingress_nginx.request_mean": EDGE,
        "ingress_nginx.upstream_mean": UPSTREAM,
        "ingress_nginx.status_502": [0.0, 0.0, 0.0, 0.02, 0.03],
    }
    (found,) = judge(a_case(resources))
    assert (found.confidence, found.subject.kind, found.subject.name, found.first_level) == (
        Confidence.HIGH,
        SubjectKind.INGRESS,
        INGRESS_POD,
        4.0,
    )
    assert [sentence.text() for sentence in found.evidence] == [
        f"{INGRESS_POD} used 97% of its CPU limit at 8 concurrent; throughput stopped at 400 qps",
        f"{INGRESS_POD} was held back in 90% of the scheduler's periods at 8 concurrent",
        "the edge adds 41ms at 8 concurrent; the service itself answers it in 9ms",
        "the edge answered 2% of the requests with 502 at 8 concurrent",
    ]


def test_a_worker_that_fills_a_core_is_high() -> None:
    """A worker of a proxy is one thread."""
    values = (0.3, 0.6, 0.95, 0.96, 0.96)
    resources: Mapping[str, Sequence[Value]] = {
        "process_exporter.hot_thread": [{"h:9256/haproxy": value} for value in values]
    }
    (found,) = judge(a_case(resources))
    assert found.confidence is Confidence.HIGH
    assert found.evidence[0].text() == (
        "the busiest thread of h:9256/haproxy used 96% of a core at 8 concurrent"
    )


def test_what_the_edge_adds_alone_is_medium() -> None:
    """Only a run without the edge could make it sure."""
    resources = {"ingress_nginx.request_mean": EDGE, "ingress_nginx.upstream_mean": UPSTREAM}
    (found,) = judge(a_case(resources))
    assert (found.confidence, found.first_level) == (Confidence.MEDIUM, 4.0)
    assert (
        found.evidence[0].text()
        == "the edge adds 21ms at 4 concurrent; the service itself answers it in 9ms"
    )


def test_where_throughput_grows_on_what_the_edge_adds_is_low() -> None:
    """It has limited nothing yet."""
    resources = {"ingress_nginx.request_mean": EDGE, "ingress_nginx.upstream_mean": UPSTREAM}
    (found,) = judge(a_case(resources, qps=100_000.0))
    assert found.confidence is Confidence.LOW


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"cpu": [None] * 5}, id="no data"),
        pytest.param({"cpu": of_pods(0.3, 0.6, 0.79, 0.79, 0.79)}, id="just below"),
        pytest.param({"cpu": of_pods(0.95, 0.95, 0.95, 0.96, 0.96)}, id="background"),
        pytest.param({"ingress_nginx.request_mean": EDGE}, id="nothing to compare with"),
        pytest.param(
            {
                "ingress_nginx.request_mean": [0.010, 0.012, 0.030, 0.050, 0.080],
                "ingress_nginx.upstream_mean": [0.009, 0.011, 0.028, 0.048, 0.078],
            },
            id="the service is slow",
        ),
        pytest.param(
            {
                "ingress_nginx.request_mean": [0.020, 0.021, 0.022, 0.023, 0.024],
                "ingress_nginx.upstream_mean": [0.010] * 5,
            },
            id="it always adds as much",
        ),
        pytest.param(
            {
                "ingress_nginx.request_mean": [0.009] * 5,
                "ingress_nginx.upstream_mean": [0.010] * 5,
            },
            id="nothing added",
        ),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """The edge must be at its limit, or add ever more."""
    assert judge(a_case(resources)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    resources: Mapping[str, Sequence[Value]] = {
        "cpu": of_pods(0.3, 0.6, 0.96, 0.97, 0.97),
        "throttle": of_pods(0.0, 0.1, 0.8, 0.9, 0.9),
        "ingress_nginx.request_mean": [0.009] * 5,
        "ingress_nginx.upstream_mean": [0.010] * 5,
    }
    (found,) = judge(a_case(resources, sample_count=3))
    assert (found.confidence, len(found.evidence)) == (Confidence.MEDIUM, 2)
