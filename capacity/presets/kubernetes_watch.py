"""How is Prometheus asked what the pods under test are at one moment?

Each query is an instant one; two answers, from before and after a hold, tell what has changed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from capacity.model.plan import KubernetesScope
from capacity.presets.kubernetes import CONTAINER, pod_matchers
from capacity.presets.promql import equals, matches, quoted, selector

_AUTOSCALER = ("namespace", "horizontalpodautoscaler")
_POD = ("namespace", "pod")


class Watched(StrEnum):
    """What is looked at.

    PODS has the uid and node of each, READY 1 or 0. OOM_KILLED is 1 for a container whose last end
    was for want of memory, and stays so; it says something only beside a restart. The replicas are
    those of a deployment, stateful set or daemon set; the wanted ones of an autoscaler may be more
    than it has now, and never more than its highest number.
    """

    PODS = "pods"
    READY = "ready"
    RESTARTS = "restarts"
    OOM_KILLED = "oom_killed"
    OOM_EVENTS = "oom_events"
    IMAGES = "images"
    LIMITS = "limits"
    WANTED_REPLICAS = "wanted_replicas"
    READY_REPLICAS = "ready_replicas"
    AUTOSCALER_NOW = "autoscaler_now"
    AUTOSCALER_WANTED = "autoscaler_wanted"
    AUTOSCALER_HIGHEST = "autoscaler_highest"


@dataclass(frozen=True, slots=True)
class WatchQuery:
    """PromQL, and the labels of each series of its answer; one that a source lacks is left out."""

    query: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of workload: its words in a scope, and how kube-state-metrics names its replicas."""

    words: tuple[str, ...]
    label: str
    wanted: str
    ready: str


_KINDS = (
    _Kind(
        ("deploy", "deployment"),
        "deployment",
        "kube_deployment_spec_replicas",
        "kube_deployment_status_replicas_available",
    ),
    _Kind(
        ("sts", "statefulset"),
        "statefulset",
        "kube_statefulset_replicas",
        "kube_statefulset_status_replicas_ready",
    ),
    _Kind(
        ("ds", "daemonset"),
        "daemonset",
        "kube_daemonset_status_desired_number_scheduled",
        "kube_daemonset_status_number_ready",
    ),
)


def watch_queries(scope: KubernetesScope) -> Mapping[Watched, WatchQuery]:
    """Every query of the watch, restricted to the scope's pods or its namespace."""
    return {
        Watched.PODS: _of_pods(scope, "kube_pod_info", (*_POD, "uid", "node")),
        Watched.READY: _of_pods(scope, "kube_pod_status_ready", _POD, 'condition="true"'),
        Watched.RESTARTS: _of_pods(scope, "kube_pod_container_status_restarts_total", CONTAINER),
        Watched.OOM_KILLED: _of_pods(
            scope,
            "kube_pod_container_status_last_terminated_reason",
            CONTAINER,
            'reason="OOMKilled"',
        ),
        Watched.OOM_EVENTS: _of_pods(
            scope, "container_oom_events_total", CONTAINER, 'container!=""', 'container!="POD"'
        ),
        Watched.IMAGES: _of_pods(scope, "kube_pod_container_info", (*CONTAINER, "image")),
        Watched.LIMITS: _of_pods(
            scope,
            "kube_pod_container_resource_limits",
            (*CONTAINER, "resource"),
            'resource=~"cpu|memory"',
        ),
        Watched.WANTED_REPLICAS: _replicas(scope, lambda kind: kind.wanted),
        Watched.READY_REPLICAS: _replicas(scope, lambda kind: kind.ready),
        Watched.AUTOSCALER_NOW: _autoscaler(scope, "status_current_replicas"),
        Watched.AUTOSCALER_WANTED: _autoscaler(scope, "status_desired_replicas"),
        Watched.AUTOSCALER_HIGHEST: _autoscaler(scope, "spec_max_replicas"),
    }


def _of_pods(
    scope: KubernetesScope, metric: str, labels: tuple[str, ...], *more: str
) -> WatchQuery:
    chosen = selector(metric, *pod_matchers(scope), *more)
    return WatchQuery(f"max by ({','.join(labels)})({chosen})", labels)


def _replicas(scope: KubernetesScope, metric_of: Callable[[_Kind], str]) -> WatchQuery:
    space = equals("namespace", scope.namespace)
    parts = (
        f"max by (namespace,{kind.label})"
        f"({selector(metric_of(kind), space, *_named(kind.label, _names(scope, kind)))})"
        for kind in _KINDS
    )
    return WatchQuery(" or ".join(parts), ("namespace", *(kind.label for kind in _KINDS)))


def _autoscaler(scope: KubernetesScope, what: str) -> WatchQuery:
    """Without those that are known to scale something else."""
    space = equals("namespace", scope.namespace)
    chosen = selector(f"kube_horizontalpodautoscaler_{what}", space)
    query = f"max by ({','.join(_AUTOSCALER)})({chosen})"
    scaled = [_names(scope, kind) for kind in _KINDS]
    if not any(names is None for names in scaled):
        ours = _pattern([name for names in scaled for name in names or ()])
        info = selector(
            "kube_horizontalpodautoscaler_info",
            space,
            'scaletargetref_name!=""',
            f"scaletargetref_name!~{quoted(ours)}",
        )
        query = f"{query} unless on ({','.join(_AUTOSCALER)}) {info}"
    return WatchQuery(query, _AUTOSCALER)


def _names(scope: KubernetesScope, kind: _Kind) -> list[str] | None:
    """The scope's workloads of a kind; None when it may have some that it does not name."""
    words = [workload.partition("/") for workload in scope.workloads]
    known = {word for each in _KINDS for word in each.words}
    if not words or any(word not in known for word, _, _ in words):
        return None
    return [name for word, _, name in words if word in kind.words]


def _named(label: str, names: list[str] | None) -> tuple[str, ...]:
    return () if names is None else (matches(label, _pattern(names)),)


def _pattern(names: list[str]) -> str:
    """Exactly these names; without one, none at all."""
    return "|".join(re.escape(name) for name in names) or "-"
