"""The client that a Python scenario gets: what it may reach, and how it names faults."""

import socket
import threading

from capacity.engines.aiohttp import AiohttpEngine
from capacity.model.plan import Header, PythonCall, Secret, Timeouts
from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    Drive,
    check_books,
    plan_for,
    summary,
)
from tests.contract.scenarios import Writer, drive_for, faults_of
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


def test_only_the_target_can_be_reached(write: Writer) -> None:
    """Another origin is refused before a connection; the fault says so."""
    with ScriptedServer(scripted.answer_well) as other:
        call = write(
            f"""
            async def buy(client, row):
                async with client.get("http://127.0.0.1:{other.port}/"):
                    pass
            """
        )
        with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
            drive.engine.set_concurrency(2)
            drive.run_for(0.2)
            drive.drain()
        assert (server.accepted, other.accepted) == (0, 0)

    assert drive.counts().started == 0
    assert "is not on the target" in faults_of(drive)[0]


def test_redirects_are_answers_unless_the_scenario_follows_them(write: Writer) -> None:
    """302 is good and not followed; followed on demand, but never off the target."""
    with ScriptedServer(scripted.answer_well) as other:
        away = f"http://127.0.0.1:{other.port}/".encode()

        def script(connection: socket.socket) -> None:
            while head := scripted.read_request(connection):
                where = {b"/near": b"/end", b"/far": away}.get(head.split(b" ")[1])
                found = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n"
                connection.sendall(found % where if where else scripted.GOOD_ANSWER)

        call = write(
            """
            async def buy(client, row):
                async with client.get("/near") as response:
                    assert response.status == 302
                async with client.get("/near", allow_redirects=True) as response:
                    assert response.status == 200
                async with client.get("/far", allow_redirects=True) as response:
                    pass
            """
        )
        with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
            drive.set_concurrency(1)
            drive.wait_until(lambda: len(faults_of(drive)) > 0)
            drive.drain()
        assert other.accepted == 0
    counts = drive.counts()

    assert set(counts.statuses) == {200, 302}
    assert drive.failures() == {FailureKind.LOCAL_OTHER}
    assert "is not an address of the target" in faults_of(drive)[0]


def test_default_headers_reach_every_call_and_cookies_none(write: Writer) -> None:
    """Headers of the profile are sent with each call; a cookie that was set is not sent back."""
    heads: list[bytes] = []

    def script(connection: socket.socket) -> None:
        while head := scripted.read_request(connection):
            heads.append(head)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: session=1; Path=/\r\n\r\n"
            )

    plain = write(
        """
        async def buy(client, row):
            async with client.get("/", headers={"X-Own": "2"}):
                pass
        """
    )
    call = PythonCall(plain.file, plain.function, (Header("X-Key", Secret(b"k1")),))
    with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(1)
        drive.wait_until(lambda: len(heads) > 3)
        drive.drain()

    assert all(b"\r\nX-Key: k1\r\n" in head and b"\r\nX-Own: 2\r\n" in head for head in heads)
    assert not any(
        b"cookie" in head.lower() or b"accept-encoding" in head.lower() for head in heads
    )


def test_awaiting_a_call_is_told_how_to_write_it(write: Writer) -> None:
    """`await client.get()` makes no request and names the right form."""
    call = write("async def buy(client, row):\n    await client.get('/')\n")
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.engine.set_concurrency(1)
        drive.run_for(0.2)
        drive.drain()

    assert drive.counts().started == 0
    assert "async with client.get(...)" in faults_of(drive)[0]


def test_a_broken_body_is_named_though_the_scenario_reads_it(write: Writer) -> None:
    """The kind is the same whether the scenario or the engine reads the body."""
    call = write(
        """
        async def buy(client, row):
            async with client.get("/") as response:
                await response.read()
        """
    )
    for script, kind in (
        (scripted.close_in_body, FailureKind.RESP_EOF_BODY),
        (scripted.reset_in_body, FailureKind.RESP_RESET_BODY),
        (scripted.break_chunks, FailureKind.PROTO_CHUNK),
    ):
        with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
            drive.set_concurrency(1)
            drive.wait_until(lambda server=server: server.accepted >= 3)  # type: ignore[misc]  # bound early
            drive.drain()

        assert drive.failures() == {kind}


