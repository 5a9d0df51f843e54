"""What does the edge see, as the controller of ingress-nginx tells it?

Where Prometheus sets a `namespace` of its own (`honor_labels: false`), the ingress's is called
`exported_namespace`; both are asked for.
"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    Direction,
    Expression,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import matches, matching, rate, selector
from capacity.units import Unit

PRESET = "ingress-nginx"

_FAMILY = Family(PRESET, "ingress_nginx.", ResourceScope.INGRESS)
_NAMESPACE = "namespace"
_PREFIX = "nginx_ingress_controller_"
# Of the requests there may be thousands of series; these have the same scrapes and are few.
_CONTROLLER = f"{_PREFIX}nginx_process_cpu_seconds_total"
_SINGLE = ("429", "499", "502", "503", "504")


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the ingresses that match these labels (regular expressions of `namespace`, `ingress`)."""
    return (*_requests(labels), *_times(labels), *_controller())


def _rate(labels: Mapping[str, str], metric: str, *more: str) -> str:
    """The growth of each series, whatever its namespace is called."""
    name = f"{_PREFIX}{metric}"
    others = {label: pattern for label, pattern in labels.items() if label != _NAMESPACE}
    if _NAMESPACE not in labels:
        return rate(selector(name, *matching(others), *more))
    space = labels[_NAMESPACE]
    renamed = selector(name, matches(f"exported_{_NAMESPACE}", space), *matching(others), *more)
    plain = selector(
        name, matches(_NAMESPACE, space), f'exported_{_NAMESPACE}=""', *matching(others), *more
    )
    return f"({rate(renamed)} or {rate(plain)})"


def _all(series: str) -> str:
    """The sum over controllers, each counted once if several jobs scrape it."""
    each = "controller_pod"
    return f"sum(max by ({each})(sum by ({each},job,instance)({series})))"


def _computed(query: str) -> Expression:
    return Expression(query, rests_on=(_CONTROLLER,))


def _share(labels: Mapping[str, str], status: str, known: str) -> Expression:
    """Statuses as a share of all; no such answer is 0 only where such statuses are told at all."""
    every = _all(_rate(labels, "requests"))
    chosen = _all(_rate(labels, "requests", matches("status", status)))
    told = _all(_rate(labels, "requests", matches("status", known)))
    return _computed(f"({chosen} or 0 * {told}) / {every}")


def _requests(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    return (
        _FAMILY.quantity(
            "qps",
            Unit.QPS,
            Aspect.INFORMATION,
            _computed(_all(_rate(labels, "requests"))),
            "requests per second that the controllers answered",
        ),
        _FAMILY.quantity(
            "errors",
            Unit.RATIO,
            Aspect.ERRORS,
            _share(labels, "5..", ".+"),
            "share of the requests answered with a status of 500 or more",
        ),
        *(
            _FAMILY.quantity(
                f"status_{status}",
                Unit.RATIO,
                Aspect.ERRORS,
                # A controller may be set to tell classes only, such as 5xx.
                _share(labels, status, "[1-5][0-9][0-9]"),
                f"share of the requests answered with status {status}",
            )
            for status in _SINGLE
        ),
    )


def _times(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    buckets = _rate(labels, "request_duration_seconds_bucket")
    means = (
        ("request_mean", "request", "mean time of a request at the edge"),
        ("upstream_mean", "response", "mean time until the service's whole answer was there"),
        ("upstream_header_mean", "header", "mean time until the service's first byte was there"),
        ("upstream_connect_mean", "connect", "mean time to connect to the service"),
    )
    return (
        _FAMILY.quantity(
            "p99",
            Unit.SECONDS,
            Aspect.SATURATION,
            _computed(f"histogram_quantile(0.99, sum by (le)({buckets}))"),
            "99th percentile at the edge; it never exceeds the last bucket, mostly 10 s",
        ),
        *(
            _FAMILY.quantity(
                name,
                Unit.SECONDS,
                Aspect.SATURATION,
                _computed(
                    f"{_all(_rate(labels, f'{part}_duration_seconds_sum'))}"
                    f" / {_all(_rate(labels, f'{part}_duration_seconds_count'))}"
                ),
                meaning,
            )
            for name, part, meaning in means
        ),
    )


def _controller() -> tuple[Quantity, ...]:
    """Of every controller: which of them serve an ingress is not told with these."""
    instance = ("instance",)
    return (
        _FAMILY.quantity(
            "cores",
            Unit.CORES,
            Aspect.INFORMATION,
            Samples(_CONTROLLER, Reduction.RATE, instance),
            "CPU time of a controller per second",
        ),
        _FAMILY.quantity(
            "connections",
            Unit.COUNT,
            Aspect.INFORMATION,
            Samples(
                selector(f"{_PREFIX}nginx_process_connections", 'state="active"'),
                Reduction.MAX,
                instance,
            ),
            "highest number of connections of a controller",
        ),
        _FAMILY.quantity(
            "reloaded",
            Unit.COUNT,
            Aspect.ERRORS,
            Samples(f"{_PREFIX}config_last_reload_successful", Reduction.MIN, instance),
            "1 while the last reload of the configuration had succeeded, else 0",
            direction=Direction.LOW_IS_BAD,
        ),
    )
