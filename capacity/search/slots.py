"""What did the slots do with the hold: did they run, do their times add up, when did all stall?

Pure: the rows of one window go in. Each answer is None when the engine did not measure it.
"""

from collections.abc import Sequence

from capacity.histogram import merge
from capacity.model.run import LittlesLaw, Stalls
from capacity.model.snapshot import SlotTimes, Snapshot

# A stretch without any completion counts as a stall when it is longer than so many medians.
STALL_MEDIANS = 5.0


def running_slots(rows: Sequence[Snapshot]) -> float | None:
    """How many slots had a request taken up, on average over the intervals."""
    times, span_s = _slot_times(rows), _span_s(rows)
    return None if times is None or span_s <= 0 else times.running_s / span_s


def check_littles_law(
    rows: Sequence[Snapshot], stragglers: Sequence[Snapshot]
) -> LittlesLaw | None:
    """Hold the running slots against X * (R + G), computed from sums over the intervals.

    X * R is the time in flight per second. Of requests that crossed an edge of the hold only a part
    of their time lies inside it; how large a part is unknown, so they count not at all at the low
    end and whole at the high end. A slot that waits before its next attempt runs no request, so it
    is on neither side.
    """
    times, span_s = _slot_times(rows), _span_s(rows)
    if times is None or span_s <= 0:
        return None
    inside_s = _time_in_flight_s(rows)
    carried_in_s = max(times.ended_time_s - inside_s, 0.0)
    cut = sum(row.counts.cut for row in (*rows, *stragglers))
    carried_out_s = _time_in_flight_s(stragglers) + cut * span_s
    low_s = min(inside_s, times.ended_time_s) + times.gap_s
    return LittlesLaw(
        expected=times.running_s / span_s,
        low=low_s / span_s,
        high=(low_s + carried_in_s + carried_out_s) / span_s,
    )


def find_stalls(rows: Sequence[Snapshot], median_s: float | None) -> Stalls | None:
    """The stretches in which no thread completed anything, held against the median latency."""
    running, span_s = running_slots(rows), _span_s(rows)
    if running is None or any(row.gaps is None for row in rows):
        return None
    gaps = _joined(rows)
    lengths_s = [end_s - start_s for start_s, end_s in gaps]
    stalls_s = [] if median_s is None else [s for s in lengths_s if s > STALL_MEDIANS * median_s]
    return Stalls(
        longest_gap_s=max(lengths_s, default=0.0),
        gap_ratio=min(sum(stalls_s) / span_s, 1.0),
        overlapping=len(stalls_s) * round(running),
    )


def _joined(rows: Sequence[Snapshot]) -> list[tuple[float, float]]:
    """Gaps in their order in time; one that an interval's edge cut in two is whole again.

    Where one gap ends inside an interval an answer came, even when the next begins at once.
    """
    joined: list[tuple[float, float]] = []
    for row in rows:
        for start_s, end_s in sorted(row.gaps or ()):
            if joined and start_s <= row.start_s <= joined[-1][1]:
                joined[-1] = (joined[-1][0], end_s)
            else:
                joined.append((start_s, end_s))
    return joined


def _slot_times(rows: Sequence[Snapshot]) -> SlotTimes | None:
    total = SlotTimes()
    for row in rows:
        if row.slots is None:
            return None
        total = total + row.slots
    return total


def _span_s(rows: Sequence[Snapshot]) -> float:
    return sum(row.end_s - row.start_s for row in rows)


def _time_in_flight_s(rows: Sequence[Snapshot]) -> float:
    """Time in flight of the requests that began in this window, all outcomes but the cut ones."""
    total = merge(
        blob for row in rows for blob in (row.latency_blob, row.failed_latency_blob) if blob
    )
    return total.count * total.mean_s
