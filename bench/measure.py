"""What does one client cost under one load?

Seen from outside and the same for all: once every connection stands and the load has settled, its
CPU clock and the server's count of requests are read twice. The difference holds neither start nor
report, and no client is believed about its own numbers. The whole process, start to end, is taken
beside it by wait4.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.model import Load, Peer, Sample, Told, Tool
from bench.nginx import Nginx
from bench.process import cpu_s, family, rss_bytes
from bench.targets import Target

# Parts of the asked seconds: thrown away first, then measured; the rest lets slow ones end.
_SETTLE_PART = 0.2
_WINDOW_PART = 0.6
_TAIL_PART = 0.1
# A client that does not have its connections by then, or does not end, is given up.
_OPENING_S = 60.0
_GRACE_S = 40.0
_LOOK_EVERY_S = 0.02
# Fewer connections than this, and it is not the load that was asked for.
_STANDING_RATIO = 0.98
# Clients go round their connections; less than two rounds hold more of one half than of the other.
_MIN_PER_CONNECTION = 2


class ProblemError(Exception):
    """Why a client could not be measured, for the table."""


@dataclass(frozen=True, slots=True)
class _Reading:
    at_s: float
    cpu_s: float
    requests: int
    open_connections: int
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class _Window:
    start: _Reading
    end: _Reading


class Client:
    """A load client as a process: its output goes to files, its end is awaited with its costs."""

    def __init__(self, words: list[str], load: Load, cores: set[int]) -> None:
        self._out = load.scratch / "stdout"
        self._err = load.scratch / "stderr"
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)  # inherited; the client begins where it shall stay
        try:
            with self._out.open("wb") as out, self._err.open("wb") as err:
                self._process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=_environment(load, os.environ),
                    cwd=load.scratch,
                    start_new_session=True,
                )
        finally:
            os.sched_setaffinity(0, before)
        self.whole_cpu_s: float | None = None

    def read(self, server: Nginx) -> _Reading:
        """Clocks and counters of this moment."""
        requests, open_connections = server.status()
        members = family(self._process.pid)
        return _Reading(
            at_s=time.monotonic(),
            cpu_s=sum(map(cpu_s, members)),
            requests=requests,
            open_connections=open_connections,
            rss_bytes=sum(map(rss_bytes, members)),
        )

    def has_ended(self) -> bool:
        """Whether it is over; its costs are known from then on."""
        if self.whole_cpu_s is None:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid != 0:
                self.whole_cpu_s = usage.ru_utime + usage.ru_stime
                self._process.returncode = os.waitstatus_to_exitcode(status)
        return self.whole_cpu_s is not None

    def wait(self, within_s: float) -> float:
        """CPU of the whole process; ProblemError if it does not end."""
        deadline_s = time.monotonic() + within_s
        while not self.has_ended():
            if time.monotonic() > deadline_s:
                raise ProblemError(f"had not ended {within_s:.0f} s after its load")
            time.sleep(_LOOK_EVERY_S)
        return self.whole_cpu_s or 0.0

    def told(self, peer: Peer, tool: Tool, load: Load) -> Told:
        """What it said; ProblemError with its last words if that is no answer."""
        text = self._out.read_text(errors="replace")
        if peer.later is not None:
            later = peer.later(tool.path, load)
            text = subprocess.run(later, check=False, capture_output=True, text=True).stdout
        try:
            return peer.read(text)
        except (ValueError, KeyError, TypeError):
            raise ProblemError(f"gave no answer{self.last_words(text)}") from None

    def last_words(self, text: str) -> str:
        """The last line of its output, if it ended with an error."""
        if not self._process.returncode:
            return ""
        lines = f"{text}\n{self._err.read_text(errors='replace')}".split("\n")
        spoken = [" ".join(line.split()) for line in lines if line.strip()]
        return f": exit {self._process.returncode}, {spoken[-1][:120] if spoken else 'no word'}"

    def kill(self) -> None:
        """End it with all of its children."""
        if not self.has_ended():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)


def measure(
    peer: Peer, tool: Tool, target: Target, seconds: int, round_number: int, server: Nginx
) -> Sample:
    """Put one client under one load; a fault of the client is a sample with its problem."""
    load = target.load(server, seconds)
    client_cores, server_cores = _cores(target)
    server.run_on(server_cores)
    server.wait_until_idle()
    before, _ = server.status()
    client = Client(peer.command(tool.path, load), load, client_cores)
    try:
        window = _watch(client, server, target, before, seconds * target.stretch)
        whole_cpu_s = client.wait(within_s=_GRACE_S)
        told = client.told(peer, tool, load)
    except ProblemError as error:
        return unmeasured(peer, target, round_number, str(error))
    finally:
        client.kill()
    served, _ = server.status()
    return replace(
        unmeasured(peer, target, round_number, ""),
        window_s=window.end.at_s - window.start.at_s,
        window_cpu_s=window.end.cpu_s - window.start.cpu_s,
        window_requests=window.end.requests - window.start.requests,
        whole_cpu_s=whole_cpu_s,
        whole_requests=served - before,
        told_requests=told.requests,
        told_failures=told.failures,
        rss_bytes=window.end.rss_bytes,
        open_connections=window.end.open_connections,
    )


def unmeasured(peer: Peer, target: Target, round_number: int, problem: str) -> Sample:
    """A sample whose numbers say nothing, and why."""
    return Sample(
        target=target.name,
        peer=peer.name,
        round=round_number,
        threads=target.threads,
        connections=target.connections,
        window_s=0.0,
        window_cpu_s=0.0,
        window_requests=0,
        whole_cpu_s=0.0,
        whole_requests=0,
        told_requests=None,
        told_failures=None,
        rss_bytes=0,
        open_connections=0,
        problem=problem,
    )


def _watch(client: Client, server: Nginx, target: Target, before: int, seconds: int) -> _Window:
    """Wait until every connection stands, let the load settle, then read twice."""
    _await_load(client, server, target.connections, before)
    time.sleep(seconds * _SETTLE_PART)
    start = client.read(server)
    time.sleep(seconds * _WINDOW_PART)
    has_ended = client.has_ended()
    end = client.read(server)
    # The clock of a process that ends while it is read goes back to zero.
    if has_ended or end.cpu_s < start.cpu_s:
        raise ProblemError(f"ended before its time{client.last_words('')}")
    if end.open_connections < start.open_connections * _STANDING_RATIO:
        raise ProblemError("closed connections while it was measured")
    if not _goes_on(server, end.requests, within_s=seconds * _TAIL_PART):
        raise ProblemError("had ended its load before the window did")
    per_connection = (end.requests - start.requests) / target.connections
    if per_connection < _MIN_PER_CONNECTION:
        raise ProblemError(f"made only {per_connection:.1f} requests on each connection")
    return _Window(start, end)


def _goes_on(server: Nginx, requests: int, within_s: float) -> bool:
    """Whether more requests come; else a client's report would be in its window."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        time.sleep(_LOOK_EVERY_S)
        if server.status()[0] > requests:
            return True
    return False


