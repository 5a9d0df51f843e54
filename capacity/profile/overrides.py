"""What do the flags of the command line say, as values of a profile?

Flags are laid over the profile before anything is checked, so both go through the same checks; a
problem then names the flag instead of a line.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capacity.model.plan import Secret
from capacity.profile.document import Value
from capacity.profile.problems import KeyPath, Place, Problems

URL_SCENARIO = "main"


@dataclass(frozen=True, slots=True)
class Overrides:
    """The flags of one call, as typed; None, empty or False means not given.

    A `body` is text, `@file`, or the bytes of standard input. `stops` are added to the rules of the
    profile (or the default ones); with `default_stops` False they replace them.
    """

    url: str | None = field(default=None, repr=False)
    concurrency: str | None = None
    rate: str | None = None
    arrivals: str | None = None
    max_in_flight: int | str | None = None
    source_addresses: tuple[str, ...] = ()
    hold: str | None = None
    settle: str | None = None
    hold_max: str | None = None
    min_requests: int | str | None = None
    refine: int | None = None
    precision: str | None = None
    budget: str | None = None
    recheck: bool | None = None
    verify: bool | None = None
    confirm: bool | None = None
    recovery: bool | None = None
    method: str | None = None
    headers: tuple[str, ...] = field(default=(), repr=False)
    body: str | Secret | None = field(default=None, repr=False)
    timeout: str | None = None
    stops: tuple[str, ...] = ()
    default_stops: bool = True
    name: str | None = None
    engine: str | None = None
    threads: int | None = None
    ca_file: str | None = None
    insecure: bool = False
    max_concurrency: int | str | None = None
    max_requests: int | str | None = None
    max_duration: str | None = None
    python: str | None = None
    prometheus: str | None = field(default=None, repr=False)
    namespace: str | None = None
    workloads: tuple[str, ...] = ()
    watch_pid: int | None = None
    watch_port: int | None = None


_FLAGS = {
    "url": "URL",
    "headers": "--header",
    "stops": "--stop",
    "ca_file": "--cacert",
    "source_addresses": "--source-address",
    "workloads": "--workload",
}
_PATHS: dict[str, KeyPath] = {
    "url": ("target", "base_url"),
    "concurrency": ("steps", "concurrency"),
    "rate": ("steps", "rate"),
    "arrivals": ("steps", "arrivals"),
    "max_in_flight": ("steps", "max_in_flight"),
    "hold": ("steps", "hold"),
    "settle": ("steps", "settle"),
    "hold_max": ("steps", "hold_max"),
    "min_requests": ("steps", "min_requests"),
    "refine": ("steps", "refine"),
    "precision": ("steps", "precision"),
    "budget": ("steps", "budget"),
    "recheck": ("steps", "recheck"),
    "verify": ("steps", "verify"),
    "confirm": ("steps", "confirm"),
    "recovery": ("steps", "recovery"),
    "timeout": ("target", "timeout", "total"),
    "name": ("name",),
    "engine": ("engine",),
    "threads": ("threads",),
    "max_concurrency": ("safety", "fuses", "concurrency"),
    "max_requests": ("safety", "fuses", "requests"),
    "max_duration": ("safety", "fuses", "duration"),
    "prometheus": ("monitor", "prometheus", "url"),
    "namespace": ("monitor", "kubernetes", "namespace"),
    "watch_pid": ("monitor", "process", "pid"),
    "watch_port": ("monitor", "process", "port"),
}


def flag_of(name: str) -> str:
    """The flag of a field of Overrides."""
    return _FLAGS.get(name, "--" + name.replace("_", "-"))


def flag_path(name: str, index: int) -> KeyPath:
    """The path under which the values of a repeatable flag are known."""
    return ("", name, index)


def lay_over(overrides: Overrides, raw: dict[str, Any], problems: Problems) -> None:
    """Write every given flag into the raw profile and note its origin."""
    overlay = _Overlay(raw, problems)
    _clear_other_ladder(overrides, overlay)
    _clear_other_process(overrides, overlay)
    for name, path in _PATHS.items():
        overlay.put(path, getattr(overrides, name), flag_of(name))
    for name in ("headers", "stops"):
        for index in range(len(getattr(overrides, name))):
            place = Place(flag_of(name), Path())
            problems.origins.put(flag_path(name, index), place)
    overlay.put_list(("source_addresses",), "source_addresses", overrides.source_addresses)
    overlay.put_list(("monitor", "kubernetes", "workloads"), "workloads", overrides.workloads)
    _lay_tls(overrides, overlay)
    _lay_scenario(overrides, overlay)


class _Overlay:
    """Writes values into nested mappings, unless the profile has something else in their way."""

    def __init__(self, raw: dict[str, Any], problems: Problems) -> None:
        self.raw = raw
        self.problems = problems

    def only_scenario(self) -> str | None:
        """The name of the profile's scenario; None when there is not exactly one."""
        scenarios = self.raw.get("scenarios")
        if not isinstance(scenarios, dict) or len(scenarios) != 1:
            return None
        return str(next(iter(scenarios)))

    def mapping(self, path: KeyPath) -> dict[str, Any] | None:
        """The mapping at this path, made if nothing is there; None if something else is."""
        found = self.raw
        for key in path:
            below = found.setdefault(str(key), {})
            if not isinstance(below, dict):
                return None
            found = below
        return found

    def put(self, path: KeyPath, value: Value | Secret, flag: str) -> None:
        """Set one value if it was given."""
        if value is None:
            return
        holder = self.mapping(path[:-1])
        if holder is not None:
            holder[str(path[-1])] = value
            self.problems.origins.put(path, Place(flag, Path()))

    def put_list(self, path: KeyPath, name: str, values: tuple[str, ...]) -> None:
        """Set the values of a repeatable flag; each is known to be of that flag."""
        if not values:
            return
        self.put(path, list(values), flag_of(name))
        for index in range(len(values)):
            self.problems.origins.put((*path, index), Place(flag_of(name), Path()))


