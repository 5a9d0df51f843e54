"""What was read of each resource that can run out: those of the table, and the profile's own?"""

from collections.abc import Mapping
from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import is_background, is_there_anyway
from capacity.analysis.bottleneck.own_resources import OwnSeries, own_resources
from capacity.analysis.bottleneck.resources import RESOURCES, Resource, Tell
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Series
from capacity.model.bottleneck import Figure, Sentence, SubjectKind
from capacity.model.resources import ResourceRole, ResourceScope

# Pods and groups of processes may be of several parts of the system; other quantities are of one.
_SHARED_SCOPES = frozenset({ResourceScope.SERVICE, ResourceScope.PROCESS})
_PARTS = frozenset(
    {SubjectKind.SERVICE, SubjectKind.DATABASE, SubjectKind.CACHE, SubjectKind.INGRESS}
)
# Others than the service may use these, so that being full from the start says nothing.
_USED_BY_OTHERS = frozenset({SubjectKind.NODE})

_SUBJECTS: Mapping[ResourceRole, tuple[SubjectKind, tuple[str, ...]]] = {
    ResourceRole.SERVICE: (SubjectKind.SERVICE, ("cpu_limit", "one_core", "memory", "pool")),
    ResourceRole.POOL: (SubjectKind.SERVICE, ("pool",)),
    ResourceRole.LOCKS: (SubjectKind.SERVICE, ("contention",)),
    ResourceRole.DATABASE: (SubjectKind.DATABASE, ("database", "database_connections")),
    ResourceRole.CACHE: (SubjectKind.CACHE, ("redis",)),
    ResourceRole.INGRESS: (SubjectKind.INGRESS, ("ingress",)),
    ResourceRole.NODE: (SubjectKind.NODE, ("node_cpu", "disk", "bandwidth")),
    ResourceRole.DOWNSTREAM: (SubjectKind.DOWNSTREAM, ("unobserved",)),
}
# The class that names a resource of the profile by the name that it has there.
_BY_ITS_OWN_NAME = "own_resource"


@dataclass(frozen=True, slots=True)
class Seen:
    """A quantity that tells of a resource, over the levels, and from which one on it is full.

    `full_from` is None where it never is. One `in_background` is full at every level, whatever the
    load is.
    """

    tell: Tell
    series: Series
    full_from: int | None
    in_background: bool


@dataclass(frozen=True, slots=True)
class SeenResource:
    """A resource, and each quantity that tells of it, whether it was read or not.

    `is_own` is one that the profile names, which is called as it is called there.
    """

    resource: Resource
    seen: tuple[Seen, ...]
    is_own: bool = False

    @property
    def in_background(self) -> bool:
        """Whether it was full whatever the load is."""
        return any(one.in_background for one in self.seen)


def seen_resources(case: Case) -> tuple[SeenResource, ...]:
    """Those of the table, then those that the profile names."""
    known = tuple(
        SeenResource(resource, tuple(_seen(case, resource, tell) for tell in resource.tells))
        for resource in RESOURCES
    )
    return (*known, *(_own(case, one) for one in own_resources(case)))


def _seen(case: Case, resource: Resource, tell: Tell) -> Seen:
    series = case.series(tell.quantity)
    if resource.subject in _PARTS and series.scope in _SHARED_SCOPES:
        series = of_kind(case, tell.quantity, resource.subject)
    full_from = None if tell.full_at is None else series.lasting_beyond(tell.full_at)
    return Seen(tell, series, full_from, _is_background(case, resource.subject, tell, series))


def _own(case: Case, own: OwnSeries) -> SeenResource:
    subject, blamed_by = _SUBJECTS[own.resource.role]
    tell = Tell(own.resource.quantity, own.resource.full_at)
    name = own.resource.name
    title = Sentence("{name}", "{name}", (Figure("name", name),))
    is_background = _is_background(case, subject, tell, own.series)
    return SeenResource(
        Resource(name, title, subject, (tell,), (*blamed_by, _BY_ITS_OWN_NAME)),
        (Seen(tell, own.series, own.full_from, is_background),),
        is_own=True,
    )


def _is_background(case: Case, subject: SubjectKind, tell: Tell, series: Series) -> bool:
    if tell.full_at is None:
        return False
    if subject in _USED_BY_OTHERS:
        return is_background(series, tell.full_at)
    return is_there_anyway(case, series, tell.full_at)
