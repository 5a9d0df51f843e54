"""Which installed font can draw the words of a language?

Fonts are chosen by the characters they have, not by their names: names only say which to try
first. When none has them all, the graphs are drawn in English and a note says what to install.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capacity.report.texts import CATALOGUES, Language, say

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

# Comes with matplotlib, so Latin text looks the same everywhere.
LATIN_FAMILY = "DejaVu Sans"
_NORMAL_WEIGHT = 400


@dataclass(frozen=True, slots=True)
class ChartFont:
    """The language that can be drawn, the families for it, and a note if it is not the asked."""

    language: Language
    families: tuple[str, ...]
    note: str | None


def chart_font(language: Language, others: Sequence[str] = ()) -> ChartFont:
    """The families that draw every word of `language`, or those for English and a note.

    `others` are texts that are drawn as well and stand in no catalogue.
    """
    needed = {ord(char) for text in (*CATALOGUES[language].values(), *others) for char in text}
    latin = next((entry for entry in _known_fonts() if entry.name == LATIN_FAMILY), None)
    missing = needed if latin is None else needed - _characters(latin)
    if not missing:
        return ChartFont(language, (LATIN_FAMILY,), None)
    family = _family_with(missing)
    if family is None:
        return ChartFont(Language.EN, (LATIN_FAMILY,), say(language, "font_missing"))
    return ChartFont(language, (LATIN_FAMILY, family), None)


def _family_with(needed: set[int]) -> str | None:
    for entry in _candidates():
        if needed <= _characters(entry):
            return entry.name
    return None


def _candidates() -> "Iterator[FontEntry]":
    """Fonts of the stored list, likely ones first, then fonts installed since it was made."""
    known = sorted(_known_fonts(), key=_rank)
    yield from known
    yield from sorted(_new_fonts({entry.fname for entry in known}), key=_rank)


def _known_fonts() -> "list[FontEntry]":
    from matplotlib import font_manager

    return list(font_manager.fontManager.ttflist)


def _new_fonts(known: set[str]) -> "Iterator[FontEntry]":
    """Register files that the stored list lacks, for this process only."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    for path in font_manager.findSystemFonts():
        if path not in known:
            before = len(manager.ttflist)
            with suppress(RuntimeError, OSError):  # a file that is no font after all
                manager.addfont(path)
            yield from manager.ttflist[before:]


def _rank(entry: "FontEntry") -> tuple[bool, bool, int, bool, str]:
    """Sort key: simplified Chinese sans-serif of normal weight first."""
    name = entry.name
    is_likely = any(word in name for word in ("CJK", "Hei", "Song", "Ming", "Han Sans"))
    is_simplified = "SC" in name or "CN" in name
    is_plain = not any(word in name for word in ("Serif", "Mono"))
    weight = entry.weight if isinstance(entry.weight, int) else _NORMAL_WEIGHT
    return (not is_likely, not is_simplified, abs(weight - _NORMAL_WEIGHT), not is_plain, name)


def _characters(entry: "FontEntry") -> set[int]:
    from matplotlib.ft2font import FT2Font

    with suppress(RuntimeError, OSError):  # listed, but gone or damaged by now
        return set(FT2Font(entry.fname).get_charmap())
    return set()