def test_a_time_out_is_named_though_the_scenario_hides_it(write: Writer) -> None:
    """A scenario that swallows the error of reading does not turn the call into a good one."""
    call = write(
        """
        async def buy(client, row):
            async with client.get("/") as response:
                try:
                    await response.read()
                except Exception:
                    pass
        """
    )
    timeouts = Timeouts(connect_s=5.0, first_byte_s=5.0, idle_s=5.0, total_s=0.2)
    with ScriptedServer(scripted.stall_in_body) as server:
        plan = plan_for(server.port, call=call, timeouts=timeouts)
        with Drive(AiohttpEngine, plan) as drive:
            drive.set_concurrency(1)
            drive.run_for(0.5)
            drive.drain()

    assert drive.failures() == {FailureKind.RESP_TIMEOUT_TOTAL}


def test_a_scenario_that_retries_is_slowed_down_on_a_dead_port(write: Writer) -> None:
    """A loop in the scenario cannot spin on refused connections: each call waits its turn."""
    call = write(
        """
        async def buy(client, row):
            while True:
                try:
                    async with client.get("/"):
                        return
                except OSError:
                    pass
        """
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with Drive(AiohttpEngine, plan_for(port, call=call)) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.6)
        drive.drain()

    assert drive.failures() == {FailureKind.CONN_REFUSED}
    assert 2 * 7 <= drive.counts().started <= 2 * 25


def test_a_call_given_up_by_the_scenario_is_a_time_out(write: Writer) -> None:
    """A deadline in the scenario's own code ends the call as resp.timeout.total."""
    call = write(
        """
        import asyncio

        async def buy(client, row):
            async with asyncio.timeout(0.1):
                async with client.get("/"):
                    pass
        """
    )
    with ScriptedServer(scripted.hang) as server, drive_for(server, call) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.35)
        drive.drain()

    assert drive.failures() == {FailureKind.RESP_TIMEOUT_TOTAL}
    assert 4 <= drive.counts().started <= 8
    check_books(drive.rows)


def test_a_body_that_is_left_unread_still_belongs_to_the_call(write: Writer) -> None:
    """The call ends with its last byte, 50 ms after its head, though nobody read it."""

    def script(connection: socket.socket) -> None:
        while scripted.read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
            threading.Event().wait(0.05)
            connection.sendall(b"x" * 200_000)

    call = write("async def buy(client, row):\n    async with client.get('/'): pass\n")
    with ScriptedServer(script) as server, drive_for(server, call) as drive:
        drive.set_concurrency(1)
        drive.run_for(0.4)
        drive.drain()
    latency = summary(row.latency_blob for row in drive.rows)

    assert server.accepted == 1
    assert latency.min_s >= 0.050
    assert summary(row.first_byte_blob for row in drive.rows).p50_s < 0.030
    assert drive.counts().received_bytes == drive.counts().ok * (200_000 + 43)


def test_every_method_reaches_the_server(write: Writer) -> None:
    """Each method of the client makes the request it is named after."""
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        while head := scripted.read_request(connection):
            method = head.split(b" ")[0]
            seen.append(method)
            answer = scripted.GOOD_ANSWER
            connection.sendall(answer.removesuffix(b"hello") if method == b"HEAD" else answer)

    call = write(
        """
        async def buy(client, row):
            for name in ("get", "head", "options", "post", "put", "patch", "delete"):
                async with getattr(client, name)("/") as response:
                    assert response.method == name.upper()
        """
    )
    with ScriptedServer(script) as server, drive_for(server, call, threads=1) as drive:
        drive.set_concurrency(1)
        drive.wait_until(lambda: len(seen) > 14)
        drive.drain()

    assert seen[:7] == [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"PATCH", b"DELETE"]
    assert drive.counts().ok == drive.counts().started == len(seen)
