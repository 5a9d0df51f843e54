"""What is the middle of a client's samples, and how far is it from the others'?"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from bench.model import Sample
from bench.peers import FLOOR, OURS


@dataclass(frozen=True, slots=True)
class Spread:
    """Median with the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Row:
    """One client under one target, over all rounds in which it could be measured."""

    target: str
    peer: str
    threads: int
    connections: int
    sample_count: int
    cpu_us: Spread
    qps: Spread
    apart_cpu_s: float
    failures: int | None
    told_ratio: float | None
    rss_bytes: float
    open_connections: float


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """One client under one target without a single good sample."""

    target: str
    peer: str
    problem: str


def rows_of(samples: Iterable[Sample]) -> list[Row | Unmeasured]:
    """One row for each client and target, in the order in which they first ran."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.target, sample.peer), []).append(sample)
    return [_row(group) for group in groups.values()]


def _row(group: list[Sample]) -> Row | Unmeasured:
    first = group[0]
    good = [sample for sample in group if not sample.problem]
    if not good:
        return Unmeasured(first.target, first.peer, first.problem)
    failures = [sample.told_failures for sample in good if sample.told_failures is not None]
    told_ratios = [
        sample.told_requests / sample.whole_requests
        for sample in good
        if sample.told_requests is not None
    ]
    return Row(
        target=first.target,
        peer=first.peer,
        threads=first.threads,
        connections=first.connections,
        sample_count=len(good),
        cpu_us=Spread.of([sample.cpu_us for sample in good]),
        qps=Spread.of([sample.qps for sample in good]),
        apart_cpu_s=statistics.median(sample.apart_cpu_s for sample in good),
        failures=sum(failures) if failures else None,
        told_ratio=statistics.median(told_ratios) if told_ratios else None,
        rss_bytes=statistics.median(sample.rss_bytes for sample in good),
        open_connections=statistics.median(sample.open_connections for sample in good),
    )


class Table:
    """All rows, to be asked by target and client."""

    def __init__(self, rows: Sequence[Row | Unmeasured]) -> None:
        self.rows = tuple(rows)
        self._measured = {(row.target, row.peer): row for row in rows if isinstance(row, Row)}

    def row(self, target: str, peer: str) -> Row | None:
        """The client's row, if it could be measured."""
        return self._measured.get((target, peer))

    def targets(self) -> list[str]:
        """Targets with at least one row, in their order."""
        return list(dict.fromkeys(row.target for row in self.rows))

    def under(self, target: str) -> list[Row | Unmeasured]:
        """The rows of a target, the cheapest client first, the unmeasured ones last."""
        rows = [row for row in self.rows if row.target == target]
        return sorted(rows, key=lambda row: row.cpu_us.median if isinstance(row, Row) else 1e9)

    def times(self, row: Row, peer: str) -> float | None:
        """CPU per request as a multiple of another client's under the same target."""
        other = self.row(row.target, peer)
        return None if other is None else row.cpu_us.median / other.cpu_us.median

    def cheaper_than_ours(self) -> list[tuple[Row, Row]]:
        """Each row of a peer that lies below ours, with ours; the floor is no peer."""
        pairs = []
        for row in self._measured.values():
            ours = self.row(row.target, OURS)
            is_peer = row.peer not in (OURS, FLOOR)
            if is_peer and ours is not None and row.cpu_us.median < ours.cpu_us.median:
                pairs.append((row, ours))
        return pairs

    def connection_bytes(self, peer: str, base: str) -> list[tuple[int, float]]:
        """Resident memory per open connection beyond the row `base`, by number of connections."""
        lowest = self.row(base, peer)
        rows = [row for row in self._measured.values() if row.peer == peer]
        if lowest is None:
            return []
        return sorted(
            (
                row.connections,
                (row.rss_bytes - lowest.rss_bytes) / (row.connections - lowest.connections),
            )
            for row in rows
            if row.connections >= 1000
        )
