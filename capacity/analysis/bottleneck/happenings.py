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


@dataclass(frozen=True, slots=True)
class Happening:
    """A change, and the step that it was seen in, whether that is believed or not."""

    change: Change
    step: Step

    @property
    def level(self) -> float:
        """The load of that step."""
        return self.step.plan.load.level


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
