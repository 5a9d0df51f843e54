"""Tests of the conversions between text and numbers."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.units import (
    Unit,
    format_duration,
    format_ms,
    format_qps,
    format_ratio,
    parse_bytes,
    parse_bytes_per_second,
    parse_cores,
    parse_count,
    parse_duration_s,
    parse_number,
    parse_per_second,
    parse_rate_qps,
    parse_ratio,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("3min", 180.0),
        ("1h", 3600.0),
        ("40us", 40e-6),
        ("40µs", 40e-6),
        (" 5 s ", 5.0),
        ("0s", 0.0),
    ],
)
def test_reads_durations(text: str, seconds: float) -> None:
    """A duration is a number and a unit, with or without spaces."""
    assert parse_duration_s(text) == pytest.approx(seconds, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("30", "'30' has no unit; write 30s or 30ms"),
        ("5d", "'5d' has the unknown unit 'd'; use us, ms, s, m or h"),
        ("fast", "'fast' is not a duration; write it like 250ms, 5s or 2m"),
        ("-5s", "'-5s' is not a duration; write it like 250ms, 5s or 2m"),
        ("1e3s", "'1e3s' is not a duration; write it like 250ms, 5s or 2m"),
        ("", "'' is not a duration; write it like 250ms, 5s or 2m"),
    ],
)
def test_refuses_what_is_no_duration(text: str, message: str) -> None:
    """The message repeats the text and says what to write instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_duration_s(text)


@pytest.mark.parametrize(("text", "ratio"), [("1%", 0.01), ("0.5 %", 0.005), ("100%", 1.0)])
def test_reads_percentages(text: str, ratio: float) -> None:
    """A percentage becomes a ratio."""
    assert parse_ratio(text) == ratio


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "needs a percent sign; write 1%"),
        ("1s", "needs a percent sign; write 1%"),
        ("much", "is not a percentage; write it like 1%"),
    ],
)
def test_refuses_a_ratio_without_percent_sign(text: str, message: str) -> None:
    """A bare 1 could be 1 % or 100 %, so it is refused."""
    with pytest.raises(ValueError, match=message):
        parse_ratio(text)


@pytest.mark.parametrize("text", ["800qps", "800rps", "800/s", "800 qps"])
def test_reads_rates(text: str) -> None:
    """Three spellings of requests per second mean the same."""
    assert parse_rate_qps(text) == 800.0


@pytest.mark.parametrize("text", ["800", "800s", "quick"])
def test_refuses_a_rate_without_its_unit(text: str) -> None:
    """A rate says that it is one."""
    with pytest.raises(ValueError, match="is not a rate; write it like 800qps"):
        parse_rate_qps(text)


@pytest.mark.parametrize(
    ("text", "count"), [("512", 512), ("200k", 200_000), ("1.5M", 1_500_000), ("2K", 2_000)]
)
def test_reads_counts(text: str, count: int) -> None:
    """The letters k and M are thousands and millions."""
    assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.5", "'1.5' is not a whole number"),
        ("5G", "'5G' is not a count; write it like 512, 200k or 5M"),
        ("9" * 400, "is not a count"),
    ],
)
def test_refuses_what_is_no_count(text: str, message: str) -> None:
    """Fractions, unknown letters and endless digits are no counts; nothing overflows."""
    with pytest.raises(ValueError, match=message):
        parse_count(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.000_040, "40us"),
        (0.000_999_6, "1ms"),
        (-0.000_999_999, "-1ms"),
        (0.001_23, "1.23ms"),
        (0.999_9, "1s"),
        (119.7, "2m"),
        (-385.0, "-6m25s"),
        (0.25, "250ms"),
        (1.5, "1.5s"),
        (30.0, "30s"),
        (119.0, "119s"),
        (120.0, "2m"),
        (385.0, "6m25s"),
        (7_200.0, "2h"),
        (7_500.0, "2h05m"),
    ],
)
def test_writes_durations(seconds: float, text: str) -> None:
    """The unit follows the size, and three digits are enough."""
    assert format_duration(seconds) == text


