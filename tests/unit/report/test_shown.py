"""Does a shown number claim no more than was measured?"""

import pytest

from capacity.report.shown import (
    cells,
    known_p99_s,
    known_p999_s,
    padded,
    printable,
    show_concurrency,
    show_p99,
    show_success,
)
from tests.unit.builders import a_latency


@pytest.mark.parametrize(
    ("count", "p99", "p999", "shown"),
    [
        (99, None, None, None),
        (100, 0.020, None, "~20ms"),
        (999, 0.020, None, "~20ms"),
        (1000, 0.020, 0.024, "20ms"),
    ],
)
def test_percentiles_need_samples(
    count: int, p99: float | None, p999: float | None, shown: str | None
) -> None:
    """Below 100 samples there is no P99, below 1,000 it is marked and there is no P99.9."""
    latency = a_latency(0.010, count=count)

    assert known_p99_s(latency) == p99
    assert known_p999_s(latency) == (None if p999 is None else pytest.approx(p999))
    assert show_p99(latency) == shown


def test_nothing_measured_has_no_percentiles() -> None:
    """A step without a good answer has no P99, not a P99 of zero."""
    assert known_p99_s(None) is None
    assert known_p999_s(None) is None
    assert show_p99(None) is None


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
    [(0.84, "0.8"), (8.0, "8"), (7.24, "7.2"), (12.6, "13"), (447.3, "447"), (4473.0, "4470")],
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
