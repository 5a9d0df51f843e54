"""Do the replicas of the service share the work evenly?

Compared are the same containers of the pods of one workload. A reading that lists its worst members
only says nothing about the others, and one pod alone has nobody to share with.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.roles import members_of, workload_of
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.thresholds import (
    HOT_REPLICA_CORES,
    HOT_REPLICA_RATIO,
    UNEVEN_RATIO,
)
from capacity.model.bottleneck import SubjectKind
from capacity.model.resources import Member

# How much of a replica's CPU must be used before its neighbours matter.
_TELLS = (("cpu", HOT_REPLICA_RATIO), ("pod.cores", HOT_REPLICA_CORES))


@dataclass(frozen=True, slots=True)
class Unevenness:
    """The hottest replica at one level beside the mean of its workload."""

    hottest: Point
    mean: float
    replica_count: int


def unevenness_at(case: Case, place: int) -> Unevenness | None:
    """The workload of which one replica does far more than its share; None if none does so."""
    for name, least in _TELLS:
        point = case.series(name).at(place)
        if point is None or point.reading.population is not None:
            continue
        found = [
            Unevenness(Point(point.level, hottest, point.reading), mean, count)
            for hottest, mean, count in _workloads(case, point)
            if hottest.value >= least and hottest.value > UNEVEN_RATIO * mean
        ]
        return max(found, key=lambda one: one.hottest.value, default=None)
    return None


def uneven_levels(case: Case) -> tuple[Unevenness, ...]:
    """What is uneven where it counts: from the turn on, or at the last level while it grew.

    Empty unless it was so at most of these levels, since a few connections fall unevenly by chance.
    """
    first = len(case.levels) - 1 if case.turn is None else case.turn
    places = range(max(first, 0), len(case.levels))
    found = tuple(one for place in places if (one := unevenness_at(case, place)) is not None)
    return found if 2 * len(found) > len(places) else ()


def _workloads(case: Case, point: Point) -> Iterator[tuple[Member, float, int]]:
    members = members_of(point.reading, SubjectKind.SERVICE, case.declared)
    for name in {workload_of(member.subject) for member in members}:
        replicas = [member for member in members if workload_of(member.subject) == name]
        if len(replicas) >= 2:
            mean = sum(member.value for member in replicas) / len(replicas)
            yield max(replicas, key=lambda member: member.value), mean, len(replicas)
