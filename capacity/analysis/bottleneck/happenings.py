"""What happened to the service while it was loaded, and within which step?"""

from collections.abc import Collection
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.model.resources import Change, ChangeKind
from capacity.model.run import Step

SCALINGS = frozenset({ChangeKind.POD_JOINED, ChangeKind.POD_LEFT, ChangeKind.SCALED})
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


def scaled_places(case: Case) -> tuple[int, ...]:
    """The levels in which the number of replicas changed: what they carried is of no one size."""
    return tuple(
        place
        for place, step in enumerate(case.levels)
        if any(change.kind in SCALINGS for change in step.changes)
    )
