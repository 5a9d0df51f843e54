"""How are an estimate and its interval written, so that nobody takes them for more than they are?

An interval of 90 % says so once a line; one that rounds to its value alone is left out.
"""

from collections.abc import Callable
from math import isfinite

from capacity.model.findings import Estimate
from capacity.report.texts import CATALOGUES, Language, say

# A probability that rounds to all or nothing claims more than any fit can know.
_LEAST_SHOWN, _MOST_SHOWN = 0.01, 0.99


def range_words(estimate: Estimate | None, show: Callable[[float], str], language: Language) -> str:
    """The interval in brackets, to stand behind its value; empty when it says no more than that.

    An end of which nothing is known is a question mark.
    """
    if estimate is None:
        return ""
    value = show(estimate.value)
    low, high = (show(end) if isfinite(end) else "?" for end in (estimate.low, estimate.high))
    if low == value == high:
        return ""
    return say(language, "interval", low=low, high=high)


def named_once(text: str, language: Language) -> str:
    """The line with the word for its intervals at the first one only."""
    mark = CATALOGUES[language]["interval_mark"]
    before, found, after = text.partition(mark)
    return before + found + short(after, language)


def short(text: str, language: Language) -> str:
    """The text without the word for its intervals, where another text beside it has said it."""
    catalogue = CATALOGUES[language]
    return text.replace(catalogue["interval_mark"], catalogue["interval_short"])


def show_probability(ratio: float) -> str:
    """A probability in percent, never 0 and never 100."""
    if ratio < _LEAST_SHOWN:
        return "<1%"
    if ratio > _MOST_SHOWN:
        return ">99%"
    return f"{100 * ratio:.0f}%"
