"""Which resources does the profile name itself, and from which value on is each full?"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from capacity.model.plan import KubernetesScope
from capacity.model.resources import OwnResource, Quantity, ResourceRole, ResourceScope
from capacity.model.rules import METRICS
from capacity.profile.limit_text import read_limit
from capacity.profile.problems import InputError, KeyPath, Problems
from capacity.profile.rule_text import Resources
from capacity.profile.schema import BottleneckPart
from capacity.profile.workload_text import pod_pattern
from capacity.units import Unit

MAX_NAME_CHARACTERS = 60

_BOTTLENECKS: KeyPath = ("monitor", "bottlenecks")
_EXAMPLE = "write it like { name: GPU, metric: prom.gpu, saturated_at: 95% }"
# Whose a quantity is says what part it plays, unless the profile says otherwise.
_ROLES: Mapping[ResourceScope, ResourceRole] = {
    ResourceScope.SERVICE: ResourceRole.SERVICE,
    ResourceScope.PROCESS: ResourceRole.SERVICE,
    ResourceScope.USER: ResourceRole.SERVICE,
    ResourceScope.DATABASE: ResourceRole.DATABASE,
    ResourceScope.CACHE: ResourceRole.CACHE,
    ResourceScope.INGRESS: ResourceRole.INGRESS,
    ResourceScope.NODE: ResourceRole.NODE,
}


def build_bottlenecks(
    parts: Sequence[BottleneckPart],
    read: Mapping[str, Quantity],
    pods: KubernetesScope | None,
    resources: Resources,
    problems: Problems,
) -> tuple[OwnResource, ...]:
    """Each resource with what tells of it, of all that is read; a wrong one is noted."""
    names: set[str] = set()
    built = []
    for index, part in enumerate(parts):
        path: KeyPath = (*_BOTTLENECKS, index)
        name = _name(part, path, names, problems)
        names.add(name)
        quantity = _quantity(part, path, read, resources, problems)
        if quantity is not None:
            built.append(_built(name, part, path, quantity, pods, problems))
    return tuple(built)


def _built(
    name: str,
    part: BottleneckPart,
    path: KeyPath,
    quantity: Quantity,
    pods: KubernetesScope | None,
    problems: Problems,
) -> OwnResource:
    full_at = problems.read(
        (*path, "saturated_at"), lambda text: _full_at(quantity, text), part.saturated_at, None
    )
    if (part.saturated_at is None) == (part.grows is not True):
        fault = InputError(
            "a resource shows that it is full at a value, or by growing: one of the two",
            f"write saturated_at: {_limit_like(quantity.unit)}, or grows: true",
        )
        problems.add_missing(path, fault)
    place: KeyPath = (*path, "workload")
    return OwnResource(
        name=name,
        quantity=quantity.name,
        role=_ROLES[quantity.scope] if part.role is None else ResourceRole(part.role),
        full_at=full_at,
        grows=part.grows is True,
        workload=part.workload,
        pod_pattern=problems.read(
            place, lambda text: _pod_pattern(text, pods), part.workload, None
        ),
    )


def _name(part: BottleneckPart, path: KeyPath, taken: set[str], problems: Problems) -> str:
    if part.name is None:
        problems.add_missing(path, InputError("the resource has no name", _EXAMPLE))
        return ""
    name = part.name.strip()
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        fault = InputError(
            f"a name has 1 to {MAX_NAME_CHARACTERS} printable characters", "shorten it"
        )
        problems.add((*path, "name"), fault)
    elif name in taken:
        fault = InputError(f"{name!r} is the name of two resources", "give each its own")
        problems.add((*path, "name"), fault)
    return name


def _quantity(
    part: BottleneckPart,
    path: KeyPath,
    quantities: Mapping[str, Quantity],
    resources: Resources,
    problems: Problems,
) -> Quantity | None:
    if part.metric is None:
        problems.add_missing(path, InputError("nothing tells of the resource", _EXAMPLE))
        return None
    if part.metric not in quantities:
        problems.add((*path, "metric"), _not_read(part.metric, quantities, resources))
        return None
    return quantities[part.metric]


def _not_read(metric: str, quantities: Mapping[str, Quantity], resources: Resources) -> InputError:
    """What is wrong with a metric that the monitor does not read."""
    if metric in METRICS:
        return InputError(
            f"{metric} is measured by the run itself and is no resource",
            f"name what a monitor reads: {', '.join(quantities) or 'cpu'}",
        )
    if metric in resources.offers:
        return InputError(f"{metric} is not read by this monitor", resources.offers[metric])
    close = get_close_matches(metric, (*quantities, *resources.offers), n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return InputError(
        f"{metric!r} is nothing that is read",
        f"{hint}a query of your own, below queries:, is called prom.NAME",
    )


def _full_at(quantity: Quantity, text: str) -> float | None:
    full_at = read_limit(quantity.unit, text)
    if full_at <= 0:
        raise InputError(
            f"nothing is full at {text}", f"write it like {_limit_like(quantity.unit)}"
        )
    return full_at


def _pod_pattern(workload: str, pods: KubernetesScope | None) -> str | None:
    """Its pods' regular expression; a workload that is not read could never show anything."""
    pattern = pod_pattern(workload)
    if pods is None or (pods.pod_patterns and pattern not in pods.pod_patterns):
        raise InputError(
            f"{workload} is not read", "name it below kubernetes: workloads:, or leave it out here"
        )
    return pattern


def _limit_like(unit: Unit) -> str:
    """An example of a limit in a unit."""
    return _LIMITS[unit]


_LIMITS: Mapping[Unit, str] = {
    Unit.RATIO: "90%",
    Unit.SECONDS: "500ms",
    Unit.QPS: "800qps",
    Unit.PER_SECOND: "5/s",
    Unit.BYTES: "512MiB",
    Unit.BYTES_PER_SECOND: "10MiB/s",
    Unit.CORES: "2cores",
    Unit.COUNT: "64",
    Unit.NUMBER: "64",
}
