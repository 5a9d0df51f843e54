"""How many requests are served at a time where throughput no longer grows, and how evenly?

Slots are X * R(1), the asymptotic bound of a closed network (Denning and Buzen, 1978): with a fixed
number of servers in parallel they are that number, with a limiter that makes requests wait they are
below one, and the median R(1) keeps a few slow answers out of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from statistics import fmean

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.numbers import constancy_ratio, unloaded_median_s
from capacity.analysis.bottleneck.thresholds import (
    QUEUEING_RATIO,
    SET_CV_RATIO,
    SET_ROUND_RATIO,
    SLOTS_EXACT_RATIO,
    UNEVEN_LATENCY_RATIO,
)
from capacity.model.bottleneck import Figure, Sentence
from capacity.model.load import ClosedLoop
from capacity.model.run import Step
from capacity.units import Unit

# First digits of the limits that people set.
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

# The first level without growth may lack this much of the throughput, if enough others have it.
_FULL_RATIO = 0.98
_FEWEST_FULL = 3


@dataclass(frozen=True, slots=True)
class Plateau:
    """The levels from the turn on of a closed loop, in numbers.

    `typical` is the level with the median throughput. `slots` is None where the first level may
    have waited already: its latency is not unloaded. `constancy_ratio` is None for fewer than three
    levels. `is_from_first` says that a single caller had all of the throughput.
    """

    steps: tuple[Step, ...]
    typical: Step
    unloaded_s: float
    slots: float | None
    constancy_ratio: float | None
    is_from_first: bool
    is_sharp: bool

    @property
    def qps(self) -> float:
        """The median throughput, which is positive."""
        return self.typical.qps

    @property
    def whole_slots(self) -> int:
        """The whole number that the slots are nearest to; 0 where they are not known."""
        return 0 if self.slots is None else round(self.slots)

    @property
    def slots_off_ratio(self) -> float:
        """How far the slots are from that number, as a share of it."""
        if self.slots is None or self.whole_slots < 1:
            return 1.0
        return abs(self.slots - self.whole_slots) / self.whole_slots

    @property
    def has_exact_slots(self) -> bool:
        """Whether they are a whole number of two or more as exactly as such things are measured."""
        return self.whole_slots >= 2 and self.slots_off_ratio <= SLOTS_EXACT_RATIO

    @property
    def round_qps(self) -> float:
        """The nearest number that somebody may have typed in."""
        return nearest_round(self.qps)

    @property
    def round_off_ratio(self) -> float:
        """How far throughput is from that number, as a share of it."""
        return abs(self.qps - self.round_qps) / self.round_qps

    @property
    def is_set(self) -> bool:
        """Whether throughput is a round number so exactly, and so constantly, as if it were set.

        One pool in fifty looks so by chance, while nearly every limiter does; whole slots are seen
        in one limiter of three.
        """
        scatter = self.constancy_ratio
        is_exact = scatter is not None and scatter <= SET_CV_RATIO
        return is_exact and self.round_off_ratio <= SET_ROUND_RATIO


def plateau_of(case: Case) -> Plateau | None:
    """What is known of it; None where throughput still grew, or no concurrency was set."""
    if case.turn is None or not all(isinstance(s.plan.load, ClosedLoop) for s in case.levels):
        return None
    first = case.levels[0]
    by_qps = sorted(case.plateau, key=lambda step: step.qps)
    typical = by_qps[(len(by_qps) - 1) // 2]
    qps = typical.qps
    if first.latency is None or not (isfinite(qps) and qps > 0):
        return None
    is_single = first.plan.load.level == 1
    unloaded_s = unloaded_median_s(case.levels)
    slots = None if unloaded_s is None else qps * unloaded_s
    return Plateau(
        steps=case.plateau,
        typical=typical,
        unloaded_s=first.latency.p50_s if unloaded_s is None else unloaded_s,
        slots=slots,
        constancy_ratio=constancy_ratio([step.qps for step in _full(case.plateau, typical)]),
        is_from_first=case.turn == 0 and is_single,
        is_sharp=slots is not None and _is_sharp(case, case.turn, slots),
    )


def nearest_round(value: float) -> float:
    """The number nearest to a positive value that somebody may have typed in."""
    decade = 10.0 ** floor(log10(value))
    return min((decade * digits for digits in _ROUND), key=lambda one: abs(one - value))


def is_queueing(case: Case) -> bool:
    """Whether at the highest level much of the latency is waiting."""
    ratio = case.numbers[-1].queueing_ratio if case.numbers else None
    return ratio is not None and ratio >= QUEUEING_RATIO


def is_latency_even(step: Step) -> bool:
    """Whether most requests took about as long as the median; False where that is not known."""
    latency = step.latency
    if latency is None or latency.p90_s is None:
        return False
    return latency.p90_s < UNEVEN_LATENCY_RATIO * latency.p50_s


def transfer_share(step: Step) -> float | None:
    """Share of the latency in which the answer's body came in."""
    if step.transfer is None or step.latency is None or step.latency.mean_s <= 0:
        return None
    return step.transfer.mean_s / step.latency.mean_s


def is_mostly_transfer(case: Case, least_ratio: float) -> bool:
    """Whether at the levels beyond the turn requests took their time in coming in."""
    shares = [share for step in case.plateau if (share := transfer_share(step)) is not None]
    return bool(shares) and fmean(shares) >= least_ratio


def _full(steps: Sequence[Step], typical: Step) -> Sequence[Step]:
    """The steps without the first if that still lacks a little of the throughput, and may."""
    is_rising = steps[0].qps < _FULL_RATIO * typical.qps
    return steps[1:] if is_rising and len(steps) > _FEWEST_FULL else steps


def _is_sharp(case: Case, turn: int, slots: float) -> bool:
    """Whether the first level that can fill the slots had all of the throughput.

    So it is with one station of servers in parallel, whatever their times are; where several take
    turns the curve bends slowly.
    """
    filling = [i for i, step in enumerate(case.levels) if step.plan.load.level >= 0.95 * slots]
    return bool(filling) and turn <= filling[0]


def steadiness_sentence(plateau: Plateau) -> Sentence | None:
    """How little throughput changes over the levels; None where they are too few to tell."""
    if plateau.constancy_ratio is None:
        return None
    return Sentence(
        "throughput scatters by {scatter} over {levels} levels",
        "{levels} 级负载下吞吐的离散度为 {scatter}",
        (
            Figure("scatter", plateau.constancy_ratio, Unit.RATIO),
            Figure("levels", float(len(plateau.steps))),
        ),
    )
