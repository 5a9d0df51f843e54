"""What real processes use, against what they and the kernel say of themselves."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from capacity.errors import UsageError
from capacity.model.plan import ProcessSource
from capacity.model.resources import ChangeKind, ReadingState
from capacity.monitors.process_tree import ProcessTree
from tests.end_to_end.nginx import nginx_server
from tests.monitors.processes import LISTEN, Obedient, obedient
from tests.monitors.watching import ended, kinds, reading, used_s, value, watching

# The kernel tells CPU time in hundredths of a second, rounded down, for user and system.
TICKS_S = 0.03
NAME = Path(sys.executable).name


@pytest.fixture
def service() -> Iterator[Obedient]:
    """A process that waits for orders."""
    with obedient() as one:
        yield one


def test_cpu_is_what_the_process_itself_counts(service: Obedient) -> None:
    """Half a second of work, as cores, as a share of the CPUs, and in its only thread."""
    watch = watching(pid=service.pid)
    before_s = float(service.do("used()"))
    watch.begin(0, time.time())
    service.do("burn(0.5)")
    news = ended(watch)
    true_s = float(service.do("used()")) - before_s

    assert used_s(news) == pytest.approx(true_s, abs=TICKS_S)
    cpus = len(os.sched_getaffinity(service.pid))
    assert value(news, "cpu") == pytest.approx(value(news, "process.cores") / cpus)
    assert value(news, "process.hot_thread") == pytest.approx(
        value(news, "process.cores"), abs=0.05
    )


def test_a_child_that_ended_counts_once(service: Obedient) -> None:
    """Seen at work, then reaped: its time is its parent's, and is not counted again."""
    watch = watching(pid=service.pid)
    before_s = float(service.do("used()"))
    watch.begin(0, time.time())
    pid = service.do("child(0.4)")
    service.do("burn(0.1)")
    watch.tick()
    service.do(f"os.waitpid({pid}, 0)")
    news = ended(watch)
    true_s = float(service.do("used()")) - before_s

    assert true_s >= 0.5 - TICKS_S
    assert used_s(news) == pytest.approx(true_s, abs=2 * TICKS_S)


def test_a_child_never_seen_counts_too(service: Obedient) -> None:
    """It came and went between two looks; its parent has its time."""
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    service.do("os.waitpid(child(0.3), 0)")

    assert used_s(ended(watch)) == pytest.approx(0.3, abs=2 * TICKS_S)


def test_a_child_that_nobody_waits_for_takes_nothing_back(service: Obedient) -> None:
    """The kernel does not tell its time to a parent that ignores SIGCHLD: what was seen stays."""
    watch = watching(pid=service.pid)
    service.do("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
    watch.begin(0, time.time())
    pid = service.do("child(0.3)")
    service.do("burn(0.1)")
    watch.tick()
    seen = watch.tick()
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)
    news = ended(watch)

    assert seen is None
    assert 0.1 - TICKS_S <= used_s(news) <= 0.4 + TICKS_S


def test_threads_are_counted_and_the_busiest_is_named(service: Obedient) -> None:
    """One of three threads works; the process as a whole says little of it on many cores."""
    watch = watching(pid=service.pid)
    service.do("kept.append(threading.Barrier(3))")
    service.do("[threading.Thread(target=kept[0].wait, daemon=True).start() for _ in range(2)]")
    watch.begin(0, time.time())
    service.do("burn(0.3)")
    news = ended(watch)
    worst = reading(news, "process.hot_thread").worst

    assert value(news, "threads") == 3
    assert worst is not None
    assert worst.subject == f"pid {service.pid} thread {service.pid} {NAME}"
    assert worst.value == pytest.approx(value(news, "process.cores"), abs=0.05)


def test_descriptors_are_a_count_and_a_share_of_the_limit(service: Obedient) -> None:
    """50 more than before, of 200 that it may open."""
    watch = watching(pid=service.pid)
    before = len(list(Path(f"/proc/{service.pid}/fd").iterdir()))
    service.do("resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))")
    service.do("kept.extend(os.dup(0) for _ in range(50))")
    watch.begin(0, time.time())
    news = ended(watch)

    assert value(news, "fds") == before + 50
    assert value(news, "process.fds_of_limit") == (before + 50) / 200


