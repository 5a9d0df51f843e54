"""Rows of several load processes, added up."""

from dataclasses import replace

import pytest

from capacity.engines.aiohttp_merge import RowMerger
from capacity.histogram import Histogram, merge
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    Snapshot,
)


def a_row(
    window: int,
    start_s: float,
    end_s: float,
    *,
    started: int = 0,
    ok: int = 0,
    in_flight: int = 0,
    over: bool = False,
    cpu_ratio: float = 0.1,
    lag_s: float | None = None,
) -> Snapshot:
    """A row of one process."""
    return Snapshot(
        window=window,
        start_s=start_s,
        end_s=end_s,
        counts=Counts(started=started, ok=ok),
        ended_ok=ok if end_s > start_s else 0,
        ended_all=ok if end_s > start_s else 0,
        in_flight=in_flight,
        window_over=over,
        connections_open=1,
        connections=ConnectionCounts(),
        latency_blob=b"",
        failed_latency_blob=b"",
        first_byte_blob=b"",
        connect_blob=b"",
        generator=GeneratorLoad(cpu_ratio, 0.0, lag_s) if end_s > start_s else None,
        scenario_latency_blob=b"",
        scenario_failures=0,
    )


def feed(merger: RowMerger, *rows: tuple[int, Snapshot]) -> list[Snapshot]:
    """Add rows in order and return what came out."""
    return [merged for process, row in rows for merged in merger.add(process, row)]


def shape(rows: list[Snapshot]) -> list[tuple[int, float, float, int, bool]]:
    """Window, start, end, in flight and over of each row."""
    return [(r.window, r.start_s, r.end_s, r.in_flight, r.window_over) for r in rows]


def test_a_row_waits_for_every_process() -> None:
    """The merged row comes with the last of its parts, and is their sum."""
    merger = RowMerger(2)
    assert merger.add(0, a_row(0, 0.0, 1.0, started=3, ok=2, in_flight=1)) == []
    (merged,) = merger.add(1, a_row(0, 0.0, 1.0, started=5, ok=3, in_flight=2))

    assert shape([merged]) == [(0, 0.0, 1.0, 3, False)]
    assert merged.counts == Counts(started=8, ok=5)
    assert (merged.ended_ok, merged.connections_open) == (5, 2)


def test_parts_and_lateness_of_processes_are_one_histogram() -> None:
    """A part that one process knows is known; lateness is that of all ticks together."""
    blob = Histogram()
    blob.record_s(0.25)
    merger = RowMerger(2)
    first = a_row(0, 0.0, 1.0)
    merger.add(0, replace(first, transfer_blob=blob.to_blob(), loop_lag_blob=blob.to_blob()))
    (merged,) = merger.add(1, replace(first, transfer_blob=None, loop_lag_blob=blob.to_blob()))

    assert merged.transfer_blob is not None
    assert Histogram.from_blob(merged.transfer_blob).count == 1
    assert Histogram.from_blob(merged.loop_lag_blob).count == 2
    assert merged.tls_blob is None


def test_one_process_passes_its_rows_on() -> None:
    """With a single process rows come out as they went in."""
    rows = [
        a_row(0, 0.0, 1.0, in_flight=1),
        a_row(0, 1.0, 1.5, in_flight=1, over=True),
        a_row(0, 1.7, 1.7, ok=1, over=True),
        a_row(1, 1.5, 2.5),
    ]

    assert feed(RowMerger(1), *((0, row) for row in rows)) == rows


def test_the_busiest_process_is_the_generators_load() -> None:
    """CPU and lag are the worst of the processes, not their mean."""
    merged = feed(
        RowMerger(3),
        (0, a_row(0, 0.0, 1.0, cpu_ratio=0.2, lag_s=0.001)),
        (1, a_row(0, 0.0, 1.0, cpu_ratio=0.9, lag_s=None)),
        (2, a_row(0, 0.0, 1.0, cpu_ratio=0.4, lag_s=0.004)),
    )

    assert merged[0].generator == GeneratorLoad(0.9, 0.0, 0.004)


