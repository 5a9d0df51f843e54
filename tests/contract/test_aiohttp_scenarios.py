"""Scenarios written in Python: what is measured, and what counts as a failure."""

import socket
import threading

import pytest

from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    check_books,
    check_ends,
    summary,
)
from tests.contract.scenarios import Writer, drive_for, faults_of
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


def test_calls_and_the_whole_function_are_measured(write: Writer) -> None:
    """Three calls a turn: each is counted, and the turn's time is above the sum of its calls."""
    call = write(
        """
        import asyncio

        async def buy(client, row):
            async with client.get("/a") as response:
                assert await response.read() == b"hello"
            await asyncio.sleep(0.020)
            async with client.delete("/b"), client.get("/c"):
                pass
        """
    )
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(3)
        drive.run_for(0.5)
        drive.drain()
    turns = summary(row.scenario_latency_blob for row in drive.rows)

    assert drive.counts().ok == drive.counts().started
    assert 3 * turns.count <= drive.counts().ok <= 3 * (turns.count + 3)
    assert turns.min_s >= 0.020
    assert sum(row.scenario_failures for row in drive.rows) == 0
    assert all(row.in_flight <= 6 for row in drive.rows)
    check_books(drive.rows)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param(
            """
            async def buy(client, row):
                async with client.get("/") as response:
                    assert response.status == 201
            """,
            4,
            id="inside the block",
        ),
        pytest.param(
            """
            async def buy(client, row):
                async with client.get("/") as response:
                    text = await response.text()
                assert text == "something else"
            """,
            5,
            id="right after the block",
        ),
    ],
)
def test_an_assertion_makes_its_call_a_failed_check(write: Writer, body: str, line: int) -> None:
    """The call is check.failed instead of ok, with its status; the function has failed too."""
    call = write(body)
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert counts.failures == {FailureKind.CHECK_FAILED: counts.started}
    assert counts.statuses == {200: counts.started}
    assert sum(row.scenario_failures for row in drive.rows) == counts.started
    assert all(row.scenario_latency_blob == b"" for row in drive.rows)
    assert faults_of(drive)[0].startswith(f"{call.file}:{line}: AssertionError: ")


def test_a_status_comes_before_an_assertion(write: Writer) -> None:
    """A 500 on which the scenario asserts is http.status: the first cause counts."""
    call = write(
        """
        async def buy(client, row):
            async with client.get("/") as response:
                assert response.status == 200
        """
    )
    answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer(scripted.answer_with(answer)) as server, drive_for(server, call) as drive:
        drive.set_concurrency(1)
        drive.run_for(0.1)
        drive.drain()

    assert drive.counts().failures == {FailureKind.HTTP_STATUS: drive.counts().started}


def test_any_other_exception_fails_the_function_alone(write: Writer) -> None:
    """A KeyError in the scenario is told with its line; its calls were good."""
    call = write(
        """
        async def buy(client, row):
            async with client.get("/"):
                pass
            row["sku"]
        """
    )
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert counts.ok == counts.started > 0
    assert sum(row.scenario_failures for row in drive.rows) == counts.started
    assert faults_of(drive) == (f"{call.file}:5: KeyError: 'sku'",)


def test_no_request_starts_after_the_withdrawal(write: Writer) -> None:
    """With zero wanted, a function in the middle of its calls makes no further one."""
    call = write(
        """
        import asyncio

        async def buy(client, row):
            for path in ("/a", "/b", "/c", "/d"):
                async with client.get(path):
                    pass
                await asyncio.sleep(0.05)
        """
    )
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(4)
        drive.run_for(0.12)
        drive.drain()
        before = drive.counts().started
        drive.run_for(0.3)
        drive.next_window()
        drive.wait_until(lambda: drive.is_complete(1))

        assert drive.counts().started == before > 0
        drive.set_concurrency(4)
        drive.run_for(0.1)
        drive.drain()
    assert drive.counts().started > before
    check_books(drive.rows)
    check_ends(drive.rows)


def test_calls_at_the_same_time_are_counted_each(write: Writer) -> None:
    """A scenario that gathers three calls has three requests in flight in one user loop."""
    call = write(
        """
        import asyncio

        async def one(client, path):
            async with client.get(path):
                pass

        async def buy(client, row):
            await asyncio.gather(*(one(client, f"/{n}") for n in range(3)))
        """
    )
    with ScriptedServer(scripted.hang) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(1)
        drive.wait_until(lambda: server.accepted == 3)
        drive.run_for(0.05)
        drive.engine.set_concurrency(0)
        drive.engine.cut()
        drive.drain()

    assert drive.counts().started == drive.counts().cut == 3
    check_books(drive.rows)


def test_a_scenario_without_calls_does_not_spin(write: Writer) -> None:
    """A function that returns at once runs at most a hundred times a second and loop."""
    call = write("async def buy(client, row):\n    pass\n")
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.engine.set_concurrency(2)
        drive.run_for(0.5)
        drive.drain()

    assert drive.counts().started == 0
    assert 10 <= summary(row.scenario_latency_blob for row in drive.rows).count <= 2 * 60


def test_an_assertion_counts_though_the_body_was_left_unread(write: Writer) -> None:
    """The rest of the body is read first, and then the call is a failed check."""

    def script(connection: socket.socket) -> None:
        while scripted.read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            threading.Event().wait(0.03)
            connection.sendall(b"hello")

    call = write(
        """
        async def buy(client, row):
            async with client.get("/") as response:
                assert response.status == 201
        """
    )
    with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(1)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert server.accepted == 1
    assert counts.failures == {FailureKind.CHECK_FAILED: counts.started}
    assert summary(row.failed_latency_blob for row in drive.rows).min_s >= 0.030


def test_an_endless_body_is_given_up(write: Writer) -> None:
    """More than 64 MiB that nobody wants to read is body.too_large."""

    def script(connection: socket.socket) -> None:
        scripted.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1_000_000)

    call = write("async def buy(client, row):\n    async with client.get('/'): pass\n")
    with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(1)
        drive.wait_until(lambda: server.accepted >= 2)
        drive.engine.set_concurrency(0)
        drive.engine.cut()
        drive.drain()
    counts = drive.counts()

    assert counts.failures == {FailureKind.BODY_TOO_LARGE: counts.started - counts.cut}
    assert counts.failures[FailureKind.BODY_TOO_LARGE] >= 1
    assert 64 * 2**20 < counts.received_bytes < counts.started * 80 * 2**20


def test_a_stream_that_the_scenario_leaves_early_is_good(write: Writer) -> None:
    """A scenario that closes an endless answer after its first bytes has what it wanted."""

    def script(connection: socket.socket) -> None:
        scripted.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nfirst")
        scripted.wait_for_end(connection)

    call = write(
        """
        async def buy(client, row):
            async with client.get("/") as response:
                assert await response.content.readexactly(5) == b"first"
                response.close()
        """
    )
    with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert counts.ok == counts.started > 2
    assert sum(row.connections.opened for row in drive.rows) == counts.started
    assert sum(row.connections.closed_by_target for row in drive.rows) == 0
