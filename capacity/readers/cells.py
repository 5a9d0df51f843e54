"""How is one value taken out of a row of a table that may be damaged or hostile?

An empty cell is None. Each error names file, line and column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from capacity.errors import StorageError
from capacity.readers.steps_file import fault, is_measured

_Choice = TypeVar("_Choice", bound=StrEnum)

# What a double holds exactly; ten digits are more than any count of requests in one cell.
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER = re.compile(r"([0-9]{1,20}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?", re.ASCII)
_HINT = "the file is damaged, or something else than capacity wrote it"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; a column that the table does not have is empty."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def number(self, name: str) -> float | None:
        """A number of 0 or more."""
        cell = self._cell(name)
        if not cell:
            return None
        value = float(cell) if _NUMBER.fullmatch(cell) else -1.0
        if value < 0 or not is_measured(value):
            raise self.wrong(name, "a number of 0 or more")
        return value

    def ratio(self, name: str) -> float | None:
        """A percentage of 0 or more, as a ratio."""
        percent = self.number(name)
        return None if percent is None else percent / 100

    def share(self, name: str) -> float | None:
        """A percentage from 0 to 100, as a ratio."""
        ratio = self.ratio(name)
        if ratio is not None and ratio > 1:
            raise self.wrong(name, "at most 100")
        return ratio

    def count(self, name: str) -> int | None:
        """A whole number."""
        cell = self._cell(name)
        if not cell:
            return None
        if _COUNT.fullmatch(cell) is None:
            raise self.wrong(name, "a whole number")
        return int(cell)

    def needed_count(self, name: str, *, at_least: int) -> int:
        """A whole number that must be there."""
        value = self.count(name)
        if value is None or value < at_least:
            raise self.wrong(name, f"a whole number from {at_least}")
        return value

    def flag(self, name: str) -> bool:
        """Yes, or no; an empty cell is no."""
        cell = self._cell(name)
        if cell not in ("", "yes", "no"):
            raise self.wrong(name, "yes or no")
        return cell == "yes"

    def choice(self, name: str, kind: type[_Choice]) -> _Choice | None:
        """One of the words of an enum."""
        cell = self._cell(name)
        if not cell:
            return None
        if cell not in set(kind):
            raise self.wrong(name, f"one of {', '.join(kind)}")
        return kind(cell)

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts that are set apart by semicolons."""
        cell = self._cell(name)
        return tuple(part for part in cell.split("; ") if part) if cell else ()

    def wrong(self, name: str, expected: str) -> StorageError:
        """The error for a cell that cannot be."""
        cell = self._cell(name)
        shown = cell if len(cell) <= 40 else f"{cell[:40]}..."
        detail = f"{name} must be {expected}, not {shown!a}"
        return fault(self.path, self.line, detail, hint=_HINT)

    def _cell(self, name: str) -> str:
        return self.cells.get(name, "").strip()
