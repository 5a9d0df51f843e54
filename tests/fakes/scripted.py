"""How is a climb tested without time, threads or a network?

`ScriptedEngine` plays a service whose throughput, latency and failures follow from the
concurrency, and moves the shared `FakeClock` instead of waiting. It keeps the same books as the
real engines: rows on a one-second grid, a last row when a window is left, then stragglers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from capacity.errors import UsageError
from capacity.histogram import Histogram
from capacity.model.load import OpenLoop
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    Snapshot,
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the played service does at one concurrency."""

    qps: float
    latency_s: float = 0.010
    failing_ratio: float = 0.0
    failure: FailureKind = FailureKind.HTTP_STATUS
    cpu_ratio: float = 0.10
    runqueue_wait_ratio: float = 0.0
    hangs: bool = False
    late_ok: bool = True


class FakeClock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now_s(self) -> float:
        """The fake monotonic time."""
        return self.time_s

    def unix_s(self) -> float:
        """The fake wall time, a fixed distance from the monotonic one."""
        return 1_795_000_000.0 + self.time_s


@dataclass(slots=True)
class ScriptedInterrupt:
    """Asks for the end once the clock has passed a moment."""

    clock: FakeClock
    at_s: float = float("inf")
    urgent_at_s: float = float("inf")
    word: str = "interrupted"

    def reason(self) -> str | None:
        """The scripted reason, once its time has come."""
        return self.word if self.clock.time_s >= self.at_s else None

    def is_urgent(self) -> bool:
        """Whether the second signal has come."""
        return self.clock.time_s >= self.urgent_at_s


@dataclass(slots=True)
class _Window:
    number: int
    edge_s: float
    in_flight: int = 0
    owed: float = 0.0


@dataclass(slots=True)
class ScriptedEngine:
    """Plays `service(concurrency)`; `calls` records what the runner asked for."""

    clock: FakeClock
    service: Callable[[int], Behaviour]
    calls: list[str] = field(default_factory=list)
    concurrency: int = 0
    is_closed: bool = False
    _window: _Window = field(default_factory=lambda: _Window(0, 100.0))
    _left: list[_Window] = field(default_factory=list)
    _rows: list[Snapshot] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """A scripted engine has no limits."""
        return ()

    def start(self) -> None:
        """Nothing to start."""

    def set_concurrency(self, concurrency: int) -> None:
        """Record and follow."""
        self.calls.append(f"set_concurrency({concurrency})")
        self.concurrency = concurrency

    def set_rate(self, load: OpenLoop) -> None:
        """Refuse, like an engine of user loops; `PlannedEngine` plays planned starts."""
        raise UsageError(f"{load.text}: no open loop", hint="give a concurrency")

    def ready_connections(self) -> int:
        """All connections are up at once."""
        return self.concurrency

    def begin_window(self, window: int) -> None:
        """Close the current window with its last row; its requests in flight become stragglers."""
        self.calls.append(f"begin_window({window})")
        left = self._window
        self._rows.append(self._row(self.clock.time_s, is_over=True))
        self._left.append(left)
        self._window = _Window(window, self.clock.time_s)

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """Hand out a finished row, or let time pass until the next one or the time-out."""
        if self._rows:
            return self._rows.pop(0)
        behaviour = self.service(self.concurrency)
        until_s = self.clock.time_s + timeout_s
        for left in list(self._left):
            if self.service(self.concurrency or 1).hangs:
                break
            self.clock.time_s = min(until_s, self.clock.time_s + behaviour.latency_s)
            self._left.remove(left)
            if left.in_flight:
                return self._stragglers(left)
        edge_s = self._window.edge_s + 1.0
        if edge_s <= until_s:
            self.clock.time_s = max(edge_s, self.clock.time_s)
            return self._row(edge_s, is_over=False)
        self.clock.time_s = until_s
        return None

    def cut(self) -> None:
        """Every window that was left gives up its requests as cut."""
        self.calls.append("cut()")
        for left in self._left:
            if left.in_flight:  # else its last row has been handed out
                self._rows.append(self._stragglers(left, is_cut=True))
        self._left.clear()

    def close(self) -> None:
        """Record it."""
        self.is_closed = True

    def _row(self, end_s: float, *, is_over: bool) -> Snapshot:
        window = self._window
        behaviour = self.service(self.concurrency) if self.concurrency else Behaviour(0.0)
        window.owed += (end_s - window.edge_s) * behaviour.qps
        ended = 0 if behaviour.hangs else int(window.owed)
        window.owed -= ended
        failed = round(ended * behaviour.failing_ratio)
        is_stuck = self.service(self.concurrency or 1).hangs
        in_flight = self.concurrency if end_s > window.edge_s else window.in_flight
        if (
            is_stuck and end_s > window.edge_s
        ):  # a slot whose request hangs starts none in a later window
            stuck = sum(left.in_flight for left in self._left)
            in_flight = max(self.concurrency - stuck, window.in_flight)
        started = ended + in_flight - window.in_flight
        row = self._snapshot(
            window.number,
            (window.edge_s, end_s),
            Counts(
                started=started,
                ok=ended - failed,
                failures={behaviour.failure: failed} if failed else {},
                statuses={200: ended - failed},
            ),
            in_flight=in_flight,
            is_over=is_over,
            behaviour=behaviour,
        )
        window.edge_s = end_s
        window.in_flight = in_flight
        return row

    def _stragglers(self, left: _Window, *, is_cut: bool = False) -> Snapshot:
        behaviour = self.service(max(1, left.in_flight))
        counts = Counts(ok=left.in_flight)
        if is_cut:
            counts = Counts(cut=left.in_flight)
        elif not behaviour.late_ok:
            counts = Counts(failures={behaviour.failure: left.in_flight})
        return self._snapshot(
            left.number,
            (left.edge_s, left.edge_s),
            counts,
            in_flight=0,
            is_over=True,
            behaviour=behaviour,
        )

    def _snapshot(
        self,
        window: int,
        span: tuple[float, float],
        counts: Counts,
        *,
        in_flight: int,
        is_over: bool,
        behaviour: Behaviour,
    ) -> Snapshot:
        latency = Histogram()
        for _ in range(counts.ok):
            latency.record_s(behaviour.latency_s)
        is_late = span[0] >= span[1]
        return Snapshot(
            window=window,
            start_s=span[0],
            end_s=span[1],
            counts=counts,
            ended_ok=0 if is_late else counts.ok,
            ended_all=0 if is_late else counts.ended,
            in_flight=in_flight,
            window_over=is_over,
            connections_open=in_flight,
            connections=ConnectionCounts(),
            latency_blob=latency.to_blob(),
            failed_latency_blob=b"",
            first_byte_blob=b"",
            connect_blob=b"",
            generator=GeneratorLoad(behaviour.cpu_ratio, behaviour.runqueue_wait_ratio, None),
            scenario_latency_blob=b"",
            scenario_failures=0,
        )
