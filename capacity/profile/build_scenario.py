"""How do the one scenario of a profile and the request flags become a Scenario?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from capacity.model.plan import Header, HttpRequest, PythonCall, Scenario, Secret
from capacity.profile.build_target import BASE_URL
from capacity.profile.document import Value
from capacity.profile.files import read_file
from capacity.profile.names import parse_name
from capacity.profile.overrides import Overrides, flag_path
from capacity.profile.problems import InputError, KeyPath, Problems
from capacity.profile.python_file import PythonName, find_function
from capacity.profile.references import Lookup, encode
from capacity.profile.request_parts import (
    check_header_name,
    check_header_value,
    parse_method,
    parse_success,
    split_header,
)
from capacity.profile.schema import ProfileFile, RequestPart, ScenarioPart
from capacity.profile.secret_text import is_written_out, written_out
from capacity.profile.target_url import TargetUrl, masked_path, origin_path

DEFAULT_OK_BELOW_STATUS = 400
MAX_BODY_BYTES = 64 * 1024 * 1024
UNREAD_SCENARIO = Scenario("unread", PythonCall("unread", "unread", ()), DEFAULT_OK_BELOW_STATUS)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a scenario is built from besides its own part of the profile."""

    profile: ProfileFile
    overrides: Overrides
    url: TargetUrl
    environ: Mapping[str, str]
    problems: Problems

    def lookup(self, path: KeyPath) -> Lookup:
        """References in the value at this path; files are below the folder of its origin."""
        return Lookup(self.environ, self.problems.origins.of(path).folder)


def build_scenario(sources: Sources) -> Scenario:
    """Read the one scenario; what is wrong is noted and something harmless stands in."""
    problems, scenarios = sources.problems, sources.profile.scenarios
    path: KeyPath = ("scenarios",)
    if not scenarios:
        problems.add_missing(
            path, InputError("scenarios is missing", "write scenarios: with one entry")
        )
        return UNREAD_SCENARIO
    if len(scenarios) > 1:
        names = ", ".join(map(repr, scenarios))
        problems.add(
            path,
            InputError(f"this version runs exactly one scenario, not {names}", "keep one of them"),
        )
        return UNREAD_SCENARIO
    ((name, part),) = scenarios.items()
    path = (*path, name)
    return Scenario(
        name=_read_key(problems, path, name),
        call=_call(sources, path, part),
        ok_below_status=problems.read(
            (*path, "success"), parse_success, part.success, DEFAULT_OK_BELOW_STATUS
        ),
    )


def _read_key(problems: Problems, path: KeyPath, name: str) -> str:
    try:
        return parse_name(name)
    except InputError as fault:
        problems.add_key(path, fault)
        return name


def _call(sources: Sources, path: KeyPath, part: ScenarioPart) -> HttpRequest | PythonCall:
    problems = sources.problems
    if part.request is None and part.python is None:
        fault = InputError(
            "the scenario has neither request nor python", "write request: with its keys"
        )
        problems.add_missing(path, fault)
    if part.python is None:
        return _request(sources, (*path, "request"), part.request or RequestPart())
    if part.request is not None:
        problems.add(
            _first_flag(problems, (*path, "request")),
            InputError("a scenario has either request or python, not both", "remove one of them"),
        )
    if sources.url.path not in {"", "/"}:
        problems.add(
            BASE_URL,
            InputError("a Python scenario names its own paths", "end base_url after the port"),
        )
    python_path = (*path, "python")
    folder = problems.origins.of(python_path).folder
    found = problems.read(
        python_path,
        lambda text: find_function(folder, text),
        part.python,
        PythonName(part.python, ""),
    )
    return PythonCall(found.file, found.function, _headers(sources, path, {}))


def _first_flag(problems: Problems, path: KeyPath) -> KeyPath:
    """The flag that asked for a request, if one did, else the request itself."""
    of_flags = ((*path, key) for key in ("method", "body", "body_file"))
    return next((key for key in of_flags if problems.origins.of(key).line is None), path)


