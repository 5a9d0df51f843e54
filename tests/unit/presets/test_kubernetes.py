"""The quantities of pods: what rules call them, and which series they are about."""

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import (
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Reduction,
    Samples,
)
from capacity.presets.kubernetes import pod_matchers, quantities
from capacity.presets.kubernetes_watch import Watched, watch_queries
from capacity.units import Unit

SHOP = KubernetesScope("shop", ("deploy/web",), ("web-[a-z0-9]+",))
CONTAINERS = '{namespace="shop",pod=~"web-[a-z0-9]+",container!="",container!="POD"}'


def scope(*workloads: str, patterns: tuple[str, ...] = ("x",)) -> KubernetesScope:
    """A namespace with these workloads."""
    return KubernetesScope("shop", workloads, patterns)


def test_each_quantity_has_its_name_and_unit() -> None:
    """The five guards are single words; shares are ratios, so that rules say percent."""
    assert [(quantity.name, quantity.unit) for quantity in quantities(SHOP)] == [
        ("cpu", Unit.RATIO),
        ("throttle", Unit.RATIO),
        ("mem", Unit.RATIO),
        ("restarts", Unit.COUNT),
        ("replicas", Unit.COUNT),
        ("pod.cores", Unit.CORES),
        ("pod.cpu_of_request", Unit.RATIO),
        ("pod.memory", Unit.BYTES),
        ("pod.oom", Unit.COUNT),
        ("pod.volume", Unit.RATIO),
        ("pod.volume_inodes", Unit.RATIO),
        ("pod.psi_cpu", Unit.RATIO),
        ("pod.psi_cpu_stalled", Unit.RATIO),
        ("pod.psi_memory", Unit.RATIO),
        ("pod.psi_memory_stalled", Unit.RATIO),
        ("pod.psi_io", Unit.RATIO),
        ("pod.psi_io_stalled", Unit.RATIO),
        ("pod.network_receive", Unit.BYTES_PER_SECOND),
        ("pod.network_transmit", Unit.BYTES_PER_SECOND),
        ("pod.network_receive_drops", Unit.PER_SECOND),
        ("pod.network_transmit_drops", Unit.PER_SECOND),
        ("pod.network_receive_errors", Unit.PER_SECOND),
        ("pod.network_transmit_errors", Unit.PER_SECOND),
    ]


def test_the_cpu_guard_reads_raw_counters_of_containers() -> None:
    """Its value is the growth of the counter over time, as a share of the limit."""
    cpu = quantities(SHOP)[0]
    assert isinstance(cpu.source, Samples)
    assert cpu.source.selector == f"container_cpu_usage_seconds_total{CONTAINERS}"
    assert cpu.source.reduction is Reduction.RATE
    assert cpu.source.group_by == ("namespace", "pod", "container")
    assert isinstance(cpu.source.share_of, Limit)
    assert cpu.empty_means is EmptyMeans.NO_LIMIT


def test_throttling_is_a_share_of_the_periods_at_the_same_samples() -> None:
    """Without a quota there are no periods, which is no number and not zero."""
    throttle = quantities(SHOP)[1]
    assert isinstance(throttle.source, Samples)
    assert throttle.source.share_of == Growth(f"container_cpu_cfs_periods_total{CONTAINERS}")
    assert throttle.empty_means is EmptyMeans.NO_LIMIT


def test_only_replicas_are_bad_when_low() -> None:
    """The lowest number of ready pods decides; of everything else the highest."""
    low = [q for q in quantities(SHOP) if q.direction is Direction.LOW_IS_BAD]
    assert [quantity.name for quantity in low] == ["replicas"]
    assert isinstance(low[0].source, Expression)


def test_pods_of_any_workload_are_meant() -> None:
    """Patterns are alternatives, each whole; without one every pod of the namespace is meant."""
    assert pod_matchers(scope(patterns=("a|b",)))[1] == 'pod=~"a|b"'
    assert pod_matchers(scope("deploy/a", "deploy/b", patterns=("a-x|y", "b-.*"))) == (
        'namespace="shop"',
        'pod=~"(?:a-x|y)|(?:b-.*)"',
    )
    assert pod_matchers(scope(patterns=())) == ('namespace="shop"', 'pod!=""')


@pytest.mark.parametrize(
    ("workloads", "named"),
    [
        (("deploy/web", "sts/db"), ('deployment=~"web"', 'statefulset=~"db"', 'daemonset=~"-"')),
        (("deployment/a", "deploy/b"), ('deployment=~"a|b"', 'statefulset=~"-"', 'daemonset=~"-"')),
        (("ds/log.d",), ('deployment=~"-"', 'statefulset=~"-"', 'daemonset=~"log\\\\.d"')),
    ],
)
def test_watches_the_replicas_of_the_named_workloads(
    workloads: tuple[str, ...], named: tuple[str, ...]
) -> None:
    """Another workload of the namespace that scales is none of ours."""
    queries = watch_queries(scope(*workloads))
    for watched in (Watched.WANTED_REPLICAS, Watched.READY_REPLICAS):
        parts = queries[watched].query.split(" or ")
        assert [name in part for name, part in zip(named, parts, strict=True)] == [True] * 3
    assert "unless on (namespace,horizontalpodautoscaler)" in queries[Watched.AUTOSCALER_NOW].query


@pytest.mark.parametrize("workloads", [(), ("pod/web-1",), ("deploy/web", "pods: x.*")])
def test_watches_the_whole_namespace_where_owners_are_not_named(workloads: tuple[str, ...]) -> None:
    """Pods that are chosen by name may belong to any workload."""
    queries = watch_queries(scope(*workloads))
    assert (
        'kube_deployment_spec_replicas{namespace="shop"}' in queries[Watched.WANTED_REPLICAS].query
    )
    assert "unless" not in queries[Watched.AUTOSCALER_WANTED].query


def test_every_watch_says_its_labels() -> None:
    """The answer's series have just these."""
    labels = {watched.value: query.labels for watched, query in watch_queries(SHOP).items()}
    assert list(labels) == [watched.value for watched in Watched]
    assert labels["images"] == ("namespace", "pod", "container", "image")
    assert labels["wanted_replicas"] == ("namespace", "deployment", "statefulset", "daemonset")