def test_memory_is_resident_and_a_share_of_what_the_machine_has(service: Obedient) -> None:
    """64 MiB more than before, touched."""
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    before = value(ended(watch), "process.memory")
    watch.begin(1, time.time())
    service.do("kept.append(b'x' * (64 << 20)) or len(kept)")
    news = ended(watch)

    assert value(news, "process.memory") - before == pytest.approx(64 << 20, rel=0.02)
    assert "machine" in reading(news, "mem").query or "cgroup" in reading(news, "mem").query


def test_shared_pages_of_a_tree_count_once(service: Obedient) -> None:
    """A fork shares 64 MiB with its parent: together they occupy 64 MiB and a little."""
    service.do("kept.append(b'x' * (64 << 20)) or len(kept)")
    service.do("kept.append(child(30)) or len(kept)")
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    news = ended(watch)

    assert 64 << 20 <= value(news, "process.memory") <= 100 << 20


def test_a_killed_process_is_no_idle_one(service: Obedient) -> None:
    """Every reading says that it has ended, and the step is told."""
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    watch.tick()
    service.kill()
    news = ended(watch)

    assert kinds(news) == [ChangeKind.PROCESS_ENDED]
    assert {one.state for one in news.readings} == {ReadingState.NO_DATA}
    assert f"pid {service.pid} {NAME} has ended" in reading(news, "cpu").reason


def test_who_takes_the_port_over_is_watched_next(service: Obedient) -> None:
    """The kernel's own number of restarts is not asked: another process listens, so it was one."""
    port = int(service.do(LISTEN.format(port=0)))
    watch = watching(port=port)
    watch.begin(0, time.time())
    watch.tick()
    service.kill()
    with obedient() as successor:
        assert int(successor.do(LISTEN.format(port=port))) == port
        news = ended(watch)
        watch.begin(1, time.time())
        successor.do("burn(0.2)")
        later = ended(watch)

        assert kinds(news) == [ChangeKind.RESTARTED]
        assert news.changes[0].detail == f"pid {service.pid} {NAME} -> pid {successor.pid} {NAME}"
        assert kinds(later) == []
        assert used_s(later) == pytest.approx(0.2, abs=2 * TICKS_S)


def test_of_those_that_listen_the_first_one_is_the_head(service: Obedient) -> None:
    """A child that inherits the socket belongs to the tree and is no service of its own."""
    port = int(service.do(LISTEN.format(port=0)))
    service.do("kept.append(child(30)) or len(kept)")
    tree = ProcessTree(ProcessSource(None, port))

    assert tree.heads == (service.pid,)
    assert tree.subject == f"pid {service.pid} {NAME}"


def test_a_process_that_does_not_exist_is_refused_before_any_load(service: Obedient) -> None:
    """With its id in the words."""
    service.kill()
    with pytest.raises(UsageError, match=f"there is no process {service.pid} on this machine"):
        watching(pid=service.pid)


def test_a_port_without_a_listener_is_refused_before_any_load() -> None:
    """With its number in the words."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(UsageError, match=f"nothing listens on TCP port {port}"):
            watching(port=port)


def test_a_server_is_its_master_and_its_workers(tmp_path: Path) -> None:
    """The worker of nginx may be another user's process; its connections are told all the same."""
    with nginx_server(tmp_path, connections=100) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        watch = watching(port=port)
        with ExitStack() as connections:
            for _ in range(20):
                one = connections.enter_context(socket.create_connection(("127.0.0.1", port)))
                one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert one.recv(12) == b"HTTP/1.1 200"
            watch.begin(0, time.time())
            news = ended(watch)

    most, *others = reading(news, "fds").members
    assert [len(others), value(news, "threads")] == [1, 2]
    assert most.value >= others[0].value + 10
