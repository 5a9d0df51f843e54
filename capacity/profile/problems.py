"""Where does each value come from, and what is wrong with it?

Every value has a path of keys (`("steps", "hold")`) and an origin: a line of the profile or a flag.
Problems are collected and raised together, so one reading shows them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from capacity.errors import Problem, ProfileError

KeyPath = tuple[str | int, ...]  # empty text is no key: paths with it stand beside the tree
MAX_MESSAGE_CHARACTERS = 300

Given = TypeVar("Given")
Read = TypeVar("Read")


class InputError(ValueError):
    """One value is wrong: what is wrong, and what to write instead. Its place is not known yet."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint


def read_unit(parse: Callable[[str], Read], text: str) -> Read:
    """Call a parser of `capacity.units` and raise its ValueError as a InputError."""
    try:
        return parse(text)
    except ValueError as error:
        message, _, hint = str(error).rpartition("; ")
        raise InputError(message or hint, hint if message else "write a whole number") from error


def dotted(path: KeyPath) -> str:
    """A path as people write it: `steps.hold`, `stop[0]`; odd characters are escaped."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".") if text.isprintable() else repr(text.removeprefix("."))


@dataclass(frozen=True, slots=True)
class Place:
    """A line and column of a file, or a flag; relative paths there start at `folder`."""

    source: str
    folder: Path
    line: int | None = None
    column: int | None = None

    @property
    def text(self) -> str:
        """`file:line:column`, or the flag."""
        return self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"


class Origins:
    """The place of every value and key; a path without one inherits from the path above it."""

    def __init__(self, root: Place) -> None:
        self._values: dict[KeyPath, Place] = {(): root}
        self._keys: dict[KeyPath, Place] = {}

    def put(self, path: KeyPath, value: Place, key: Place | None = None) -> None:
        """Note where a value stands, and its key if it has one."""
        self._values[path] = value
        self._keys[path] = key or value

    def of(self, path: KeyPath) -> Place:
        """Where the value stands."""
        while path not in self._values:
            path = path[:-1]
        return self._values[path]

    def of_key(self, path: KeyPath) -> Place:
        """Where the key stands, for problems with the key itself."""
        return self._keys.get(path) or self.of(path)

    def knows(self, path: KeyPath) -> bool:
        """Whether this very path was given by somebody."""
        return path in self._values


class Problems:
    """Everything found wrong so far: one problem for a path, and none below a wrong one."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self._found: dict[KeyPath, tuple[Place, Problem]] = {}
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what may be so, but had better not."""
        return tuple(self._notes)

    def note(self, path: KeyPath, sentence: str) -> None:
        """Say something about a value that is not wrong; the place is put before it."""
        self._notes.append(f"{self.origins.of(path).text}: {_clipped(sentence)}")

    def add(self, path: KeyPath, fault: InputError) -> None:
        """Note a wrong value, unless it or something around it is known to be wrong."""
        if not self.has(path):
            self._keep(path, self.origins.of(path), fault)

    def add_key(self, path: KeyPath, fault: InputError) -> None:
        """Note a wrong key, whatever its value is; the value is looked at all the same."""
        if not self.has(path[:-1]):
            self._keep((*path, ""), self.origins.of_key(path), fault)

    def add_missing(self, path: KeyPath, fault: InputError) -> None:
        """Note that something must be given, unless a wrong one was given there."""
        if not any(wrong[: len(path)] == path for wrong in self._found):
            self.add_key(path, fault)

    def _keep(self, path: KeyPath, place: Place, fault: InputError) -> None:
        problem = Problem(place.text, _clipped(fault.message), _clipped(fault.hint))
        self._found.setdefault(path, (place, problem))

    def has(self, path: KeyPath) -> bool:
        """Whether this path, or one above it, is known to be wrong."""
        return any(path[:length] in self._found for length in range(len(path) + 1))

    def read(
        self, path: KeyPath, parse: Callable[[Given], Read], given: Given | None, fallback: Read
    ) -> Read:
        """Parse a given value; absent or wrong values give the fallback, wrong ones are noted."""
        if given is None:
            return fallback
        try:
            return parse(given)
        except InputError as fault:
            self.add(path, fault)
            return fallback

    def error(self) -> ProfileError:
        """All problems in reading order, flags last."""
        found = sorted(
            self._found.values(),
            key=lambda one: (one[0].line is None, one[0].line or 0, one[0].column or 0),
        )
        return ProfileError(tuple(problem for _, problem in found))

    def raise_if_any(self) -> None:
        """Raise ProfileError with all problems found."""
        if self._found:
            raise self.error()


def _clipped(text: str) -> str:
    too_long = len(text) > MAX_MESSAGE_CHARACTERS
    return f"{text[:MAX_MESSAGE_CHARACTERS]}..." if too_long else text
