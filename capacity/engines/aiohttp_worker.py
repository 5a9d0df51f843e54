"""What does one load process do? User loops, commands, rows: an event loop of its own.

The parent decides everything; this process ignores SIGINT and SIGTERM and ends when it is told to
or when the parent is gone.
"""

import asyncio
import gc
import logging
import os
import queue
import signal
import ssl
import sys
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from time import monotonic
from types import TracebackType

import aiohttp
from yarl import URL

from capacity.engines.aiohttp_books import Books
from capacity.engines.aiohttp_call import UserLoop, WithdrawnError, Workplace
from capacity.engines.aiohttp_client import TargetClient
from capacity.engines.aiohttp_connection import (
    TargetConnector,
    TrustError,
    open_session,
    trust_of,
)
from capacity.engines.aiohttp_loop import precise_event_loop
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
from capacity.engines.aiohttp_ownload import OwnLoad, tick
from capacity.engines.aiohttp_scenario import (
    ScenarioFaultError,
    ScenarioFunction,
    default_headers,
    place_of,
    scenario_function,
)
from capacity.model.plan import PythonCall

# New user loops start in small groups, so that a listener's queue is not flooded.
_GROUP_SIZE = 16
_GROUP_PAUSE_S = 0.005
# A scenario that makes no call must not spin.
_IDLE_TURN_S = 0.010
_MAX_FAULT_KINDS = 5


def run_worker(pipe: Connection, task: Task) -> None:
    """Be a load process until the parent says End or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.dup2(2, 1)  # what a scenario prints must not mix with the answer on stdout
    # Each connection's fault is counted as a failure; the libraries need not tell it again.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    outbox = _Outbox(pipe)
    try:
        trust = trust_of(task.target)
        function = scenario_function(task.scenario.call, task.target)
        with asyncio.Runner(loop_factory=precise_event_loop) as runner:
            runner.run(_work(pipe, task, trust, function, outbox.put))
    except (ScenarioFaultError, TrustError) as error:
        outbox.put(Unusable(str(error), error.hint))
    finally:
        broken_by = sys.exception()
        if broken_by is not None:
            outbox.put(Broken(f"{type(broken_by).__name__}: {broken_by}"))
        outbox.close()


class _Outbox:
    """Sends reports in a thread of its own, so that a slow reader never slows the load."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._waiting: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def put(self, report: Report) -> None:
        self._waiting.put(report)

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(timeout=2.0)

    def _send_all(self) -> None:
        while (report := self._waiting.get()) is not None:
            try:
                self._pipe.send(report)
            except OSError:  # the parent is gone, and nobody is left to hear it
                return


async def _work(
    pipe: Connection,
    task: Task,
    trust: ssl.SSLContext,
    function: ScenarioFunction,
    report: Callable[[Report], None],
) -> None:
    own_load = OwnLoad()
    books = Books(emit=report, own_load=own_load.look)
    connector = TargetConnector(task.target, task.addresses, trust, books)
    session = open_session(task.target, default_headers(task.scenario.call), connector)
    workplace = Workplace(
        session=session,
        books=books,
        target=task.target,
        origin=URL(f"{task.target.origin}/"),
        ok_below_status=task.scenario.ok_below_status,
        budget=task.budget,
    )
    async with session:
        crew = _Crew(task, workplace, function, report)
        post = _CommandPost(pipe, crew, books)
        gc.freeze()  # what was made for start-up need not be looked at again
        report(Ready())
        try:
            await _watch(post, crew, books, own_load, report)
        finally:
            post.close()
            await crew.close()


async def _watch(
    post: "_CommandPost",
    crew: "_Crew",
    books: Books,
    own_load: OwnLoad,
    report: Callable[[Report], None],
) -> None:
    """Keep time until the end: rows at their edges, the loop's lag, what has connected."""
    told = 0
    while not post.has_ended:
        books.advance(await tick(own_load))
        crew.raise_fault()
        connected = crew.connected_loops()
        if connected != told:
            report(Connected(connected))
            told = connected


class _CommandPost:
    """Takes commands from the pipe as they come."""

    def __init__(self, pipe: Connection, crew: "_Crew", books: Books) -> None:
        self.has_ended = False
        self._pipe = pipe
        self._crew = crew
        self._books = books
        self._is_begun = False
        asyncio.get_running_loop().add_reader(pipe.fileno(), self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())

    def _read(self) -> None:
        try:
            while self._pipe.poll(0):
                self._obey(self._pipe.recv())
        except (EOFError, OSError):  # the parent is gone
            self.has_ended = True

    def _obey(self, command: Command) -> None:
        match command:
            case SetConcurrency(concurrency):
                self._crew.set_concurrency(concurrency)
            case BeginWindow(window, at_s) if self._is_begun:
                self._books.begin(window, at_s)
            case BeginWindow(window, at_s):
                self._is_begun = True
                self._books.begin_first(window, at_s)
            case Cut():
                self._crew.cut()
            case End():
                self.has_ended = True


