"""Services whose database is the limit: its CPU, its connections, one of its rows."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.lab.lab import Lab, pod_name
from tests.targets.backing import (
    cpu_of,
    database,
    monitor,
    of_exporter,
    why_no_database,
)
from tests.targets.parts import AMPLE_CORES, book, both, program
from tests.targets.services_limits import DESPITE_ERRORS
from tests.targets.target import Playing, Target

_WORKLOADS = ("deploy/shop", "statefulset/db")
_BUSY_CORES = 0.5
_CONNECTIONS = 20
_ACCOUNT = "CREATE TABLE account AS SELECT 1 AS id, 0 AS total; GRANT ALL ON account TO app;"


@contextmanager
def _shop(
    lab: Lab,
    kind: str,
    *words: str,
    limit_cores: float = AMPLE_CORES,
    connections: int = 60,
    made: str = "",
    flags: tuple[str, ...] = (),
) -> Iterator[Playing]:
    """A service that does nothing without its database."""
    with ExitStack() as stack:
        store = stack.enter_context(
            database(lab, limit_cores=limit_cores, connections=connections, made=made)
        )
        command = program("stores", kind, "--store", f"{store.port}", *words)
        shop = stack.enter_context(
            lab.pod(pod_name("shop"), command, limit_cores=AMPLE_CORES, is_real_time=True)
        )
        yield Playing(
            url=shop.url,
            monitor=monitor(lab, *_WORKLOADS, postgresql=of_exporter(store.exporter)),
            flags=flags,
            instruments=both(cpu_of(store.kernel, limit_cores), store.used, book(shop.url)),
        )


@contextmanager
def _cpu(lab: Lab) -> Iterator[Playing]:
    words = ("--wait-ms", "30", "--work", "110000", "--pool", "40")
    with _shop(lab, "query", *words, limit_cores=_BUSY_CORES, flags=DESPITE_ERRORS) as playing:
        yield playing


@contextmanager
def _connections(lab: Lab) -> Iterator[Playing]:
    words = ("--wait-ms", "250", "--retry-ms", "300")
    with _shop(lab, "connect", *words, connections=_CONNECTIONS, flags=DESPITE_ERRORS) as playing:
        yield playing


@contextmanager
def _row(lab: Lab) -> Iterator[Playing]:
    words = ("--wait-ms", "6", "--hold-ms", "2", "--work", "20", "--pool", "40")
    with _shop(lab, "lock", *words, made=_ACCOUNT) as playing:
        yield playing


CPU = Target(
    "database-cpu",
    "PostgreSQL with half a core behind a service that uses little",
    "database",
    _cpu,
    blind_kinds=frozenset({"cpu_limit", "unobserved"}),
    why_not=why_no_database,
)
CONNECTIONS = Target(
    "database-connections",
    "17 connections for users, one for each request, 500 when there is none",
    "database_connections",
    _connections,
    "2,4,8,16,24,32",
    blind_kinds=frozenset({"concurrency_limit", "unobserved"}),
    why_not=why_no_database,
)
ROW = Target(
    "database-row",
    "transactions that hold one row, the longer the more wait for it",
    "contention",
    _row,
    "1,2,4,8,16,32",
    blind_kinds=frozenset({"contention"}),
    why_not=why_no_database,
)
TARGETS = (CPU, CONNECTIONS, ROW)