@given(st.integers(min_value=1, max_value=119))
def test_whole_seconds_survive_writing_and_reading(seconds: int) -> None:
    """Short durations in whole seconds are read back as they were."""
    assert parse_duration_s(format_duration(float(seconds))) == seconds


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.01, "1%"),
        (0.0012, "0.12%"),
        (0.999_5, "99.95%"),
        (0.345_67, "34.6%"),
        (1.0, "100%"),
        (0.0, "0%"),
        (-0.05, "-5%"),
        (-0.000_01, "0%"),
    ],
)
def test_writes_ratios(ratio: float, text: str) -> None:
    """Values near 0 and near 100 % keep two decimals, because there they matter."""
    assert format_ratio(ratio) == text


@pytest.mark.parametrize(
    ("qps", "text"), [(12_345.6, "12,346"), (812.4, "812"), (41.04, "41"), (4.125, "4.12")]
)
def test_writes_rates(qps: float, text: str) -> None:
    """Large rates have no decimals, small ones do."""
    assert format_qps(qps) == text


def test_milliseconds_are_for_columns() -> None:
    """A column whose header says ms gets the bare number."""
    assert format_ms(0.0125) == 12.5


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.RATIO, 0.925, "92.5%"),
        (Unit.SECONDS, 0.25, "250ms"),
        (Unit.QPS, 812.4, "812 qps"),
        (Unit.PER_SECOND, 41.04, "41/s"),
        (Unit.BYTES, 1_572_864.0, "1.5 MiB"),
        (Unit.BYTES_PER_SECOND, 1_572_864.0, "1.5 MiB/s"),
        (Unit.CORES, 0.495, "0.49 cores"),
        (Unit.COUNT, 18.0, "18"),
        (Unit.NUMBER, 4.125, "4.12"),
    ],
)
def test_shows_a_value_with_its_unit(unit: Unit, value: float, text: str) -> None:
    """Each unit has the form in which people read it."""
    assert unit.show(value) == text


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_bytes, "100B", 100.0),
        (parse_bytes, "1.5 KiB", 1536.0),
        (parse_bytes, "1kB", 1000.0),
        (parse_bytes, "512MiB", 2.0**29),
        (parse_bytes, "2GB", 2e9),
        (parse_bytes, "1TiB", 2.0**40),
        (parse_bytes_per_second, "10MiB/s", 10 * 2.0**20),
        (parse_bytes_per_second, "1.5 kB/s", 1500.0),
        (parse_cores, "0.5cores", 0.5),
        (parse_cores, "1 core", 1.0),
        (parse_per_second, "0.2/s", 0.2),
        (parse_number, "64", 64.0),
        (parse_number, "0.95", 0.95),
        (parse_number, "5k", 5000.0),
        (parse_number, "80%", 0.8),
        (parse_number, "200ms", 0.2),
        (parse_number, "1MiB", 2.0**20),
    ],
)
def test_reads_amounts_of_resources(parse: Callable[[str], float], text: str, value: float) -> None:
    """Sizes, cores, rates and numbers of any kind come out in base units."""
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_bytes, "512", "'512' is not a size; write it like 512MiB, 2GB or 100B"),
        (parse_bytes, "512Mi", "'512Mi' is not a size; write it like 512MiB, 2GB or 100B"),
        (parse_bytes, "big", "'big' is not a size; write it like 512MiB, 2GB or 100B"),
        (parse_bytes_per_second, "9kB", "'9kB' has no /s; write it like 10MiB/s or 500kB/s"),
        (parse_bytes_per_second, "9/s", "'9' is not a size; write it like 512MiB, 2GB or 100B"),
        (parse_cores, "500m", "'500m' is not a number of cores; write it like 0.5cores"),
        (parse_cores, "-1", "'-1' is not a number of cores; write it like 0.5cores"),
        (parse_per_second, "5qps", "'5qps' is not a number a second; write it like 5/s"),
        (parse_per_second, "", "'' is not a number a second; write it like 5/s"),
        (parse_number, "1e3x!", "'1e3x!' is not a number; write it like 64, 80% or 200ms"),
        (parse_number, "5d", "'5d' has the unknown unit 'd'; use us, ms, s, m or h"),
    ],
)
def test_refuses_amounts_without_their_unit(
    parse: Callable[[str], float], text: str, message: str
) -> None:
    """The message repeats the text and says what to write instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(text)
