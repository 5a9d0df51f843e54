"""From which load on does a signal leave what it was before?

Its trend is the median of the levels before, and for what follows the load by nature (a count of
requests, connections or tasks) the largest of their values per unit of load, times the load. It is
left where a value is half as high again and three median deviations beyond that, and no later
value falls back. So one noisy level is no departure, and neither is a first one.
"""

from collections.abc import Sequence
from statistics import median

# A value this many times its trend has left it.
LEAVES_FACTOR = 1.5
# Median absolute deviations of the levels before; 3 are about two standard deviations.
LEAVES_DEVIATIONS = 3.0


def leaves_flat(values: Sequence[float | None], least: float) -> int | None:
    """The place from which on values stay above what they were, by at least `least`."""
    for place in range(1, len(values)):
        before = [value for value in values[:place] if value is not None]
        if before and _stays_above(values[place:], _bound(before, least)):
            return place
    return None


def leaves_load(
    levels: Sequence[float], values: Sequence[float | None], least: float
) -> int | None:
    """The place from which on values grow faster than the load; `least` as for a flat trend."""
    shares = [
        None if value is None else value / level
        for level, value in zip(levels, values, strict=True)
    ]
    for place in range(1, len(values)):
        before = [share for share in shares[:place] if share is not None]
        if not before or values[place] is None:
            continue
        bounds = [
            max(LEAVES_FACTOR * max(before) * level, max(before) * level + least)
            for level in levels[place:]
        ]
        later = zip(values[place:], bounds, strict=True)
        if all(value is None or value >= bound for value, bound in later):
            return place
    return None


def _bound(before: Sequence[float], least: float) -> float:
    """What a value has to reach to be beyond the trend of those before it."""
    middle = median(before)
    deviation = median([abs(value - middle) for value in before])
    return max(LEAVES_FACTOR * middle, middle + LEAVES_DEVIATIONS * deviation, middle + least)


def _stays_above(values: Sequence[float | None], bound: float) -> bool:
    """Whether the first one is there and neither it nor any later one is below the bound."""
    return values[0] is not None and all(value is None or value >= bound for value in values)
