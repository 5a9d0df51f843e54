"""Synthetic pods: every quantity of `kubernetes`, and what exporters and clusters do to them."""

from tests.presets.synthetic import Case

APP = 'namespace="shop",pod="web-1",container="app"'
CPU = "container_cpu_usage_seconds_total"
LIMITS = "kube_pod_container_resource_limits"
RESTARTS = "kube_pod_container_status_restarts_total"
REQUESTS = "kube_pod_container_resource_requests"
HALF_A_CORE = (f'{LIMITS}{{{APP},resource="cpu",unit="core"}} 0.5x20',)

# Labels of what must never count: the pod as a whole, its sandbox, another pod, another namespace.
STRANGERS = (
    'namespace="shop",pod="web-1"',
    'namespace="shop",pod="web-1",container="POD"',
    'namespace="shop",pod="batch-1",container="app"',
    'namespace="test",pod="web-1",container="app"',
)


def of_container(metric: str, values: str) -> list[str]:
    """A container that two jobs scrape, beside everything that is none of it."""
    return [
        f'{metric}{{{APP},id="/1",job="kubelet"}} {values}',
        f'{metric}{{{APP},id="/1",job="cadvisor"}} {values}',
        *(f"- {metric}{{{labels}}} {values}" for labels in STRANGERS),
    ]


def of_pod(metric: str, values: str) -> list[str]:
    """An interface of a pod, told twice with other labels; its loopback is nobody's bottleneck."""
    pod = 'namespace="shop",pod="web-1"'
    return [
        f'{metric}{{{pod},interface="eth0"}} {values}',
        f'{metric}{{{pod},interface="eth0",container="POD",job="other"}} {values}',
        f'- {metric}{{{pod},interface="lo"}} 0+999x20',
        f'- {metric}{{namespace="shop",pod="batch-1",interface="eth0"}} 0+999x20',
    ]


CPU_CASES = (
    Case(
        "cpu",
        "two jobs, two kube-state-metrics, sandbox and strangers",
        [
            *of_container(CPU, "0+6x20"),
            f'{LIMITS}{{{APP},resource="cpu",unit="core",instance="ksm-0"}} 0.5x20',
            f'{LIMITS}{{{APP},resource="cpu",unit="core",instance="ksm-1"}} 0.5x20',
            f'{LIMITS}{{{APP},resource="memory",unit="byte"}} 1000x20',
        ],
        {"shop/web-1/app": 0.8},
        {APP: 0.5},
    ),
    Case(
        "cpu",
        "a counter that begins again",
        [f"{CPU}{{{APP}}} 0+6x17 3+6x2", *HALF_A_CORE],
        {"shop/web-1/app": 15 / 45 / 0.5},
        {APP: 0.5},
    ),
    Case(
        "cpu",
        "a container that came back as a new series",
        [
            f'{CPU}{{{APP},id="/1"}} 0+6x18 stale',
            f'{CPU}{{{APP},id="/2"}} _x19 6+6x1',
            *HALF_A_CORE,
        ],
        {"shop/web-1/app": 0.8},
        {APP: 0.5},
    ),
    Case(
        "cpu",
        "the old name of the limit",
        [f"{CPU}{{{APP}}} 0+6x20", f"{LIMITS}_cpu_cores{{{APP}}} 0.5x20"],
        {"shop/web-1/app": 0.8},
        {APP: 0.5},
    ),
    Case(
        "cpu",
        "no limit",
        [
            f"{CPU}{{{APP}}} 0+6x20",
            f'{LIMITS}{{{APP},resource="memory"}} 1000x20',
            f"{RESTARTS}{{{APP}}} 0x20",
        ],
        says="no CPU limit is set for shop/web-1/app",
        has_no_limit=True,
    ),
    Case(
        "cpu",
        "nobody tells whether there is a limit",
        [f"{CPU}{{{APP}}} 0+6x20"],
        says="no CPU limit is known for shop/web-1/app",
    ),
    Case(
        "cpu",
        "a limit of zero is none",
        [
            f"{CPU}{{{APP}}} 0+6x20",
            f'{LIMITS}{{{APP},resource="cpu"}} 0x20',
            f"{RESTARTS}{{{APP}}} 0x20",
        ],
        says="no CPU limit is set for shop/web-1/app",
        has_no_limit=True,
    ),
    Case(
        "cpu",
        "a limit that was lowered in place",
        [f"{CPU}{{{APP}}} 0+6x20", f'{LIMITS}{{{APP},resource="cpu"}} 1x18 0.5x1'],
        {"shop/web-1/app": 0.8},
        {APP: 0.5},
    ),
    Case(
        "cpu",
        "pods that come and go",
        [
            f'{CPU}{{namespace="shop",pod="web-1",container="app"}} 0+6x12 stale',
            f'{CPU}{{namespace="shop",pod="web-2",container="app"}} 0+6x20',
            f'{CPU}{{namespace="shop",pod="web-3",container="app"}} _x20 6',
            f'{LIMITS}{{namespace="shop",pod="web-2",container="app",resource="cpu"}} 0.5x20',
            f'{LIMITS}{{namespace="shop",pod="web-3",container="app",resource="cpu"}} 0.5x20',
        ],
        {"shop/web-2/app": 0.8},
        {f'namespace="shop",pod="web-{n}",container="app"': 0.5 for n in (2, 3)},
        says="shop/web-3/app was there for",
    ),
    Case(
        "cpu",
        "one hot pod, and a container without a limit beside it",
        [
            f"{CPU}{{{APP}}} 0+1.5x20",
            f'{CPU}{{namespace="shop",pod="web-2",container="app"}} 0+7.2x20',
            f'{CPU}{{namespace="shop",pod="web-2",container="proxy"}} 0+15x20',
            *HALF_A_CORE,
            f'{LIMITS}{{namespace="shop",pod="web-2",container="app",resource="cpu"}} 0.5x20',
        ],
        {"shop/web-1/app": 0.2, "shop/web-2/app": 0.96},
        {APP: 0.5, 'namespace="shop",pod="web-2",container="app"': 0.5},
        says="no CPU limit for shop/web-2/proxy",
    ),
    Case("cpu", "nothing at all", [], says="no series has a sample in the step of 59s"),
)

