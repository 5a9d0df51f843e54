"""What do pods feel, as cAdvisor and kube-state-metrics tell it?

Counters are read as raw samples: cAdvisor's own time stamps make `rate()` low. Both exporters must
keep their labels (`honor_labels: true`, as the usual charts set it).
"""

from capacity.model.plan import KubernetesScope
from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import equals, matches, selector
from capacity.units import Unit

PRESET = "kubernetes"

CPU = "cpu"
THROTTLE = "throttle"
MEMORY = "mem"
RESTARTS = "restarts"
REPLICAS = "replicas"

CONTAINER = ("namespace", "pod", "container")
_FAMILY = Family(PRESET, "", ResourceScope.SERVICE)
# What kube-state-metrics tells of every container, whether it has limits or not.
_EVERY_CONTAINER = "kube_pod_container_status_restarts_total"
_POD_FAMILY = Family(PRESET, "pod.", ResourceScope.SERVICE)
# What kube-state-metrics called the resources of `..._limits` and `..._requests` before 2.0.
_OLD_NAMES = {"cpu": "cpu_cores", "memory": "memory_bytes"}
_PRESSURE = {"cpu": "a CPU", "memory": "memory", "io": "disks"}


def quantities(scope: KubernetesScope) -> tuple[Quantity, ...]:
    """The five that rules name by one word, then what explains them."""
    return (*_guards(scope), *_cpu_and_memory(scope), *_pressure(scope), *_network(scope))


def pod_matchers(scope: KubernetesScope) -> tuple[str, ...]:
    """The pods of the scope, whichever of its workloads they belong to."""
    if not scope.pod_patterns:
        return (equals("namespace", scope.namespace), 'pod!=""')
    first, *others = scope.pod_patterns
    together = "|".join(f"(?:{pattern})" for pattern in scope.pod_patterns) if others else first
    return (equals("namespace", scope.namespace), matches("pod", together))


