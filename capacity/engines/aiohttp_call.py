"""How is one call of a scenario measured?

A call ends when the last byte of its body is there; a body that the scenario leaves unread is read
and dropped first. Its end is booked at once, or, when it was good, as soon as the scenario waits
for something else: an `assert` right after the block still turns it into `check.failed`.
"""

import asyncio
import random
import sys
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, NoReturn

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from capacity.engines.aiohttp_books import Books, WindowBook
from capacity.engines.aiohttp_budget import RequestBudget
from capacity.engines.aiohttp_connection import CountingSocket, Exchange, current_exchange
from capacity.engines.aiohttp_failures import body_failure, connect_failure, head_failure
from capacity.model.plan import Target
from capacity.model.snapshot import FailureKind

_MAX_DROPPED_BYTES = 64 * 1024 * 1024
_BACKOFF_MIN_S = 0.001
_BACKOFF_MAX_S = 0.100


class WithdrawnError(asyncio.CancelledError):
    """No further request for this user loop; a cancellation, so that scenarios let it pass."""


@dataclass(slots=True, eq=False)
class UserLoop:
    """The state that the calls of one user loop share."""

    number: int
    is_wanted: bool = False
    is_connected: bool = False
    backoff_s: float = 0.0
    call_count: int = 0
    calls: set["Call"] = field(default_factory=set)
    last_call: "Call | None" = None

    def settle(self) -> None:
        """Book the last call as good, unless its end is booked already."""
        if self.last_call is not None:
            self.last_call.settle()

    def fail_last_check(self) -> None:
        """An assertion of the scenario failed: its last call was not good after all."""
        if self.last_call is not None:
            self.last_call.fail_check()


@dataclass(frozen=True, slots=True)
class Workplace:
    """What all calls of one process share."""

    session: aiohttp.ClientSession
    books: Books
    target: Target
    origin: URL
    ok_below_status: int
    budget: RequestBudget

    @property
    def is_tls(self) -> bool:
        """Whether sockets carry TLS records."""
        return self.target.scheme == "https"


