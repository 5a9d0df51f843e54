"""How does a call of Prometheus end in time, whatever the server, its name or its network do?

The time-outs of sockets hold for one read each: a server that drips, or a resolver that hangs, gets
around them. So a call has a deadline of its own, at which its connection is shut down from outside;
`cut` does the same at once.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

_Connect = Callable[[], socket.socket]


class Cut(StrEnum):
    """Why a call was ended from outside."""

    TOO_LATE = "too_late"
    CLOSED = "closed"


class CutError(HTTPError):
    """The call was ended from outside."""


class Line:
    """The one connection of a session, which another thread may shut down.

    One thread makes calls, one after another. `is_new` tells whether the connection was made for
    the call under way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shutter: socket.socket | None = None  # a second handle on the connection's socket
        self._attempt: _Attempt | None = None
        self._calls = 0
        self._deadline_s = 0.0
        self.cut_by: Cut | None = None
        self.is_new = False

    @contextmanager
    def call(self, limit_s: float) -> Iterator[None]:
        """Everything asked inside ends within `limit_s`; `cut_by` then says why."""
        with self._lock:
            self._calls += 1
            self._deadline_s = time.monotonic() + limit_s
            self.is_new = False
            if self.cut_by is Cut.TOO_LATE:
                self.cut_by = None
        timer = threading.Timer(limit_s, self._cut, (Cut.TOO_LATE, self._calls))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._calls += 1  # a timer that has just gone off is too late

    def cut(self) -> None:
        """End the call under way, and every later one."""
        self._cut(Cut.CLOSED, None)

    def _cut(self, why: Cut, only_call: int | None) -> None:
        with self._lock:
            if self.cut_by is Cut.CLOSED or (only_call is not None and only_call != self._calls):
                return
            self.cut_by = why
            if self._attempt is not None:
                self._attempt.abandon()
            if self._shutter is not None:
                with suppress(OSError):  # the other side was quicker
                    self._shutter.shutdown(socket.SHUT_RDWR)

    def open(self, connect: _Connect) -> socket.socket:
        """The socket that `connect` makes, or CutError as soon as the call is cut.

        A name look-up cannot be interrupted, so it has a thread, which is left behind if need be.
        """
        attempt = _Attempt(connect)
        with self._lock:
            if self.cut_by is not None:
                raise CutError
            self._attempt, self.is_new = attempt, True
        try:
            made = attempt.wait(self._deadline_s - time.monotonic())
        except CutError:
            self._cut(Cut.TOO_LATE, None)  # the timer may be a little later
            raise
        with self._lock:
            self._attempt = None
            self._drop_shutter()
            self._shutter = made.dup()
        return made

    def check(self) -> None:
        """CutError if the call was cut; what it brought then is nothing to rely on."""
        if self.cut_by is not None:
            raise CutError

    def release(self) -> None:
        """Forget the connection, after its owner has closed it."""
        with self._lock:
            self._drop_shutter()

    def _drop_shutter(self) -> None:
        if self._shutter is not None:
            self._shutter.close()
            self._shutter = None


class _Attempt:
    """One try to connect, in a daemon thread; a socket that comes too late is closed."""

    def __init__(self, connect: _Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._outcome: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()
        self._is_settled = False

    def wait(self, limit_s: float) -> socket.socket:
        threading.Thread(target=self._run, name="prometheus-connect", daemon=True).start()
        try:
            outcome = self._outcome.get(timeout=max(0.0, limit_s))
        except queue.Empty:
            self.abandon()
            outcome = self._outcome.get()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def abandon(self) -> None:
        """Let the waiting thread go on, without a socket."""
        self._settle(CutError())

    def _run(self) -> None:
        try:
            made = self._connect()
        except (HTTPError, OSError, ValueError) as error:
            self._settle(error)
        else:
            if not self._settle(made):
                made.close()

    def _settle(self, outcome: socket.socket | Exception) -> bool:
        with self._lock:
            if self._is_settled:
                return False
            self._is_settled = True
            self._outcome.put(outcome)
            return True


class LineAdapter(HTTPAdapter):
    """Sends over one Line, and never a second time by itself."""

    def __init__(self, line: Line) -> None:
        self._pool_classes = _pool_classes(line)
        retry = Retry(total=0, status_forcelist=(), respect_retry_after_header=False)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections with ours."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        """The pools of connections over a proxy, with ours in them."""
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager


def _pool_classes(line: Line) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections are made by the line; urllib3 takes classes, not factories."""

    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.open(super()._new_conn)

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.open(super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}
