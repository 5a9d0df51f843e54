"""How do the intervals of one window add up?

An accumulator: snapshots of one window go in; the sliding window for the rules and the numbers of
the finished step come out. Stragglers, which end after the window, count for the step they
started in but for no sliding window: that has passed by then.
"""

from collections.abc import Callable

from capacity.histogram import Histogram, merge, summarize
from capacity.model.rules import WindowStats
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    GeneratorLoad,
    LatencySummary,
    Snapshot,
)

# Rows are on a one-second grid; a window of 10 s must not miss its tenth row by a millisecond.
GRID_TOLERANCE_S = 0.05


class WindowTally:
    """Everything measured in one engine window so far."""

    def __init__(self) -> None:
        self.rows: list[Snapshot] = []
        self._stragglers: list[Snapshot] = []
        self._in_flight: int | None = None
        self._is_over = False

    def add(self, snapshot: Snapshot) -> None:
        """Take one row of this window, in the order in which rows come."""
        target = self._stragglers if snapshot.end_s <= snapshot.start_s else self.rows
        target.append(snapshot)
        self._in_flight = snapshot.in_flight
        self._is_over = self._is_over or snapshot.window_over

    @property
    def is_complete(self) -> bool:
        """Whether the window is over and every request that started in it has ended."""
        return self._is_over and self._in_flight == 0

    @property
    def start_s(self) -> float:
        """Begin of the window on the engine's clock; 0 before its first interval."""
        return self.rows[0].start_s if self.rows else 0.0

    @property
    def end_s(self) -> float:
        """End of the newest interval; 0 before the first."""
        return self.rows[-1].end_s if self.rows else 0.0

    def last(self, window_s: float, is_enough: Callable[[WindowStats], bool]) -> WindowStats:
        """The sliding window: the newest intervals that together reach `window_s`.

        It reaches further back, at most to the start of the hold, while `is_enough` says that it
        holds too little: a service that has become slow must not hide behind its few answers.
        """
        first = len(self.rows)
        while first > 0:
            first -= 1
            if self.end_s - self.rows[first].start_s >= window_s - GRID_TOLERANCE_S:
                break
        window = self._stats(first)
        while first > 0 and not is_enough(window):
            first -= 1
            window = self._stats(first)
        return window

    def _stats(self, first: int) -> WindowStats:
        chosen = self.rows[first:]
        return WindowStats(
            start_s=chosen[0].start_s if chosen else self.end_s,
            end_s=self.end_s,
            counts=_sum_counts(chosen),
            ended_ok=sum(row.ended_ok for row in chosen),
            latency=summarize(merge(row.latency_blob for row in chosen)),
        )

    def counts(self) -> Counts:
        """All requests that started in this window, stragglers included."""
        return _sum_counts(self._all())

    def connections(self) -> ConnectionCounts:
        """What happened to connections during the window."""
        total = ConnectionCounts()
        for row in self._all():
            total = total + row.connections
        return total

    def ended_ok(self) -> int:
        """Good completions inside the window, whichever window they started in."""
        return sum(row.ended_ok for row in self.rows)

    def ended_all(self) -> int:
        """Completions of every kind inside the window."""
        return sum(row.ended_all for row in self.rows)

    def latency(self) -> Histogram:
        """Time to last byte of the ok requests of this window."""
        return merge(row.latency_blob for row in self._all())

    def failed_latency(self) -> LatencySummary | None:
        """Time until failure of the requests that were sent and failed."""
        return summarize(merge(row.failed_latency_blob for row in self._all()))

    def first_byte(self) -> LatencySummary | None:
        """Time to first byte of the ok requests."""
        return summarize(merge(row.first_byte_blob for row in self._all()))

    def connect(self) -> LatencySummary | None:
        """Time to open connections, TLS included."""
        return summarize(merge(row.connect_blob for row in self._all()))

    def scenario_latency(self) -> LatencySummary | None:
        """Time of whole scenario functions; None for engines without them."""
        return summarize(merge(row.scenario_latency_blob for row in self._all()))

    def scenario_failures(self) -> int:
        """Scenario functions that ended with an exception."""
        return sum(row.scenario_failures for row in self._all())

    def mean_in_flight(self) -> float | None:
        """Requests in flight at the ends of the intervals, on average; None without intervals."""
        full = [row for row in self.rows if not row.window_over]
        return sum(row.in_flight for row in full) / len(full) if full else None

    def generator(self) -> GeneratorLoad | None:
        """The generator's own load over the window: means, and the worst loop lag."""
        seen = [(row.generator, row.end_s - row.start_s) for row in self.rows]
        known = [(load, span_s) for load, span_s in seen if load is not None and span_s > 0]
        total_s = sum(span_s for _, span_s in known)
        if total_s <= 0:
            return None
        lags = [load.loop_lag_s for load, _ in known if load.loop_lag_s is not None]
        return GeneratorLoad(
            cpu_ratio=sum(load.cpu_ratio * span_s for load, span_s in known) / total_s,
            runqueue_wait_ratio=sum(load.runqueue_wait_ratio * span_s for load, span_s in known)
            / total_s,
            loop_lag_s=max(lags) if lags else None,
        )

    def _all(self) -> list[Snapshot]:
        return self.rows + self._stragglers


def _sum_counts(rows: list[Snapshot]) -> Counts:
    total = Counts()
    for row in rows:
        total = total + row.counts
    return total