class Call(Exchange):
    """One measured request, as an async context manager that gives aiohttp's response."""

    __slots__ = (
        "_begun_s",
        "_body_end_s",
        "_book",
        "_head_s",
        "_is_over",
        "_lost_by",
        "_method",
        "_options",
        "_protocol",
        "_response",
        "_task",
        "_url",
        "_user",
        "_workplace",
    )

    _book: WindowBook
    _response: aiohttp.ClientResponse
    _task: asyncio.Task[Any] | None

    def __init__(
        self,
        workplace: Workplace,
        user: UserLoop,
        method: str,
        url: str | URL,
        options: dict[str, Any],
    ) -> None:
        super().__init__()
        self._workplace = workplace
        self._user = user
        self._method = method
        self._url = url
        self._options = options
        self._protocol: aiohttp.DataQueue[Any] | None = None
        self._lost_by: BaseException | None = None
        self._begun_s = 0.0
        self._head_s = 0.0
        self._body_end_s: float | None = None
        self._is_over = False

    def __await__(self) -> NoReturn:
        raise TypeError("write `async with client.get(...) as response:`, not `await`")

    async def __aenter__(self) -> aiohttp.ClientResponse:
        user = self._user
        if user.backoff_s > 0:
            await asyncio.sleep(user.backoff_s * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
        if user.is_wanted and not self._workplace.budget.take():
            user.is_wanted = False
        if not user.is_wanted:
            raise WithdrawnError
        user.settle()
        user.call_count += 1
        self._task = asyncio.current_task()
        self._begun_s = monotonic()
        self._book = self._workplace.books.open_request(self._begun_s)
        user.calls.add(self)
        current_exchange.set(self)
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._workplace.session.request(
                self._method, self._url, **self._options
            )
        finally:
            error = sys.exception()
            if response is None and error is not None and not self._is_over:
                self._fail(self._request_failure(error), status=None)
        self._response = response
        self._head_s = monotonic()
        self._watch_body(response)
        return response

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        response = self._response
        kind: FailureKind | None = None
        if self._body_end_s is None and not self._is_over:
            kind = self._body_failure(error)
            if kind is None and not response.closed:
                kind = await self._drop_rest()
        if kind is not None:
            self._fail(kind, status=response.status)
        elif not self._is_over:
            self._end_whole(error)
        self._let_go(kind)

    def attach(self, made: CountingSocket) -> None:
        """Take the connection: from now on its bytes are this call's."""
        super().attach(made)
        self._user.is_connected = True

    def connection_closed(self) -> None:
        """Note why, and wake a reader whom the library would leave waiting for its time-out."""
        if self._protocol is None or self._body_end_s is not None or self._is_over:
            return
        self._lost_by = self._protocol.exception()
        content = self._response.content
        # A broken chunk closes the connection, but the body's reader is not told.
        if isinstance(self._lost_by, HttpProcessingError) and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError(), self._lost_by)

    def cut(self) -> None:
        """Drop this request: it is booked as cut, and its task unwinds."""
        if self._is_over:
            return
        self._is_over = True
        self._mark_closed_by_us()
        now_s = monotonic()
        self._count_answer(now_s, status=None)
        self._workplace.books.end_cut(self._book, now_s)
        self._user.calls.discard(self)
        if self._task is not None:
            self._task.cancel()

    def settle(self) -> None:
        """Book this call as good, unless its end is booked already."""
        if self._is_over:
            return
        self._is_over = True
        now_s = monotonic()
        self._count_answer(now_s, status=self._response.status)
        sent_s = self._begun_s if self.sent_s is None else self.sent_s
        end_s = now_s if self._body_end_s is None else self._body_end_s
        self._workplace.books.end_ok(
            self._book,
            now_s,
            latency_s=end_s - sent_s,
            first_byte_s=self._first_byte_s() - sent_s,
        )

    def fail_check(self) -> None:
        """Book this call as a failed check, unless its end is booked already."""
        self._fail(FailureKind.CHECK_FAILED, status=self._response.status)

    def _watch_body(self, response: aiohttp.ClientResponse) -> None:
        """Note the last byte when it comes, and guard the time until then."""
        response.content.on_eof(self._take_body_end)
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            protocol = connection.protocol
            self._protocol = protocol
            # Until the head came this was the time-out of the first byte.
            protocol.read_timeout = self._workplace.target.timeouts.idle_s
            protocol.start_timeout()

    def _take_body_end(self) -> None:
        now_s = monotonic() if self.last_received_s is None else self.last_received_s
        self._body_end_s = now_s

    def _first_byte_s(self) -> float:
        """When the answer began. Under TLS a socket's first bytes may be no part of an answer."""
        if self._workplace.is_tls or self.first_received_s is None:
            return self._head_s
        return self.first_received_s

    async def _drop_rest(self) -> FailureKind | None:
        """Read the body to its end and keep nothing; what breaks it is booked and raised."""
        content = self._response.content
        failure: FailureKind | None = None
        is_broken = True
        try:
            while not content.at_eof() and failure is None:
                await content.readany()
                if content.total_bytes > _MAX_DROPPED_BYTES:
                    failure = FailureKind.BODY_TOO_LARGE
            is_broken = False
        finally:
            # Not by the exception alone: the scenario's own may be on its way through here.
            error = sys.exception() if is_broken else None
            if error is not None:
                kind = body_failure(error, self._connection_error())
                self._fail(kind, status=self._response.status)
                self._let_go(kind)
        return failure

    def _let_go(self, kind: FailureKind | None) -> None:
        """Give the connection back, or close it when the body did not come to its end."""
        if self._body_end_s is not None:
            self._response.release()
            return
        if kind is None:
            self._mark_closed_by_us()
        self._response.close()

    def _body_failure(self, error: BaseException | None) -> FailureKind | None:
        """Why the scenario could not read the body to its end; None when it did not want to."""
        is_late = monotonic() - self._begun_s >= self._workplace.target.timeouts.total_s
        if isinstance(error, asyncio.CancelledError | GeneratorExit) or (
            is_late and isinstance(error, TimeoutError)
        ):
            return FailureKind.RESP_TIMEOUT_TOTAL
        fault = self._response.content.exception()
        if fault is None:
            return None
        if type(fault) is aiohttp.ClientConnectionError:  # the response was closed on this side
            return FailureKind.RESP_TIMEOUT_TOTAL if is_late else None
        return body_failure(fault, self._connection_error())

    def _connection_error(self) -> BaseException | None:
        if self._lost_by is not None or self._protocol is None:
            return self._lost_by
        return self._protocol.exception()

    def _request_failure(self, error: BaseException) -> FailureKind:
        if self.connect_begun_s is None:
            return head_failure(
                error,
                is_reused=self.is_reused,
                has_answered=self.first_received_s is not None and not self._workplace.is_tls,
            )
        self._workplace.books.count_failed_connect()
        # TLS speaks first, so bytes have been sent exactly when TCP stood.
        stands = self.socket is not None and self.socket.has_sent
        in_handshake = self._workplace.is_tls and (stands or not isinstance(error, TimeoutError))
        return connect_failure(error, in_handshake=in_handshake)

    def _end_whole(self, error: BaseException | None) -> None:
        """The whole answer is there: judge its status, then the scenario's assertion."""
        status = self._response.status
        if status >= self._workplace.ok_below_status:
            self._fail(FailureKind.HTTP_STATUS, status=status)
        elif isinstance(error, AssertionError):
            self._fail(FailureKind.CHECK_FAILED, status=status)
        else:
            user = self._user
            user.calls.discard(self)
            user.backoff_s = 0.0
            user.last_call = self
            asyncio.get_running_loop().call_soon(self.settle)

    def _fail(self, kind: FailureKind, *, status: int | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        user = self._user
        user.calls.discard(self)
        user.is_connected = True
        has_head = status is not None
        if has_head or kind is FailureKind.CONN_STALE:
            user.backoff_s = 0.0
        else:
            user.backoff_s = min(max(2 * user.backoff_s, _BACKOFF_MIN_S), _BACKOFF_MAX_S)
        if self._body_end_s is None and kind not in _TARGET_CLOSED:
            self._mark_closed_by_us()
        now_s = monotonic()
        self._count_answer(now_s, status=status)
        end_s = now_s if self._body_end_s is None else self._body_end_s
        latency_s = None if self.sent_s is None else end_s - self.sent_s
        self._workplace.books.end_failed(self._book, now_s, kind, latency_s=latency_s)

    def _mark_closed_by_us(self) -> None:
        if self.socket is not None:
            self.socket.is_closed_by_us = True

    def _count_answer(self, now_s: float, *, status: int | None) -> None:
        self._workplace.books.count_answer(
            self._book,
            now_s,
            status=status,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
        )


# After these it was the target that ended the connection.
_TARGET_CLOSED = frozenset(
    {
        FailureKind.CONN_STALE,
        FailureKind.CONN_RESET_EARLY,
        FailureKind.WRITE_RESET,
        FailureKind.RESP_EOF_BEFORE_STATUS,
        FailureKind.RESP_EOF_HEADERS,
        FailureKind.RESP_EOF_BODY,
        FailureKind.RESP_RESET_BEFORE_STATUS,
        FailureKind.RESP_RESET_HEADERS,
        FailureKind.RESP_RESET_BODY,
    }
)
