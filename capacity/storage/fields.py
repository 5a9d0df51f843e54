"""How is one value taken out of a file that may be damaged or hostile?

A Fields is one JSON object together with its place, so that each error names file and key. What
it gives has exactly the asked type: true is no number, 1.0 is no count, infinity is nothing.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from capacity.errors import StorageError

_Choice = TypeVar("_Choice", bound=StrEnum)

# Counts above this are no measurement, and would lose digits in other programs.
_MAX_COUNT = 2**53
_DAMAGED = "the file is damaged or was not written by capacity"


class Fields:
    """One JSON object; `key` is its dotted path inside `file`."""

    def __init__(self, value: object, *, file: str, key: str = "") -> None:
        self._file = file
        self._key = key
        if not isinstance(value, dict):
            raise self._wrong("", "an object", value)
        self._members: dict[str, object] = value

    def text(self, name: str) -> str:
        """A string."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text", value)
        return value

    def optional_text(self, name: str) -> str | None:
        """A string or null."""
        return None if self._get(name) is None else self.text(name)

    def number(self, name: str) -> float:
        """A finite number."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number", value)
        if isinstance(value, int):
            value = self._bounded(name, value)
        if not isfinite(value):
            raise self._wrong(name, "a finite number", value)
        return float(value)

    def rate(self, name: str) -> float:
        """A number above zero that is no larger than a count may be; an axis has its logarithm."""
        value = self.number(name)
        if not 0 < value <= _MAX_COUNT:
            raise self._wrong(name, "a rate above 0", value)
        return value

    def optional_number(self, name: str) -> float | None:
        """A finite number or null."""
        return None if self._get(name) is None else self.number(name)

    def added_number(self, name: str) -> float | None:
        """A finite number or null in a key that older files of this version do not have."""
        return self.optional_number(name) if name in self._members else None

    def count(self, name: str, *, at_least: int = 0) -> int:
        """A whole number from `at_least` up."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number", value)
        if self._bounded(name, value) < at_least:
            raise self._wrong(name, f"a whole number of at least {at_least}", value)
        return value

    def optional_count(self, name: str, *, at_least: int = 0) -> int | None:
        """A whole number or null."""
        return None if self._get(name) is None else self.count(name, at_least=at_least)

    def added_count(self, name: str) -> int | None:
        """A whole number or null in a key that older files of this version do not have."""
        return self.optional_count(name) if name in self._members else None

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """One of the texts of an enum."""
        value = self.text(name)
        try:
            return kind(value)
        except ValueError:
            raise self._wrong(name, f"one of {', '.join(kind)}", value) from None

    def added_choice(self, name: str, kind: type[_Choice]) -> _Choice | None:
        """One of the texts of an enum in a key that older files of this version do not have."""
        return self.choice(name, kind) if name in self._members else None

    def blob(self, name: str) -> bytes:
        """Bytes written as base64."""
        value = self.text(name)
        try:
            return b64decode(value.encode("ascii"), validate=True)
        except (Base64Error, UnicodeEncodeError):
            raise self._wrong(name, "base64", value) from None

    def inner(self, name: str) -> "Fields":
        """An object."""
        return Fields(self._get(name), file=self._file, key=self._path(name))

    def optional_inner(self, name: str) -> "Fields | None":
        """An object or null."""
        return None if self._get(name) is None else self.inner(name)

    def added_flag(self, name: str) -> bool:
        """A truth in a key that older files of this version do not have, for which it is false."""
        return self.flag(name) if name in self._members else False

    def added_text(self, name: str) -> str | None:
        """A text or null in a key that older files of this version do not have."""
        return self.optional_text(name) if name in self._members else None

    def added_inner(self, name: str) -> "Fields | None":
        """An object or null in a key that older files of this version do not have."""
        return self.optional_inner(name) if name in self._members else None

    def inner_list(self, name: str) -> "tuple[Fields, ...]":
        """A list of objects."""
        return tuple(
            Fields(item, file=self._file, key=f"{self._path(name)}[{position}]")
            for position, item in enumerate(self._list(name))
        )

    def added_inner_list(self, name: str) -> "tuple[Fields, ...]":
        """A list of objects in a key that older files of this version do not have."""
        return self.inner_list(name) if name in self._members else ()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        found = []
        for position, item in enumerate(self._list(name)):
            if not isinstance(item, str):
                raise self._wrong(f"{name}[{position}]", "text", item)
            found.append(item)
        return tuple(found)

    def added_texts(self, name: str) -> tuple[str, ...]:
        """A list of strings in a key that older files of this version do not have."""
        return self.texts(name) if name in self._members else ()

    def counts(
        self, name: str, *, at_least: int = 0, at_most: int | None = None
    ) -> tuple[int, ...]:
        """A list of whole numbers from `at_least` up; `at_most` bounds how many there may be."""
        items, places = self._items(name, at_most)
        return tuple(items.count(place, at_least=at_least) for place in places)

    def rates(self, name: str) -> tuple[float, ...]:
        """A list of rates."""
        items, places = self._items(name, None)
        return tuple(items.rate(place) for place in places)

    def numbers(self, name: str, *, at_most: int) -> tuple[float, ...]:
        """A list of at most so many finite numbers."""
        items, places = self._items(name, at_most)
        return tuple(items.number(place) for place in places)

    def optional_numbers(self, name: str, *, at_most: int) -> tuple[float | None, ...]:
        """A list of at most so many finite numbers or nulls."""
        items, places = self._items(name, at_most)
        return tuple(items.optional_number(place) for place in places)

    def names(self) -> tuple[str, ...]:
        """The keys of this object, for objects whose keys are data."""
        return tuple(self._members)

    def refuse(self, name: str, expected: str) -> StorageError:
        """The error for a value of the right type that still cannot be."""
        return self._wrong(name, expected, self._members.get(name))

    def _get(self, name: str) -> object:
        if name not in self._members:
            raise StorageError(
                f"{self._file}: {self._path(name)} is missing",
                hint=_DAMAGED,
            )
        return self._members[name]

    def _list(self, name: str) -> list[object]:
        value = self._get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list", value)
        return value

    def _items(self, name: str, at_most: int | None) -> "tuple[Fields, tuple[str, ...]]":
        """The items of a list as fields that are named by their place."""
        values = self._list(name)
        if at_most is not None and len(values) > at_most:
            raise StorageError(
                f"{self._file}: {self._path(name)} must be a list of at most {at_most} items, "
                f"not of {len(values)}",
                hint=_DAMAGED,
            )
        numbered = {str(position): item for position, item in enumerate(values)}
        return Fields(numbered, file=self._file, key=self._path(name)), tuple(numbered)

    def _bounded(self, name: str, value: int) -> int:
        if abs(value) > _MAX_COUNT:
            raise self._wrong(name, "a number below 2^53", value)
        return value

    def _path(self, name: str) -> str:
        # Where keys are data they are hostile too: only harmless characters are repeated.
        shown = name if name.isascii() and name.isprintable() else f"{name!a}"
        shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
        return f"{self._key}.{shown}" if self._key and name else self._key or shown

    def _wrong(self, name: str, expected: str, value: object) -> StorageError:
        place = self._path(name) or "the top level"
        return StorageError(
            f"{self._file}: {place} must be {expected}, not {_describe(value)}",
            hint=_DAMAGED,
        )


def _describe(value: object) -> str:
    """The kind of a value and, where it is short, the value, in characters safe to print."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            # A hostile number may have thousands of digits.
            return f"the number {value}" if abs(value) < 1e15 else "a huge number"
        case str():
            shown = value if len(value) <= 40 else f"{value[:40]}..."
            return f"the text {shown!a}"
        case list():
            return "a list"
        case _:
            return "an object"
