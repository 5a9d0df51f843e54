"""How do `profile` and `logs` become a profile and logs to be taken at the limit?

Commands are lists of words, never a line for a shell, and hold no secret: they are shown and kept.
"""

import re

from capacity.model.hooks import CommandSource, LogPlan, PprofSource, ProfilePlan
from capacity.profile.names import parse_name
from capacity.profile.problems import InputError, KeyPath, Problems, read_unit
from capacity.profile.schema import LogPart, ProfileFile, ProfilePart
from capacity.profile.target_url import origin_path, parse_url
from capacity.redaction import redact
from capacity.units import format_duration, parse_duration_s

DEFAULT_PROFILE_S = 10.0
MIN_PROFILE_S = 1.0
MAX_PROFILE_S = 60.0
MAX_LOGS = 10
MAX_WORDS = 100
MAX_WORD_CHARACTERS = 4096
PPROF_PATH = "/debug/pprof/profile"

_PROFILE: KeyPath = ("profile",)
_LOGS: KeyPath = ("logs",)
_BARE_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_EXAMPLE = "write it like [kubectl, logs, deploy/gateway, --since=2m]"
_PROFILER = 'write it like [py-spy, record, -d, "{seconds}", -f, raw, -o, "{file}", -p, "4711"]'
_UNREAD: PprofSource | CommandSource = CommandSource(("unread",))


def build_profiling(profile: ProfileFile, problems: Problems) -> ProfilePlan | None:
    """Read `profile`; None where nothing is to be profiled."""
    part = profile.profile
    if part is None:
        return None
    return ProfilePlan(
        source=_source(part, problems),
        lasts_s=problems.read((*_PROFILE, "seconds"), _lasts_s, part.seconds, DEFAULT_PROFILE_S),
    )


def build_logs(profile: ProfileFile, problems: Problems) -> tuple[LogPlan, ...]:
    """Read `logs`; what is wrong is noted and left out."""
    if len(profile.logs) > MAX_LOGS:
        fault = InputError(
            f"{len(profile.logs)} commands for logs are too many", f"keep at most {MAX_LOGS}"
        )
        problems.add(_LOGS, fault)
    found: dict[str, LogPlan] = {}
    for index, part in enumerate(profile.logs):
        log = _log((*_LOGS, index), part, problems)
        if log.name in found:
            fault = InputError(f"two logs are called {log.name!r}", "give each its own name")
            problems.add((*_LOGS, index, "name"), fault)
        found[log.name] = log
    return tuple(found.values())


def _log(path: KeyPath, part: LogPart, problems: Problems) -> LogPlan:
    if part.name is None:
        fault = InputError("the log has no name", "write name: gateway; its file is called so")
        problems.add_missing((*path, "name"), fault)
    if part.command is None:
        problems.add_missing((*path, "command"), InputError("the log has no command", _EXAMPLE))
    return LogPlan(
        name=problems.read((*path, "name"), parse_name, part.name, f"unread-{path[-1]}"),
        argv=_read_argv((*path, "command"), part.command, problems, _EXAMPLE),
    )


def _source(part: ProfilePart, problems: Problems) -> PprofSource | CommandSource:
    if (part.url is None) == (part.command is None):
        fault = InputError(
            "a profile comes from a url or from a command",
            f"write url: http://HOST:PORT{PPROF_PATH}, or command: with the words of a profiler",
        )
        problems.add_missing(_PROFILE, fault)
    kind = "command" if part.url is None else "pprof"
    if part.kind is not None and part.kind != kind:
        wanted = "url" if part.kind == "pprof" else "command"
        fault = InputError(f"kind {part.kind} needs {wanted}", f"give {wanted}, or leave kind out")
        problems.add((*_PROFILE, "kind"), fault)
    if part.url is not None:
        return problems.read((*_PROFILE, "url"), _pprof, part.url, _UNREAD)
    return CommandSource(_read_argv((*_PROFILE, "command"), part.command, problems, _PROFILER))


def _pprof(text: str) -> PprofSource | CommandSource:
    url = parse_url(text)
    if url.authorization is not None:
        raise InputError(
            "the URL holds a user or a password", "let pprof listen where none is asked for"
        )
    if "?" in url.path:
        raise InputError("the URL holds a query", "end it after the path; seconds are added to it")
    path = origin_path(url.path) if url.path not in {"", "/"} else PPROF_PATH
    host = f"[{url.host}]" if ":" in url.host else url.host
    return PprofSource(
        url=f"{url.scheme}://{host}:{url.port}{path}",
        scheme=url.scheme,
        host=url.host,
        port=url.port,
    )


def _lasts_s(text: str) -> float:
    """Seconds as a bare number, as the key says, or with a unit."""
    lasts_s = float(text) if _BARE_NUMBER.fullmatch(text) else read_unit(parse_duration_s, text)
    if not MIN_PROFILE_S <= lasts_s <= MAX_PROFILE_S:
        raise InputError(
            f"a profile of {format_duration(lasts_s)} cannot be taken",
            f"write from {MIN_PROFILE_S:g} to {MAX_PROFILE_S:g} seconds",
        )
    return lasts_s


def _read_argv(
    path: KeyPath, words: list[str] | None, problems: Problems, example: str
) -> tuple[str, ...]:
    nothing: tuple[str, ...] = ()
    return problems.read(path, lambda given: _argv(given, example), words, nothing)


def _argv(words: list[str], example: str) -> tuple[str, ...]:
    if not words or not words[0].strip():
        raise InputError("the command names no program", example)
    if len(words) > MAX_WORDS or any(len(word) > MAX_WORD_CHARACTERS for word in words):
        raise InputError(
            "the command is too long",
            f"use at most {MAX_WORDS} words of {MAX_WORD_CHARACTERS} characters, or a script",
        )
    if not all(word.isprintable() for word in words):
        raise InputError("the command holds a control character", "remove it, or use a script")
    if redact(" ".join(words)).count:
        raise InputError(
            "the command holds a secret, and it is written out here",
            "let the program read it from its own configuration, or use a script",
        )
    return tuple(words)
