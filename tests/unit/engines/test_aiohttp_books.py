"""The books of one load process, on given times."""

import pytest

from capacity.engines.aiohttp_books import Books
from capacity.engines.aiohttp_ownload import OwnLook
from capacity.histogram import merge
from capacity.model.snapshot import ConnectionCounts, FailureKind, GeneratorLoad, Snapshot

LOAD = GeneratorLoad(cpu_ratio=0.25, runqueue_wait_ratio=0.0, loop_lag_s=None)


def books_from(at_s: float) -> tuple[Books, list[Snapshot]]:
    """Books whose window 0 begins at `at_s`, and the rows they emit."""
    rows: list[Snapshot] = []
    books = Books(emit=rows.append, own_load=lambda: OwnLook(LOAD, b""))
    books.begin_first(0, at_s)
    return books, rows


def edges(rows: list[Snapshot]) -> list[tuple[int, float, float, bool]]:
    """Window, start, end and whether it is over, of each row."""
    return [(row.window, row.start_s, row.end_s, row.window_over) for row in rows]


def test_rows_follow_the_grid_of_their_window() -> None:
    """A window that begins at 10.25 has its edges at 11.25, 12.25 and at its end."""
    books, rows = books_from(10.25)
    books.begin(1, 12.75)
    books.advance(13.8)

    assert edges(rows) == [
        (0, 10.25, 11.25, False),
        (0, 11.25, 12.25, False),
        (0, 12.25, 12.75, True),
        (1, 12.75, 13.75, False),
    ]


def test_an_edge_on_the_grid_gives_one_row() -> None:
    """A window that ends exactly at a grid edge has no empty row after it."""
    books, rows = books_from(10.0)
    books.begin(1, 11.0)
    books.advance(11.0)

    assert edges(rows) == [(0, 10.0, 11.0, True)]


def test_a_window_heard_of_too_late_begins_where_it_should() -> None:
    """When a grid row has gone beyond the begin, the old window ends with an empty row."""
    books, rows = books_from(10.0)
    books.advance(11.5)
    books.begin(1, 10.9)
    books.advance(11.95)

    assert edges(rows) == [
        (0, 10.0, 11.0, False),
        (0, 11.0, 11.0, True),
        (1, 10.9, 11.9, False),
    ]


def test_a_request_ends_in_the_window_it_started_in() -> None:
    """The end after the edge is a straggler row of the old window; throughput counts it now."""
    books, rows = books_from(10.0)
    early = books.open_request(10.1)
    books.begin(1, 10.5)
    late = books.open_request(10.6)
    books.end_ok(early, 10.7, latency_s=0.6, first_byte_s=0.5)
    books.end_failed(late, 10.8, FailureKind.HTTP_STATUS, latency_s=0.2)
    books.advance(11.5)

    assert edges(rows) == [(0, 10.0, 10.5, True), (0, 10.7, 10.7, True), (1, 10.5, 11.5, False)]
    assert [(r.counts.started, r.counts.ok, r.in_flight) for r in rows] == [
        (1, 0, 1),
        (0, 1, 0),
        (1, 0, 0),
    ]
    assert [(r.ended_ok, r.ended_all) for r in rows] == [(0, 0), (0, 0), (1, 2)]
    assert rows[2].counts.failures == {FailureKind.HTTP_STATUS: 1}
    assert merge([rows[1].latency_blob]).max_s == pytest.approx(0.6, rel=1e-3)
    assert merge([rows[1].first_byte_blob]).max_s == pytest.approx(0.5, rel=1e-3)
    assert merge([rows[2].failed_latency_blob]).max_s == pytest.approx(0.2, rel=1e-3)
    assert [row.generator for row in rows] == [LOAD, None, LOAD]


def test_stragglers_wait_for_the_grid_unless_they_are_the_last() -> None:
    """One of two stragglers is told at the next edge, the last one at once."""
    books, rows = books_from(10.0)
    first, second = books.open_request(10.1), books.open_request(10.1)
    books.begin(1, 10.2)
    books.end_ok(first, 10.3, latency_s=0.2, first_byte_s=0.1)
    assert edges(rows) == [(0, 10.0, 10.2, True)]

    books.advance(11.2)
    books.end_cut(second, 11.4)

    assert edges(rows)[1:] == [
        (1, 10.2, 11.2, False),
        (0, 11.2, 11.2, True),
        (0, 11.4, 11.4, True),
    ]
    assert [(row.counts.ok, row.counts.cut, row.in_flight) for row in rows[2:]] == [
        (1, 0, 1),
        (0, 1, 0),
    ]


def test_a_finished_window_gives_no_further_row() -> None:
    """Nothing in flight at the end of a window: its row with `window_over` is its last."""
    books, rows = books_from(10.0)
    books.end_cut(books.open_request(10.1), 10.2)
    books.begin(1, 10.5)
    books.advance(13.0)

    assert [row.window for row in rows] == [0, 1, 1]


def test_answers_are_counted_in_the_row_of_their_end() -> None:
    """Bytes and status come with the end, also when the end itself closes a row."""
    books, rows = books_from(10.0)
    book = books.open_request(10.9)
    books.count_answer(book, 11.1, status=200, sent_bytes=10, received_bytes=20)
    books.end_ok(book, 11.1, latency_s=0.2, first_byte_s=0.2)
    books.advance(12.0)

    assert [(r.counts.started, r.counts.ok, dict(r.counts.statuses)) for r in rows] == [
        (1, 0, {}),
        (0, 1, {200: 1}),
    ]
    assert (rows[1].counts.sent_bytes, rows[1].counts.received_bytes) == (10, 20)


def test_connections_are_counted_by_interval() -> None:
    """Opened, failed and ended by the target, and how many are open at the edge."""
    books, rows = books_from(10.0)
    books.count_connect(0.25)
    books.count_connect(0.5)
    books.count_failed_connect()
    books.count_close(by_target=True)
    books.advance(11.0)
    books.count_close(by_target=False)
    books.advance(12.0)

    assert [row.connections for row in rows] == [ConnectionCounts(2, 1, 1), ConnectionCounts()]
    assert [row.connections_open for row in rows] == [1, 0]
    assert merge([rows[0].connect_blob]).count == 2
    assert rows[1].connect_blob == b""


def test_scenarios_are_counted_where_they_end() -> None:
    """A failed function has no time; a good one is recorded in its interval."""
    books, rows = books_from(10.0)
    books.end_scenario(0.5)
    books.end_scenario(None)
    books.advance(11.0)

    assert merge([rows[0].scenario_latency_blob]).count == 1
    assert rows[0].scenario_failures == 1
