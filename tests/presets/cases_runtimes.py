"""Synthetic services in Go, Python and on the JVM, beside Prometheus's own process."""

from math import nan

from tests.presets.synthetic import Case

API = 'instance="api:8080",job="api"'
WANT = {"api:8080": 4.0}
BY_INSTANCE = 'instance="api:8080"'
GAUGE = "9x16 1 4 2 1"  # its highest inside the window is 4
GROWTH = "0+60x17 60+60x2"  # 4 a second, begun again


def told(metric: str, values: str, more: str = "") -> list[str]:
    """A series of the service, and one of Prometheus itself."""
    return [
        f"{metric}{{{API}{more}}} {values}",
        f'- {metric}{{instance="prometheus:9090",job="prometheus"{more}}} 0+999x20',
    ]


def plain(quantity: str, metric: str, values: str, more: str = "") -> Case:
    """A quantity of one metric, which is worth 4."""
    return Case(quantity, "of the chosen job only", told(metric, values, more), WANT)


PROCESS_CASES = tuple(
    case
    for language in ("go", "python")
    for case in (
        plain(f"{language}.cores", "process_cpu_seconds_total", GROWTH),
        plain(f"{language}.memory", "process_resident_memory_bytes", GAUGE),
        Case(
            f"{language}.fds",
            "the most",
            [*told("process_open_fds", GAUGE), *told("process_max_fds", "10x20")],
            {"api:8080": 0.4},
            {BY_INSTANCE: 10},
        ),
    )
)

GO_CASES = (
    plain("go.goroutines", "go_goroutines", GAUGE),
    plain("go.threads", "go_threads", GAUGE),
    plain("go.heap", "go_memstats_heap_alloc_bytes", GAUGE),
    plain("go.gc", "go_gc_duration_seconds_sum", GROWTH),
    plain("go.mutex_wait", "go_sync_mutex_wait_total_seconds_total", GROWTH),
    Case(
        "go.sched_p99",
        "inside a bucket",
        [
            line
            for bound, growth in (("0.001", 900), ("0.01", 1500), ("+Inf", 1500))
            for line in told(
                "go_sched_latencies_seconds_bucket", f"0+{growth}x20", f',le="{bound}"'
            )
        ],
        {BY_INSTANCE: 0.001 + 0.009 * (1485 - 900) / 600},
    ),
    Case("go.sched_p99", "not published", told("go_goroutines", GAUGE)),
)

PYTHON_CASES = (
    Case(
        "python.gc_collections",
        "of all generations",
        [
            line
            for generation in ("0", "1", "2")
            for line in told("python_gc_collections_total", "0+3x20", f',generation="{generation}"')
        ],
        {BY_INSTANCE: 0.6},
    ),
)


def heap(metric: str, *parts: tuple[str, str]) -> list[str]:
    """Parts of the heap, and one that is none."""
    return [
        *(
            line
            for name, values in parts
            for line in told(f"jvm_memory_{metric}_bytes", values, f',area="heap",id="{name}"')
        ),
        *told(f"jvm_memory_{metric}_bytes", "99x20", ',area="nonheap",id="Metaspace"'),
    ]


def answers(part: str, growths: dict[str, int]) -> list[str]:
    """Requests of two addresses by outcome, each grown by so much with every sample."""
    return [
        line
        for uri in ("/a", "/b")
        for outcome, growth in growths.items()
        for line in told(
            f"http_server_requests_seconds_{part}",
            f"0+{growth}x20",
            f',uri="{uri}",outcome="{outcome}"',
        )
    ]


def failed(about: str, growths: dict[str, int], share: float) -> Case:
    """A share of failed answers."""
    return Case("jvm.http_errors", about, answers("count", growths), {BY_INSTANCE: share})


JVM_CASES = (
    Case(
        "jvm.cpu",
        "the mean inside the window",
        told("process_cpu_usage", "0.9x16 0.1 0.4 0.2 0.1"),
        {BY_INSTANCE: 0.2},
    ),
    Case(
        "jvm.heap",
        "together at one time; one part has no size",
        [
            *heap("used", ("eden", "9x16 40 10 10 10"), ("old", "9x16 10 10 10 40")),
            *heap("max", ("eden", "-1x20"), ("old", "100x20")),
        ],
        {BY_INSTANCE: 0.5},
    ),
    Case(
        "jvm.gc",
        "of two causes",
        [
            line
            for cause in ("a", "b")
            for line in told("jvm_gc_pause_seconds_sum", "0+3x20", f',cause="{cause}"')
        ],
        {BY_INSTANCE: 0.4},
    ),
    plain("jvm.gc_longest", "jvm_gc_pause_seconds_max", GAUGE),
    plain("jvm.threads", "jvm_threads_live_threads", GAUGE),
    Case(
        "jvm.blocked_threads",
        "and no others",
        [
            *told("jvm_threads_states_threads", GAUGE, ',state="blocked"'),
            f'- jvm_threads_states_threads{{{API},state="waiting"}} 99x20',
        ],
        WANT,
    ),
    Case(
        "jvm.pool",
        "two pools",
        [
            *told("hikaricp_connections_active", GAUGE, ',pool="main"'),
            *told("hikaricp_connections_active", "1x20", ',pool="side"'),
            *told("hikaricp_connections_max", "10x20", ',pool="main"'),
            *told("hikaricp_connections_max", "10x20", ',pool="side"'),
        ],
        {"api:8080/main": 0.4, "api:8080/side": 0.1},
        {f'{BY_INSTANCE},pool="main"': 10, f'{BY_INSTANCE},pool="side"': 10},
    ),
    Case(
        "jvm.pool_waiting",
        "the most",
        told("hikaricp_connections_pending", GAUGE, ',pool="main"'),
        {"api:8080/main": 4},
    ),
    Case(
        "jvm.pool_timeouts",
        "some",
        told("hikaricp_connections_timeout_total", "2x18 5x1", ',pool="main"'),
        {"api:8080/main": 3},
    ),
    Case(
        "jvm.tomcat_threads",
        "the most",
        [
            *told("tomcat_threads_busy_threads", GAUGE, ',name="http"'),
            *told("tomcat_threads_config_max_threads", "10x20", ',name="http"'),
        ],
        {"api:8080/http": 0.4},
        {f'{BY_INSTANCE},name="http"': 10},
    ),
    Case(
        "jvm.http_mean",
        "of two addresses",
        [*answers("sum", {"SUCCESS": 15}), *answers("count", {"SUCCESS": 60})],
        {BY_INSTANCE: 0.25},
    ),
    Case(
        "jvm.http_mean",
        "no request",
        [*answers("sum", {"SUCCESS": 0}), *answers("count", {"SUCCESS": 0})],
        {BY_INSTANCE: nan},
    ),
    failed("some", {"SUCCESS": 60, "CLIENT_ERROR": 20, "SERVER_ERROR": 20}, 0.2),
    failed("none", {"SUCCESS": 60, "CLIENT_ERROR": 20}, 0.0),
    failed("no request", {"SUCCESS": 0, "SERVER_ERROR": 0}, nan),
)

CASES = (*PROCESS_CASES, *GO_CASES, *PYTHON_CASES, *JVM_CASES)
