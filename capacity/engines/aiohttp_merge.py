"""How do the rows of several load processes become the rows of one engine?

Pure. All processes cut their time at the same edges, so rows are added one to one. A process that
heard of a window's end too late sends one row more for it; the rows up to its end are added then.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from capacity.histogram import merge
from capacity.model.snapshot import ConnectionCounts, Counts, GeneratorLoad, Snapshot


class RowMerger:
    """Takes each process's rows in their order and gives the merged ones, oldest first."""

    def __init__(self, processes: int) -> None:
        self._queues: tuple[deque[Snapshot], ...] = tuple(deque() for _ in range(processes))
        # The rows that wait for those of the other processes, per process.
        self._parts: tuple[list[Snapshot], ...] = tuple([] for _ in range(processes))
        self._left: tuple[set[int], ...] = tuple(set() for _ in range(processes))
        self._in_flight: dict[int, list[int]] = {}
        self._connections_open = [0] * processes

    def add(self, process: int, row: Snapshot) -> list[Snapshot]:
        """Take one row of one process; return the merged rows that are complete by now."""
        self._queues[process].append(row)
        merged: list[Snapshot] = []
        while True:
            for number in range(len(self._queues)):
                self._collect(number, merged)
            if not self._is_complete():
                return merged
            merged.append(self._merge_parts())

    def _collect(self, process: int, merged: list[Snapshot]) -> None:
        """Move a process's rows into the open group, as far as they belong to it."""
        queue, parts, left = self._queues[process], self._parts[process], self._left[process]
        while queue and not (parts and parts[-1].window_over):
            row = queue[0]
            if row.window in left:
                merged.append(self._merge_straggler(process, queue.popleft()))
            elif not parts or self._is_last_of_window():
                parts.append(queue.popleft())
            else:
                return

    def _is_last_of_window(self) -> bool:
        return any(parts and parts[-1].window_over for parts in self._parts)

    def _is_complete(self) -> bool:
        if not all(self._parts):
            return False
        return not self._is_last_of_window() or all(p[-1].window_over for p in self._parts)

    def _merge_parts(self) -> Snapshot:
        last = [parts[-1] for parts in self._parts]
        is_over = last[0].window_over
        window = last[0].window
        merged = _add_rows(
            [row for parts in self._parts for row in parts],
            end_s=min(row.end_s for row in last),
            in_flight=sum(row.in_flight for row in last),
            connections_open=sum(row.connections_open for row in last),
        )
        self._connections_open = [row.connections_open for row in last]
        for parts in self._parts:
            parts.clear()
        if is_over and merged.in_flight > 0:
            self._in_flight[window] = [row.in_flight for row in last]
            for left in self._left:
                left.add(window)
        return merged

    def _merge_straggler(self, process: int, row: Snapshot) -> Snapshot:
        in_flight = self._in_flight[row.window]
        in_flight[process] = row.in_flight
        self._connections_open[process] = row.connections_open
        if sum(in_flight) == 0:
            del self._in_flight[row.window]
            for left in self._left:
                left.discard(row.window)
        return replace(row, in_flight=sum(in_flight), connections_open=sum(self._connections_open))


def _add_rows(
    rows: Sequence[Snapshot], *, end_s: float, in_flight: int, connections_open: int
) -> Snapshot:
    return Snapshot(
        window=rows[0].window,
        start_s=min(row.start_s for row in rows),
        end_s=end_s,
        counts=sum((row.counts for row in rows), Counts()),
        ended_ok=sum(row.ended_ok for row in rows),
        ended_all=sum(row.ended_all for row in rows),
        in_flight=in_flight,
        window_over=rows[-1].window_over,
        connections_open=connections_open,
        connections=sum((row.connections for row in rows), ConnectionCounts()),
        latency_blob=_add_blobs(row.latency_blob for row in rows),
        failed_latency_blob=_add_blobs(row.failed_latency_blob for row in rows),
        first_byte_blob=_add_blobs(row.first_byte_blob for row in rows),
        connect_blob=_add_blobs(row.connect_blob for row in rows),
        generator=_busiest([row.generator for row in rows if row.end_s > row.start_s]),
        scenario_latency_blob=_add_blobs(row.scenario_latency_blob for row in rows),
        scenario_failures=sum(row.scenario_failures for row in rows),
        transfer_blob=_add_known(row.transfer_blob for row in rows),
        loop_lag_blob=_add_blobs(row.loop_lag_blob for row in rows),
    )


def _add_blobs(blobs: Iterable[bytes]) -> bytes:
    filled = [blob for blob in blobs if blob]
    if len(filled) <= 1:
        return filled[0] if filled else b""
    return merge(filled).to_blob()


def _add_known(blobs: Iterable[bytes | None]) -> bytes | None:
    known = [blob for blob in blobs if blob is not None]
    return _add_blobs(known) if known else None


def _busiest(processes: Iterable[GeneratorLoad | None]) -> GeneratorLoad | None:
    loads = [load for load in processes if load is not None]
    if not loads:
        return None
    return GeneratorLoad(
        cpu_ratio=max(load.cpu_ratio for load in loads),
        runqueue_wait_ratio=_highest(load.runqueue_wait_ratio for load in loads),
        loop_lag_s=_highest(load.loop_lag_s for load in loads),
        loop_lag_p50_s=_highest(load.loop_lag_p50_s for load in loads),
        suspended_s=_highest(load.suspended_s for load in loads),
    )


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
