"""How often is the right class named first, and is the tool ever sure of a wrong one?

The bars: at least 90 % right first with monitors on; never a wrong class with high confidence; with
monitors off right or unknown, or one that the target allows, never a wrong one with more than low
confidence; every figure of the evidence within 5 % of what the instruments saw.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.targets.play import Deviation, Play
from tests.targets.target import Target

RIGHT_LEAST_RATIO = 0.9
DEVIATION_MOST_RATIO = 0.05
UNKNOWN = "unknown"
_UNSURE = ("", "low")


class Outcome(StrEnum):
    """What a run says beside the truth; VOID is no answer, and counts for nothing."""

    RIGHT = "right"
    ALLOWED = "allowed"
    UNKNOWN = "unknown"
    WRONG = "wrong"
    VOID = "void"


def outcome(target: Target, play: Play) -> Outcome:
    """Of one run; what is allowed beside the truth is so without monitors only."""
    if play.void_because:
        return Outcome.VOID
    if play.named == target.kind:
        return Outcome.RIGHT
    if not play.is_watched and play.named in target.blind_kinds:
        return Outcome.ALLOWED
    return Outcome.UNKNOWN if play.named == UNKNOWN else Outcome.WRONG


def is_confidently_wrong(target: Target, play: Play) -> bool:
    """High with monitors on; without them more than low is too much already."""
    if outcome(target, play) is not Outcome.WRONG:
        return False
    return play.confidence == "high" if play.is_watched else play.confidence not in _UNSURE


def deviants(play: Play) -> tuple[Deviation, ...]:
    """The figures of a run that are further from the instruments than is allowed."""
    return tuple(one for one in play.deviations if abs(one.ratio) > DEVIATION_MOST_RATIO)


@dataclass(frozen=True, slots=True)
class Score:
    """Every run of the zoo with the targets they were played against."""

    targets: Sequence[Target]
    plays: Sequence[Play]

    def of(self, target: Target, *, is_watched: bool) -> tuple[Play, ...]:
        """The runs of one target in one way."""
        return tuple(
            play
            for play in self.plays
            if play.target == target.name and play.is_watched is is_watched
        )

    def counts(self, *, is_watched: bool) -> Mapping[Outcome, int]:
        """How many runs had which outcome."""
        found = [
            outcome(target, play)
            for target in self.targets
            for play in self.of(target, is_watched=is_watched)
        ]
        return {one: found.count(one) for one in Outcome}

    def misses(self) -> tuple[str, ...]:
        """Which bars are missed, a sentence for each; none when all are held."""
        return (*self._too_few_right(), *self._unplayed(), *self._wrong(), *self._untrue())

    def _too_few_right(self) -> Iterator[str]:
        counts = self.counts(is_watched=True)
        valid = sum(counts.values()) - counts[Outcome.VOID]
        right = counts[Outcome.RIGHT]
        if valid and right < RIGHT_LEAST_RATIO * valid:
            yield f"right first in {right} of {valid} runs with monitors, fewer than 90 %"

    def _unplayed(self) -> Iterator[str]:
        for target in self.targets:
            for is_watched in (True, False):
                plays = self.of(target, is_watched=is_watched)
                if plays and all(play.void_because for play in plays):
                    yield f"{target.name}: every run {_way(is_watched)} was void"

    def _wrong(self) -> Iterator[str]:
        for target in self.targets:
            for play in self.plays:
                if play.target == target.name and is_confidently_wrong(target, play):
                    yield (
                        f"{target.name} {_way(play.is_watched)}: {play.named} with "
                        f"{play.confidence} confidence, in truth {target.kind}"
                    )

    def _untrue(self) -> Iterator[str]:
        for target in self.targets:
            for play in self.plays:
                if play.target != target.name or outcome(target, play) is not Outcome.RIGHT:
                    continue
                for one in deviants(play):
                    yield (
                        f"{target.name} {_way(play.is_watched)}: {one.figure} {one.told:g}, "
                        f"instruments {one.seen:g} ({one.ratio:+.1%})"
                    )


def _way(is_watched: bool) -> str:  # noqa: FBT001  # one word of a sentence
    return "with monitors" if is_watched else "without monitors"
