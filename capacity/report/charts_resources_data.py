"""What is worth drawing of a run's readings? Panels of one unit each, with what was read when.

Pure: readings go in, numbers and gaps come out. A value that is not there is NaN, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from capacity.model.resources import Aspect, Reading, ReadingState
from capacity.model.rules import Absolute, Rule, Scope
from capacity.model.run import Run, Step
from capacity.report.resource_words import shortened
from capacity.report.steps_csv_resources import quantities_of
from capacity.units import Unit

_USUAL = ("cpu", "throttle", "mem", "process.hot_thread")
_CORES = ("pod.cores", "process.cores")
# What tells of the CPU, the best first.
SHARE_OR_CORES = ("cpu", *_CORES)
_DRAWN_ASPECTS = (Aspect.UTILISATION, Aspect.SATURATION)
_MOST_SERIES = 4
_MOST_PANELS = 3
_NAME_CELLS = 28
_BINARY_UNITS = (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024), ("B", 1))


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over the steps, in the unit of its panel's axis.

    `worst`, `lowest` and `highest` are NaN where nothing was read, and `gaps` says with `?` or `!`
    what was there instead; it is empty where there is a value. `weak` are the places of values on
    too few samples for a decision.
    """

    name: str
    worst: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    gaps: tuple[str, ...]
    weak: tuple[int, ...]
    most_members: int


@dataclass(frozen=True, slots=True)
class DrawnLimit:
    """A rule's limit in the unit of its panel's axis, and the quantity it belongs to."""

    name: str
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Panel:
    """What shares an axis; `unit_text` is `MiB` for bytes shown as such."""

    unit: Unit
    unit_text: str
    series: tuple[Series, ...]
    limits: tuple[DrawnLimit, ...]


def panels_of(run: Run, steps: Sequence[Step]) -> tuple[Panel, ...]:
    """Shares first, then what rules judge in other units; nothing if no resource was asked for."""
    units = quantities_of(run)
    rules = [rule for rule in run.plan.rules if rule.scope is Scope.RESOURCE]
    names = _drawn_names(steps, units, {rule.metric for rule in rules})
    by_unit: dict[Unit, list[str]] = {}
    for name in names:
        by_unit.setdefault(units[name], []).append(name)
    ordered = sorted(by_unit, key=lambda unit: unit is not Unit.RATIO)
    return tuple(
        _panel(unit, by_unit[unit][:_MOST_SERIES], rules, steps) for unit in ordered[:_MOST_PANELS]
    )


def has_value(series: Series) -> bool:
    """Whether anything was read at all."""
    return not all(series.gaps)


def _drawn_names(steps: Sequence[Step], units: dict[str, Unit], judged: set[str]) -> list[str]:
    """What rules judge and what is usual, then other shares that fill up or are full.

    Cores take the place of a share of the CPU that no pod has. Without any of these, the first few.
    """
    read = {
        reading.name: reading.aspect
        for step in steps
        for reading in step.resources
        if reading.worst is not None
    }
    wanted = [name for name in units if name in judged]
    wanted += [name for name in _USUAL if name in units and (name in read or name == "cpu")]
    if "cpu" not in read and (cores := [name for name in _CORES if name in read]):
        wanted = [*(name for name in wanted if name != "cpu" or name in judged), *cores]
    wanted += [
        name
        for name, aspect in read.items()
        if aspect in _DRAWN_ASPECTS and units[name] is Unit.RATIO
    ]
    return list(dict.fromkeys(wanted or list(units)[:_MOST_SERIES]))


def _panel(unit: Unit, names: Sequence[str], rules: Sequence[Rule], steps: Sequence[Step]) -> Panel:
    readings = {name: [_reading(step, name) for step in steps] for name in names}
    highest = max(
        (abs(m.value) for rs in readings.values() for r in rs if r for m in r.members), default=0.0
    )
    unit_text, factor = axis_scale(unit, highest)
    return Panel(
        unit=unit,
        unit_text=unit_text,
        series=tuple(_series(name, readings[name], factor) for name in names),
        limits=tuple(
            DrawnLimit(rule.metric, _limit_text(rule, limit), limit * factor)
            for rule in rules
            if rule.metric in names and (limit := _limit(rule, steps)) is not None
        ),
    )


def _reading(step: Step, name: str) -> Reading | None:
    return next((reading for reading in step.resources if reading.name == name), None)


def axis_scale(unit: Unit, highest: float) -> tuple[str, float]:
    """The unit of the axis, and by what values are multiplied for it."""
    match unit:
        case Unit.RATIO:
            return "%", 100.0
        case Unit.BYTES | Unit.BYTES_PER_SECOND:
            text, size = next((pair for pair in _BINARY_UNITS if highest >= pair[1]), ("B", 1))
            return (text if unit is Unit.BYTES else f"{text}/s"), 1.0 / size
        case _:
            return unit.value, 1.0


def _limit(rule: Rule, steps: Sequence[Step]) -> float | None:
    """In numbers; of a multiple of the first step it is what the rule was judged by."""
    if isinstance(rule.limit, Absolute):
        return rule.limit.value
    known = (j.limit for step in steps for j in step.judgements if j.rule.text == rule.text)
    return next((limit for limit in known if limit is not None), None)


def _limit_text(rule: Rule, limit: float) -> str:
    """The rule without its window and its steps, which a line does not show."""
    name = shortened(rule.metric, _NAME_CELLS)
    return f"{name} {rule.comparison.value} {rule.unit.show(limit)}"


def _series(name: str, readings: Sequence[Reading | None], factor: float) -> Series:
    values = [[] if r is None else [m.value * factor for m in r.members] for r in readings]
    worst = [None if r is None else r.worst for r in readings]
    return Series(
        name=name,
        worst=tuple(nan if member is None else member.value * factor for member in worst),
        lowest=tuple(min(some, default=nan) for some in values),
        highest=tuple(max(some, default=nan) for some in values),
        gaps=tuple(_gap(reading) for reading in readings),
        weak=tuple(
            place
            for place, reading in enumerate(readings)
            if reading is not None and reading.members and not reading.may_stop
        ),
        most_members=max((len(some) for some in values), default=0),
    )


def _gap(reading: Reading | None) -> str:
    if reading is None:
        return "?"
    if reading.members:
        return ""
    return "!" if reading.state is ReadingState.ERROR else "?"