THROTTLED, PERIODS = "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"
THROTTLE_CASES = (
    Case(
        "throttle",
        "two jobs and strangers",
        [*of_container(THROTTLED, "0+30x20"), *of_container(PERIODS, "0+150x20")],
        {"shop/web-1/app": 0.2},
    ),
    Case(
        "throttle",
        "no quota",
        [f"{CPU}{{{APP}}} 0+6x20"],
        says="no limit is set for shop/web-1/app",
        has_no_limit=True,
    ),
    Case("throttle", "nobody there", [], says="no series has a sample in the step of 59s"),
    Case(
        "throttle",
        "both counters begin again",
        [f"{THROTTLED}{{{APP}}} 0+30x17 10+30x2", f"{PERIODS}{{{APP}}} 0+150x17 50+150x2"],
        {"shop/web-1/app": 70 / 350},
    ),
    Case(
        "throttle",
        "a container that did nothing",
        [f"{THROTTLED}{{{APP}}} 30x20", f"{PERIODS}{{{APP}}} 150x20"],
        says="not a number",
    ),
)

MEMORY = "container_memory_working_set_bytes"
MEMORY_CASES = (
    Case(
        "mem",
        "the highest inside the window, not before it",
        [
            *of_container(MEMORY, "900x16 100 400 200 100"),
            f'{LIMITS}{{{APP},resource="memory",unit="byte",instance="ksm-0"}} 1000x20',
            f'{LIMITS}{{{APP},resource="memory",unit="byte",instance="ksm-1"}} 1000x20',
            f'{LIMITS}{{{APP},resource="cpu",unit="core"}} 0.5x20',
        ],
        {"shop/web-1/app": 0.4},
        {APP: 1000},
    ),
    Case(
        "mem",
        "the old name of the limit",
        [f"{MEMORY}{{{APP}}} 400x20", f"{LIMITS}_memory_bytes{{{APP}}} 1000x20"],
        {"shop/web-1/app": 0.4},
        {APP: 1000},
    ),
    Case(
        "mem",
        "no limit",
        [f"{MEMORY}{{{APP}}} 400x20", f"{RESTARTS}{{{APP}}} 0x20"],
        says="no memory limit is set for shop/web-1/app",
        has_no_limit=True,
    ),
    Case(
        "pod.memory",
        "needs no limit",
        of_container(MEMORY, "900x16 100 400 200 100"),
        {"shop/web-1/app": 400},
    ),
)

READY = "kube_pod_status_ready"


def of(namespace: str, pod: str) -> str:
    """The labels of a pod's readiness."""
    return f'namespace="{namespace}",pod="{pod}",condition="true"'


