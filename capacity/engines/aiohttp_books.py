"""What has one load process counted, window by window?

Pure bookkeeping on given times. Every request is opened once and ends once, in the window in which
it was opened; rows leave on a one-second grid that begins with each window.
"""

from collections import Counter, deque
from collections.abc import Callable

from capacity.engines.aiohttp_ownload import OwnLook
from capacity.histogram import Histogram
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    Snapshot,
)

_GRID_S = 1.0


class WindowBook:
    """What happened to the requests of one window since its last row."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.in_flight = 0
        self.clear()

    def clear(self) -> None:
        """Begin a new row; what is in flight stays."""
        self.is_touched = False
        self.started = 0
        self.ok = 0
        self.cut = 0
        self.sent_bytes = 0
        self.received_bytes = 0
        self.failures: Counter[FailureKind] = Counter()
        self.statuses: Counter[int] = Counter()
        self.latency = Histogram()
        self.failed_latency = Histogram()
        self.first_byte = Histogram()
        self.transfer = Histogram()

    def counts(self) -> Counts:
        """The row's counts as a value."""
        return Counts(
            started=self.started,
            ok=self.ok,
            failures=dict(self.failures),
            cut=self.cut,
            statuses=dict(self.statuses),
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
        )


class _Interval:
    """What happened in one stretch of time, whichever window it belongs to."""

    def __init__(self) -> None:
        self.ended_ok = 0
        self.ended_all = 0
        self.opened = 0
        self.attempts_failed = 0
        self.closed_by_target = 0
        self.scenario_failures = 0
        self.connect = Histogram()
        self.scenario = Histogram()


