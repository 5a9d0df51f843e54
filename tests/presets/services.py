"""How does a test get real services with their real exporters, all of them its own?

Each is a process on loopback with its files in a folder of the test, ended by its id.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.end_to_end.tool import free_port
from tests.monitors.prometheus_server import (
    PrometheusServer,
    Scrape,
    prometheus_server,
    wait_until,
)

MAX_CLIENTS = 50
MAX_MEMORY_BYTES = 3_000_000
MAX_CONNECTIONS = 20
_POSTGRES_USER = "postgres"


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    end_with: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process from here to the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
    try:
        yield process
    finally:
        process.send_signal(end_with)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis server; what is asked of it goes through its own command line."""

    port: int
    pid: int

    def say(self, lines: str) -> str:
        """The answers to these commands."""
        command = ["redis-cli", "-p", str(self.port)]
        return subprocess.run(
            command, input=lines, capture_output=True, text=True, check=True
        ).stdout

    def info(self) -> dict[str, str]:
        """Everything that it tells of itself."""
        lines = self.say("INFO everything").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server; what is asked of it goes through psql."""

    port: int
    programs: Path
    pid: int

    def command(self, program: str, *words: str) -> list[str]:
        """The command line of one of its programs."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return [str(self.programs / program), *where, *words]

    def say(self, text: str) -> str:
        """The answer to SQL; an error of a statement does not stop the others."""
        command = self.command("psql", "-XqAt", "-d", "postgres")
        return subprocess.run(
            command, input=text, capture_output=True, text=True, check=True
        ).stdout.strip()

    def start(self, text: str) -> subprocess.Popen[str]:
        """A connection of its own that works on this SQL in the background."""
        process = subprocess.Popen(
            self.command("psql", "-XqAt", "-d", "postgres"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        return process


@contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    """A Redis that evicts above 3 MB and notes what takes 1 ms."""
    port = free_port()
    settings = {
        "--port": str(port),
        "--bind": "127.0.0.1",
        "--dir": str(folder),
        "--save": "",
        "--maxclients": str(MAX_CLIENTS),
        "--maxmemory": str(MAX_MEMORY_BYTES),
        "--maxmemory-policy": "allkeys-lru",
        "--slowlog-log-slower-than": "1000",
    }
    words = [word for pair in settings.items() for word in pair]
    with running(["redis-server", *words], folder / "redis.log") as process:
        redis = Redis(port, process.pid)

        def answers() -> bool:
            command = ["redis-cli", "-p", str(port), "PING"]
            return b"PONG" in subprocess.run(command, capture_output=True, check=False).stdout

        wait_until(answers, "answer of Redis")
        yield redis


def why_no_postgres() -> str | None:
    """Why PostgreSQL cannot be started here, None if it can."""
    if not [*Path("/usr/lib/postgresql").glob("*/bin/postgres")]:
        return "PostgreSQL is not installed"
    shown = subprocess.run(["id", "-u", _POSTGRES_USER], capture_output=True, check=False)
    if os.geteuid() == 0 and shown.returncode != 0:
        return "PostgreSQL refuses to work for root, and there is no user postgres"
    return None


def _as_postgres() -> list[str]:
    """What to put before a program that refuses to work for root."""
    if os.geteuid() != 0:
        return []
    reason = why_no_postgres()
    if reason is not None:
        pytest.skip(reason)
    return ["setpriv", f"--reuid={_POSTGRES_USER}", f"--regid={_POSTGRES_USER}", "--init-groups"]


@contextmanager
def postgres_server(connections: int = MAX_CONNECTIONS) -> Iterator[Postgres]:
    """A PostgreSQL with so many connections that finds deadlocks at once."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    before = _as_postgres()
    # Another user must be able to get there.
    folder = Path(mkdtemp(prefix="postgres-"))
    if before:
        shutil.chown(folder, _POSTGRES_USER, _POSTGRES_USER)
    port = free_port()
    data = str(folder / "data")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": str(connections),
        "fsync": "off",
        "deadlock_timeout": "50ms",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    try:
        made = [*before, str(programs / "initdb"), f"--pgdata={data}", "--no-sync"]
        access = ["--auth=trust", "--username=postgres"]
        subprocess.run([*made, *access], check=True, capture_output=True, cwd=folder)
        server = [*before, str(programs / "postgres"), "-D", data, *words]
        with running(server, folder / "log", end_with=signal.SIGINT) as process:
            postgres = Postgres(port, programs, process.pid)

            def answers() -> bool:
                ready = postgres.command("pg_isready", "-q")
                return subprocess.run(ready, check=False).returncode == 0

            wait_until(answers, "answer of PostgreSQL")
            yield postgres
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Services:
    """All of them, scraped every second; `go_pid` is node_exporter, itself a Go process."""

    prometheus: PrometheusServer
    redis: Redis
    postgres: Postgres
    go_pid: int


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    """Redis, PostgreSQL, this machine and groups of its processes."""
    ports = {job: free_port() for job in ("redis", "postgres", "node", "groups")}
    at = {job: f"127.0.0.1:{port}" for job, port in ports.items()}
    (folder / "groups.yml").write_text(
        "process_names: [{name: '{{.Comm}}', comm: [redis-server, prometheus]}]"
    )
    with ExitStack() as stack:

        def start(program: str, *words: str, **environment: str) -> int:
            command = [f"prometheus-{program}-exporter", *words]
            log = folder / f"{program}.log"
            return stack.enter_context(running(command, log, environment=environment)).pid

        # Its first scrape comes late, so it begins first.
        scrapes = [Scrape(job, [target]) for job, target in at.items()]
        prometheus = stack.enter_context(prometheus_server(folder, scrapes=scrapes))
        go_pid = start("node", f"--web.listen-address={at['node']}")
        start(
            "process",
            f"-web.listen-address={at['groups']}",
            "-config.path",
            str(folder / "groups.yml"),
        )
        redis = stack.enter_context(redis_server(folder))
        start(
            "redis",
            f"-web.listen-address={at['redis']}",
            f"-redis.addr=redis://127.0.0.1:{redis.port}",
        )
        postgres = stack.enter_context(postgres_server())
        source = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres?sslmode=disable"
        start("postgres", f"--web.listen-address={at['postgres']}", DATA_SOURCE_NAME=source)
        yield Services(prometheus, redis, postgres, go_pid)
