"""Which columns of steps.csv tell what the service felt?

Six for each quantity of the plan, whatever was read of it: the worst member's value and name, the
mean, the state, and how many samples of which age the value rests on.
"""

from collections.abc import Callable, Mapping, Sequence

from capacity.model.resources import Reading, ReadingState
from capacity.model.run import Run, Step
from capacity.presets import local_process
from capacity.report.resource_words import shortened
from capacity.units import Unit

# A name is told whole; a label that somebody filled with a book is not.
_SUBJECT_CELLS = 200
_SUFFIXES: Mapping[Unit, str] = {
    Unit.RATIO: "_percent",
    Unit.SECONDS: "_s",
    Unit.QPS: "_qps",
    Unit.PER_SECOND: "_per_s",
    Unit.BYTES: "_bytes",
    Unit.BYTES_PER_SECOND: "_bytes_per_s",
    Unit.CORES: "_cores",
    Unit.COUNT: "",
    Unit.NUMBER: "",
}


def quantities_of(run: Run) -> dict[str, Unit]:
    """Name and unit of every quantity: those of the plan and of a process, and any beside them."""
    plan = run.plan.monitor
    planned = () if plan is None else plan.quantities
    local = () if plan is None or plan.process is None else local_process.quantities()
    units = {one.name: one.unit for one in (*planned, *local)}
    for step in run.steps:
        for reading in step.resources:
            units.setdefault(reading.name, reading.unit)
    return units


def resource_header(quantities: Mapping[str, Unit]) -> tuple[str, ...]:
    """The columns, in the order of the quantities."""
    return tuple(
        column for name, unit in quantities.items() for column in _columns(name, unit, None, str)
    )


def resource_cells(
    step: Step, quantities: Mapping[str, Unit], text: Callable[[str], str]
) -> dict[str, str]:
    """The cells of one step; `text` makes a text safe for a spreadsheet."""
    made: dict[str, str] = {}
    for name, unit in quantities.items():
        made |= _columns(name, unit, _reading(step.resources, name), text)
    return made


def _reading(readings: Sequence[Reading], name: str) -> Reading | None:
    return next((reading for reading in readings if reading.name == name), None)


def _columns(
    name: str, unit: Unit, reading: Reading | None, text: Callable[[str], str]
) -> dict[str, str]:
    worst = None if reading is None else reading.worst
    samples = None if worst is None else worst.sample_count
    age_s = None if worst is None else worst.age_s
    suffix = _SUFFIXES[unit]
    # `process.cores` has its unit in its name already.
    column = name if name.endswith(suffix[1:]) else f"{name}{suffix}"
    return {
        column: _number(unit, None if worst is None else worst.value),
        f"{name}_mean{suffix}": _number(unit, None if reading is None else reading.mean),
        f"{name}_subject": "" if worst is None else text(shortened(worst.subject, _SUBJECT_CELLS)),
        f"{name}_state": "" if reading is None else _state(reading),
        f"{name}_samples": "" if samples is None else str(samples),
        f"{name}_age_s": "" if age_s is None else f"{age_s:.3f}",
    }


def _state(reading: Reading) -> str:
    """`weak` is a value on too few samples for a decision."""
    if reading.state is ReadingState.READ and not reading.may_stop:
        return "weak"
    return reading.state.value


def _number(unit: Unit, value: float | None) -> str:
    """As many digits as a double can tell apart where nothing is known of the size."""
    if value is None:
        return ""
    if unit is Unit.RATIO:
        return f"{value * 100:.4f}"
    return f"{value:.10g}"