class Books:
    """The books of one process. `emit` takes each finished row, `own_load` measures ourselves."""

    def __init__(
        self,
        *,
        emit: Callable[[Snapshot], None],
        own_load: Callable[[], OwnLook],
    ) -> None:
        self.connections_open = 0
        self._emit = emit
        self._own_load = own_load
        self._current = WindowBook(0)
        self._left: list[WindowBook] = []
        self._interval = _Interval()
        self._begins: deque[tuple[int, float]] = deque()
        self._start_s = 0.0
        self._grid_s = 0.0
        self.edge_s = float("inf")

    def begin_first(self, window: int, at_s: float) -> None:
        """Open the very first window."""
        self._open_window(window, at_s)

    def begin(self, window: int, at_s: float) -> None:
        """Plan the next window; one that is already late begins at once."""
        self._begins.append((window, at_s))
        self._set_edge()

    def advance(self, now_s: float) -> None:
        """Close every interval whose end has passed."""
        while now_s >= self.edge_s:
            if self._begins and self._begins[0][1] <= self._grid_s:
                window, at_s = self._begins.popleft()
                # Too late for a clean edge: rows that went beyond it are merged by the parent.
                self._close_interval(max(at_s, self._start_s), is_over=True)
                self._open_window(window, at_s)
            else:
                self._close_interval(self._grid_s, is_over=False)
                self._start_s = self._grid_s
                self._grid_s += _GRID_S
                self._set_edge()

    def open_request(self, now_s: float) -> WindowBook:
        """Count a request as started; the window returned is where it must end."""
        if now_s >= self.edge_s:
            self.advance(now_s)
        book = self._current
        book.is_touched = True
        book.started += 1
        book.in_flight += 1
        return book

    def end_ok(
        self, book: WindowBook, now_s: float, *, latency_s: float, first_byte_s: float
    ) -> None:
        """End a good request."""
        self._end(book, now_s)
        self._interval.ended_ok += 1
        book.ok += 1
        book.latency.record_s(latency_s)
        book.first_byte.record_s(first_byte_s)
        book.transfer.record_s(max(latency_s - first_byte_s, 0.0))
        self._finish_left(book, now_s)

    def end_failed(
        self, book: WindowBook, now_s: float, kind: FailureKind, *, latency_s: float | None
    ) -> None:
        """End a request with its failure; `latency_s` is None when nothing was sent."""
        self._end(book, now_s)
        book.failures[kind] += 1
        if latency_s is not None:
            book.failed_latency.record_s(latency_s)
        self._finish_left(book, now_s)

    def end_cut(self, book: WindowBook, now_s: float) -> None:
        """End a request that was dropped on purpose."""
        self._end(book, now_s)
        book.cut += 1
        self._finish_left(book, now_s)

    def count_answer(
        self,
        book: WindowBook,
        now_s: float,
        *,
        status: int | None,
        sent_bytes: int,
        received_bytes: int,
    ) -> None:
        """Add what is known of a request's exchange, at the time its end is going to be booked."""
        if now_s >= self.edge_s:
            self.advance(now_s)
        book.sent_bytes += sent_bytes
        book.received_bytes += received_bytes
        if status is not None:
            book.statuses[status] += 1

    def count_connect(self, seconds: float) -> None:
        """Count a new connection and the time it took, TLS included."""
        self.connections_open += 1
        self._interval.opened += 1
        self._interval.connect.record_s(seconds)

    def count_failed_connect(self) -> None:
        """Count an attempt that brought no connection."""
        self._interval.attempts_failed += 1

    def count_close(self, *, by_target: bool) -> None:
        """Count the end of a connection that had been open."""
        self.connections_open -= 1
        if by_target:
            self._interval.closed_by_target += 1

    def end_scenario(self, seconds: float | None) -> None:
        """Count one run of the whole scenario: its time, or None when it failed."""
        if seconds is None:
            self._interval.scenario_failures += 1
        else:
            self._interval.scenario.record_s(seconds)

    def _end(self, book: WindowBook, now_s: float) -> None:
        if now_s >= self.edge_s:
            self.advance(now_s)
        book.is_touched = True
        book.in_flight -= 1
        self._interval.ended_all += 1

    def _finish_left(self, book: WindowBook, now_s: float) -> None:
        if book is not self._current and book.in_flight == 0:
            self._emit_stragglers(now_s)

    def _open_window(self, window: int, at_s: float) -> None:
        self._current = WindowBook(window)
        self._start_s = at_s
        self._grid_s = at_s + _GRID_S
        self._set_edge()

    def _set_edge(self) -> None:
        next_begin_s = self._begins[0][1] if self._begins else float("inf")
        self.edge_s = min(self._grid_s, next_begin_s)

    def _close_interval(self, end_s: float, *, is_over: bool) -> None:
        book, interval = self._current, self._interval
        self._interval = _Interval()
        look = self._own_load()
        self._emit(
            Snapshot(
                window=book.number,
                start_s=self._start_s,
                end_s=end_s,
                counts=book.counts(),
                ended_ok=interval.ended_ok,
                ended_all=interval.ended_all,
                in_flight=book.in_flight,
                window_over=is_over,
                connections_open=self.connections_open,
                connections=ConnectionCounts(
                    interval.opened, interval.attempts_failed, interval.closed_by_target
                ),
                latency_blob=book.latency.to_blob(),
                failed_latency_blob=book.failed_latency.to_blob(),
                first_byte_blob=book.first_byte.to_blob(),
                connect_blob=interval.connect.to_blob(),
                generator=look.load,
                scenario_latency_blob=interval.scenario.to_blob(),
                scenario_failures=interval.scenario_failures,
                transfer_blob=book.transfer.to_blob(),
                loop_lag_blob=look.lag_blob,
            )
        )
        book.clear()
        self._emit_stragglers(end_s)
        if is_over and book.in_flight > 0:
            self._left.append(book)

    def _emit_stragglers(self, now_s: float) -> None:
        for book in self._left:
            if book.is_touched:
                self._emit(_straggler_row(book, now_s, self.connections_open))
                book.clear()
        self._left = [book for book in self._left if book.in_flight > 0]


def _straggler_row(book: WindowBook, now_s: float, connections_open: int) -> Snapshot:
    """Build the row of a window that was left, with what ended since its last row."""
    return Snapshot(
        window=book.number,
        start_s=now_s,
        end_s=now_s,
        counts=book.counts(),
        ended_ok=0,
        ended_all=0,
        in_flight=book.in_flight,
        window_over=True,
        connections_open=connections_open,
        connections=ConnectionCounts(),
        latency_blob=book.latency.to_blob(),
        failed_latency_blob=book.failed_latency.to_blob(),
        first_byte_blob=book.first_byte.to_blob(),
        connect_blob=b"",
        generator=None,
        scenario_latency_blob=b"",
        scenario_failures=0,
        transfer_blob=book.transfer.to_blob(),
    )
