"""Is a member of a reading told to be the service's, its database's, its cache's or its edge's?"""

import pytest

from capacity.analysis.bottleneck.roles import members_of, of_kind, role_of, workload_of
from capacity.model.bottleneck import SubjectKind
from capacity.model.resources import ResourceScope
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    INGRESS_POD,
    a_case,
    reading_of,
)
from tests.unit.resource_builders import POD

SERVICE = SubjectKind.SERVICE
DATABASE = SubjectKind.DATABASE
CACHE = SubjectKind.CACHE
INGRESS = SubjectKind.INGRESS


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("shop/api-5d9c7b6f4d-x1a2b/app", SERVICE),
        ("redis-test/api-7f9/app", SERVICE),
        ("shop/db-0/app", DATABASE),
        ("shop/app-db-0/main", DATABASE),
        ("shop/db-api-5d9c7b6f4d-x1a2b/main", SERVICE),
        ("shop/postgresql-ha-0/postgresql", DATABASE),
        ("shop/api-7f9/mysqld", DATABASE),
        ("shop/pgbouncer-6d7-abcde/pgbouncer", DATABASE),
        ("shop/redis-master-0/redis", CACHE),
        ("shop/memcached-0/app", CACHE),
        ("shop/valkey-0/server", CACHE),
        (INGRESS_POD, INGRESS),
        ("edge/envoy-gateway-abc/envoy", INGRESS),
        ("edge/traefik-0", INGRESS),
        ("shop/api-7f9/istio-proxy", INGRESS),
        ("shop/api-gateway-7f9/main", SERVICE),
        ("shop/payments-7f9/main", SERVICE),
        ("shop/postgres-0/postgres-exporter", None),
        ("127.0.0.1:9256/postgres", DATABASE),
        ("127.0.0.1:9256/redis-server", CACHE),
        ("127.0.0.1:9256/uvicorn", SERVICE),
        ("pid 4711 postgres", DATABASE),
        ("", SERVICE),
    ],
)
def test_names_tell_whose_a_member_is(subject: str, expected: SubjectKind | None) -> None:
    """The last word that says something decides; a name that says nothing is the service."""
    assert expected == role_of(subject)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (ResourceScope.DATABASE, DATABASE),
        (ResourceScope.CACHE, CACHE),
        (ResourceScope.INGRESS, INGRESS),
        (ResourceScope.NODE, SubjectKind.NODE),
    ],
)
def test_what_is_read_of_a_kind_by_itself_is_of_that_kind(
    scope: ResourceScope, expected: SubjectKind
) -> None:
    """The name of an instance says nothing where the preset does."""
    assert expected == role_of("127.0.0.1:9187", scope)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("shop/api-5d9c7b6f4d-x1a2b/app", "shop/api/app"),
        ("shop/db-0/app", "shop/db/app"),
        ("shop/agent-x1a2b", "shop/agent"),
        ("pid 4711 nginx", "pid 4711 nginx"),
    ],
)
def test_replicas_of_one_container_have_their_workload_in_common(
    subject: str, expected: str
) -> None:
    """What tells pods of one workload apart is left out of the name."""
    assert expected == workload_of(subject)


def test_a_process_that_is_watched_by_itself_is_the_service() -> None:
    """Whatever it is called: it was chosen as the service."""
    reading = reading_of("process.cores", {"pid 4711 postgres": 0.9})
    assert [one.subject for one in members_of(reading, SERVICE)] == ["pid 4711 postgres"]
    assert members_of(reading, DATABASE) == ()


def test_groups_of_processes_go_by_their_names() -> None:
    """All groups of a machine are told, the database's among them."""
    reading = reading_of("process_exporter.cores", {"host:1/postgres": 1.2, "host:1/app": 0.1})
    assert [one.value for one in members_of(reading, SERVICE)] == [0.1]
    assert [one.value for one in members_of(reading, DATABASE)] == [1.2]


def test_a_quantity_of_one_kind_has_the_worst_of_its_members() -> None:
    """The database's value never stands for the service's, and no value stays none."""
    case = a_case({"cpu": [{POD: 0.2, DATABASE_POD: 0.9}, {DATABASE_POD: 1.0}, 0.4, None, 0.5]})
    service, database = of_kind(case, "cpu", SERVICE), of_kind(case, "cpu", DATABASE)
    assert [p.value if p else None for p in service.points] == [0.2, None, 0.4, None, 0.5]
    assert [p.value if p else None for p in database.points] == [0.9, 1.0, None, None, None]


def test_the_lowest_is_the_worst_where_low_is_bad() -> None:
    """As for replicas that are ready."""
    case = a_case({"postgresql.up": [{"a:1": 1.0, "b:1": 0.0}] * 5})
    assert [point.value for point in of_kind(case, "postgresql.up", DATABASE).read] == [0.0] * 5
