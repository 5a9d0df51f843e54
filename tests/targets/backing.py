"""Which real stores and proxies stand behind or before a service of the zoo, and who watches them?

Each is a process of its own on loopback, in the group of a pod, and is gone after its block.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.end_to_end.nginx import nginx_running
from tests.end_to_end.tool import free_port
from tests.lab.cpu_group import CpuCount, CpuGroup, KernelRecord, cpu_group, why_no_limits
from tests.lab.lab import EVERY_SECOND, Lab
from tests.lab.pod_exporter import Pod
from tests.presets.services import postgres_server, redis_server, running, why_no_postgres
from tests.targets.edge_metrics import FIELDS
from tests.targets.target import Instruments

DATABASE_POD = "db-0"
CACHE_POD = "redis-0"
# What PostgreSQL keeps for superusers.
RESERVED = 3
# What exporters from 0.17 on tell of activity; with waits, which the older ones leave out.
_ACTIVITY = """
pg_stat_activity:
  query: >-
    SELECT datname, coalesce(state, '') AS state, coalesce(wait_event_type, '') AS wait_event_type,
    coalesce(wait_event, '') AS wait_event, count(*) AS count,
    coalesce(max(extract(epoch FROM now() - xact_start)), 0) AS max_tx_duration
    FROM pg_stat_activity WHERE datname IS NOT NULL GROUP BY 1, 2, 3, 4
  metrics:
    - datname: {usage: LABEL, description: database}
    - state: {usage: LABEL, description: state}
    - wait_event_type: {usage: LABEL, description: kind of wait}
    - wait_event: {usage: LABEL, description: wait}
    - count: {usage: GAUGE, description: connections}
    - max_tx_duration: {usage: GAUGE, description: age of the oldest transaction}
"""
# Ten times a second: all connections.
_WATCH = (
    "SELECT extract(epoch FROM clock_timestamp()), count(*)"
    " FROM pg_stat_activity WHERE datname IS NOT NULL\n\\watch 0.1\n"
)


def missing(*programs: str) -> str | None:
    """Which program a target needs and this machine lacks, or that limits are not allowed."""
    for name in programs:
        if shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") is None:
            return f"{name} is not installed"
    return why_no_limits()


def why_no_database() -> str | None:
    """Why a target with PostgreSQL cannot be played here, None if it can."""
    return why_no_postgres() or missing("prometheus-postgres-exporter")


def why_no_redis() -> str | None:
    """Why a target with Redis cannot be played here, None if it can."""
    return missing("redis-server", "redis-cli", "prometheus-redis-exporter")


def why_no_nginx() -> str | None:
    """Why a target with nginx cannot be played here, None if it can."""
    return missing("nginx")


def monitor(lab: Lab, *workloads: str, **presets: object) -> dict[str, object]:
    """That part of a profile: pods of these workloads, and presets."""
    return {
        "prometheus": {"url": lab.prometheus.url, "timeout": "2s"},
        "kubernetes": {"namespace": EVERY_SECOND, "workloads": [*workloads]},
        **{name.replace("_", "-"): preset for name, preset in presets.items()},
    }


def of_exporter(address: str) -> dict[str, str]:
    """The choice of one exporter among all that are scraped."""
    return {"instance": re.escape(address)}


@contextmanager
def _exporter(lab: Lab, folder: Path, program: str, *words: str, **more: str) -> Iterator[str]:
    """The address of an exporter that is scraped every second; `AT` in its words is the address."""
    address = f"127.0.0.1:{free_port()}"
    command = [f"prometheus-{program}-exporter", *(word.replace("AT", address) for word in words)]
    with running(command, folder / f"{program}.log", environment=more), lab.scraping(address):
        yield address


@contextmanager
def in_pod(
    lab: Lab,
    name: str,
    group: CpuGroup,
    pid: int,
    more: Callable[[str], Iterable[str]] | None = None,
) -> Iterator[KernelRecord]:
    """A process, its children and all that they start, as a pod that is watched; `more` as its."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    group.add(pid)
    for child in children:
        with suppress(ProcessLookupError):  # the last session has ended meanwhile
            group.add(int(child))
    with lab.exporter.running(Pod(name, group, pid, more=more)), KernelRecord(group) as kernel:
        yield kernel


