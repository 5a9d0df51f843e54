"""What of the service's resources does a run show while it goes on?

A few quantities get a column of their own: those that rules judge, then what is usual to look at.
Why one of them is missing is told once, when it begins.
"""

from collections.abc import Sequence

from capacity.model.plan import RunPlan
from capacity.model.resources import Asked, ChangeKind, Reading, ReadingState, ResourceNews
from capacity.model.rules import Scope
from capacity.model.run import ReadingsAwaited
from capacity.presets import local_process
from capacity.report.resource_words import change_words, missing_words, some_names
from capacity.report.shown import printable
from capacity.report.texts import Language
from capacity.units import Unit, format_duration, format_ratio

_USUAL = ("cpu", "throttle", "mem")
# A process seldom has a quota of its own, and often one thread that all wait for.
_USUAL_OF_PROCESS = ("cpu", "process.hot_thread", "mem")
_SHORT = {"throttle": "thr"}
_LONGEST_NAME = 7
# Told in place of a share of a limit that nobody set.
_CORES = ("pod.cores", "process.cores")
_UNKNOWN = "-"
_MISSING = {
    ReadingState.READ: "?",
    ReadingState.NO_LIMIT: "n/a",
    ReadingState.NO_DATA: "?",
    ReadingState.ERROR: "!",
}


def telling_names(plan: RunPlan, most: int) -> tuple[str, ...]:
    """The names of at most so many quantities of the plan, the most telling first."""
    monitor = plan.monitor
    if monitor is None:
        return ()
    local = () if monitor.process is None else local_process.quantities()
    known = {quantity.name for quantity in (*monitor.quantities, *local)}
    judged = (rule.metric for rule in plan.rules if rule.scope is Scope.RESOURCE)
    usual = _USUAL if monitor.prometheus is not None else _USUAL_OF_PROCESS
    wanted = dict.fromkeys((*judged, *usual))
    return tuple(name for name in wanted if name in known)[:most]


def column_name(name: str) -> str:
    """The head of a column: the last word of the name, or what is usual for it."""
    last = printable(name).rpartition(".")[2]
    return _SHORT.get(name, last)[:_LONGEST_NAME]


def reading_of(readings: Sequence[Reading], name: str) -> Reading | None:
    """The reading of a quantity; cores stand in for a share of the CPU that has no limit."""
    by_name = {reading.name: reading for reading in readings}
    found = by_name.get(name)
    if name == "cpu" and found is not None and found.state is ReadingState.NO_LIMIT:
        cores = (by_name[other] for other in _CORES if other in by_name)
        return next((reading for reading in cores if reading.worst is not None), found)
    return found


def cell(reading: Reading | None) -> str:
    """The worst member's value in a few characters; `?` is no data, `!` could not be read.

    `n/a` is a share of a limit that is not set.
    """
    if reading is None:
        return _UNKNOWN
    worst = reading.worst
    if worst is None:
        return _MISSING[reading.state]
    value = _compact(reading.unit, worst.value)
    return value if reading.may_stop else f"~{value}"


def _compact(unit: Unit, value: float) -> str:
    if unit is Unit.RATIO:
        return f"{value * 100:.0f}%" if value >= 0.1 else format_ratio(value)
    if unit is Unit.CORES:
        return f"{value:.3g}c"
    return unit.show(value).replace(" ", "")


def awaited_line(awaited: ReadingsAwaited) -> str:
    """Why nothing is measured for a while."""
    kind = "late readings" if awaited.asked is Asked.LATE else "readings"
    longest = format_duration(awaited.longest_s)
    return f"waiting for {kind} of step {awaited.step_index + 1}, at most {longest}"


class NewsTeller:
    """Says once why a quantity is missing, and again only after it has been there.

    Errors are told of every quantity, missing data only of those that rules judge: the others may
    rightly have none. Changes of the service are told once for each step.
    """

    def __init__(self, plan: RunPlan) -> None:
        self._judged = {rule.metric for rule in plan.rules if rule.scope is Scope.RESOURCE}
        self._missing: set[str] = set()
        self._changed: set[tuple[int, ChangeKind, str]] = set()

    def lines(self, news: ResourceNews) -> tuple[str, ...]:
        """What is new of it, one line each."""
        return (*self._missing_lines(news), *self._change_lines(news))

    def _change_lines(self, news: ResourceNews) -> tuple[str, ...]:
        """What was told at the end of a hold comes once more with its late samples."""
        lines = []
        for change in news.changes:
            key = (news.step_index, change.kind, change.subject)
            if key not in self._changed:
                self._changed.add(key)
                lines.append(change_words(change, Language.EN))
        return tuple(lines)

    def _missing_lines(self, news: ResourceNews) -> tuple[str, ...]:
        """One line for each new reason, with the names it is the reason for."""
        names: dict[tuple[ReadingState, str], list[str]] = {}
        for reading in news.readings:
            if not self._is_missing(reading, news.asked):
                if reading.state is ReadingState.READ:
                    self._missing.discard(reading.name)
            elif reading.name not in self._missing:
                self._missing.add(reading.name)
                names.setdefault((reading.state, _gist(reading)), []).append(reading.name)
        return tuple(_told(names, state, reason) for (state, reason), names in names.items())

    def _is_missing(self, reading: Reading, asked: Asked) -> bool:
        """Inside a hold samples are still to come, so that no data is no news."""
        if reading.state is ReadingState.ERROR:
            return True
        is_missing = reading.state in (ReadingState.NO_DATA, ReadingState.NO_LIMIT)
        return is_missing and asked is not Asked.DURING and reading.name in self._judged


def _gist(reading: Reading) -> str:
    """Of an error its first clause: what follows differs between quantities that fail alike."""
    if reading.state is ReadingState.ERROR:
        return reading.reason.partition("; ")[0]
    return reading.reason


def _told(names: Sequence[str], state: ReadingState, reason: str) -> str:
    words = missing_words(reason, Language.EN, state)
    # The reason first: a narrow terminal cuts off the end.
    return printable(f"{words} ({some_names(names, Language.EN)})")
