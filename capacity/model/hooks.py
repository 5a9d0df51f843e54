"""What is asked of the service's own code and logs at the limit, and what came of it?

Both are extras: a profile or a log that could not be had is a note, and no number rests on them.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PprofSource:
    """A service that tells its own CPU profile over HTTP, as Go programs do.

    `url` has neither user info nor query; the length of the profile is added to it.
    """

    url: str
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A profiler of this machine, started without a shell.

    In its words `{seconds}` is the length of the profile and `{file}` the file that it writes;
    without `{file}` its standard output is the profile.
    """

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfilePlan:
    """One profile of so many seconds, taken on a repeat of the last good step."""

    source: PprofSource | CommandSource
    lasts_s: float


@dataclass(frozen=True, slots=True)
class LogPlan:
    """A command, started without a shell, whose output is kept when the climb has ended."""

    name: str
    argv: tuple[str, ...]


class HookState(StrEnum):
    """Whether it could be had."""

    TAKEN = "taken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HotFunction:
    """The shares of all samples in which a function ran itself, and in which it was on the stack.

    The name comes from the service and may hold anything.
    """

    name: str
    flat_ratio: float
    cumulative_ratio: float


@dataclass(frozen=True, slots=True)
class CodeProfile:
    """Where the service spent its time in one step.

    `covered_s` is the length that the profile itself tells, `cores` how many it was running on
    meanwhile; None where its format does not say. `flat` and `cumulative` are the hottest
    functions by either share, the hottest first. A failed one has its reason and, where something
    came that could not be read, its `file`.
    """

    state: HookState
    reason: str
    step_index: int | None
    file: str | None = None
    covered_s: float | None = None
    cores: float | None = None
    sample_count: int = 0
    flat: tuple[HotFunction, ...] = ()
    cumulative: tuple[HotFunction, ...] = ()


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of what a command had to say; `is_cut` when there was more before it."""

    name: str
    state: HookState
    reason: str
    file: str | None = None
    size_bytes: int = 0
    is_cut: bool = False
    redacted_count: int = 0