def _await_load(client: Client, server: Nginx, connections: int, before: int) -> None:
    deadline_s = time.monotonic() + _OPENING_S
    most_open = 0
    while True:
        served, open_connections = server.status()
        most_open = max(most_open, open_connections)
        if served > before and open_connections >= connections * _STANDING_RATIO:
            return
        if client.has_ended() or time.monotonic() > deadline_s:
            opened = f"never had more than {most_open:,} of {connections:,} connections open"
            raise ProblemError(f"{opened}{client.last_words('')}")
        time.sleep(_LOOK_EVERY_S)


def _cores(target: Target) -> tuple[set[int], set[int]]:
    """Cores of the client and of the server."""
    cores = sorted(os.sched_getaffinity(0))
    if target.is_pinned and len(cores) > 1:
        return {cores[0]}, {cores[1]}
    return set(cores), set(cores)


def _environment(load: Load, ours: Mapping[str, str]) -> dict[str, str]:
    """Ours without settings of the product, with the load for clients that are told it so."""
    kept = {name: value for name, value in ours.items() if not name.startswith("CAPACITY_")}
    threads = str(load.threads)
    body = "" if load.body_file is None else str(load.body_file)
    return kept | {
        "GOMAXPROCS": threads,
        "TOKIO_WORKER_THREADS": threads,
        "BENCH_URL": load.url,
        "BENCH_CONNECTIONS": str(load.connections),
        "BENCH_SECONDS": str(load.seconds),
        "BENCH_BODY": body,
    }
