"""The presets against what real exporters say of real services under load.

The truth is asked of each service itself, right before and right after the window.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from capacity.commands.process import SystemClock
from capacity.model.resources import Reading, ReadingState
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.prometheus_api import PrometheusApi
from capacity.monitors.reader import Reader, Wanted
from capacity.monitors.window import Window
from capacity.presets.catalogue import PRESETS
from tests.monitors.prometheus_server import PrometheusServer
from tests.monitors.sources import a_source
from tests.presets.services import (
    MAX_CLIENTS,
    MAX_CONNECTIONS,
    MAX_MEMORY_BYTES,
    Postgres,
    Redis,
    Services,
    services,
)

JOBS = {
    "redis": "redis",
    "postgresql": "postgres",
    "node": "node",
    "process-exporter": "groups",
    "go": "node",
}
# What these versions and this machine do not tell: waits for locks (exporter 0.17), metrics of the
# Go runtime that are opt-in, the speed of a virtual network card, what a kernel is built without.
MAY_BE_MISSING = {
    "postgresql.lock_waits",
    "go.mutex_wait",
    "go.sched_p99",
    "node.network_receive_share",
    "node.network_transmit_share",
    "node.conntrack",
    "node.conntrack_drops",
    "node.psi_cpu",
    "node.psi_io",
    "node.psi_io_stalled",
    "node.psi_memory",
    "node.psi_memory_stalled",
    "node.disk",
    "node.disk_queue",
    "node.network_receive",
    "node.network_receive_drops",
    "node.network_transmit",
    "node.network_transmit_drops",
}
# PromQL extends a growth to the window's edges, which are up to two scrapes beyond the samples.
_EDGES = 0.5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_DATABASE = ("xact_commit", "xact_rollback", "blks_hit", "blks_read", "deadlocks", "temp_bytes")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the services and the kernel say at one moment; CPU times in seconds."""

    redis: Mapping[str, str]
    redis_cpu_s: float
    redis_main_thread_s: float
    database: Mapping[str, float]
    go_cpu_s: float
    machine_used_s: float
    machine_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A load of some seconds, what was true before and after it, and what was read of it."""

    window: Window
    before: Truth
    after: Truth
    readings: Mapping[str, Reading]
    go_pid: int

    def value(self, name: str, subject: str | None = None) -> float:
        """The reading of a quantity: of this member, or its only one."""
        members = self.readings[name].members
        chosen = [one for one in members if subject is None or one.subject.endswith(subject)]
        (member,) = chosen
        return member.value

    def database_growth(self, name: str) -> float:
        """How much a counter of PostgreSQL grew."""
        return self.after.database[name] - self.before.database[name]

    def redis_growth(self, name: str) -> float:
        """How much a counter of Redis grew."""
        return float(self.after.redis[name]) - float(self.before.redis[name])


def cpu_s(stat: Path) -> float:
    """User and system time of a process or a thread."""
    words = stat.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS_PER_S


def truth_of(all_of_them: Services) -> Truth:
    """Ask everyone."""
    redis, pid = all_of_them.redis, all_of_them.redis.pid
    sums = ",".join(f"sum({name})" for name in _DATABASE)
    row = all_of_them.postgres.say(f"select {sums} from pg_stat_database")  # noqa: S608  # our own
    modes = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, iowait, steal = modes[3], modes[4], modes[7]
    return Truth(
        redis=redis.info(),
        redis_cpu_s=cpu_s(Path(f"/proc/{pid}/stat")),
        redis_main_thread_s=cpu_s(Path(f"/proc/{pid}/task/{pid}/stat")),
        database=dict(zip(_DATABASE, map(float, row.split("|")), strict=True)),
        go_cpu_s=cpu_s(Path(f"/proc/{all_of_them.go_pid}/stat")),
        machine_used_s=(sum(modes) - idle - iowait - steal) / _TICKS_PER_S,
        machine_s=sum(modes) / _TICKS_PER_S,
    )


def use(redis: Redis) -> None:
    """More keys than fit, three look-ups of four that find theirs, and two slow commands."""
    benchmark = ["redis-benchmark", "-p", str(redis.port), "-q", "-t", "set"]
    load = ["-n", "60000", "-r", "50000", "-d", "200", "-c", "5"]
    subprocess.run([*benchmark, *load], check=True, stdout=subprocess.DEVNULL)
    redis.say("SET here 1\n" + "GET here\n" * 300 + "GET nowhere\n" * 100)
    redis.say("EVAL 'for i = 1, 2000000 do end' 0\n" * 2)


def use_database(postgres: Postgres) -> None:
    """Transactions of both ends, a sort that needs files, a deadlock, an early checkpoint."""
    for _ in range(3):
        postgres.say("begin; select 1; commit;\n" * 100 + "begin; select 1; rollback;\n" * 25)
    postgres.say(
        "set work_mem = '64kB';"
        "select count(*) from (select g from generate_series(1, 100000) g order by -g) x"
    )
    postgres.say(
        "create table if not exists row(id int, n int); insert into row values (1,0),(2,0)"
    )
    update = "update row set n = n + 1 where id = {}"
    crossed = [
        postgres.start(
            f"begin; {update.format(first)}; select pg_sleep(0.5); {update.format(second)}; commit;"
        )
        for first, second in ((1, 2), (2, 1))
    ]
    for each in crossed:
        each.wait(timeout=30)
    postgres.say("checkpoint")


def work_on(all_of_them: Services) -> None:
    """Keep connections open while there is work, for longer than two scrapes."""
    redis, postgres = all_of_them.redis, all_of_them.postgres
    busy_until_s = time.monotonic() + 4
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", redis.port)))
        waiting = stack.enter_context(socket.create_connection(("127.0.0.1", redis.port)))
        waiting.sendall(b"BLPOP nothing 60\r\n")
        sleepers = [postgres.start("select pg_sleep(4)") for _ in range(8)]
        sleepers.append(postgres.start("begin;\nselect 1;\n\\! sleep 4\ncommit;"))
        use(redis)
        use_database(postgres)
        time.sleep(max(0.0, busy_until_s - time.monotonic()))
        for each in sleepers:
            each.wait(timeout=30)


def readings_of(server: PrometheusServer, window: Window) -> dict[str, Reading]:
    """Every quantity, read as the monitor reads it."""
    api = PrometheusApi(a_source(server.url))
    patient = PatientPrometheus(api, SystemClock(), 1.0)
    patient.begin_batch(60.0, is_last_chance=True)
    wanted = [
        Wanted(quantity, quantity.source, window)
        for word, job in JOBS.items()
        for quantity in PRESETS[word].quantities({"job": job})
        if quantity.source is not None
    ]
    readings = {reading.name: reading for reading in Reader(patient, {}).read(wanted)}
    api.close()
    return readings


def wait_for_scrapes(all_of_them: Services) -> None:
    """Until each job has been scraped twice more."""
    server = all_of_them.prometheus
    now_unix_s = time.time()
    for job in set(JOBS.values()):
        # The stamp of a scrape is when it began.
        server.wait_for(f'timestamp(up{{job="{job}"}} == 1) > {now_unix_s + 1:.3f}')


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """Everything that is asked, over one window with the whole load inside."""
    with services(tmp_path_factory.mktemp("services")) as all_of_them:
        all_of_them.redis.say("EVAL 'for i = 1, 2000000 do end' 0")
        wait_for_scrapes(all_of_them)
        start_unix_s, before = time.time(), truth_of(all_of_them)
        wait_for_scrapes(all_of_them)
        work_on(all_of_them)
        after = truth_of(all_of_them)
        wait_for_scrapes(all_of_them)
        window = Window(start_unix_s, time.time(), None)
        readings = readings_of(all_of_them.prometheus, window)
        yield Measured(window, before, after, readings, all_of_them.go_pid)


def test_every_query_has_an_answer(measured: Measured) -> None:
    """What is not told is known not to be told; nothing fails."""
    states = {name: reading.state for name, reading in measured.readings.items()}
    assert [name for name, state in states.items() if state is ReadingState.ERROR] == []
    without = (ReadingState.NO_DATA, ReadingState.NO_LIMIT)
    missing = {name for name, state in states.items() if state in without}
    assert missing - MAY_BE_MISSING == set()
    assert {"redis.slow_log", "postgresql.checkpoints", "node.cpu"} <= states.keys() - missing
    found = {name: one for name, one in measured.readings.items() if name not in missing}
    assert {name: one.reason for name, one in found.items() if not one.may_stop} == {}


@pytest.mark.parametrize(
    ("name", "info"),
    [
        ("redis.rejected_connections", "rejected_connections"),
        ("redis.evictions", "evicted_keys"),
        ("redis.commands", "total_commands_processed"),
    ],
)
def test_counts_of_redis(measured: Measured, name: str, info: str) -> None:
    """Growth is what Redis counted itself; its exporter's own commands come on top."""
    reading = measured.readings[name]
    (member,) = reading.members
    assert member.coverage_ratio is not None
    seconds = 1.0 if reading.unit.value == "count" else measured.window.length_s
    seconds *= 1.0 if reading.unit.value == "count" else member.coverage_ratio
    assert member.value * seconds == pytest.approx(measured.redis_growth(info), rel=0.02)


