"""Which errors can the user meet, and with which exit code does each end?

    CapacityError                    (root; never raised itself)
    |-- UsageError              2    wrong flag, path or argument, or a host that does not exist
    |   |-- ProfileError        2    every problem of a profile at once, each with its place
    |   `-- ConsentError        2    a host that nobody allowed
    |-- MachineError            3    our own machine cannot do it: descriptors, folder
    |-- MonitorError            3    what a rule cannot do without cannot be watched
    |-- TargetError             4    name, connection or certificate of the target
    |-- StorageError            7    what was measured could not be written or read
    `-- EngineError             1    the load engine failed; a bug or a lost process

The exit codes 0, 5, 6, 20, 21, 99, 130 and 143 are results, not errors: see model/run.py.
"""

from dataclasses import dataclass


class CapacityError(Exception):
    """An error with a message for people, a hint to follow and an exit code."""

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CapacityError):
    """The command line asks for something that cannot be done as written."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a profile or flag: `place` is `file:line:column` or the name of the flag."""

    place: str
    message: str
    hint: str


class ProfileError(UsageError):
    """All problems of one profile, found in one reading."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        if len(problems) == 1:
            (only,) = problems
            super().__init__(f"{only.place}: {only.message}", hint=only.hint)
        else:
            lines = [f"{p.place}: {p.message}\n  hint: {p.hint}" for p in problems]
            super().__init__("\n".join(lines), hint=f"correct these {len(problems)} and run again")
        self.problems = problems


class ConsentError(UsageError):
    """Load for a host that was neither loopback nor allowed by name."""


class MachineError(CapacityError):
    """Our own machine cannot carry the run: descriptors, ports, output folder."""

    exit_code = 3


class MonitorError(CapacityError):
    """What a rule of the plan cannot do without cannot be read, and nothing was sent."""

    exit_code = 3


class TargetError(CapacityError):
    """The target cannot be reached at all: name, connection, certificate."""

    exit_code = 4


class StorageError(CapacityError):
    """A result could not be written or read back."""

    exit_code = 7


class EngineError(CapacityError):
    """The load engine failed; nothing is said about the target."""
