"""What is going to be read of the service's resources, and where, in words for people?"""

from collections.abc import Iterator

from capacity.model.plan import (
    KubernetesScope,
    MonitorPlan,
    ProcessSource,
    PrometheusSource,
    RunPlan,
    TlsTrust,
)
from capacity.model.resources import OWN_QUERIES, STOPPING_SAMPLES
from capacity.model.rules import Action, OnMissing, Rule, Scope
from capacity.presets import kubernetes, local_process
from capacity.profile.limit_text import limit_to_text
from capacity.units import format_duration

# What the usual charts give for pods: a sample every 10 to 30 seconds, up to 30 seconds old.
_POD_HOLD_S = 60.0

_MISSING = {
    OnMissing.MARK: "",
    OnMissing.STOP: "(the climb stops when it cannot be read)",
    OnMissing.FAIL: "(the run fails when it cannot be read)",
}


def monitor_rows(plan: RunPlan) -> list[tuple[str, str]]:
    """Label and text of each line; none where nothing is read."""
    monitor = plan.monitor
    if monitor is None:
        return []
    rows = [("resources", "; ".join(_subjects(monitor)))]
    if monitor.prometheus is not None:
        rows.append(("prometheus", _prometheus(monitor.prometheus)))
    if monitor.bottlenecks:
        rows.append(("can run out", "; ".join(_own_resources(monitor))))
    return [*rows, *_needed_samples(plan, monitor)]


def missing_words(rule: Rule) -> str:
    """What a rule does when its resource cannot be read; nothing where the step is only marked."""
    return _MISSING[rule.on_missing]


def _subjects(monitor: MonitorPlan) -> list[str]:
    found = []
    if monitor.kubernetes is not None:
        found.append(_pods(monitor.kubernetes))
    if monitor.process is not None:
        found.append(_process(monitor.process))
    presets = dict.fromkeys(one.preset for one in monitor.quantities)
    found += [preset for preset in presets if preset not in {kubernetes.PRESET, OWN_QUERIES}]
    own = [one.name for one in monitor.quantities if one.preset == OWN_QUERIES]
    return [*found, *([", ".join(own)] if own else [])]


def _own_resources(monitor: MonitorPlan) -> Iterator[str]:
    """The resources that the profile names, and how each shows that it is full."""
    units = {one.name: one.unit for one in (*monitor.quantities, *local_process.quantities())}
    for own in monitor.bottlenecks:
        whose = f" of {own.workload}" if own.workload is not None else ""
        if own.full_at is None:
            yield f"{own.name}, when {own.quantity}{whose} grows"
        else:
            limit = limit_to_text(units[own.quantity], own.full_at)
            yield f"{own.name}, when {own.quantity}{whose} is at {limit}"


def _pods(scope: KubernetesScope) -> str:
    which = f"pods of {', '.join(scope.workloads)}" if scope.workloads else "every pod"
    return f"{which} in namespace {scope.namespace}"


def _process(process: ProcessSource) -> str:
    if process.pid is not None:
        return f"process {process.pid} of this machine, with its children"
    return f"the process of this machine that listens on port {process.port}, with its children"


def _prometheus(source: PrometheusSource) -> str:
    words = [f"{source.url}, queries only, at most {format_duration(source.timeout_s)} each"]
    words += [*_identity(source), *(f"header {header.name}" for header in source.headers)]
    if source.proxy is not None:
        words.append(f"through {source.proxy}")
    if source.client_certificate_file is not None:
        words.append(f"client certificate {source.client_certificate_file}")
    if source.trust is TlsTrust.INSECURE:
        words.append("certificates NOT checked")
    if source.accept_partial:
        words.append("answers in part are accepted")
    return ", ".join(words)


def _identity(source: PrometheusSource) -> list[str]:
    if source.basic is not None:
        return [f"as {source.basic.user} with a password"]
    if source.bearer is not None:
        return ["with a bearer token"]
    if source.bearer_file is not None:
        return [f"with the bearer token in {source.bearer_file}"]
    return []


def _needed_samples(plan: RunPlan, monitor: MonitorPlan) -> list[tuple[str, str]]:
    """How often Prometheus must sample for the rules that stop; a process is read as needed."""
    rules = [
        rule for rule in plan.rules if rule.scope is Scope.RESOURCE and rule.action is Action.STOP
    ]
    if monitor.prometheus is None or not rules:
        return []
    hold = format_duration(plan.hold_s)
    spacing = format_duration(plan.hold_s / STOPPING_SAMPLES)
    text = f"{STOPPING_SAMPLES} in the {hold} measured are needed to stop: one every {spacing}"
    if monitor.kubernetes is not None and plan.hold_s < _POD_HOLD_S:
        text += "; of pods there is often one in 10s to 30s: then hold 60s to 120s"
    return [("samples", text)]