LIFE_CASES = (
    Case(
        "restarts",
        "two kube-state-metrics tell of one restart",
        [
            f'{RESTARTS}{{{APP},instance="ksm-0"}} 3x18 4x1',
            f'{RESTARTS}{{{APP},instance="ksm-1"}} 3x18 4x1',
            f'- {RESTARTS}{{namespace="test",pod="web-1",container="app"}} 0+1x20',
        ],
        {"shop/web-1/app": 1},
    ),
    Case(
        "restarts",
        "old restarts of a pod that is new to Prometheus are none",
        [f"{RESTARTS}{{{APP}}} _x17 7x3"],
        {"shop/web-1/app": 0},
    ),
    Case(
        "restarts",
        "kube-state-metrics itself moved",
        [
            f'{RESTARTS}{{{APP},instance="ksm-0"}} 5x18 stale',
            f'{RESTARTS}{{{APP},instance="ksm-1"}} _x19 5x1',
        ],
        {"shop/web-1/app": 0},
        may_stop=False,
    ),
    Case(
        "replicas",
        "two kube-state-metrics, one pod unready for a moment, strangers",
        [
            *(
                f'{READY}{{{of("shop", pod)},instance="{ksm}"}} {values}'
                for pod, values in (("web-1", "1x20"), ("web-2", "1x17 0 1x1"))
                for ksm in ("ksm-0", "ksm-1")
            ),
            f'{READY}{{namespace="shop",pod="web-2",condition="false"}} 0x17 1 0x1',
            f"{READY}{{{of('shop', 'batch-1')}}} 1x20",
            f"{READY}{{{of('test', 'web-9')}}} 1x20",
        ],
        {"": 1},
    ),
    Case(
        "replicas",
        "one pod goes before another comes",
        [
            f"{READY}{{{of('shop', 'web-1')}}} 1x20",
            f"{READY}{{{of('shop', 'web-2')}}} 1x17 stale",
            f"{READY}{{{of('shop', 'web-3')}}} _x20 1",
        ],
        {"": 1},
    ),
    Case("replicas", "no pod at all is not zero pods", []),
    Case(
        "pod.oom",
        "one event, told by two jobs",
        of_container("container_oom_events_total", "2x18 3x1"),
        {"shop/web-1/app": 1},
    ),
)

USE_CASES = (
    Case(
        "pod.cores", "two jobs and strangers", of_container(CPU, "0+6x20"), {"shop/web-1/app": 0.4}
    ),
    Case(
        "pod.cpu_of_request",
        "more than it requests is possible",
        [
            *of_container(CPU, "0+6x20"),
            f'{REQUESTS}{{{APP},resource="cpu",unit="core"}} 0.1x20',
            f'{REQUESTS}{{{APP},resource="memory",unit="byte"}} 1000x20',
        ],
        {"shop/web-1/app": 4.0},
        {APP: 0.1},
    ),
    Case(
        "pod.cpu_of_request",
        "the old name of the request",
        [f"{CPU}{{{APP}}} 0+6x20", f"{REQUESTS}_cpu_cores{{{APP}}} 0.5x20"],
        {"shop/web-1/app": 0.8},
        {APP: 0.5},
    ),
    *(
        Case(
            f"pod.volume{suffix}",
            "a claim that two kubelets tell of",
            [
                f'{used}{{namespace="shop",persistentvolumeclaim="data",instance="a"}} 500x20',
                f'{used}{{namespace="shop",persistentvolumeclaim="data",instance="b"}} 500x20',
                f'- {used}{{namespace="test",persistentvolumeclaim="data"}} 999x20',
                f'{whole}{{namespace="shop",persistentvolumeclaim="data",instance="a"}} 1000x20',
                f'{whole}{{namespace="shop",persistentvolumeclaim="none",instance="a"}} 0x20',
            ],
            {"shop/data": 0.5},
            {'namespace="shop",persistentvolumeclaim="data"': 1000},
        )
        for suffix, used, whole in (
            ("", "kubelet_volume_stats_used_bytes", "kubelet_volume_stats_capacity_bytes"),
            ("_inodes", "kubelet_volume_stats_inodes_used", "kubelet_volume_stats_inodes"),
        )
    ),
    *(
        Case(
            f"pod.{name}",
            "two jobs and strangers",
            of_container(f"container_pressure_{metric}_seconds_total", "0+3x20"),
            {"shop/web-1/app": 0.2},
        )
        for name, metric in (
            ("psi_cpu", "cpu_waiting"),
            ("psi_cpu_stalled", "cpu_stalled"),
            ("psi_memory", "memory_waiting"),
            ("psi_memory_stalled", "memory_stalled"),
            ("psi_io", "io_waiting"),
            ("psi_io_stalled", "io_stalled"),
        )
    ),
    *(
        Case(
            f"pod.network_{name}",
            "an interface, told twice",
            of_pod(f"container_network_{metric}_total", "0+150x20"),
            {"shop/web-1/eth0": 10},
        )
        for name, metric in (
            ("receive", "receive_bytes"),
            ("transmit", "transmit_bytes"),
            ("receive_drops", "receive_packets_dropped"),
            ("transmit_drops", "transmit_packets_dropped"),
            ("receive_errors", "receive_errors"),
            ("transmit_errors", "transmit_errors"),
        )
    ),
)

CASES = (*CPU_CASES, *THROTTLE_CASES, *MEMORY_CASES, *LIFE_CASES, *USE_CASES)
