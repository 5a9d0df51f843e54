"""The load processes behind Python scenarios: start, faults, signals, merge, end."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from capacity.engines.aiohttp import AiohttpEngine
from capacity.errors import EngineError, UsageError
from capacity.model.plan import RunPlan
from tests.contract.driving import (
    check_books,
    check_ends,
    plan_for,
)
from tests.contract.scenarios import Writer, drive_for, load_processes
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


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