def cpu_of(kernel: KernelRecord, limit_cores: float) -> Instruments:
    """CPU of a group as the kernel counted it."""

    def seen(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        cores = kernel.cores(start_unix_s, end_unix_s)
        return {
            "cores": cores,
            "cpu": cores / limit_cores,
            "limit": limit_cores,
            "throttle": kernel.throttled_ratio(start_unix_s, end_unix_s),
        }

    return seen


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL in a pod, its exporter, and who counts its connections ten times a second."""

    port: int
    exporter: str
    kernel: KernelRecord
    activity: Path
    connections: int

    def used(self, start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        """The most connections of a time span, of all and of those that users may have."""
        looks = [line.split("|") for line in self.activity.read_text().splitlines() if "|" in line]
        inside = [one for one in looks if start_unix_s <= float(one[0]) <= end_unix_s]
        most = max((int(one[1]) for one in inside), default=0)
        return {
            "postgresql.connections": most / self.connections,
            "postgresql.user_connections": most / (self.connections - RESERVED),
        }


@contextmanager
def database(
    lab: Lab, *, limit_cores: float, connections: int, made: str = ""
) -> Iterator[Database]:
    """A PostgreSQL whose sessions share so much CPU, with these tables."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        group = stack.enter_context(cpu_group(DATABASE_POD, limit_cores))
        postgres = stack.enter_context(postgres_server(connections))
        postgres.say(f"CREATE ROLE app LOGIN; {made}")
        kernel = stack.enter_context(in_pod(lab, DATABASE_POD, group, postgres.pid))
        (folder / "watch.sql").write_text(_WATCH)
        watch = postgres.command("psql", "-XqAt", "-d", "postgres", "-f", f"{folder}/watch.sql")
        stack.enter_context(running(watch, folder / "activity"))
        (folder / "queries.yaml").write_text(_ACTIVITY)
        source = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres?sslmode=disable"
        words = ("--web.listen-address=AT", f"--extend.query-path={folder}/queries.yaml")
        exporter = stack.enter_context(
            _exporter(lab, folder, "postgres", *words, DATA_SOURCE_NAME=source)
        )
        yield Database(postgres.port, exporter, kernel, folder / "activity", connections)


@dataclass(frozen=True, slots=True)
class Cache:
    """A Redis in a pod, its exporter, and the CPU time of its main thread."""

    port: int
    exporter: str
    kernel: KernelRecord
    main_thread: KernelRecord

    def used(self, start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        """The share of a core that the main thread used."""
        return {"redis.main_thread": self.main_thread.cores(start_unix_s, end_unix_s)}


class _MainThread:
    """What the scheduler has given to the first thread of a process."""

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}/task/{pid}/schedstat")

    def count(self) -> CpuCount:
        """Look at the kernel's counter."""
        return CpuCount(time.time(), int(self._path.read_text().split()[0]) / 1e9, 0, 0)


@contextmanager
def cache(lab: Lab, *, limit_cores: float) -> Iterator[Cache]:
    """A Redis that may use so many cores, and uses one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        group = stack.enter_context(cpu_group(CACHE_POD, limit_cores))
        redis = stack.enter_context(redis_server(folder))
        kernel = stack.enter_context(in_pod(lab, CACHE_POD, group, redis.pid))
        main_thread = stack.enter_context(KernelRecord(_MainThread(redis.pid)))
        words = ("-web.listen-address=AT", f"-redis.addr=redis://127.0.0.1:{redis.port}")
        exporter = stack.enter_context(_exporter(lab, folder, "redis", *words))
        yield Cache(redis.port, exporter, kernel, main_thread)


@dataclass(frozen=True, slots=True)
class Edge:
    """An nginx before a service, and what it noted of each request."""

    url: str
    pid: int
    log: Path

    def answered(self, start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        """The share of 504 among what ended in a time span, and how long those took."""
        lines = [line.split() for line in self.log.read_text().splitlines()]
        inside = [one for one in lines if start_unix_s <= float(one[0]) <= end_unix_s]
        late = [float(seconds) for _, status, seconds, *_ in inside if status == "504"]
        if not inside or not late:
            return {}
        return {"share": len(late) / len(inside), "timeout": median(late)}


@contextmanager
def edge(service_url: str, directives: str) -> Iterator[Edge]:
    """An nginx that hands every request to the service, with these directives."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "access.log"
        before = f"""
            log_format seen '{FIELDS}';
            upstream behind {{ server {urlsplit(service_url).netloc}; keepalive 64; }}
        """
        location = f"""
            access_log {log} seen; {directives}
            location / {{ proxy_pass http://behind; proxy_http_version 1.1;
                          proxy_set_header Connection ""; }}
        """
        with nginx_running(folder, 512, server=location, before=before) as url:
            yield Edge(url, int((folder / "pid").read_text()), log)
