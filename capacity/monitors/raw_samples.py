"""What do the raw samples of one member say: how far has a counter grown, how high was a gauge?

Growth is counted here and not by PromQL's `rate()`, which extends it to the edges of the window and
is wrong by the share of the window that has no samples yet. Pure: samples in, numbers out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isinf, isnan

from capacity.model.resources import STOPPING_SAMPLES, Reduction
from capacity.monitors.answers import Series
from capacity.monitors.window import HOUSEKEEPING_S, LEAST_SAMPLES, Window

# Who scraped it: the same thing told by two of them is told twice, never twice as much.
ORIGIN = ("job", "instance", "metrics_path")
_NAME = "__name__"
# Housekeeping puts its look off by as much again, at random.
_LONGEST_KEPT_S = 2 * HOUSEKEEPING_S


@dataclass(frozen=True, slots=True)
class Strand:
    """Samples that follow one another: one series, or several that took over from each other.

    `bases` are the samples of the counter it is a share of, at the same times; None without one.
    """

    times_unix_s: tuple[float, ...]
    values: tuple[float, ...]
    bases: tuple[float, ...] | None

    @property
    def span_s(self) -> float:
        """The time between the first and the last sample."""
        return self.times_unix_s[-1] - self.times_unix_s[0]


def cut(series: Series, window: Window) -> Series:
    """The samples inside the window that are numbers, in order, one at a time.

    Infinite ones stay, to be told of.
    """
    inside = {
        time: value
        for time, value in series.samples
        if window.start_unix_s <= time <= window.end_unix_s and not isnan(value)
    }
    return Series(series.labels, tuple(sorted(inside.items())))


def has_infinity(series: Sequence[Series]) -> bool:
    """Whether any sample is infinite."""
    return any(isinf(value) for one in series for _, value in one.samples)


def by_member(
    series: Sequence[Series], group_by: tuple[str, ...]
) -> Mapping[tuple[str, ...], list[Series]]:
    """The series that have samples, by their values of the labels that make a member."""
    members: dict[tuple[str, ...], list[Series]] = {}
    for one in series:
        if one.samples:
            members.setdefault(tuple(one.labels.get(name, "") for name in group_by), []).append(one)
    return members


def strands(series: Sequence[Series], bases: Sequence[Series] | None) -> tuple[Strand, ...]:
    """The strands of one member, from series that have samples.

    Series of one origin that do not overlap in time are one strand: a container that came back has
    a new series, and its counter begins again. Those that overlap stay apart as duplicates. With
    `bases` only times remain at which both have a sample, and series without a partner are left
    out.
    """
    partners = None if bases is None else {_identity(one): dict(one.samples) for one in bases}
    chains: dict[tuple[str, ...], list[list[Series]]] = {}
    for one in sorted(series, key=lambda each: each.samples[0][0]):
        ours = chains.setdefault(tuple(one.labels.get(name, "") for name in ORIGIN), [])
        for chain in ours:
            if chain[-1].samples[-1][0] < one.samples[0][0]:
                chain.append(one)
                break
        else:
            ours.append([one])
    made = (_strand(chain, partners) for ours in chains.values() for chain in ours)
    return tuple(strand for strand in made if strand.times_unix_s)


def growth(values: Sequence[float]) -> float:
    """How far a counter grew: the sum of its steps; after a fall it has begun again at zero."""
    return sum(after - before if after >= before else after for before, after in pairwise(values))


def reduce_strand(strand: Strand, reduction: Reduction) -> float | None:
    """One value of a strand; None from too few samples.

    With bases it is the growth as a share of theirs, which is NaN when they did not grow.
    """
    if len(strand.values) < LEAST_SAMPLES:
        return None
    if strand.bases is not None:
        whole = growth(strand.bases)
        return growth(strand.values) / whole if whole > 0 else float("nan")
    if reduction is Reduction.RATE:
        return growth(strand.values) / strand.span_s
    return _REDUCE[reduction](strand.values)


_REDUCE: Mapping[Reduction, Callable[[Sequence[float]], float]] = {
    Reduction.INCREASE: growth,
    Reduction.MAX: max,
    Reduction.MIN: min,
    Reduction.LAST: lambda values: values[-1],
}


def standstills(strand: Strand) -> int:
    """How often scrapes saw the same value again while the counter grew before and after.

    Then its exporter looks less often than it is scraped, and the samples carry the time of the
    scrape: the growth belongs to another stretch of time than they say. What stood still for longer
    than a kubelet keeps a value was idle.
    """
    if len(strand.values) < STOPPING_SAMPLES:
        return 0
    steps = pairwise(zip(strand.times_unix_s, strand.values, strict=True))
    grew = [(before[0], after[0]) for before, after in steps if after[1] > before[1]]
    stood_s = (later[0] - former[1] for former, later in pairwise(grew))
    return sum(0 < each_s <= _LONGEST_KEPT_S for each_s in stood_s)


def _strand(
    chain: Sequence[Series],
    partners: Mapping[frozenset[tuple[str, str]], Mapping[float, float]] | None,
) -> Strand:
    times: list[float] = []
    values: list[float] = []
    bases: list[float] = []
    for piece in chain:
        partner = None if partners is None else partners.get(_identity(piece), {})
        for time, value in piece.samples:
            if partner is not None:
                if time not in partner:
                    continue
                bases.append(partner[time])
            times.append(time)
            values.append(value)
    return Strand(tuple(times), tuple(values), None if partners is None else tuple(bases))


def _identity(series: Series) -> frozenset[tuple[str, str]]:
    """What two metrics of the same thing have in common: every label but the name."""
    return frozenset((name, value) for name, value in series.labels.items() if name != _NAME)
