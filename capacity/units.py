"""How do durations, ratios, rates and counts become text, and text become numbers?

The only conversions in the package. A number without its unit is refused: `30` may mean seconds,
milliseconds or requests, and a wrong guess costs a run.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

_DURATION_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
# At most 15 digits before the point, so that no text becomes infinity.
_NUMBER_UNIT = re.compile(r"^\s*([0-9]{1,15}(?:\.[0-9]{1,30})?)\s*([a-zA-Z%µ/]*)\s*$")
_SI_COUNT = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000}
_SIZE_BYTES: Mapping[str, float] = {
    "B": 1,
    **{f"{letter}iB": 1024.0**power for power, letter in enumerate("KMGT", start=1)},
    **{f"{letter}B": 1000.0**power for power, letter in enumerate("kMGT", start=1)},
}


class Unit(StrEnum):
    """What a value is measured in; COUNT has no unit, and of a NUMBER none is known."""

    RATIO = "%"
    SECONDS = "s"
    QPS = "qps"
    PER_SECOND = "/s"
    BYTES = "B"
    BYTES_PER_SECOND = "B/s"
    CORES = "cores"
    COUNT = "count"
    NUMBER = "number"

    def show(self, value: float) -> str:
        """A value as people read it, with its unit."""
        return _SHOWN_AS[self](value)


def parse_duration_s(text: str) -> float:
    """Read `250ms`, `1.5s`, `2m` or `1h`; ValueError says what to write instead."""
    match = _NUMBER_UNIT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write it like 250ms, 5s or 2m")
    number, unit = match.groups()
    unit = unit.replace("µ", "u")
    if unit == "":
        raise ValueError(f"{text!r} has no unit; write {number}s or {number}ms")
    if unit not in _DURATION_S:
        raise ValueError(f"{text!r} has the unknown unit {unit!r}; use us, ms, s, m or h")
    return float(number) * _DURATION_S[unit]


def parse_ratio(text: str) -> float:
    """Read `1%` or `0.5%` as a ratio; a bare number is refused because 1 could be 1 % or 100 %."""
    match = _NUMBER_UNIT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a percentage; write it like 1%")
    number, unit = match.groups()
    if unit != "%":
        raise ValueError(f"{text!r} needs a percent sign; write {number}%")
    return float(number) / 100.0


def parse_rate_qps(text: str) -> float:
    """Read `800qps`, `800rps` or `800/s`."""
    match = _NUMBER_UNIT.match(text)
    if match is None or match.group(2) not in {"qps", "rps", "/s"}:
        raise ValueError(f"{text!r} is not a rate; write it like 800qps")
    return float(match.group(1))


def parse_count(text: str) -> int:
    """Read `512`, `200k` or `5M` as a whole number."""
    match = _NUMBER_UNIT.match(text)
    if match is None or match.group(2) not in _SI_COUNT:
        raise ValueError(f"{text!r} is not a count; write it like 512, 200k or 5M")
    count = float(match.group(1)) * _SI_COUNT[match.group(2)]
    if count != int(count):
        raise ValueError(f"{text!r} is not a whole number")
    return int(count)


def parse_bytes(text: str) -> float:
    """Read `512MiB` (powers of 1024), `2GB` (powers of 1000) or `100B`."""
    match = _NUMBER_UNIT.match(text)
    if match is None or match.group(2) not in _SIZE_BYTES:
        raise ValueError(f"{text!r} is not a size; write it like 512MiB, 2GB or 100B")
    return float(match.group(1)) * _SIZE_BYTES[match.group(2)]


def parse_bytes_per_second(text: str) -> float:
    """Read `10MiB/s`: a size, and that it is one a second."""
    size, slash, unit = text.strip().partition("/")
    if not slash or unit != "s":
        raise ValueError(f"{text!r} has no /s; write it like 10MiB/s or 500kB/s")
    return parse_bytes(size)


def parse_cores(text: str) -> float:
    """Read `0.5cores` or `1core`."""
    match = _NUMBER_UNIT.match(text)
    if match is None or match.group(2) not in {"core", "cores"}:
        raise ValueError(f"{text!r} is not a number of cores; write it like 0.5cores")
    return float(match.group(1))


def parse_per_second(text: str) -> float:
    """Read `5/s`."""
    match = _NUMBER_UNIT.match(text)
    if match is None or match.group(2) != "/s":
        raise ValueError(f"{text!r} is not a number a second; write it like 5/s")
    return float(match.group(1))


def parse_number(text: str) -> float:
    """Read `64`, `0.95` or `5k`, and as what they are in base units also `80%` and `200ms`."""
    match = _NUMBER_UNIT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number; write it like 64, 80% or 200ms")
    number, unit = match.groups()
    if unit in _SI_COUNT:
        return float(number) * _SI_COUNT[unit]
    if unit == "%":
        return parse_ratio(text)
    return parse_bytes(text) if unit in _SIZE_BYTES else parse_duration_s(text)


def format_duration(seconds: float) -> str:
    """Write a duration with three significant digits and the unit that reads best."""
    if seconds == 0:
        return "0s"
    if seconds < 0:
        return f"-{format_duration(-seconds)}"
    # What rounds up to the next unit is written in it: 1ms, not 1000us.
    rounded_s = float(f"{seconds:.3g}")
    if rounded_s < 1e-3:
        return f"{_three_digits(seconds * 1e6)}us"
    if rounded_s < 1.0:
        return f"{_three_digits(seconds * 1e3)}ms"
    return f"{_three_digits(seconds)}s" if rounded_s < 120.0 else _long_duration(seconds)


def _long_duration(seconds: float) -> str:
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes}m" if rest_s == 0 else f"{minutes}m{rest_s:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h" if minutes == 0 else f"{hours}h{minutes:02d}m"


def format_ratio(ratio: float) -> str:
    """Write a ratio as percent, with as many decimals as a small value needs."""
    percent = ratio * 100.0
    decimals = 2 if abs(percent) < 10 or 90 < abs(percent) < 100 else 1
    text = f"{percent:.{decimals}f}".rstrip("0").rstrip(".")
    return "0%" if text == "-0" else f"{text}%"


def format_qps(qps: float) -> str:
    """Write a rate with the digits that carry meaning."""
    return f"{qps:,.0f}" if qps >= 1000 else f"{_three_digits(qps)}"


def format_bytes(size_bytes: float) -> str:
    """Write a size with the binary unit that reads best."""
    size, units = size_bytes, ["B", "KiB", "MiB", "GiB"]
    while abs(size) >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{_three_digits(size)} {units[0]}" if abs(size) < 1000 else f"{size:.0f} {units[0]}"


def format_ms(seconds: float) -> float:
    """Seconds as milliseconds, for columns whose header names the unit."""
    return seconds * 1e3


def ms_to_s(milliseconds: float) -> float:
    """Milliseconds of a file as seconds."""
    return milliseconds / 1e3


def _three_digits(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_SHOWN_AS: Mapping[Unit, Callable[[float], str]] = {
    Unit.RATIO: format_ratio,
    Unit.SECONDS: format_duration,
    Unit.QPS: lambda value: f"{format_qps(value)} qps",
    Unit.PER_SECOND: lambda value: f"{format_qps(value)}/s",
    Unit.BYTES: format_bytes,
    Unit.BYTES_PER_SECOND: lambda value: f"{format_bytes(value)}/s",
    Unit.CORES: lambda value: f"{_three_digits(value)} cores",
    Unit.COUNT: format_qps,
    Unit.NUMBER: format_qps,
}
