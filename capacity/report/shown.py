"""How is a measured value shown so that it claims no more than was measured?

A P99 from few samples is marked or withheld, a success rate is never rounded up to 100 %, and no
text from outside can send codes to a terminal.
"""

import unicodedata
from math import floor

from capacity.model.snapshot import LatencySummary
from capacity.units import format_duration

# Below this a P99 is the largest value seen, nothing else.
P99_MIN_SAMPLES = 100
# From here on a P99 is shown without `~`, and a P99.9 is shown at all.
SURE_SAMPLES = 1_000


def known_p99_s(latency: LatencySummary | None) -> float | None:
    """The P99, or None when too few samples stand behind it."""
    if latency is None or latency.count < P99_MIN_SAMPLES:
        return None
    return latency.p99_s


def known_p999_s(latency: LatencySummary | None) -> float | None:
    """The P99.9, or None when too few samples stand behind it."""
    if latency is None or latency.count < SURE_SAMPLES:
        return None
    return latency.p999_s


def show_p99(latency: LatencySummary | None) -> str | None:
    """The P99 as a duration, with `~` when it rests on fewer than 1,000 samples."""
    p99_s = known_p99_s(latency)
    if latency is None or p99_s is None:
        return None
    mark = "~" if latency.count < SURE_SAMPLES else ""
    return f"{mark}{format_duration(p99_s)}"


def show_success(ratio: float) -> str:
    """A success rate in percent with two decimals, rounded down: 100.00 means all."""
    # The small number undoes the last bit of ratios like 0.9983, and is less than any request.
    return f"{floor(ratio * 1e4 + 1e-9) / 1e2:.2f}%"


def show_concurrency(concurrency: float) -> str:
    """A concurrency that may lie between two tested ones: three digits at most, two below 10."""
    if concurrency < 10:
        return f"{concurrency:.1f}".removesuffix(".0")
    return f"{float(f'{concurrency:.3g}'):.0f}"


def printable(text: str) -> str:
    """The text without control, format and unassigned characters; line ends become spaces.

    That takes out C0, C1, escape sequences and the marks that turn the direction of writing.
    """
    joined = " ".join(text.splitlines())
    return "".join(char for char in joined if not unicodedata.category(char).startswith("C"))


def cells(text: str) -> int:
    """How many columns of a terminal the text fills; a Chinese character fills two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, width: int) -> str:
    """The text with spaces after it up to `width` columns."""
    return text + " " * max(0, width - cells(text))
