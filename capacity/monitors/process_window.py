"""Which looks at a process belong to a window of time, and what happened to it meanwhile?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from capacity.model.resources import Change, ChangeKind
from capacity.monitors.process_looks import Absence, Limits, Look, Sight
from capacity.units import Unit

# A look is made when the thread gets its turn. The load goes on until the one after a hold is told,
# so that one may be late; the first of a sliding window is off by this share of it at most.
_LATE_S = 1.0
_EARLY_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class ProcessWindow:
    """The looks inside one window. `over_s` None: the window is a whole hold."""

    start_unix_s: float
    end_unix_s: float
    over_s: float | None
    looks: tuple[Look, ...]
    absences: tuple[Absence, ...]

    @property
    def first(self) -> Look:
        """The first look; only asked for when there are two."""
        return self.looks[0]

    @property
    def last(self) -> Look:
        """The last look."""
        return self.looks[-1]

    @property
    def pairs(self) -> tuple[tuple[Look, Look], ...]:
        """Neighbouring looks at the same process, with no absence between them."""
        away = [absence.at_unix_s for absence in self.absences]
        return tuple(
            (before, after)
            for before, after in pairwise(self.looks)
            if before.generation == after.generation
            and not any(before.at_unix_s < at < after.at_unix_s for at in away)
        )

    @property
    def watched_s(self) -> float:
        """How long the process was there, from look to look."""
        return sum(after.at_unix_s - before.at_unix_s for before, after in self.pairs)

    @property
    def coverage_ratio(self) -> float:
        """The share of the window between looks at a living process."""
        return min(self.watched_s / max(self.end_unix_s - self.start_unix_s, 1e-9), 1.0)


def window_of(
    sights: Iterable[Sight], start_unix_s: float, end_unix_s: float, over_s: float | None
) -> ProcessWindow:
    """What was seen inside the window, and at its edges; nothing before the start of a hold."""
    early_s = 0.0 if over_s is None else _EARLY_RATIO * over_s
    since_unix_s, until_unix_s = start_unix_s - early_s, end_unix_s + _LATE_S
    inside = [sight for sight in sights if since_unix_s <= sight.at_unix_s <= until_unix_s]
    looks = tuple(sight for sight in inside if isinstance(sight, Look))
    absences = tuple(sight for sight in inside if isinstance(sight, Absence))
    return ProcessWindow(start_unix_s, end_unix_s, over_s, looks, absences)


def changes_among(sights: Sequence[Sight]) -> tuple[Change, ...]:
    """What happened to the process from one sight to the next."""
    return tuple(change for pair in pairwise(sights) for change in _changes(*pair))


def _changes(before: Sight, after: Sight) -> list[Change]:
    at_unix_s = after.at_unix_s
    match before, after:
        case Look(), Absence():
            return [Change(ChangeKind.PROCESS_ENDED, before.subject, after.reason, at_unix_s)]
        case Look(), Look() if before.generation == after.generation:
            return _changes_of_one(before, after)
        case _, Look() if before.generation < after.generation:
            detail = f"{before.subject} -> {after.subject}"
            return [Change(ChangeKind.RESTARTED, after.subject, detail, at_unix_s)]
        case _:
            return []


def _changes_of_one(before: Look, after: Look) -> list[Change]:
    """Of one process that stayed."""
    subject, at_unix_s = after.subject, after.at_unix_s
    changes = [
        Change(ChangeKind.LIMIT_CHANGED, subject, detail, at_unix_s)
        for detail in _limits_changed(before.limits, after.limits)
    ]
    if before.oom_kills is not None and after.oom_kills is not None:
        killed = after.oom_kills - before.oom_kills
        if killed > 0:
            detail = f"{killed} killed in the control group of its memory limit"
            changes.append(Change(ChangeKind.OOM_KILLED, subject, detail, at_unix_s))
    return changes


def _limits_changed(before: Limits, after: Limits) -> list[str]:
    rows = (
        ("cpu", Unit.CORES, before.cores, after.cores),
        ("memory", Unit.BYTES, before.memory_bytes, after.memory_bytes),
    )
    return [
        f"{name}: {unit.show(old)} -> {unit.show(new)}"
        for name, unit, old, new in rows
        if old != new
    ]