def _request(sources: Sources, path: KeyPath, part: RequestPart) -> HttpRequest:
    problems = sources.problems
    body = _body(sources, path, part)
    headers = _headers(sources, path, part.headers)
    if part.json_body is not None and not _has(headers, "content-type"):
        headers = (*headers, Header("Content-Type", Secret(b"application/json")))
    wire_path = _wire_path(sources, path, part.path)
    return HttpRequest(
        method=problems.read(
            (*path, "method"), parse_method, part.method, "GET" if body is None else "POST"
        ),
        path=Secret(wire_path.encode()),
        shown_path=masked_path(wire_path),
        headers=headers,
        body=body,
    )


def _wire_path(sources: Sources, path: KeyPath, given: str | None) -> str:
    problems, base = sources.problems, sources.url.path
    if given is None:
        whole = base if base.startswith("/") else f"/{base}"
        return problems.read(BASE_URL, origin_path, whole, "/")
    if "?" in base:
        problems.add(
            BASE_URL, InputError("base_url has a query beside a path", "put it into the path")
        )
    prefix = problems.read(BASE_URL, origin_path, base or None, "")
    return prefix.rstrip("/") + problems.read((*path, "path"), origin_path, given, "/")


def _body(sources: Sources, path: KeyPath, part: RequestPart) -> Secret | None:
    problems = sources.problems
    given = {"body": part.body, "json": part.json_body, "body_file": part.body_file}
    keys = [key for key, value in given.items() if value is not None]
    for extra in keys[1:]:
        problems.add_key(
            (*path, extra),
            InputError(f"a request has one body, and {keys[0]} is given too", "keep one of them"),
        )
    if not keys:
        return None
    key = (*path, keys[0])
    lookup = sources.lookup(key)

    def read(value: object) -> Secret | None:
        if isinstance(value, Secret):
            return value
        if keys[0] == "body":
            return Secret(lookup.expand(str(value)))
        if keys[0] == "body_file":
            return Secret(read_file(lookup.folder, str(value), MAX_BODY_BYTES))
        text = json.dumps(_expanded(part.json_body, lookup), ensure_ascii=False, allow_nan=False)
        return Secret(encode(text))

    return problems.read(key, read, given[keys[0]], None)


def _expanded(value: Value, lookup: Lookup) -> Value:
    match value:
        case str():
            return lookup.expand_text(value)
        case list():
            return [_expanded(item, lookup) for item in value]
        case dict():
            return {key: _expanded(item, lookup) for key, item in value.items()}
        case _:
            return value


def _headers(sources: Sources, path: KeyPath, of_request: Mapping[str, str]) -> tuple[Header, ...]:
    """Headers of URL, target, request and flags; a later layer replaces the same names."""
    problems = sources.problems
    headers: tuple[Header, ...] = ()
    if sources.url.authorization is not None:
        headers = (Header("Authorization", sources.url.authorization),)
    for layer_path, layer in (
        (("target", "headers"), sources.profile.target.headers),
        ((*path, "headers"), of_request),
    ):
        read = _layer(sources, layer_path, layer)
        headers = _replace_same_names(headers, read)
    from_flags: list[Header] = []
    for index, line in enumerate(sources.overrides.headers):
        flag = flag_path("headers", index)
        name, value = problems.read(flag, split_header, line, ("", ""))
        from_flags += _header(sources, flag, name, value)
    return _replace_same_names(headers, tuple(from_flags))


def _layer(sources: Sources, path: KeyPath, layer: Mapping[str, str]) -> tuple[Header, ...]:
    headers: tuple[Header, ...] = ()
    for name, value in layer.items():
        if _has(headers, name):
            fault = InputError(
                f"the header {name!r} is given twice", "case does not matter; keep one"
            )
            sources.problems.add_key((*path, name), fault)
        headers += _header(sources, (*path, name), name, value)
    return headers


def _header(sources: Sources, path: KeyPath, name: str, value: str) -> tuple[Header, ...]:
    def read(text: str) -> tuple[Header, ...]:
        check_header_name(name)
        content = sources.lookup(path).expand(text)
        check_header_value(name, content)
        if is_written_out(name, text):
            sources.problems.note(path, str(written_out(f"the header {name}")))
        return (Header(name, Secret(content.strip(b" \t"))),)

    return sources.problems.read(path, read, value, ())


def _replace_same_names(
    headers: tuple[Header, ...], later: tuple[Header, ...]
) -> tuple[Header, ...]:
    return (*(old for old in headers if not _has(later, old.name)), *later)


def _has(headers: tuple[Header, ...], name: str) -> bool:
    return any(header.name.lower() == name.lower() for header in headers)
