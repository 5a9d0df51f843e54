"""Which levels of load does `1,2,4`, `1..1024x2` or `10..100+10` stand for?

`A..B` doubles, `A..BxF` multiplies, `A..B+D` adds. B is always the last step, also when the factor
jumps over it. Values are rounded and rise strictly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from capacity.profile.problems import InputError

MAX_STEPS = 200
MIN_FACTOR = 1.01

_HINT = "write a list like 1,2,4 or a range like 1..1024x2 or 10..100+10"
_COUNT = re.compile(r"\s*([0-9]{1,9})\s*")
_RANGE = re.compile(
    r"\s*([0-9]{1,9})\s*\.\.\s*([0-9]{1,9})\s*"
    r"(?:x\s*([0-9]{1,4}(?:\.[0-9]{1,6})?)|\+\s*([0-9]{1,9}))?\s*"
)


@dataclass(frozen=True, slots=True)
class LevelWords:
    """What the levels of a ladder are called when one of them is wrong."""

    one: str
    many: str
    number: str


CONCURRENCY = LevelWords("concurrency", "concurrencies", "a number of requests in flight")
RATE = LevelWords("rate", "rates", "a number of starts a second")


def parse_ladder(given: str | tuple[int, ...], words: LevelWords = CONCURRENCY) -> tuple[int, ...]:
    """Read the text form or a list of numbers; InputError when the values do not rise from 1 up."""
    if not isinstance(given, str):
        values = given
    elif ".." in given:
        values = _range(given, words)
    else:
        values = _list(given, words)
    _refuse_disorder(values, words)
    return values


def refuse_above_fuse(concurrencies: Sequence[int], max_concurrency: int) -> None:
    """Raise InputError when the highest step is above the concurrency fuse."""
    top = max(concurrencies)
    if top > max_concurrency:
        raise InputError(
            f"the highest concurrency {top} is above the fuse of {max_concurrency}",
            f"lower the top, or raise the fuse: --max-concurrency {top} "
            f"or safety.fuses.concurrency: {top}",
        )


def ladder_to_text(levels: Sequence[float]) -> str:
    """Write the steps for people; the middle of a long ladder is left out."""
    shown = [f"{level:.10g}" for level in levels]
    if len(shown) > 12:
        shown = [*shown[:5], "...", *shown[-2:]]
    return ", ".join(shown)


def _list(text: str, words: LevelWords) -> tuple[int, ...]:
    if not text.strip():
        raise InputError(f"the {words.one} is empty", _HINT)
    values = []
    for item in text.split(","):
        match = _COUNT.fullmatch(item)
        if match is None:
            raise InputError(f"{item.strip()!r} is not {words.number}", _HINT)
        values.append(int(match.group(1)))
    return tuple(values)


def _range(text: str, words: LevelWords) -> tuple[int, ...]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is not a range of {words.many}", _HINT)
    low, high = int(match.group(1)), int(match.group(2))
    if low < 1:
        raise InputError(f"{words.one} 0 makes no load", "begin with 1 or more")
    if low > high:
        raise InputError(f"the range falls from {low} to {high}", f"write {high}..{low}")
    if match.group(4) is not None:
        return _linear(low, high, int(match.group(4)))
    return _geometric(low, high, float(match.group(3) or 2))


def _linear(low: int, high: int, distance: int) -> tuple[int, ...]:
    if distance < 1:
        raise InputError("a distance of 0 never rises", "write it like 10..100+10")
    if (high - low) // distance >= MAX_STEPS:
        raise _too_many()
    return (*range(low, high, distance), high)


def _geometric(low: int, high: int, factor: float) -> tuple[int, ...]:
    if factor < MIN_FACTOR:
        raise InputError(
            f"the factor must be at least {MIN_FACTOR}", "write it like 1..1024x2 or 1..1024x1.5"
        )
    values: list[int] = []
    exact = float(low)
    while (value := int(exact + 0.5)) < high:
        if not values or value > values[-1]:
            values.append(value)
        exact *= factor
    return (*values, high)


def _refuse_disorder(values: tuple[int, ...], words: LevelWords) -> None:
    if not values:
        raise InputError(f"the {words.one} is empty", _HINT)
    if min(values) < 1:
        raise InputError(f"{words.one} {min(values)} makes no load", "begin with 1 or more")
    for before, after in pairwise(values):
        if after == before:
            raise InputError(f"{words.one} {after} is repeated", "name each step once")
        if after < before:
            raise InputError(
                f"{words.one} falls from {before} to {after}", "write the steps rising"
            )
    if len(values) > MAX_STEPS:
        raise _too_many()


def _too_many() -> InputError:
    return InputError(f"more than {MAX_STEPS} steps", "use a larger factor or distance")
