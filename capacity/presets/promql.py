"""How is PromQL written so that no text of a user can break out of its place?"""

from collections.abc import Mapping

_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """A string of PromQL; what is not printable is escaped, and no `$window` is left in it."""
    inner = "".join(_ESCAPED.get(char) or _printable(char) for char in text)
    return f'"{inner.replace("$window", chr(92) + "x24window")}"'


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def equals(label: str, text: str) -> str:
    """A matcher for exactly this text."""
    return f"{label}={quoted(text)}"


def matches(label: str, pattern: str) -> str:
    """A matcher for a regular expression, which PromQL anchors at both ends."""
    return f"{label}=~{quoted(pattern)}"


def selector(metric: str, *matchers: str) -> str:
    """All series of a metric that fulfil every matcher."""
    return f"{metric}{{{','.join(matchers)}}}" if matchers else metric


def matching(labels: Mapping[str, str]) -> tuple[str, ...]:
    """A matcher for each label and its regular expression."""
    return tuple(matches(label, pattern) for label, pattern in labels.items())


def rate(series: str) -> str:
    """Growth per second of each counter over the window."""
    return f"rate({series}[$window])"


def highest(expression: str) -> str:
    """The highest value within the window of what is computed from several series."""
    return f"max_over_time(({expression})[$window:1s])"


def summed(series: str, *by: str) -> str:
    """The sum for each of these labels, counted once if several jobs scrape the same exporter."""
    labels = ",".join(by)
    return f"max by ({labels})(sum by ({labels},job)({series}))"


def largest(series: str, *by: str) -> str:
    """The largest for each of these labels; it is the same from every job."""
    return f"max by ({','.join(by)})({series})"
