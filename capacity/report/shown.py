"""How is a measured value shown so that it claims no more than was measured?

A P99 from too few samples is withheld, a success rate is never rounded up to 100 %, and no
text from outside can send codes to a terminal.
"""

import re
import unicodedata
from math import floor

from capacity.histogram import LEAST_ABOVE
from capacity.model.snapshot import Counts, LatencySummary
from capacity.units import format_duration

_SHORTENED = re.compile(r" \([^()]+ shortened to half of the hold\)")
# How many samples a P99 needs so that ten lie above it.
P99_SAMPLES = 100 * LEAST_ABOVE


def show_p99(latency: LatencySummary | None) -> str | None:
    """The P99 as a duration; None when too few samples stand behind it."""
    if latency is None or latency.p99_s is None:
        return None
    return format_duration(latency.p99_s)


def show_p99_range(latency: LatencySummary | None) -> str | None:
    """The P99 with its 95 % interval, as in `20ms [19.2ms-21ms]`; None when it is withheld.

    An interval that rounds to its value is left out.
    """
    p99 = show_p99(latency)
    if p99 is None or latency is None or latency.p99_low_s is None or latency.p99_high_s is None:
        return p99
    low, high = format_duration(latency.p99_low_s), format_duration(latency.p99_high_s)
    return p99 if low == p99 == high else f"{p99} [{low}-{high}]"


def show_success(ratio: float) -> str:
    """A success rate in percent with two decimals, rounded down: 100.00 means all."""
    # The small number undoes the last bit of ratios like 0.9983, and is less than any request.
    return f"{floor(ratio * 1e4 + 1e-9) / 1e2:.2f}%"


def show_concurrency(concurrency: float) -> str:
    """A concurrency that may lie between two tested ones: one decimal, from 100 on three digits."""
    if concurrency < 100:
        return f"{concurrency:.1f}".removesuffix(".0")
    return f"{float(f'{concurrency:.3g}'):.0f}"


def show_warnings(counts: Counts) -> str:
    """What was odd about answers, the most frequent first, as in `proto.extra_data 12x`."""
    most = sorted(counts.warnings.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{kind.value} {count:,}x" for kind, count in most)


def without_notes(text: str) -> str:
    """The text with its rules as they were written: of shortened windows the plan has told."""
    return _SHORTENED.sub("", text)


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
