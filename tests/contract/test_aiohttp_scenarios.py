"""Scenarios written in Python: what is measured, what counts as a failure, what is refused."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from capacity.engines.aiohttp import AiohttpEngine
from capacity.errors import EngineError, UsageError
from capacity.model.plan import Header, PythonCall, RunPlan, Secret, Timeouts
from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    Drive,
    check_books,
    check_ends,
    plan_for,
    summary,
)
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer

Writer = Callable[[str], PythonCall]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a scenario file whose function is called `buy`."""

    def write_file(text: str) -> PythonCall:
        path = tmp_path / "shop.py"
        path.write_text(textwrap.dedent(text))
        return PythonCall(str(path), "buy", ())

    return write_file


def drive_for(server: ScriptedServer, call: PythonCall, *, threads: int = 2) -> Drive:
    """An engine for this scenario; start and close are the caller's."""
    return Drive(AiohttpEngine, plan_for(server.port, call=call, threads=threads))


def faults_of(drive: Drive) -> tuple[str, ...]:
    """What the scenarios ended with."""
    assert isinstance(drive.engine, AiohttpEngine)
    return drive.engine.scenario_faults


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


def test_users_are_told_apart_over_processes(write: Writer) -> None:
    """Four loops in two processes have four numbers; turns are counted from zero."""
    seen: set[bytes] = set()

    def script(connection: socket.socket) -> None:
        while head := scripted.read_request(connection):
            seen.add(head.split(b" ")[1])
            connection.sendall(scripted.GOOD_ANSWER)

    call = write(
        """
        async def buy(client, row):
            if row["turn"] == 0:
                async with client.get(f"/{row['user']}"):
                    pass
        """
    )
    with ScriptedServer(script) as server, drive_for(server, call) as drive:
        drive.set_concurrency(4)
        drive.wait_until(lambda: len(seen) == 4)
        drive.run_for(0.2)
        drive.drain()

    assert seen == {b"/0", b"/1", b"/2", b"/3"}
    assert drive.counts().started == 4


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


def test_a_scenario_without_calls_does_not_spin(write: Writer) -> None:
    """A function that returns at once runs at most a hundred times a second and loop."""
    call = write("async def buy(client, row):\n    pass\n")
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.engine.set_concurrency(2)
        drive.run_for(0.5)
        drive.drain()

    assert drive.counts().started == 0
    assert 10 <= summary(row.scenario_latency_blob for row in drive.rows).count <= 2 * 60


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("import nothing_like_this\n", "shop.py:1: ModuleNotFoundError: ", id="import"),
        pytest.param("x = 1\ny = x / 0\n", "shop.py:2: ZeroDivisionError: ", id="module level"),
        pytest.param("def buy(:\n", "shop.py:1: SyntaxError: ", id="syntax"),
        pytest.param(
            "def buy(client, row): pass\n", "buy is not an async function", id="not async"
        ),
        pytest.param("async def sell(client, row): pass\n", "buy does not exist", id="no function"),
    ],
)
def test_a_faulty_file_is_a_usage_error_before_any_load(
    write: Writer, text: str, message: str
) -> None:
    """File, line and reason are told at start; no process is left and nothing was sent."""
    call = write(text)
    with ScriptedServer(scripted.answer_well) as server:
        engine = AiohttpEngine(plan_for(server.port, call=call), (server.address,))
        with pytest.raises(UsageError) as caught:
            engine.start()
        assert server.accepted == 0

    assert message in caught.value.message
    assert call.file in caught.value.message
    assert load_processes() == []


def test_a_hint_names_the_functions_that_exist(write: Writer) -> None:
    """A misspelled function is answered with what the file has."""
    call = write("async def sell(client, row): pass\nasync def hire(client, row): pass\n")
    with pytest.raises(UsageError) as caught:
        AiohttpEngine(plan_for(9, call=call), (("127.0.0.1", 9),)).start()

    assert caught.value.hint == ("write `async def buy(client, row)`; the file has: hire, sell")


