"""How is PromQL written so that no text of a user can break out of its place?"""

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
