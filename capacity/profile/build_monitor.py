"""What is read of the service's resources in this run, and what may rules say about them?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from capacity.model.plan import KubernetesScope, MonitorPlan, ProcessSource, PrometheusSource
from capacity.model.resources import Quantity
from capacity.model.rules import OnMissing
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS
from capacity.profile.build_bottlenecks import build_bottlenecks
from capacity.profile.build_prometheus import URL, build_prometheus
from capacity.profile.build_queries import build_queries
from capacity.profile.build_scenario import Sources
from capacity.profile.format_check import unknown_key
from capacity.profile.problems import InputError, KeyPath, Problems
from capacity.profile.rule_text import Resources
from capacity.profile.schema import KubernetesPart, MonitorPart, ProcessPart, ProfileFile
from capacity.profile.workload_text import check_pattern, parse_namespace, pod_pattern

_MONITOR: KeyPath = ("monitor",)
_KUBERNETES: KeyPath = (*_MONITOR, "kubernetes")
_PROCESS: KeyPath = (*_MONITOR, "process")
MAX_PID = 2**22
MAX_PORT = 65535

_READ_PODS = (
    "name the pods: monitor: with prometheus: and kubernetes:, or "
    "--prometheus URL --namespace NAME --workload deploy/NAME"
)
_READ_PROCESS = "name a process of this machine: monitor: with process:, or --watch-pid PID"


@dataclass(frozen=True, slots=True)
class Watch:
    """What the plan reads, None if nothing, and what rules may therefore be about."""

    plan: MonitorPlan | None
    resources: Resources


def build_watch(sources: Sources) -> Watch:
    """Read `monitor`; with the built-in service and no word about it, that service is watched."""
    profile = sources.profile
    if profile.monitor is not None:
        plan = _monitor(sources, profile.monitor)
    elif profile.demo_service is not None:
        plan = MonitorPlan(None, ProcessSource(pid=None, port=sources.url.port), None, ())
    else:
        plan = None
    resources = _resources(plan, profile)
    if plan is not None and profile.monitor is not None:
        read = {one.name: one for one in quantities_of(plan)}
        own = build_bottlenecks(
            profile.monitor.bottlenecks, read, plan.kubernetes, resources, sources.problems
        )
        plan = replace(plan, bottlenecks=own)
    return Watch(plan, resources)


def quantities_of(plan: MonitorPlan) -> tuple[Quantity, ...]:
    """Everything that is read, whichever way."""
    of_process = () if plan.process is None else local_process.quantities()
    return (*plan.quantities, *of_process)


def _monitor(sources: Sources, part: MonitorPart) -> MonitorPlan:
    problems = sources.problems
    process = None if part.process is None else _process(part.process, problems)
    scope = None if part.kubernetes is None else _kubernetes(part.kubernetes, problems)
    asked = (
        *(() if scope is None else kubernetes.quantities(scope)),
        *_presets(part, problems),
        *build_queries(part.queries, problems),
    )
    if process is not None and scope is not None:
        problems.add_key(
            _PROCESS,
            InputError(
                "kubernetes and process both read cpu, and a rule could mean either",
                "keep one of them",
            ),
        )
    wants = scope is not None or bool(asked) or bool(part.queries) or bool(_given_presets(part))
    return MonitorPlan(_prometheus(sources, part, wants=wants), process, scope, asked)


def _prometheus(sources: Sources, part: MonitorPart, *, wants: bool) -> PrometheusSource | None:
    """The source, and the complaint when it is missing or has nothing to tell."""
    problems = sources.problems
    if part.prometheus is None:
        if wants:
            fault = InputError(
                "what is to be read needs a Prometheus to ask",
                "write prometheus: { url: http://HOST:9090 } below monitor, or --prometheus URL",
            )
            problems.add_missing(_MONITOR, fault)
        elif part.process is None:
            fault = InputError("monitor names nothing to read", f"{_READ_PODS}; or process:")
            problems.add_missing(_MONITOR, fault)
        return None
    source = build_prometheus(sources, part.prometheus)
    if part.prometheus.url is None:
        fault = InputError("monitor.prometheus.url is missing", "write http://HOST:9090")
        problems.add_missing(URL, fault)
    elif not wants:
        fault = InputError(
            "nothing is asked of Prometheus",
            "name the pods (kubernetes:, or --namespace and --workload), a preset such as "
            "redis: {}, or queries:",
        )
        problems.add(URL, fault)
    return source


def _kubernetes(part: KubernetesPart, problems: Problems) -> KubernetesScope:
    path: KeyPath = (*_KUBERNETES, "namespace")
    if part.namespace is None:
        fault = InputError("monitor.kubernetes.namespace is missing", "write namespace: NAME")
        problems.add_missing(path, fault)
    words: dict[KeyPath, str] = {
        (*_KUBERNETES, "workloads", index): word for index, word in enumerate(part.workloads)
    }
    if part.pods is not None:
        words[(*_KUBERNETES, "pods")] = f"pods/{part.pods}"
    return KubernetesScope(
        namespace=problems.read(path, parse_namespace, part.namespace, "unread"),
        workloads=tuple(words.values()),
        pod_patterns=tuple(
            problems.read(place, pod_pattern, word, "") for place, word in words.items()
        ),
    )


def _process(part: ProcessPart, problems: Problems) -> ProcessSource:
    if (part.pid is None) == (part.port is None):
        fault = InputError(
            "a process is named by its pid or by the port that it listens on",
            "write process: { port: 8080 } or process: { pid: 4711 }",
        )
        problems.add_missing(_PROCESS, fault)
    return ProcessSource(
        pid=problems.read((*_PROCESS, "pid"), _pid, part.pid, None),
        port=problems.read((*_PROCESS, "port"), _port, part.port, None),
    )


def _pid(number: int) -> int | None:
    if not 1 <= number <= MAX_PID:
        raise InputError(f"no process has the id {number}", "`ps` tells the ids")
    return number


def _port(number: int) -> int | None:
    if not 1 <= number <= MAX_PORT:
        raise InputError(f"port {number} does not exist", f"write a number from 1 to {MAX_PORT}")
    return number


def _given_presets(part: MonitorPart) -> Mapping[str, Mapping[str, str]]:
    """The presets of the profile by their words, with the options that narrow each down."""
    fields = part.model_dump(by_alias=True)
    return {word: fields[word] for word in PRESETS if fields[word] is not None}


def _presets(part: MonitorPart, problems: Problems) -> tuple[Quantity, ...]:
    asked: list[Quantity] = []
    for word, options in _given_presets(part).items():
        path: KeyPath = (*_MONITOR, word)
        known = PRESETS[word].options
        for option, pattern in options.items():
            if option not in known:
                problems.add_key((*path, option), unknown_key((*path, option), tuple(known)))
            problems.read((*path, option), check_pattern, pattern, "")
        if PRESETS[word].needs_option and not options:
            fault = InputError(
                f"{word} alone means every process that tells such numbers, Prometheus too",
                f"choose by a regular expression, like {word}: {{ {next(iter(known))}: '...' }}",
            )
            problems.add(path, fault)
        asked += PRESETS[word].quantities({o: p for o, p in options.items() if o in known})
    return tuple(asked)


def _resources(plan: MonitorPlan | None, profile: ProfileFile) -> Resources:
    units = {} if plan is None else {one.name: one.unit for one in quantities_of(plan)}
    part = None if profile.monitor is None else profile.monitor.prometheus
    said = OnMissing.MARK if part is None or part.on_missing is None else part.on_missing
    asked = () if plan is None else plan.quantities
    return Resources(
        units=units,
        missing={one.name: OnMissing(said) for one in asked},
        offers={name: hint for name, hint in _offers().items() if name not in units},
    )


def _offers() -> dict[str, str]:
    """How to have each known resource read; where there are several ways, pods come first."""
    offers: dict[str, str] = {one.name: _READ_PROCESS for one in local_process.quantities()}
    for word, preset in PRESETS.items():
        hint = f"write {word}: below monitor, beside prometheus:"
        offers |= {one.name: hint for one in preset.quantities({})}
    anywhere = KubernetesScope("any", (), ())
    for one in kubernetes.quantities(anywhere):
        both = f"{_READ_PODS}; or {_READ_PROCESS}"
        offers[one.name] = both if one.name in offers else _READ_PODS
    return offers
