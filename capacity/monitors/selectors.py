"""Which series does a PromQL text select, and over which ranges?

Reads tokens, not grammar: what is no PromQL is left to Prometheus to refuse. Needed to count and
date the samples behind a value, which the value itself does not tell.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![A-Za-z0-9_]))
    |(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>\$?[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_GROUPING = {"by", "without"}
_WORDS = {"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"}
_DURATION_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_UNIT_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536e3}
_NO_TOKEN = ("sign", "", 0, 0)
_Token = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Selector:
    """A series selector as it is written, and what stands in the brackets after it, if any."""

    text: str
    range_text: str | None


def rests_on(query: str) -> tuple[str, ...]:
    """The selectors whose samples tell how good a value is.

    Those under a range, because growth needs several samples; without one, all of them.
    """
    found = selectors(query)
    ranged = [one.text for one in found if one.range_text is not None]
    return tuple(dict.fromkeys(ranged or [one.text for one in found]))


def longest_fixed_range_s(query: str) -> float:
    """The longest range that does not follow the window; 0 when there is none.

    Anything longer than a step mixes the steps before into it.
    """
    tokens = _tokens(query)
    ranges = [
        sum(int(count) * _UNIT_S[unit] for count, unit in _DURATION_PART.findall(after[1]))
        for before, after in pairwise(tokens)
        if before[1] == "[" and after[0] == "duration"
    ]
    return max(ranges, default=0.0)


def selectors(query: str) -> tuple[Selector, ...]:
    """Every series selector of a query, in order."""
    tokens = _tokens(query)
    found: list[Selector] = []
    at = 0
    while at < len(tokens):
        kind, text, start, end = tokens[at]
        if kind == "name" and text.lower() in _LABEL_LISTS and _sign(tokens, at + 1) == "(":
            at = _after(tokens, at + 1, ")")
        elif text == "[" and kind == "sign":
            at = _after(tokens, at, "]")
        elif text == "{" or (kind == "name" and _is_metric(tokens, at)):
            opens = at if text == "{" else at + 1
            has_braces = _sign(tokens, opens) == "{"
            at = _after(tokens, opens, "}") if has_braces else at + 1
            end = tokens[at - 1][3]
            range_text = None
            if _sign(tokens, at) == "[":
                after = _after(tokens, at, "]")
                range_text = query[tokens[at][3] : tokens[after - 1][2]].strip()
                at = after
            found.append(Selector(query[start:end], range_text))
        else:
            at += 1
    return tuple(found)


def _tokens(query: str) -> list[_Token]:
    return [
        (match.lastgroup or "", match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(query)
        if match.lastgroup != "space"
    ]


def _is_metric(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a name is a metric: no function, no word of the language, no aggregation."""
    name = tokens[at][1].lower()
    if name in _WORDS or name in _LABEL_LISTS or name.startswith("$"):
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else _NO_TOKEN
    return following[1] != "(" and following[1].lower() not in _GROUPING


def _sign(tokens: Sequence[_Token], at: int) -> str:
    """The sign at a place; empty for anything else."""
    kind, text, _, _ = tokens[at] if at < len(tokens) else _NO_TOKEN
    return text if kind == "sign" else ""


def _after(tokens: Sequence[_Token], at: int, closing: str) -> int:
    """The place behind the closing sign, or the end when there is none."""
    while at < len(tokens):
        at += 1
        if _sign(tokens, at - 1) == closing:
            break
    return at
