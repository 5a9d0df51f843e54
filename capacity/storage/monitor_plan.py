"""How is the plan of the monitor written and read: whom it asks, as whom, and for what?

Both directions stand together. Secrets are told to be there and come back empty.
"""

import re
from typing import assert_never

from capacity.model.plan import (
    BasicAuth,
    Header,
    KubernetesScope,
    MonitorPlan,
    ProcessSource,
    PrometheusSource,
    Secret,
    TlsTrust,
)
from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Growth,
    Limit,
    OwnResource,
    Quantity,
    Reduction,
    ResourceRole,
    ResourceScope,
    Samples,
)
from capacity.storage.evidence import REDACTED, JsonObject
from capacity.storage.fields import Fields
from capacity.units import Unit

_NOTHING = Secret(b"")


def encode_monitor(monitor: MonitorPlan | None) -> JsonObject | None:
    """Everything of it but its secrets."""
    if monitor is None:
        return None
    prometheus, process, kubernetes = monitor.prometheus, monitor.process, monitor.kubernetes
    return {
        "prometheus": None if prometheus is None else _encode_prometheus(prometheus),
        "process": None if process is None else {"pid": process.pid, "port": process.port},
        "kubernetes": None if kubernetes is None else _encode_kubernetes(kubernetes),
        "quantities": [_encode_quantity(quantity) for quantity in monitor.quantities],
        **(
            {"bottlenecks": [_encode_own(one) for one in monitor.bottlenecks]}
            if monitor.bottlenecks
            else {}
        ),
    }


def decode_monitor(fields: Fields | None) -> MonitorPlan | None:
    """The reverse of encode_monitor."""
    if fields is None:
        return None
    prometheus = fields.optional_inner("prometheus")
    process = fields.optional_inner("process")
    kubernetes = fields.optional_inner("kubernetes")
    return MonitorPlan(
        prometheus=None if prometheus is None else _decode_prometheus(prometheus),
        process=None if process is None else _decode_process(process),
        kubernetes=None if kubernetes is None else _decode_kubernetes(kubernetes),
        quantities=tuple(_decode_quantity(one) for one in fields.inner_list("quantities")),
        bottlenecks=tuple(_decode_own(one) for one in fields.added_inner_list("bottlenecks")),
    )


def _encode_prometheus(source: PrometheusSource) -> JsonObject:
    basic = source.basic
    return {
        "url": source.url,
        "headers": [{"name": header.name, "value": REDACTED} for header in source.headers],
        "bearer": None if source.bearer is None else REDACTED,
        "bearer_file": source.bearer_file,
        "basic": None if basic is None else {"user": basic.user, "password": REDACTED},
        "trust": source.trust.value,
        "ca_file": source.ca_file,
        "client_certificate_file": source.client_certificate_file,
        "client_key_file": source.client_key_file,
        "proxy": source.proxy,
        "timeout_s": source.timeout_s,
        "every_s": source.every_s,
        "accept_partial": source.accept_partial,
    }


def _decode_prometheus(fields: Fields) -> PrometheusSource:
    basic = fields.optional_inner("basic")
    return PrometheusSource(
        url=fields.text("url"),
        headers=tuple(
            Header(header.text("name"), _NOTHING) for header in fields.inner_list("headers")
        ),
        bearer=None if fields.optional_text("bearer") is None else _NOTHING,
        bearer_file=fields.optional_text("bearer_file"),
        basic=None if basic is None else BasicAuth(basic.text("user"), _NOTHING),
        trust=fields.choice("trust", TlsTrust),
        ca_file=fields.optional_text("ca_file"),
        client_certificate_file=fields.optional_text("client_certificate_file"),
        client_key_file=fields.optional_text("client_key_file"),
        proxy=fields.optional_text("proxy"),
        timeout_s=fields.number("timeout_s"),
        every_s=fields.optional_number("every_s"),
        accept_partial=fields.flag("accept_partial"),
    )


def _decode_process(fields: Fields) -> ProcessSource:
    return ProcessSource(fields.optional_count("pid"), fields.optional_count("port"))


