"""What happened to the service while it was loaded, and within which step?"""

from collections.abc import Collection
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.model.resources import Change, ChangeKind
from capacity.model.run import Step

# What a level with another number of pods at its end carried is of no one size.
JOININGS = frozenset({ChangeKind.POD_JOINED, ChangeKind.POD_LEFT})
# Scaled may also be that an overloaded pod was no longer ready.
SCALINGS = JOININGS | {ChangeKind.SCALED}
ENDINGS = frozenset({ChangeKind.RESTARTED, ChangeKind.OOM_KILLED, ChangeKind.PROCESS_ENDED})
# A monitor that looks after the end of a hold needs a moment for it.
_AT_ONCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Happening:
    """A change, and the step that it was seen in, whether that is believed or not."""

    change: Change
    step: Step

    @property
    def level(self) -> float:
        """The load of that step."""
        return self.step.plan.load.level

    @property
    def late_s(self) -> float | None:
        """How long after the hold it was looked for, where that was long: then it may be later."""
        hold_end_unix_s = self.step.started_at_unix_s + self.step.plan.settle_s + self.step.hold_s
        late_s = self.change.seen_at_unix_s - hold_end_unix_s
        return late_s if late_s > _AT_ONCE_S else None


def happenings(case: Case, kinds: Collection[ChangeKind]) -> tuple[Happening, ...]:
    """All changes of some kinds, in the order of time."""
    return tuple(
        Happening(change, step)
        for step in case.run.steps
        for change in step.changes
        if change.kind in kinds
    )


def places_of(case: Case, kinds: Collection[ChangeKind]) -> tuple[int, ...]:
    """The levels in which changes of some kinds were seen."""
    return tuple(
        place
        for place, step in enumerate(case.levels)
        if any(change.kind in kinds for change in step.changes)
    )