def _guards(scope: KubernetesScope) -> tuple[Quantity, ...]:
    ready = selector("kube_pod_status_ready", *pod_matchers(scope), 'condition="true"')
    return (
        _FAMILY.quantity(
            CPU,
            Unit.RATIO,
            Aspect.UTILISATION,
            _cpu(scope, Limit(_granted(scope, "limits", "cpu"))),
            "CPU time of a container, as a share of its limit",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _FAMILY.quantity(
            THROTTLE,
            Unit.RATIO,
            Aspect.SATURATION,
            _container(
                scope,
                "container_cpu_cfs_throttled_periods_total",
                Reduction.INCREASE,
                Growth(_of_containers(scope, "container_cpu_cfs_periods_total")),
                # The kubelet counts periods only where there is a limit.
                _of_containers(scope, "container_cpu_usage_seconds_total"),
            ),
            "share of the scheduler's periods in which a container had used up its CPU limit",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _FAMILY.quantity(
            MEMORY,
            Unit.RATIO,
            Aspect.UTILISATION,
            _memory(scope, Limit(_granted(scope, "limits", "memory"))),
            "highest working set of a container, as a share of its memory limit",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _FAMILY.quantity(
            RESTARTS,
            Unit.COUNT,
            Aspect.ERRORS,
            Samples(
                selector(_EVERY_CONTAINER, *pod_matchers(scope)),
                Reduction.INCREASE,
                CONTAINER,
            ),
            "how often a container was started again",
        ),
        _FAMILY.quantity(
            REPLICAS,
            Unit.COUNT,
            Aspect.INFORMATION,
            # Several exporters may tell of one pod; it is counted once, every second.
            Expression(f"min_over_time(sum(max by (namespace,pod)({ready}))[$window:1s])"),
            "lowest number of ready pods",
            direction=Direction.LOW_IS_BAD,
        ),
    )


def _cpu_and_memory(scope: KubernetesScope) -> tuple[Quantity, ...]:
    return (
        _POD_FAMILY.quantity(
            "cores",
            Unit.CORES,
            Aspect.INFORMATION,
            _cpu(scope),
            "CPU time of a container per second",
        ),
        _POD_FAMILY.quantity(
            "cpu_of_request",
            Unit.RATIO,
            Aspect.INFORMATION,
            _cpu(scope, Limit(_granted(scope, "requests", "cpu"))),
            "CPU time of a container, as a share of what it requests",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _POD_FAMILY.quantity(
            "memory",
            Unit.BYTES,
            Aspect.INFORMATION,
            _memory(scope),
            "highest working set of a container",
        ),
        _POD_FAMILY.quantity(
            "oom",
            Unit.COUNT,
            Aspect.ERRORS,
            _container(scope, "container_oom_events_total", Reduction.INCREASE),
            "how often the kernel ended a process of a container for want of memory",
        ),
        *(
            _POD_FAMILY.quantity(
                f"volume{suffix}",
                Unit.RATIO,
                Aspect.UTILISATION,
                _volume(scope, used, whole),
                f"{what} of a volume in the namespace, as a share of all it has",
            )
            for suffix, used, whole, what in (
                ("", "used_bytes", "capacity_bytes", "used bytes"),
                ("_inodes", "inodes_used", "inodes", "used inodes"),
            )
        ),
    )


def _pressure(scope: KubernetesScope) -> tuple[Quantity, ...]:
    return tuple(
        _POD_FAMILY.quantity(
            f"psi_{resource}{suffix}",
            Unit.RATIO,
            Aspect.SATURATION,
            _container(
                scope, f"container_pressure_{resource}_{kind}_seconds_total", Reduction.RATE
            ),
            f"share of time in which {who} of a container waited for {_PRESSURE[resource]}",
        )
        for resource in _PRESSURE
        for suffix, kind, who in (
            ("", "waiting", "some task"),
            ("_stalled", "stalled", "every task"),
        )
    )


def _network(scope: KubernetesScope) -> tuple[Quantity, ...]:
    """Interfaces belong to the pod and not to a container of it."""
    ways = (("receive", "received", "receives"), ("transmit", "sent", "sends"))
    faults = (("packets_dropped", "drops", "dropped packets"), ("errors", "errors", "errors"))
    return (
        *(
            _POD_FAMILY.quantity(
                f"network_{way}",
                Unit.BYTES_PER_SECOND,
                Aspect.INFORMATION,
                _interface(scope, f"container_network_{way}_bytes_total"),
                f"bytes per second {done} by an interface of a pod",
            )
            for way, done, _ in ways
        ),
        *(
            _POD_FAMILY.quantity(
                f"network_{way}_{short}",
                Unit.PER_SECOND,
                Aspect.ERRORS,
                _interface(scope, f"container_network_{way}_{metric}_total"),
                f"{what} per second of an interface of a pod, of what it {does}",
            )
            for metric, short, what in faults
            for way, _, does in ways
        ),
    )


def _of_containers(scope: KubernetesScope, metric: str) -> str:
    """The series of containers, without those of the pod as a whole and of its sandbox."""
    return selector(metric, *pod_matchers(scope), 'container!=""', 'container!="POD"')


def _container(
    scope: KubernetesScope,
    metric: str,
    reduction: Reduction,
    share_of: Limit | Growth | None = None,
    witness: str | None = None,
) -> Samples:
    if isinstance(share_of, Limit):
        witness = selector(_EVERY_CONTAINER, *pod_matchers(scope))
    return Samples(_of_containers(scope, metric), reduction, CONTAINER, share_of, witness)


def _cpu(scope: KubernetesScope, share_of: Limit | None = None) -> Samples:
    return _container(scope, "container_cpu_usage_seconds_total", Reduction.RATE, share_of)


def _memory(scope: KubernetesScope, share_of: Limit | None = None) -> Samples:
    return _container(scope, "container_memory_working_set_bytes", Reduction.MAX, share_of)


def _interface(scope: KubernetesScope, metric: str) -> Samples:
    chosen = selector(metric, *pod_matchers(scope), 'interface!="lo"')
    return Samples(chosen, Reduction.RATE, ("namespace", "pod", "interface"))


def _granted(scope: KubernetesScope, kind: str, resource: str) -> str:
    """Limits or requests of each container; a limit of 0 is none."""
    pods = pod_matchers(scope)
    metric = f"kube_pod_container_resource_{kind}"
    now = selector(metric, *pods, equals("resource", resource))
    before = selector(f"{metric}_{_OLD_NAMES[resource]}", *pods)
    return f"max by ({','.join(CONTAINER)})({now} > 0 or {before} > 0)"


def _volume(scope: KubernetesScope, used: str, whole: str) -> Samples:
    claim = ("namespace", "persistentvolumeclaim")
    space = equals("namespace", scope.namespace)
    capacity = selector(f"kubelet_volume_stats_{whole}", space)
    return Samples(
        selector(f"kubelet_volume_stats_{used}", space),
        Reduction.MAX,
        claim,
        Limit(f"max by ({','.join(claim)})({capacity} > 0)"),
    )
