"""How do the intervals of one window add up?

An accumulator: snapshots of one window go in; the sliding window for the rules and the numbers of
the finished step come out. Stragglers, which end after the window, count for the step they
started in but for no sliding window: that has passed by then.
"""

from collections.abc import Callable, Iterable

from capacity.histogram import Histogram, merge, summarize
from capacity.model.load import ClosedLoop, Load
from capacity.model.measured import Interval
from capacity.model.rules import WindowStats
from capacity.model.run import LittlesLaw, Stalls
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    FailureTrace,
    GeneratorLoad,
    LatencySummary,
    Schedule,
    Snapshot,
)
from capacity.search.slots import check_littles_law, find_stalls, running_slots

# Rows are on a one-second grid; a window of 10 s must not miss its tenth row by a millisecond.
GRID_TOLERANCE_S = 0.05
# Of each kind of failure so many are kept: enough to see what it looks like.
MAX_SAMPLES = 5
# A hold ends some milliseconds after its last whole second; such a rest has no rate of its own.
_LEAST_INTERVAL_S = 0.5


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
            # A rule says itself how many samples it asks for.
            latency=summarize(merge(row.ruling_blob for row in chosen), least_above=0),
            schedule=_sum_schedules(chosen),
        )

    def whole(self) -> WindowStats:
        """The window from its begin to its newest interval."""
        return self._stats(0)

    def intervals(self) -> tuple[Interval, ...]:
        """The window second by second; a rest at its end belongs to the second before."""
        joined: list[list[Snapshot]] = []
        for row in (row for row in self.rows if row.end_s > row.start_s):
            if joined and row.end_s - row.start_s < _LEAST_INTERVAL_S:
                joined[-1].append(row)
            else:
                joined.append([row])
        return tuple(_interval(rows) for rows in joined)

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
        """Time to last byte of the ok requests of this window, from the planned start if any."""
        return merge(row.ruling_blob for row in self._all())

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
        """The generator's own load over the window: means over time, and its lateness."""
        spans = [(row.generator, row.end_s - row.start_s) for row in self.rows]
        known = [(load, span_s) for load, span_s in spans if load is not None and span_s > 0]
        cpu_ratio = _mean_over_time((load.cpu_ratio, span_s) for load, span_s in known)
        if cpu_ratio is None:
            return None
        lag = summarize(merge(row.loop_lag_blob for row in self.rows), least_above=0)
        slept_s = [load.suspended_s for load, _ in known if load.suspended_s is not None]
        return GeneratorLoad(
            cpu_ratio=cpu_ratio,
            runqueue_wait_ratio=_mean_over_time((w.runqueue_wait_ratio, s) for w, s in known),
            loop_lag_s=None if lag is None else lag.p99_s,
            loop_lag_p50_s=None if lag is None else lag.p50_s,
            suspended_s=sum(slept_s) if slept_s else None,
            steal_ratio=_mean_over_time((load.steal_ratio, s) for load, s in known),
            throttled_ratio=_mean_over_time((load.throttled_ratio, s) for load, s in known),
        )

    def running_ratio(self, load: Load) -> float | None:
        """The achieved concurrency as a share of the planned one; open loops plan none."""
        running = running_slots(self.rows)
        if running is None or not isinstance(load, ClosedLoop):
            return None
        return running / load.concurrency

    def littles_law(self) -> LittlesLaw | None:
        """Whether counts, clock and window of this hold belong together."""
        return check_littles_law(self.rows, self._stragglers)

    def stalls(self, load: Load) -> Stalls | None:
        """When nothing was completed at all; in an open loop the response time itself tells."""
        if not isinstance(load, ClosedLoop):
            return None
        latency = summarize(self.latency())
        return find_stalls(self.rows, None if latency is None else latency.p50_s)

    def tls(self) -> LatencySummary | None:
        """Time of TLS handshakes, where the engine takes it apart."""
        return _summarize_known(row.tls_blob for row in self._all())

    def transfer(self) -> LatencySummary | None:
        """Time from the first to the last byte of the ok answers."""
        return _summarize_known(row.transfer_blob for row in self._all())

    def fresh_latency(self) -> LatencySummary | None:
        """Time from connect to last byte of the ok requests that opened their connection."""
        return _summarize_known(row.fresh_latency_blob for row in self._all())

    def service_latency(self, load: Load) -> LatencySummary | None:
        """Time from the send to the last byte, where the latency counts from the planned start."""
        if isinstance(load, ClosedLoop):
            return None
        return summarize(merge(row.latency_blob for row in self._all()))

    def send_lag(self) -> LatencySummary | None:
        """How much later than planned the requests of an open loop were sent."""
        return summarize(merge(row.send_lag_blob for row in self._all()))

    def schedule(self) -> Schedule | None:
        """What became of the planned starts; None for an engine without a schedule."""
        return _sum_schedules(self._all())

    def failure_traces(self) -> tuple[FailureTrace, ...]:
        """The first few failures of each kind, and when each kind was seen first and last."""
        traces: dict[FailureKind, FailureTrace] = {}
        for trace in (trace for row in self._all() for trace in row.failure_traces):
            before = traces.get(trace.kind)
            traces[trace.kind] = trace if before is None else _joined_trace(before, trace)
        return tuple(traces[kind] for kind in sorted(traces))

    def _all(self) -> list[Snapshot]:
        return self.rows + self._stragglers


def _interval(rows: list[Snapshot]) -> Interval:
    latency = merge(row.ruling_blob for row in rows)
    return Interval(
        span_s=rows[-1].end_s - rows[0].start_s,
        ended_ok=sum(row.ended_ok for row in rows),
        mean_s=latency.mean_s if latency.count else None,
    )


def _sum_counts(rows: list[Snapshot]) -> Counts:
    total = Counts()
    for row in rows:
        total = total + row.counts
    return total


def _sum_schedules(rows: list[Snapshot]) -> Schedule | None:
    known = [row.schedule for row in rows if row.schedule is not None]
    return sum(known, Schedule()) if known else None


def _mean_over_time(values: Iterable[tuple[float | None, float]]) -> float | None:
    """The mean of what is known, each value weighted by its seconds."""
    known = [(value, span_s) for value, span_s in values if value is not None]
    total_s = sum(span_s for _, span_s in known)
    return sum(value * span_s for value, span_s in known) / total_s if total_s > 0 else None


def _summarize_known(blobs: Iterable[bytes | None]) -> LatencySummary | None:
    return summarize(merge(blob for blob in blobs if blob is not None))


def _joined_trace(first: FailureTrace, second: FailureTrace) -> FailureTrace:
    return FailureTrace(
        kind=first.kind,
        first_s=min(first.first_s, second.first_s),
        last_s=max(first.last_s, second.last_s),
        samples=(*first.samples, *second.samples)[:MAX_SAMPLES],
    )