def _clear_other_process(overrides: Overrides, overlay: _Overlay) -> None:
    """A process on the command line replaces the profile's, however that one is named."""
    if overrides.watch_pid is None and overrides.watch_port is None:
        return
    monitor = overlay.mapping(("monitor",))
    if monitor is not None:
        monitor.pop("process", None)


def _clear_other_ladder(overrides: Overrides, overlay: _Overlay) -> None:
    """A ladder on the command line replaces the profile's, also when it is one of the other kind.

    Two of them on the command line stay, to be refused together.
    """
    steps = overlay.mapping(("steps",))
    if steps is None:
        return
    if overrides.rate is not None:
        steps.pop("concurrency", None)
    if overrides.concurrency is not None:
        for key in ("rate", "arrivals", "max_in_flight"):
            steps.pop(key, None)


def _lay_tls(overrides: Overrides, overlay: _Overlay) -> None:
    target = overlay.mapping(("target",))
    if target is None or not (overrides.insecure or overrides.ca_file is not None):
        return
    target["tls"] = {}
    overlay.put(("target", "tls", "ca"), overrides.ca_file, flag_of("ca_file"))
    if overrides.insecure:
        overlay.put(("target", "tls", "verify"), value=False, flag=flag_of("insecure"))


def _lay_scenario(overrides: Overrides, overlay: _Overlay) -> None:
    if overrides.url is not None:
        overlay.mapping(("scenarios", URL_SCENARIO, "request"))
    elif overrides.python is not None and not overlay.mapping(("scenarios",)):
        overlay.mapping(("scenarios", URL_SCENARIO))
    name = overlay.only_scenario()
    if name is None:
        return
    request_path: KeyPath = ("scenarios", name, "request")
    if overrides.python is not None:
        scenario = overlay.mapping(("scenarios", name))
        if scenario is not None:
            scenario.pop("request", None)
        overlay.put(("scenarios", name, "python"), overrides.python, flag_of("python"))
    overlay.put((*request_path, "method"), overrides.method, flag_of("method"))
    if overrides.body is not None:
        request = overlay.mapping(request_path)
        for key in ("body", "json", "body_file"):
            if request is not None:
                request.pop(key, None)
        _lay_body(overrides.body, overlay, request_path)


def _lay_body(body: str | Secret, overlay: _Overlay, request_path: KeyPath) -> None:
    if isinstance(body, str) and body.startswith("@"):
        overlay.put((*request_path, "body_file"), body[1:], flag_of("body"))
    else:
        overlay.put((*request_path, "body"), body, flag_of("body"))