class _Crew:
    """The user loops of this process: each runs the scenario again and again while it is wanted."""

    def __init__(
        self,
        task: Task,
        workplace: Workplace,
        function: ScenarioFunction,
        report: Callable[[Report], None],
    ) -> None:
        self._task = task
        self._workplace = workplace
        self._function = function
        self._report = report
        self._is_python = isinstance(task.scenario.call, PythonCall)
        self._users: list[UserLoop] = []
        self._wanted = 0
        self._connected = 0
        self._running: dict[UserLoop, asyncio.Task[None]] = {}
        self._starter: asyncio.Task[None] | None = None
        self._is_closing = False
        self._fault: BaseException | None = None
        self._told_faults: set[str] = set()

    def set_concurrency(self, concurrency: int) -> None:
        """Want so many user loops; those too many end with the request they are in."""
        self._wanted, self._connected = concurrency, 0
        while len(self._users) < concurrency:
            number = len(self._users) * self._task.count + self._task.number
            self._users.append(UserLoop(number))
        for index, user in enumerate(self._users):
            user.is_wanted = index < concurrency
            if not user.is_wanted and not user.calls and user in self._running:
                self._running[user].cancel()
        self._start_wanted()

    def connected_loops(self) -> int:
        """How many wanted loops have had a connection, or a failed attempt at one."""
        if self._connected < self._wanted:
            self._connected = sum(user.is_wanted and user.is_connected for user in self._users)
        return self._connected

    def cut(self) -> None:
        """Drop every request in flight; loops that are still wanted begin anew."""
        for user in self._users:
            for call in tuple(user.calls):
                call.cut()

    def raise_fault(self) -> None:
        """Raise what broke a user loop, if it was no fault of the scenario."""
        if self._fault is not None:
            raise self._fault

    async def close(self) -> None:
        """End every user loop."""
        self._is_closing = True
        tasks = [*self._running.values()]
        if self._starter is not None:
            tasks.append(self._starter)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    def _start_wanted(self) -> None:
        if self._starter is None or self._starter.done():
            self._starter = asyncio.create_task(self._start_in_groups())

    async def _start_in_groups(self) -> None:
        while True:
            waiting = [u for u in self._users if u.is_wanted and u not in self._running]
            for user in waiting[:_GROUP_SIZE]:
                running = asyncio.create_task(self._run(user))
                self._running[user] = running
                running.add_done_callback(partial(self._ended, user))
            if len(waiting) <= _GROUP_SIZE:
                return
            await asyncio.sleep(_GROUP_PAUSE_S)

    def _ended(self, user: UserLoop, task: asyncio.Task[None]) -> None:
        del self._running[user]
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()
        elif user.is_wanted and not self._is_closing:
            self._start_wanted()

    async def _run(self, user: UserLoop) -> None:
        client = TargetClient(self._workplace, user)
        turn = 0
        while user.is_wanted:
            calls_before = user.call_count
            try:
                await self._take_turn(client, user, turn)
            except WithdrawnError:
                return
            turn += 1
            if user.call_count == calls_before:
                await asyncio.sleep(_IDLE_TURN_S)

    async def _take_turn(self, client: TargetClient, user: UserLoop, turn: int) -> None:
        with _Turn(self, user):
            await self._function(client, {"user": user.number, "turn": turn})

    def end_turn(self, user: UserLoop, seconds: float, error: Exception | None) -> None:
        """Book one run of the scenario; `error` is what it ended with."""
        if isinstance(error, AssertionError):
            user.fail_last_check()
        user.settle()
        if self._is_python:
            if error is not None:
                self._tell(error)
            self._workplace.books.end_scenario(seconds if error is None else None)
        elif error is not None and not isinstance(error, aiohttp.ClientError | OSError):
            self._fault = error  # no fault of a request: ours

    def _tell(self, error: Exception) -> None:
        """Tell the first occurrence of each kind of exception that a scenario ends with."""
        call = self._task.scenario.call
        if not isinstance(call, PythonCall) or len(self._told_faults) >= _MAX_FAULT_KINDS:
            return
        place = place_of(error, call.file)
        kind = f"{place}: {type(error).__name__}"
        if kind not in self._told_faults:
            self._told_faults.add(kind)
            self._report(ScenarioFault(f"{kind}: {error}"))


class _Turn:
    """One run of the scenario: any exception of the user's code ends it, and it alone."""

    def __init__(self, crew: _Crew, user: UserLoop) -> None:
        self._crew = crew
        self._user = user
        self._begun_s = monotonic()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None and not isinstance(error, Exception):
            return False  # cancelled: neither a success nor a failure
        self._crew.end_turn(self._user, monotonic() - self._begun_s, error)
        return True
