"""How is a quantity read that has more series than are read of one answer?

Prometheus names the worst members; raw samples are read of those only, and counted here as always.
Of all the others their number, mean and best value are known. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import assert_never

from capacity.model.resources import (
    Direction,
    Growth,
    Limit,
    Population,
    Quantity,
    Reading,
    Reduction,
    Samples,
)
from capacity.monitors.answers import Answer, Series
from capacity.monitors.raw_samples import ORIGIN
from capacity.monitors.window import Window, fill_window, promql_duration
from capacity.presets.promql import matches

# As many as run.json has.
WORST_MEMBERS = 50
_PART = "capacity_part"
_FUNCTIONS: Mapping[Reduction, str] = {
    Reduction.RATE: "rate",
    Reduction.INCREASE: "increase",
    Reduction.MAX: "max_over_time",
    Reduction.MIN: "min_over_time",
    Reduction.LAST: "last_over_time",
}
_GROWS = {Reduction.RATE, Reduction.INCREASE}


@dataclass(frozen=True, slots=True)
class Crowd:
    """What Prometheus tells of too many series: the worst members' labels, and all in numbers.

    `member_count` counts members with a value, `present_count` those with samples.
    """

    worst: tuple[Mapping[str, str], ...]
    member_count: int
    present_count: int
    series_count: int
    mean: float | None
    best: float | None


def worst_text(quantity: Quantity, source: Samples, window: Window) -> str:
    """How Prometheus chooses the worst members.

    Series of one origin add up, for a container that came back has a second one; origins that tell
    the same do not.
    """
    choose = "topk" if quantity.direction is Direction.HIGH_IS_BAD else "bottomk"
    return f"{choose}({WORST_MEMBERS}, {_values(source, window)})"


def crowd_query(quantity: Quantity, source: Samples, window: Window) -> str:
    """One question for the worst members and for all of them in numbers, told apart by a label."""
    values = _values(source, window)
    best = "min" if quantity.direction is Direction.HIGH_IS_BAD else "max"
    samples = _by_member(source, f"count_over_time({source.selector}{_span(window)})")
    parts = {
        "worst": worst_text(quantity, source, window),
        "members": f"count({values})",
        "present": f"count({samples})",
        "series": f"count({source.selector})",
        "mean": f"avg({values})",
        "best": f"{best}({values})",
    }
    return " or ".join(
        f'label_replace({query}, "{_PART}", "{name}", "", "")' for name, query in parts.items()
    )


def read_crowd(answer: Answer) -> Crowd:
    """The answer to `crowd_query`."""
    parts: dict[str, list[Series]] = {}
    for one in answer.series:
        if one.samples:
            parts.setdefault(one.labels.get(_PART, ""), []).append(one)
    worst = tuple(one.labels for one in parts.get("worst", ()))
    members = _number(parts, "members")
    return Crowd(
        worst=worst,
        member_count=len(worst) if members is None else int(members),
        present_count=int(_number(parts, "present") or 0),
        series_count=int(_number(parts, "series") or 0),
        mean=_number(parts, "mean"),
        best=_number(parts, "best"),
    )


def narrowed(source: Samples, crowd: Crowd) -> Samples:
    """The same of the worst members only; when there are none, of any that come first."""
    if not crowd.worst:
        return source
    named = ",".join(
        matches(name, "|".join(sorted({re.escape(one.get(name, "")) for one in crowd.worst})))
        for name in source.group_by
    )
    selector = _with_matchers(source.selector, named)
    share_of = source.share_of
    match share_of:
        case None:
            pass
        case Limit(query):
            limits, chosen = _by_member(source, query), _by_member(source, selector)
            share_of = Limit(f"{limits} and on ({','.join(source.group_by)}) {chosen}")
        case Growth(whole):
            share_of = Growth(_with_matchers(whole, named))
        case _:
            assert_never(share_of)
    witness = None if source.witness is None else _with_matchers(source.witness, named)
    return replace(source, selector=selector, share_of=share_of, witness=witness)


def of_crowd(
    reading: Reading, quantity: Quantity, source: Samples, window: Window, crowd: Crowd
) -> Reading:
    """The reading of the worst members, as one of all."""
    listed = len(crowd.worst)
    note = (
        f"too many series for raw samples of all ({crowd.series_count:,}): the worst {listed} of "
        f"{crowd.member_count:,} by {_FUNCTIONS[source.reduction]}() of Prometheus were read"
    )
    if crowd.present_count > crowd.member_count:
        without = crowd.present_count - crowd.member_count
        note += f"; {without:,} more have too few samples, or nothing to be a share of"
    reason = "; ".join(part for part in (reading.reason, note) if part)
    population = None
    if reading.worst is not None and crowd.mean is not None and crowd.best is not None:
        spread = abs(reading.worst.value - crowd.best)
        if crowd.member_count > len(reading.members):
            population = Population(crowd.member_count, crowd.mean, spread)
    query = worst_text(quantity, source, window)
    return replace(reading, query=query, reason=reason, population=population)


def _span(window: Window) -> str:
    return f"[{promql_duration(window.length_s)}]"


def _by_member(source: Samples, expression: str) -> str:
    """The largest for each member; of several who tell of it one is enough."""
    return f"max by ({','.join(source.group_by)})({expression})"


def _values(source: Samples, window: Window) -> str:
    """One value for each member."""
    reduced = _reduced(source.selector, source, window)
    match source.share_of:
        case None:
            return _by_member(source, reduced)
        case Limit(query):
            limit = _by_member(source, fill_window(query, window))
            return f"{_by_member(source, reduced)} / on ({','.join(source.group_by)}) {limit}"
        case Growth(selector):
            whole = _reduced(selector, source, window)
            return _by_member(source, f"{reduced} / ({whole} > 0)")
        case _:
            assert_never(source.share_of)


def _reduced(selector: str, source: Samples, window: Window) -> str:
    """One value for each member and each of those who tell of it."""
    reduced = f"{_FUNCTIONS[source.reduction]}({selector}{_span(window)})"
    if source.reduction not in _GROWS:
        return reduced
    return f"sum by ({','.join(dict.fromkeys((*source.group_by, *ORIGIN)))})({reduced})"


def _with_matchers(selector: str, matchers: str) -> str:
    before = f"{selector[:-1]}," if selector.endswith("}") else f"{selector}{{"
    return f"{before}{matchers}}}"


def _number(parts: Mapping[str, Sequence[Series]], name: str) -> float | None:
    """The value of a part that has one series, if that is a number."""
    for one in parts.get(name, ()):
        if isfinite(one.samples[-1][1]):
            return one.samples[-1][1]
    return None
