"""How is the limit of a rule written in the unit of its metric, and read back to the last digit?"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from capacity.profile.problems import InputError, read_unit
from capacity.units import (
    Unit,
    format_duration,
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

# Beyond these no limit is meant, and its digits would not fit into a rule.
_LARGEST = 1e15
_SMALLEST = 1e-12

_SIZE_UNITS = ("TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB")


def read_limit(unit: Unit, text: str) -> float:
    """A limit as written; InputError says how a limit of this unit is written."""
    value = float(read_unit(_READERS[unit], text))
    if value != 0 and not _SMALLEST <= value < _LARGEST:
        raise InputError(
            f"{text!r} is no limit that can be met", "write a limit between 1e-12 and 1e15"
        )
    return value


def limit_to_text(unit: Unit, value: float) -> str:
    """Write a limit so that `read_limit` reads the same number again."""
    return _WRITERS[unit](value)


def duration_to_text(seconds: float) -> str:
    """The short form if it says the same, else all digits in seconds."""
    short = format_duration(seconds)
    try:
        if parse_duration_s(short) == seconds:
            return short
    except ValueError:
        pass  # 2m30s is for people; the grammar has one unit
    return f"{number_to_text(seconds)}s"


def number_to_text(value: float) -> str:
    """All digits of a number, without exponent."""
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ratio_text(ratio: float) -> str:
    candidates = [format_ratio(ratio), *(f"{ratio:.{digits}%}" for digits in range(3, 28))]
    return next((text for text in candidates if parse_ratio(text) == ratio), candidates[-1])


def _size_text(size_bytes: float) -> str:
    """In the largest unit that says it exactly with at most three decimals, else in bytes."""
    for unit in _SIZE_UNITS:
        in_units = size_bytes / parse_bytes(f"1{unit}")
        text = f"{number_to_text(round(in_units, 3))}{unit}"
        if in_units >= 1 and parse_bytes(text) == size_bytes:
            return text
    return f"{number_to_text(size_bytes)}B"


_READERS: Mapping[Unit, Callable[[str], float]] = {
    Unit.RATIO: parse_ratio,
    Unit.SECONDS: parse_duration_s,
    Unit.QPS: parse_rate_qps,
    Unit.PER_SECOND: parse_per_second,
    Unit.BYTES: parse_bytes,
    Unit.BYTES_PER_SECOND: parse_bytes_per_second,
    Unit.CORES: parse_cores,
    Unit.COUNT: parse_count,
    Unit.NUMBER: parse_number,
}
_WRITERS: Mapping[Unit, Callable[[float], str]] = {
    Unit.RATIO: _ratio_text,
    Unit.SECONDS: duration_to_text,
    Unit.QPS: lambda qps: f"{number_to_text(qps)}qps",
    Unit.PER_SECOND: lambda rate: f"{number_to_text(rate)}/s",
    Unit.BYTES: _size_text,
    Unit.BYTES_PER_SECOND: lambda rate: f"{_size_text(rate)}/s",
    Unit.CORES: lambda cores: f"{number_to_text(cores)}cores",
    Unit.COUNT: number_to_text,
    Unit.NUMBER: number_to_text,
}
