"""Does a shown number claim no more than was measured?"""

from dataclasses import replace

import pytest

from capacity.report.shown import (
    cells,
    padded,
    printable,
    show_concurrency,
    show_p99,
    show_p99_range,
    show_success,
)
from tests.unit.builders import a_latency


def test_an_interval_that_rounds_to_its_value_is_left_out() -> None:
    """It says no more than the value."""
    narrow = replace(a_latency(0.010), p99_low_s=0.01999, p99_high_s=0.02001)

    assert show_p99_range(narrow) == "20ms"
    assert show_p99_range(a_latency(0.010)) == "20ms [19ms-22ms]"


@pytest.mark.parametrize(
    ("count", "shown", "in_full"),
    [(999, None, None), (1000, "20ms", "20ms [19ms-22ms]")],
)
def test_a_p99_needs_samples(count: int, shown: str | None, in_full: str | None) -> None:
    """Below 1,000 samples there is no P99; above, its 95 % interval can be shown with it."""
    latency = a_latency(0.010, count=count)

    assert show_p99(latency) == shown
    assert show_p99_range(latency) == in_full


def test_nothing_measured_has_no_percentiles() -> None:
    """A step without a good answer has no P99, not a P99 of zero."""
    assert show_p99(None) is None
    assert show_p99_range(None) is None


def test_a_p99_without_an_interval_stands_alone() -> None:
    """A run stored before the interval was kept."""
    latency = replace(a_latency(0.010), p99_low_s=None, p99_high_s=None)

    assert show_p99_range(latency) == "20ms"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1.0, "100.00%"),
        (1 - 1e-7, "99.99%"),
        (0.9983, "99.83%"),
        (0.99999, "99.99%"),
        (0.29, "29.00%"),
        (0.0, "0.00%"),
    ],
)
def test_success_is_rounded_down(ratio: float, shown: str) -> None:
    """One failure in ten million is not 100 %, and exact values keep their digits."""
    assert show_success(ratio) == shown


@pytest.mark.parametrize(
    ("concurrency", "shown"),
    [
        (0.84, "0.8"),
        (8.0, "8"),
        (7.24, "7.2"),
        (12.6, "12.6"),
        (12.0, "12"),
        (447.3, "447"),
        (4473.0, "4470"),
    ],
)
def test_a_knee_has_no_more_digits_than_it_is_known_by(concurrency: float, shown: str) -> None:
    """A place between two tested levels is a fitted number."""
    assert show_concurrency(concurrency) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\nb\r\nc", "a b c"),
        ("bell\x07 back\x08", "bell back"),
        ("c1 \x9b31m", "c1 31m"),
        ("left\u202eright\u2066", "leftright"),
        ("zero\u200bwidth", "zerowidth"),
        ("容量 ä", "容量 ä"),
    ],
    ids=["escape", "lines", "C0", "C1", "direction", "format", "letters stay"],
)
def test_no_text_can_send_codes_to_a_terminal(text: str, shown: str) -> None:
    """Control and format characters are gone, letters of every language stay."""
    assert printable(text) == shown


def test_chinese_fills_two_columns() -> None:
    """Labels line up in both languages."""
    assert cells("拐点") == 4
    assert padded("拐点", 6) + "|" == "拐点  |"
    assert padded("toolong", 3) == "toolong"
