"""Whose is a member of a reading: the service's, its database's, its cache's or its ingress'?

A run may watch pods of all of them. What a reading is about by itself (`postgresql.*`, `redis.*`)
is known, and so is what the profile says of a workload; other containers and groups of processes
are told by the words of their names. The last word that says something decides, as in `shop-db` and
`db-api`; a name that says nothing is the service.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

from capacity.analysis.bottleneck.series import Series
from capacity.model.bottleneck import SubjectKind
from capacity.model.resources import Member, OwnResource, Reading, ResourceRole, ResourceScope

_DATABASE = """
cassandra clickhouse cockroach cockroachdb couchdb database db elasticsearch etcd influxdb mariadb
mariadbd mongo mongod mongodb mongos mssql mysql mysqld neo4j opensearch oracle percona pg pgbouncer
pgpool pgsql postgres postgresql scylla sqlservr tidb tikv timescaledb
"""
_CACHE = "cache dragonfly hazelcast keydb memcache memcached redis valkey"
_INGRESS = "contour envoy haproxy ingress ingressgateway traefik"
_SERVICE = "api app application backend consumer demo frontend service svc web worker"
# What stands beside a part of the path without serving a request.
_BESIDE = "agent exporter metrics monitor"
_KIND_OF_WORD: dict[str, SubjectKind | None] = {
    word: kind
    for words, kind in (
        (_DATABASE, SubjectKind.DATABASE),
        (_CACHE, SubjectKind.CACHE),
        (_INGRESS, SubjectKind.INGRESS),
        (_SERVICE, SubjectKind.SERVICE),
        (_BESIDE, None),
    )
    for word in words.split()
}
_KIND_OF_SCOPE = {
    ResourceScope.DATABASE: SubjectKind.DATABASE,
    ResourceScope.CACHE: SubjectKind.CACHE,
    ResourceScope.INGRESS: SubjectKind.INGRESS,
    ResourceScope.NODE: SubjectKind.NODE,
}
_KIND_OF_ROLE = {
    ResourceRole.DATABASE: SubjectKind.DATABASE,
    ResourceRole.CACHE: SubjectKind.CACHE,
    ResourceRole.INGRESS: SubjectKind.INGRESS,
}
# A deployment's pod has the hash of its replica set and five characters; others a number or those.
_POD_SUFFIX = re.compile(r"(-[a-z0-9]{6,10})?-[a-z0-9]{5}$|-[0-9]+$")
# Quantities of all processes of a machine, by groups; others of a process are of the one chosen.
_BY_GROUP = "process_exporter."
# The words of container names that every chart uses, which say nothing about what they are.
_GENERAL_CONTAINERS = frozenset({"app", "main", "server", "container"})


# The same names come at every level and for every quantity.
@lru_cache(maxsize=4096)
def role_of(subject: str, scope: ResourceScope = ResourceScope.SERVICE) -> SubjectKind | None:
    """Whose a member is by its name; None for what only watches, such as an exporter."""
    if scope in _KIND_OF_SCOPE:
        return _KIND_OF_SCOPE[scope]
    parts = subject.split("/")
    pod, container = [*parts[1:], "", ""][:2] if len(parts) > 1 else (subject, "")
    for name in ("" if container in _GENERAL_CONTAINERS else container, pod):
        words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
        telling = [word for word in words if word in _KIND_OF_WORD]
        if telling:
            return _KIND_OF_WORD[telling[-1]]
        if "proxy" in words:
            return SubjectKind.INGRESS
    return SubjectKind.SERVICE


@lru_cache(maxsize=4096)
def workload_of(subject: str) -> str:
    """What replicas of one container have in common: the name without what tells pods apart."""
    parts = subject.split("/")
    if len(parts) < 2:
        return subject
    return "/".join((parts[0], _POD_SUFFIX.sub("", parts[1]), *parts[2:]))


# Patterns of pods whose part the profile states itself.
Declared = Sequence[tuple[str, SubjectKind]]


def declared_roles(resources: Iterable[OwnResource]) -> Declared:
    """What a profile says of its workloads; that one is the service says no more than its name."""
    return tuple(
        (one.pod_pattern, _KIND_OF_ROLE[one.role])
        for one in resources
        if one.pod_pattern is not None and one.role in _KIND_OF_ROLE
    )


def members_of(reading: Reading, kind: SubjectKind, declared: Declared = ()) -> tuple[Member, ...]:
    """The members of one kind; a process that is watched by itself is the service."""
    if reading.scope is ResourceScope.PROCESS and not reading.name.startswith(_BY_GROUP):
        return reading.members if kind is SubjectKind.SERVICE else ()
    return tuple(one for one in reading.members if _kind_of(one, reading, declared) is kind)


def _kind_of(member: Member, reading: Reading, declared: Declared) -> SubjectKind | None:
    for pattern, kind in declared:
        if any(re.search(pattern, part) for part in member.subject.split("/")):
            return kind
    return role_of(member.subject, reading.scope)


class HasSeries(Protocol):
    """What a case is here, which has the resources of a run over its levels."""

    @property
    def declared(self) -> Declared:
        """What the profile says of its workloads."""

    def series(self, name: str) -> Series:
        """A quantity over the levels."""


def of_kind(case: HasSeries, name: str, kind: SubjectKind) -> Series:
    """A quantity over the levels, of the worst member of one kind at each."""
    declared = case.declared
    return case.series(name).of_members(lambda reading: members_of(reading, kind, declared))
