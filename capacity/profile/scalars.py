"""What does a plain YAML word mean, and would two versions of YAML disagree about it?

Only words on which YAML 1.1 and 1.2 agree are read as numbers, truth values or nothing. Words on
which they differ (`no`, `1:30`, `0644`, `1e3`, dates) are refused, never silently something else.
"""

import re

from capacity.profile.problems import InputError

Scalar = str | int | float | bool | None

_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)")

_TRAPS = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning, hint)
    for pattern, meaning, hint in (
        (
            r"yes|no|on|off",
            "is a truth value in YAML 1.1 and text in YAML 1.2",
            "write true or false, or put it in quotes if it is text",
        ),
        (
            r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?",
            "is a number to base 60 in YAML 1.1",
            "write a duration with its unit, like 90s, or put it in quotes if it is text",
        ),
        (
            r"[-+]?0[0-9_]+",
            "is an octal number in YAML 1.1",
            "write it without the leading zero, or put it in quotes if it is text",
        ),
        (
            r"[-+]?0[xob][0-9a-f_]+",
            "is a number in one version of YAML and text in another",
            "write it as a decimal number, or put it in quotes if it is text",
        ),
        (
            r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)e[-+]?[0-9]+",
            "is text in YAML 1.1 and a number in YAML 1.2",
            "write all digits, like 1000 for 1e3, or put it in quotes if it is text",
        ),
        (
            r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?|[-+]?[0-9]+\.[0-9]*_[0-9_]*",
            "is a number in YAML 1.1 and text in YAML 1.2",
            "write it without the underscore, or put it in quotes if it is text",
        ),
        (
            r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?",
            "is a date in YAML 1.1",
            "put it in quotes",
        ),
        (
            r"[-+]?\.(inf|nan)",
            "is no number that can be used here",
            "write a number with digits, or put it in quotes if it is text",
        ),
        (
            r"[-+]?[0-9]{19,}",
            "has more digits than a number can keep",
            "put it in quotes if it is text",
        ),
    )
)


def read_plain(word: str, shown: str) -> Scalar:
    """Read a word written without quotes; InputError when it is a trap.

    `shown` stands for the word in the message, because the word itself may be a secret.
    """
    if word in _NOTHING:
        return None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    for pattern, meaning, hint in _TRAPS:
        if pattern.fullmatch(word):
            raise InputError(f"{shown} {meaning}", hint)
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        return float(word)
    return word