def _encode_kubernetes(scope: KubernetesScope) -> JsonObject:
    return {
        "namespace": scope.namespace,
        "workloads": list(scope.workloads),
        "pod_patterns": list(scope.pod_patterns),
    }


def _decode_kubernetes(fields: Fields) -> KubernetesScope:
    return KubernetesScope(
        namespace=fields.text("namespace"),
        workloads=fields.texts("workloads"),
        pod_patterns=fields.texts("pod_patterns"),
    )


def _encode_quantity(quantity: Quantity) -> JsonObject:
    return {
        "name": quantity.name,
        "unit": quantity.unit.value,
        "scope": quantity.scope.value,
        "aspect": quantity.aspect.value,
        "direction": quantity.direction.value,
        "source": _encode_source(quantity.source),
        "empty_means": quantity.empty_means.value,
        "preset": quantity.preset,
        "meaning": quantity.meaning,
    }


def _decode_quantity(fields: Fields) -> Quantity:
    return Quantity(
        name=fields.text("name"),
        unit=fields.choice("unit", Unit),
        scope=fields.choice("scope", ResourceScope),
        aspect=fields.choice("aspect", Aspect),
        direction=fields.choice("direction", Direction),
        source=_decode_source(fields.optional_inner("source")),
        empty_means=fields.choice("empty_means", EmptyMeans),
        preset=fields.text("preset"),
        meaning=fields.text("meaning"),
    )


def _encode_own(own: OwnResource) -> JsonObject:
    return {
        "name": own.name,
        "quantity": own.quantity,
        "role": own.role.value,
        "full_at": own.full_at,
        "grows": own.grows,
        "workload": own.workload,
        "pod_pattern": own.pod_pattern,
    }


def _decode_own(fields: Fields) -> OwnResource:
    pattern = fields.optional_text("pod_pattern")
    try:
        re.compile(pattern or "")
    except (re.error, OverflowError, RecursionError):
        raise fields.refuse("pod_pattern", "a regular expression") from None
    return OwnResource(
        name=fields.text("name"),
        quantity=fields.text("quantity"),
        role=fields.choice("role", ResourceRole),
        full_at=fields.optional_number("full_at"),
        grows=fields.flag("grows"),
        workload=fields.optional_text("workload"),
        pod_pattern=pattern,
    )


def _encode_source(source: Expression | Samples | None) -> JsonObject | None:
    match source:
        case None:
            return None
        case Expression(query, rests_on):
            return {"kind": "expression", "query": query, "rests_on": list(rests_on)}
        case Samples(selector, reduction, group_by, share_of, witness):
            return {
                "kind": "samples",
                "selector": selector,
                "reduction": reduction.value,
                "group_by": list(group_by),
                "share_of": _encode_share(share_of),
                "witness": witness,
            }
        case _:
            assert_never(source)


def _decode_source(fields: Fields | None) -> Expression | Samples | None:
    if fields is None:
        return None
    match fields.text("kind"):
        case "expression":
            return Expression(fields.text("query"), fields.texts("rests_on"))
        case "samples":
            return Samples(
                selector=fields.text("selector"),
                reduction=fields.choice("reduction", Reduction),
                group_by=fields.texts("group_by"),
                share_of=_decode_share(fields.optional_inner("share_of")),
                witness=fields.added_text("witness"),
            )
        case _:
            raise fields.refuse("kind", "expression or samples")


def _encode_share(share_of: Limit | Growth | None) -> JsonObject | None:
    match share_of:
        case None:
            return None
        case Limit(query):
            return {"kind": "limit", "query": query}
        case Growth(selector):
            return {"kind": "growth", "selector": selector}
        case _:
            assert_never(share_of)


def _decode_share(fields: Fields | None) -> Limit | Growth | None:
    if fields is None:
        return None
    match fields.text("kind"):
        case "limit":
            return Limit(fields.text("query"))
        case "growth":
            return Growth(fields.text("selector"))
        case _:
            raise fields.refuse("kind", "limit or growth")