def test_shares_of_redis(measured: Measured) -> None:
    """Memory and clients as shares of what is set, three hits of four."""
    # The highest of the window: buffers of the load come and go, up to the peak that Redis keeps.
    least_bytes = 0.9 * float(measured.after.redis["used_memory"])
    peak_bytes = 1.02 * float(measured.after.redis["used_memory_peak"])
    assert least_bytes <= measured.value("redis.memory") * MAX_MEMORY_BYTES <= peak_bytes
    assert least_bytes <= measured.value("redis.memory_used") <= peak_bytes
    # 20 connections that do nothing, one that waits, the exporter's own and some of the load.
    assert 22 <= measured.value("redis.clients") * MAX_CLIENTS <= 32
    assert measured.value("redis.blocked_clients") == 1
    assert measured.value("redis.hit_rate") == pytest.approx(0.75)
    assert measured.value("redis.slow_log") >= 2
    assert measured.value("redis.up") == 1


def test_cpu_of_redis(measured: Measured) -> None:
    """CPU time is what the kernel counted, for all threads and for the one with the commands."""
    length_s = measured.window.length_s
    whole_s = measured.after.redis_cpu_s - measured.before.redis_cpu_s
    main_s = measured.after.redis_main_thread_s - measured.before.redis_main_thread_s
    assert measured.value("redis.cores") * length_s == pytest.approx(whole_s, rel=_EDGES, abs=0.1)
    assert measured.value("redis.main_thread") * length_s == pytest.approx(
        main_s, rel=_EDGES, abs=0.1
    )
    group = measured.value("process_exporter.cores", "/redis-server") * length_s
    assert group == pytest.approx(whole_s, rel=_EDGES, abs=0.1)
    hottest = measured.value("process_exporter.hot_thread", "/redis-server") * length_s
    assert hottest == pytest.approx(main_s, rel=_EDGES, abs=0.1)
    assert 0 < measured.value("redis.busy") < measured.value("redis.main_thread") * 1.5
    assert 1e-7 < measured.value("redis.command_time") < 1e-2


