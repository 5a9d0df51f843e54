"""How is an open loop tested without time? A played service that is sent a rate of planned starts.

Every request ends in the interval in which it began, so that a window has no stragglers; what is
dropped, late or slow is scripted for each rate.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from capacity.histogram import Histogram
from capacity.model.load import OpenLoop
from capacity.model.snapshot import ConnectionCounts, Counts, GeneratorLoad, Schedule, Snapshot
from tests.fakes.scripted import FakeClock


@dataclass(frozen=True, slots=True)
class Served:
    """What becomes of the planned starts of one rate; shares are of the planned ones."""

    response_s: float = 0.010
    service_s: float = 0.010
    send_lag_s: float = 0.000_1
    dropped_ratio: float = 0.0
    late_ratio: float = 0.0


class PlannedEngine:
    """Plays `serve(rate)`; `calls` records what the runner asked for."""

    def __init__(self, clock: FakeClock, serve: Callable[[float], Served]) -> None:
        self.clock = clock
        self.serve = serve
        self.calls: list[str] = []
        self.is_closed = False
        self._rate_qps = 0.0
        self._window = 0
        self._edge_s = clock.time_s
        self._planned = 0.0
        self._rows: list[Snapshot] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """A scripted engine has no limits."""
        return ()

    def start(self) -> None:
        """Nothing to start."""

    def set_concurrency(self, concurrency: int) -> None:
        """Only the end of the load is played."""
        assert concurrency == 0
        self.calls.append("set_concurrency(0)")
        self._rate_qps = 0.0

    def set_rate(self, load: OpenLoop) -> None:
        """Record and follow."""
        self.calls.append(f"set_rate({load.rate_qps:g}, {load.arrivals}, {load.max_in_flight})")
        self._rate_qps = load.rate_qps

    def ready_connections(self) -> int:
        """Nothing waits for connections."""
        return 0

    def begin_window(self, window: int) -> None:
        """Close the current window with its last row; none of its requests is in flight."""
        self.calls.append(f"begin_window({window})")
        self._rows.append(replace(self._row(self.clock.time_s), window_over=True))
        self._window = window

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """Hand out a finished row, or let time pass until the next one or the time-out."""
        if self._rows:
            return self._rows.pop(0)
        until_s = self.clock.time_s + timeout_s
        if self._edge_s + 1.0 <= until_s:
            self.clock.time_s = max(self._edge_s + 1.0, self.clock.time_s)
            return self._row(self._edge_s + 1.0)
        self.clock.time_s = until_s
        return None

    def cut(self) -> None:
        """Nothing is ever in flight at the end of a row."""
        self.calls.append("cut()")

    def close(self) -> None:
        """Record it."""
        self.is_closed = True

    def _row(self, end_s: float) -> Snapshot:
        served = self.serve(self._rate_qps)
        self._planned += self._rate_qps * (end_s - self._edge_s)
        planned = round(self._planned)
        self._planned -= planned
        schedule = Schedule(
            planned=planned,
            dropped_no_slot=round(planned * served.dropped_ratio),
            dropped_late=round(planned * served.late_ratio),
        )
        ok = planned - schedule.dropped_no_slot - schedule.dropped_late
        start_s, self._edge_s = self._edge_s, end_s
        return Snapshot(
            window=self._window,
            start_s=start_s,
            end_s=end_s,
            counts=Counts(started=ok, ok=ok, statuses={200: ok}),
            ended_ok=ok,
            ended_all=ok,
            in_flight=0,
            window_over=False,
            connections_open=8,
            connections=ConnectionCounts(),
            latency_blob=_blob(served.service_s, ok),
            failed_latency_blob=b"",
            first_byte_blob=b"",
            connect_blob=b"",
            generator=GeneratorLoad(0.10, 0.0, None),
            scenario_latency_blob=b"",
            scenario_failures=0,
            response_blob=_blob(served.response_s, ok),
            send_lag_blob=_blob(served.send_lag_s, ok),
            schedule=schedule,
        )


def _blob(seconds: float, count: int) -> bytes:
    histogram = Histogram()
    for _ in range(count):
        histogram.record_s(seconds)
    return histogram.to_blob()
