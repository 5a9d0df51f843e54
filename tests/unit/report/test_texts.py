"""Do both languages have the same words, and is the right one picked?"""

from string import Formatter

import pytest

from capacity.errors import UsageError
from capacity.report.texts import CATALOGUES, Language, pick_language, say


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_catalogues_have_the_same_keys() -> None:
    """A sentence exists in both languages or in none."""
    assert set(CATALOGUES[Language.EN]) == set(CATALOGUES[Language.ZH])


@pytest.mark.parametrize("key", sorted(CATALOGUES[Language.EN]))
def test_both_catalogues_have_the_same_fields(key: str) -> None:
    """No number is told in one language only."""
    assert _fields(CATALOGUES[Language.ZH][key]) == _fields(CATALOGUES[Language.EN][key])


def test_english_is_ascii() -> None:
    """English sentences can be printed on every terminal."""
    assert all(text.isascii() for text in CATALOGUES[Language.EN].values())


def test_says_with_fields_filled_in() -> None:
    """The fields of a sentence are given by name."""
    assert say(Language.ZH, "evidence_p99", p99="20ms") == "p99 20ms"
    assert say(Language.EN, "valid_all", count=7) == "all 7 steps can be believed"


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, Language.EN),
        ("zh", {}, Language.ZH),
        ("auto", {}, Language.EN),
        ("auto", {"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ("auto", {"LANG": "ZH"}, Language.ZH),
        ("auto", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.EN),
        ("auto", {"LANG": "C", "LC_MESSAGES": "zh_TW"}, Language.ZH),
        ("auto", {"LC_ALL": "", "LANG": "zh_CN"}, Language.ZH),
        ("auto", {"LANG": "de_DE.UTF-8"}, Language.EN),
    ],
)
def test_picks_the_language(option: str, environ: dict[str, str], expected: Language) -> None:
    """The option wins; auto takes the first variable that is set; others speak English."""
    assert pick_language(option, environ) is expected


def test_an_unknown_language_is_refused() -> None:
    """The message names the flag, the hint the choices."""
    with pytest.raises(UsageError) as caught:
        pick_language("fr", {})

    assert caught.value.message == "--lang: there is no language 'fr'"
    assert caught.value.hint == "use auto, en or zh"
