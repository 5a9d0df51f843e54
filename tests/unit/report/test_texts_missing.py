"""Is what a source lacks said in both languages?"""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.analysis.missing import (
    NO_LATENCY,
    NO_RULES,
    NO_SECONDS,
    NO_SUCCESS,
    WHOLE_HOLDS,
    missing_of,
)
from capacity.model.measured import Measured
from capacity.model.rules import RuleState
from capacity.readers.dat import WHICH_ANSWERS, read_dat
from capacity.readers.steps_csv import ONLY_STATES
from capacity.report.texts import Language
from capacity.report.texts_missing import missing_in
from tests.unit.builders import P99_RULE, a_judgement


@pytest.mark.parametrize(
    "words",
    [
        NO_LATENCY,
        NO_RULES,
        NO_SECONDS,
        NO_SUCCESS,
        WHOLE_HOLDS,
        WHICH_ANSWERS,
        ONLY_STATES,
    ],
    ids=lambda words: words[:20],
)
def test_every_sentence_has_its_chinese(words: str) -> None:
    """None is told in English alone, and English stays as it is."""
    chinese = missing_in(Language.ZH, words)

    assert chinese != words
    assert not chinese.isascii()
    assert missing_in(Language.EN, words) == words


def test_sentences_with_facts_keep_them(tmp_path: Path) -> None:
    """The lines that were left out, the loads and the rule are told in Chinese as well."""
    path = tmp_path / "a.dat"
    path.write_text("1 100 10 100\n-nan\n9 100 90 -5\n")
    found = read_dat(path)
    steps = [judged(step) for step in found.steps]

    told = (*found.missing, *missing_of(steps, [P99_RULE]))
    chinese = [missing_in(Language.ZH, words) for words in told]

    assert not any(words.isascii() for words in chinese)
    assert [words for words in chinese if words.startswith("第 2 行的数值")] != []
    assert [words for words in chinese if words.startswith("并发 9 ")] != []
    assert [words for words in chinese if "p99 > 10x first over 10s" in words] != []


def judged(step: Measured) -> Measured:
    """The step, with a rule that had no data."""
    no_data = a_judgement(P99_RULE, RuleState.NO_DATA)
    return replace(step, judgements=(no_data,))


def test_what_is_not_known_stays_english() -> None:
    """A sentence of a later version is better than none."""
    assert missing_in(Language.ZH, "the moon") == "the moon"
