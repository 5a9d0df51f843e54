"""A synthetic ingress: under both names of its namespace, without faults, without requests."""

from collections.abc import Mapping
from math import nan

from tests.presets.synthetic import Case

PREFIX = "nginx_ingress_controller_"
POD = 'controller_pod="nginx-1",instance="nginx-1:10254"'
WEB = 'namespace="shop",ingress="web"'
# The controller's own namespace took the name.
CLASH = 'namespace="edge",exported_namespace="shop",ingress="web"'
STRANGERS = (
    'namespace="shop",ingress="api"',
    'namespace="test",ingress="web"',
    'namespace="shop",exported_namespace="test",ingress="web"',
)


def counted(labels: str, metric: str, values: str, more: str = "") -> list[str]:
    """A counter of one ingress on two controllers, of which two jobs scrape the first."""
    other = 'controller_pod="nginx-2",instance="nginx-2:10254"'
    return [
        f'{PREFIX}{metric}{{{labels},{pod},job="{job}"{more}}} {values}'
        for pod, job in ((POD, "a"), (POD, "b"), (other, "a"))
    ]


def requests(labels: str, growths: Mapping[str, int]) -> list[str]:
    """Requests by status, each grown by so many with every sample; and those of others."""
    return [
        *(
            line
            for status, growth in growths.items()
            for line in counted(labels, "requests", f"0+{growth}x20", f',status="{status}"')
        ),
        *(f'{PREFIX}requests{{{stranger},{POD},status="502"}} 0+999x20' for stranger in STRANGERS),
    ]


def mean(part: str, labels: str) -> list[str]:
    """Durations of 0.25 s on average."""
    return [
        *counted(labels, f"{part}_duration_seconds_sum", "0+15x20"),
        *counted(labels, f"{part}_duration_seconds_count", "0+60x20"),
    ]


def buckets(growths: Mapping[str, int]) -> list[str]:
    """A histogram by the growth of its cumulated buckets."""
    return [
        line
        for bound, growth in growths.items()
        for line in counted(
            WEB, "request_duration_seconds_bucket", f"0+{growth}x20", f',le="{bound}"'
        )
    ]


def ratio(name: str, about: str, growths: Mapping[str, int], want: Mapping[str, float]) -> Case:
    """A share of the statuses."""
    return Case(f"ingress_nginx.{name}", about, requests(WEB, growths), want)


SINGLE = ("429", "499", "502", "503", "504")
CASES = (
    Case(
        "ingress_nginx.qps",
        "two controllers, one scraped twice",
        requests(WEB, {"200": 135, "502": 15}),
        {"": 20},
    ),
    Case(
        "ingress_nginx.qps",
        "its namespace was renamed",
        requests(CLASH, {"200": 135, "502": 15}),
        {"": 20},
    ),
    ratio("errors", "some", {"200": 60, "404": 20, "502": 10, "504": 10}, {"": 0.2}),
    ratio("errors", "as classes", {"2xx": 80, "5xx": 20}, {"": 0.2}),
    ratio("errors", "none", {"200": 60, "404": 20}, {"": 0}),
    ratio("errors", "no request", {"200": 0, "502": 0}, {"": nan}),
    ratio("errors", "an ingress that nobody knows", {}, {}),
    Case(
        "ingress_nginx.errors",
        "its namespace was renamed",
        requests(CLASH, {"200": 80, "503": 20}),
        {"": 0.2},
    ),
    *(
        case
        for status in SINGLE
        for case in (
            ratio(f"status_{status}", "some", {"200": 70, "500": 10, status: 20}, {"": 0.2}),
            ratio(f"status_{status}", "none", {"200": 80, "500": 20}, {"": 0}),
            ratio(f"status_{status}", "only classes are told", {"2xx": 80, "5xx": 20}, {}),
        )
    ),
    Case(
        "ingress_nginx.p99",
        "inside a bucket",
        buckets({"0.1": 1200, "1": 1500, "+Inf": 1500}),
        {"": 0.1 + 0.9 * (1485 - 1200) / 300},
    ),
    Case(
        "ingress_nginx.p99",
        "never more than the last bucket",
        buckets({"0.1": 1200, "10": 1350, "+Inf": 1500}),
        {"": 10},
    ),
    Case("ingress_nginx.p99", "no request", buckets({"0.1": 0, "10": 0, "+Inf": 0}), {"": nan}),
    *(
        Case(f"ingress_nginx.{name}", about, mean(part, labels), {"": 0.25})
        for name, part in (
            ("request_mean", "request"),
            ("upstream_mean", "response"),
            ("upstream_header_mean", "header"),
            ("upstream_connect_mean", "connect"),
        )
        for about, labels in (("two controllers", WEB), ("its namespace was renamed", CLASH))
    ),
    Case(
        "ingress_nginx.cores",
        "two controllers",
        [
            f'{PREFIX}nginx_process_cpu_seconds_total{{instance="{pod}",job="{job}"}} {values}'
            for pod, values in (("a:1", "0+3x20"), ("b:1", "0+6x17 6+6x2"))
            for job in ("a", "b")
        ],
        {"a:1": 0.2, "b:1": 0.4},
    ),
    Case(
        "ingress_nginx.connections",
        "only the active ones",
        [
            f'{PREFIX}nginx_process_connections{{instance="a:1",state="active"}} 9x16 1 4 2 1',
            f'- {PREFIX}nginx_process_connections{{instance="a:1",state="waiting"}} 9x20',
        ],
        {"a:1": 4},
    ),
    Case(
        "ingress_nginx.reloaded",
        "not once",
        [f'{PREFIX}config_last_reload_successful{{instance="a:1"}} 1x17 0 1x1'],
        {"a:1": 0},
    ),
)
