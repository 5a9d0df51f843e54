"""Is an interval written so that it claims neither too much nor too little?"""

from math import inf

import pytest

from capacity.model.findings import Estimate
from capacity.report.intervals import named_once, range_words, show_probability
from capacity.report.shown import show_concurrency
from capacity.report.texts import Language


def test_an_interval_says_of_what_kind_it_is() -> None:
    """In both languages."""
    estimate = Estimate(8.0, 7.14, 8.96)

    assert range_words(estimate, show_concurrency, Language.EN) == " (90%: 7.1-9)"
    assert range_words(estimate, show_concurrency, Language.ZH) == "（90%：7.1-9）"


def test_an_end_that_is_not_known_is_a_question_mark() -> None:
    """Infinity is no concurrency."""
    estimate = Estimate(8.0, 7.14, inf)

    assert range_words(estimate, show_concurrency, Language.EN) == " (90%: 7.1-?)"


@pytest.mark.parametrize("estimate", [None, Estimate(8.0, 8.0, 8.0), Estimate(8.0, 7.99, 8.01)])
def test_an_interval_that_tells_nothing_is_left_out(estimate: Estimate | None) -> None:
    """Unknown, or as narrow as the digits that are shown."""
    assert range_words(estimate, show_concurrency, Language.EN) == ""


def test_the_kind_is_said_once_a_line() -> None:
    """The first interval names it for the others."""
    assert named_once("a (90%: 1-2) b (90%: 3-4)", Language.EN) == "a (90%: 1-2) b (3-4)"
    assert named_once("甲（90%：1-2）乙（90%：3-4）", Language.ZH) == "甲（90%：1-2）乙（3-4）"
    assert named_once("no interval", Language.EN) == "no interval"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.0, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (1.0, ">99%")],
)
def test_a_probability_is_never_all_or_nothing(ratio: float, shown: str) -> None:
    """The ends are said as bounds."""
    assert show_probability(ratio) == shown