def test_stragglers_come_after_the_last_row_of_their_window() -> None:
    """A straggler of a fast process waits until the window's last row is complete."""
    merged = feed(
        RowMerger(2),
        (0, a_row(0, 0.0, 0.5, started=1, in_flight=1, over=True)),
        (0, a_row(0, 0.6, 0.6, ok=1, over=True)),
        (0, a_row(1, 0.5, 1.5)),
        (1, a_row(0, 0.0, 0.5, started=1, in_flight=1, over=True)),
        (1, a_row(0, 0.9, 0.9, ok=1, over=True)),
        (1, a_row(1, 0.5, 1.5)),
    )

    assert shape(merged) == [
        (0, 0.0, 0.5, 2, True),
        (0, 0.6, 0.6, 1, True),
        (0, 0.9, 0.9, 0, True),
        (1, 0.5, 1.5, 0, False),
    ]


def test_a_late_process_is_brought_back_to_the_common_edge() -> None:
    """Rows that went beyond a window's end are added to its last row; the next one is aligned."""
    merged = feed(
        RowMerger(2),
        (1, a_row(0, 0.0, 1.0, started=4, ok=4)),
        (0, a_row(0, 0.0, 0.9, started=3, ok=3, over=True)),
        (1, a_row(0, 1.0, 1.0, started=1, ok=1, over=True)),
        (0, a_row(1, 0.9, 1.9, started=2, ok=2)),
        (1, a_row(1, 0.9, 1.9, started=5, ok=5)),
    )

    assert shape(merged) == [(0, 0.0, 0.9, 0, True), (1, 0.9, 1.9, 0, False)]
    assert [row.counts.ok for row in merged] == [8, 7]


def test_a_straggler_may_come_between_the_rows_of_a_late_process() -> None:
    """Books of an older window go on while the newer one waits for its end."""
    merged = feed(
        RowMerger(2),
        (0, a_row(0, 0.0, 0.5, in_flight=0, over=True)),
        (1, a_row(0, 0.0, 0.5, started=1, in_flight=1, over=True)),
        (0, a_row(1, 0.5, 1.4, over=True)),
        (1, a_row(1, 0.5, 1.5)),
        (1, a_row(0, 1.5, 1.5, ok=1, over=True)),
        (1, a_row(1, 1.5, 1.5, over=True)),
    )

    assert shape(merged) == [
        (0, 0.0, 0.5, 1, True),
        (0, 1.5, 1.5, 0, True),
        (1, 0.5, 1.4, 0, True),
    ]


def test_histograms_are_added_not_averaged() -> None:
    """Two processes with one sample each give a histogram of two."""
    blobs = []
    for seconds in (0.25, 0.75):
        histogram = Histogram()
        histogram.record_s(seconds)
        blobs.append(histogram.to_blob())
    rows = [replace(a_row(0, 0.0, 1.0), latency_blob=blob) for blob in blobs]
    (merged,) = feed(RowMerger(2), (0, rows[0]), (1, rows[1]))
    total = merge([merged.latency_blob])

    assert total.count == 2
    assert total.max_s == pytest.approx(0.75, rel=1e-3)


def test_failures_and_connections_are_added() -> None:
    """Counts by kind and connection counts are sums."""
    row = replace(
        a_row(0, 0.0, 1.0),
        counts=Counts(started=2, failures={FailureKind.CONN_REFUSED: 2}),
        connections=ConnectionCounts(1, 2, 3),
        scenario_failures=4,
    )
    (merged,) = feed(RowMerger(2), (0, row), (1, row))

    assert merged.counts.failures == {FailureKind.CONN_REFUSED: 4}
    assert merged.connections == ConnectionCounts(2, 4, 6)
    assert merged.scenario_failures == 8
