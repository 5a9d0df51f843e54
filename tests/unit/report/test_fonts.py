"""Is a font chosen by its characters, and is a missing one said instead of drawn as boxes?"""

from pathlib import Path

import pytest
from matplotlib import font_manager
from matplotlib.font_manager import FontEntry

from capacity.report.fonts import LATIN_FAMILY, ChartFont, chart_font
from capacity.report.texts import CATALOGUES, Language

INSTALLED = font_manager.findSystemFonts()
LATIN_FILE = font_manager.findfont(LATIN_FAMILY)
CHINESE = {ord(char) for text in CATALOGUES[Language.ZH].values() for char in text}


def has_chinese(path: str) -> bool:
    """Whether a font file can draw the Chinese catalogue."""
    return set(font_manager.get_font(path).get_charmap()) >= {c for c in CHINESE if c > 0x2E80}


@pytest.fixture
def only_latin(monkeypatch: pytest.MonkeyPatch) -> list[FontEntry]:
    """A machine on which matplotlib knows its own Latin font and finds no other file."""
    entries = [FontEntry(fname=LATIN_FILE, name=LATIN_FAMILY, weight=400)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    return entries


def test_english_needs_the_latin_font_alone() -> None:
    """Nothing is searched for where nothing is missing."""
    assert chart_font(Language.EN) == ChartFont(Language.EN, (LATIN_FAMILY,), None)


def test_chinese_gets_a_font_that_has_its_characters() -> None:
    """Latin first, then an installed family whose file has every character of the catalogue."""
    font = chart_font(Language.ZH)
    if font.language is not Language.ZH:
        pytest.skip("this machine has no Chinese font")

    latin, family = font.families
    assert latin == LATIN_FAMILY
    files = [e.fname for e in font_manager.fontManager.ttflist if e.name == family]
    assert any(has_chinese(path) for path in files)
    assert font.note is None


def test_without_a_font_the_graphs_are_english_and_a_note_says_so(
    only_latin: list[FontEntry],
) -> None:
    """The note is in the asked language and names a package; no character becomes a box."""
    font = chart_font(Language.ZH)

    assert (font.language, font.families) == (Language.EN, (LATIN_FAMILY,))
    assert font.note == CATALOGUES[Language.ZH]["font_missing"]


def test_fonts_are_not_chosen_by_their_names(only_latin: list[FontEntry]) -> None:
    """A font that only calls itself Chinese, or whose file is gone, is not taken."""
    only_latin.append(FontEntry(fname=LATIN_FILE, name="Noto Sans CJK SC", weight=400))
    only_latin.append(FontEntry(fname="/nowhere.ttf", name="WenQuanYi Micro Hei", weight="bold"))

    assert chart_font(Language.ZH).language is Language.EN


def test_a_font_installed_since_the_list_was_made_is_found(
    only_latin: list[FontEntry], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files that the stored list lacks are looked at, and those that are no fonts passed over."""
    found = next((path for path in INSTALLED if has_chinese(path)), None)
    if found is None:
        pytest.skip("this machine has no Chinese font")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    files = [LATIN_FILE, str(tmp_path / "broken.ttf"), found]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: files)

    assert chart_font(Language.ZH).language is Language.ZH


def test_the_stored_list_stays_as_it_was() -> None:
    """Looking for a font adds nothing to the list of the process when one is known already."""
    before = list(font_manager.fontManager.ttflist)

    chart_font(Language.ZH)

    assert font_manager.fontManager.ttflist == before