def test_a_bad_authority_file_is_a_usage_error(tmp_path: Path) -> None:
    """A CA file without certificates is told before any load."""
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    plan = plan_for(9, scheme="https", ca_file=path)
    with pytest.raises(UsageError, match=r"ca\.pem: "):
        AiohttpEngine(plan, (("127.0.0.1", 9),)).start()


def test_a_lost_process_is_an_engine_error(write: Writer) -> None:
    """When a load process is killed, poll raises and says which and how it ended."""
    call = write("async def buy(client, row):\n    async with client.get('/'): pass\n")
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.1)
        os.kill(load_processes()[0], signal.SIGKILL)
        with pytest.raises(EngineError, match=r"load process \d is gone, with exit code -9"):
            drive.run_for(3.0)


def test_load_processes_leave_signals_to_their_parent(write: Writer) -> None:
    """Ctrl-C and a polite kill of the whole group do not end the load processes."""
    call = write("async def buy(client, row):\n    async with client.get('/'): pass\n")
    with ScriptedServer(scripted.answer_well) as server, drive_for(server, call) as drive:
        drive.set_concurrency(2)
        for pid in load_processes():
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        drive.run_for(0.3)
        drive.drain()

        assert len(load_processes()) == 2
    assert drive.counts().ok == drive.counts().started > 0
    assert load_processes() == []


def test_load_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """A parent that is killed leaves no load process behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, time
            from capacity.engines.aiohttp import AiohttpEngine
            from tests.contract.driving import plan_for

            if __name__ == "__main__":
                engine = AiohttpEngine(plan_for(9), (("127.0.0.1", 9),))
                engine.start()
                print(*(p.pid for p in multiprocessing.active_children()), flush=True)
                time.sleep(60)
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs(children, timeout=10)

    assert len(children) == 2
    assert alive == []


def test_rows_of_processes_are_merged_at_the_same_edges(write: Writer) -> None:
    """Three processes, uneven shares: one row for each interval, counts of all of them."""
    call = write(
        """
        import asyncio

        async def buy(client, row):
            async with client.get("/"):
                pass
            await asyncio.sleep(0.01)
        """
    )
    with (
        ScriptedServer(scripted.answer_well) as server,
        drive_for(server, call, threads=3) as drive,
    ):
        drive.set_concurrency(4)
        for _ in range(5):
            drive.next_window()
            drive.run_for(0.15)
        drive.drain()
        assert len(load_processes()) == 3
    intervals = [row for row in drive.rows if row.end_s > row.start_s]

    assert [row.window for row in intervals] == sorted(row.window for row in intervals)
    assert {row.window for row in intervals} == {0, 1, 2, 3, 4, 5}
    assert drive.counts().ok == drive.counts().started
    assert server.accepted == 4
    check_books(drive.rows)
    check_ends(drive.rows)


def test_never_more_processes_than_user_loops(write: Writer) -> None:
    """The highest concurrency of the plan bounds the number of processes."""
    call = write("async def buy(client, row):\n    async with client.get('/'): pass\n")
    plan: RunPlan = plan_for(9, call=call, threads=8, highest=1)
    engine = AiohttpEngine(plan, (("127.0.0.1", 9),))
    engine.start()
    count = len(load_processes())
    engine.close()

    assert count == 1
    assert engine.notes[0].startswith("aiohttp engine: 1 load processes")


def load_processes() -> list[int]:
    """Process ids of this process's load processes; not the tracker that Python starts."""
    deadline_s = time.monotonic() + 1.0
    while True:
        found = [
            child.pid
            for child in psutil.Process().children()
            if child.status() != psutil.STATUS_ZOMBIE
            and any("multiprocessing.spawn" in word for word in child.cmdline())
        ]
        if found or time.monotonic() >= deadline_s:
            return found
        time.sleep(0.01)
