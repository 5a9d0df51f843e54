"""How does a scenario written in Python make load? The second engine, on aiohttp.

Processes, started fresh, run the user loops; this side deals out the concurrency, names the edges
of the windows as absolute times, and adds up the rows that come back.
"""

import asyncio
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from capacity.engines.aiohttp_budget import RequestBudget
from capacity.engines.aiohttp_merge import RowMerger
from capacity.engines.aiohttp_messages import (
    BeginWindow,
    Broken,
    Command,
    Connected,
    Cut,
    End,
    Ready,
    Report,
    ScenarioFault,
    SetConcurrency,
    Task,
    Unusable,
)
from capacity.engines.aiohttp_worker import run_worker
from capacity.engines.host_watch import HostWatch
from capacity.errors import CapacityError, EngineError, UsageError
from capacity.model.load import Load, OpenLoop, RateLadder
from capacity.model.plan import RunPlan
from capacity.model.snapshot import Snapshot

# Enough for every process to hear of a window before it begins.
_LEAD_S = 0.010
_START_LIMIT_S = 30.0
_END_LIMIT_S = 3.0


class AiohttpEngine:
    """Python user loops behind the Engine port; `addresses` are the resolved ones, used in turn."""

    def __init__(self, plan: RunPlan, addresses: tuple[tuple[str, int], ...]) -> None:
        if isinstance(plan.ladder, RateLadder):
            raise _no_open_loop(plan.ladder.loads[0])
        self._count = _process_count(plan)
        self._context = multiprocessing.get_context("spawn")
        budget = RequestBudget(self._context, plan.fuses.max_requests, self._count)
        self._tasks = tuple(
            Task(number, self._count, plan.target, plan.scenario, addresses, budget)
            for number in range(self._count)
        )
        self._processes: list[SpawnProcess] = []
        self._pipes: list[Connection] = []
        self._merger = RowMerger(self._count)
        self._host = HostWatch()
        self._rows: deque[Snapshot] = deque()
        self._connected = [0] * self._count
        self._wanted = [0] * self._count
        self._last_begin_s = 0.0
        self._scenario_faults: list[str] = []
        self._failure: CapacityError | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know about this engine."""
        return (
            f"aiohttp engine: {self._count} load processes, HTTP/1.1, closed loop; concurrency "
            "counts user loops",
            "a Python client needs several times the CPU of the native engine for each request, so "
            "its ceiling is lower; its own CPU is watched, and a step it was too slow for is not "
            "believed",
            "latencies hold the time the event loop took to come to a socket, but neither "
            "connecting nor the scenario's own work",
        )

    @property
    def scenario_faults(self) -> tuple[str, ...]:
        """The first exceptions that scenarios ended with, as `file:line: type: text`."""
        return tuple(self._scenario_faults)

    def start(self) -> None:
        """Start the processes and load the scenario in each; window 0 begins.

        Raises UsageError when the scenario's file or the TLS file cannot be used.
        """
        context = self._context
        for task in self._tasks:
            ours, theirs = context.Pipe()
            process = context.Process(
                target=run_worker, args=(theirs, task), name=f"load-{task.number}", daemon=True
            )
            process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes.append(ours)
        try:
            self._await_ready()
        except CapacityError:
            self.close()
            raise
        self.begin_window(0)

    def set_concurrency(self, concurrency: int) -> None:
        """Deal the user loops out over the processes."""
        share, rest = divmod(concurrency, self._count)
        for number in range(self._count):
            self._wanted[number] = share + (1 if number < rest else 0)
            self._send(number, SetConcurrency(self._wanted[number]))

    def set_rate(self, load: OpenLoop) -> None:
        """Refuse: user loops go one after the other, so nothing can be planned by the clock."""
        raise _no_open_loop(load)

    def ready_connections(self) -> int:
        """User loops that have had a connection, or a failed attempt at one."""
        self._take_reports()
        return sum(
            min(have, want) for have, want in zip(self._connected, self._wanted, strict=True)
        )

    def begin_window(self, window: int) -> None:
        """Requests that start some milliseconds from now or later belong to `window`."""
        at_s = max(time.monotonic() + _LEAD_S, self._last_begin_s + _LEAD_S)
        self._last_begin_s = at_s
        self._send_all(BeginWindow(window, at_s))

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """The next interval, merged over the processes; EngineError when one of them is gone."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._take_reports()
            if self._rows:
                return self._host.complete(self._rows.popleft())
            if self._failure is not None:
                raise self._failure
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return None
            await _readable(self._pipes, left_s)

    def cut(self) -> None:
        """Drop every request in flight."""
        self._send_all(Cut())

    def close(self) -> None:
        """End the processes; one that does not listen is killed."""
        self._send_all(End())
        deadline_s = time.monotonic() + _END_LIMIT_S
        for process in self._processes:
            process.join(max(deadline_s - time.monotonic(), 0.0))
            if process.exitcode is None:
                process.kill()
                process.join()
            process.close()
        for pipe in self._pipes:
            pipe.close()
        self._processes.clear()
        self._pipes.clear()

    def _await_ready(self) -> None:
        deadline_s = time.monotonic() + _START_LIMIT_S
        missing = set(range(self._count))
        while missing:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise EngineError(
                    f"{len(missing)} of {self._count} load processes did not start within "
                    f"{_START_LIMIT_S:g}s",
                    hint="the machine may be too busy, or the scenario's file takes long to import",
                )
            wait([self._pipes[number] for number in missing], timeout=left_s)
            for number in tuple(missing):
                if self._take_from(number):
                    missing.discard(number)
            if self._failure is not None:
                raise self._failure

    def _send_all(self, command: Command) -> None:
        for number in range(len(self._pipes)):
            self._send(number, command)

    def _send(self, number: int, command: Command) -> None:
        try:
            self._pipes[number].send(command)
        except OSError:  # the process is gone; poll says so, with its reason
            self._note_death(number)

    def _take_reports(self) -> None:
        for number in range(len(self._pipes)):
            self._take_from(number)

    def _take_from(self, number: int) -> bool:
        """Take everything one process has said; whether it said that it is ready."""
        is_ready = False
        pipe = self._pipes[number]
        try:
            while pipe.poll(0):
                report: Report = pipe.recv()
                is_ready = is_ready or isinstance(report, Ready)
                self._take(number, report)
        except (EOFError, OSError):
            self._note_death(number)
        return is_ready

    def _take(self, number: int, report: Report) -> None:
        match report:
            case Snapshot():
                self._rows.extend(self._merger.add(number, report))
            case Connected(loops):
                self._connected[number] = loops
            case ScenarioFault(text):
                if text not in self._scenario_faults:
                    self._scenario_faults.append(text)
            case Unusable(message, hint):
                self._failure = self._failure or UsageError(message, hint=hint)
            case Broken(reason):
                self._failure = self._failure or EngineError(
                    f"load process {number} failed: {reason}", hint="please report this"
                )
            case Ready():
                pass

    def _note_death(self, number: int) -> None:
        if self._failure is not None:
            return
        process = self._processes[number]
        process.join(0.5)
        self._failure = EngineError(
            f"load process {number} is gone, with exit code {process.exitcode}",
            hint="was it killed, for memory perhaps? see the system's log",
        )


def _no_open_loop(load: Load) -> UsageError:
    return UsageError(
        f"{load.text}: the aiohttp engine runs user loops, whose pace the service sets",
        hint="use the native engine for --rate, or give --concurrency",
    )


def _process_count(plan: RunPlan) -> int:
    wanted = plan.threads if plan.threads is not None else (os.cpu_count() or 1)
    return max(1, min(wanted, plan.ladder.max_in_flight))


async def _readable(pipes: Sequence[Connection], timeout_s: float) -> None:
    """Wait until one of the pipes has something, or the time has passed."""
    loop = asyncio.get_running_loop()
    something = asyncio.Event()
    for pipe in pipes:
        loop.add_reader(pipe.fileno(), something.set)
    try:
        async with asyncio.timeout(timeout_s):
            await something.wait()
    except TimeoutError:
        return
    finally:
        for pipe in pipes:
            loop.remove_reader(pipe.fileno())