def test_connections_of_postgresql(measured: Measured) -> None:
    """Eight that sleep in a statement and one in a transaction, of twenty; the exporter's own."""
    assert 9 <= measured.value("postgresql.active") <= 12
    assert measured.value("postgresql.idle_in_transaction") >= 1
    used = measured.value("postgresql.connections") * MAX_CONNECTIONS
    assert 10 <= used <= 15
    users = measured.value("postgresql.user_connections") * (MAX_CONNECTIONS - 3)
    assert users == pytest.approx(used)
    assert 1 <= measured.value("postgresql.oldest_transaction") <= measured.window.length_s
    assert measured.value("postgresql.up") == 1


def test_work_of_postgresql(measured: Measured) -> None:
    """Rates over the window are what PostgreSQL counted in it, as far as edges let PromQL know."""
    length_s = measured.window.length_s
    ended = measured.database_growth("xact_commit") + measured.database_growth("xact_rollback")
    assert measured.value("postgresql.transactions") * length_s == pytest.approx(ended, rel=_EDGES)
    rolled_back = measured.database_growth("xact_rollback") / ended
    assert measured.value("postgresql.rollbacks") == pytest.approx(rolled_back, rel=0.2)
    hits, reads = measured.database_growth("blks_hit"), measured.database_growth("blks_read")
    assert measured.value("postgresql.cache_hits") == pytest.approx(hits / (hits + reads), abs=0.05)
    temporary = measured.database_growth("temp_bytes")
    assert temporary > 100_000
    assert measured.value("postgresql.temp_bytes") * length_s == pytest.approx(
        temporary, rel=_EDGES
    )
    assert measured.database_growth("deadlocks") == 1
    assert measured.value("postgresql.deadlocks") * length_s == pytest.approx(1, rel=_EDGES)
    assert measured.value("postgresql.checkpoints") * length_s == pytest.approx(1, rel=_EDGES)


def test_the_machine(measured: Measured) -> None:
    """CPU and memory are what the kernel says."""
    used_s = measured.after.machine_used_s - measured.before.machine_used_s
    all_s = measured.after.machine_s - measured.before.machine_s
    assert measured.value("node.cpu") == pytest.approx(used_s / all_s, abs=0.3)
    told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    total, free = (int(told[key].split()[0]) for key in ("MemTotal", "MemAvailable"))
    assert measured.value("node.memory") == pytest.approx(1 - free / total, abs=0.2)
    assert measured.value("node.tcp_sockets") > 20
    assert 0 <= measured.value("node.steal") < 1


def test_a_go_process(measured: Measured) -> None:
    """CPU time, memory and descriptors are what the kernel says of the process."""
    spent_s = measured.after.go_cpu_s - measured.before.go_cpu_s
    assert measured.value("go.cores") * measured.window.length_s == pytest.approx(
        spent_s, rel=0.4, abs=0.2
    )
    status = Path(f"/proc/{measured.go_pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    assert measured.value("go.memory") == pytest.approx(int(resident.split()[1]) * 1024, rel=0.5)
    limit = Path(f"/proc/{measured.go_pid}/limits").read_text().split("Max open files")[1]
    descriptors = measured.value("go.fds") * int(limit.split()[0])
    opened = Path(f"/proc/{measured.go_pid}/fd").iterdir()
    assert descriptors == pytest.approx(len(list(opened)), abs=6)
    assert 3 <= measured.value("go.goroutines") <= 500
    assert 0 <= measured.value("go.gc") < 0.1
