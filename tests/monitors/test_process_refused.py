"""What the kernel does not tell of a real process: said, and never a zero."""

import time
from collections.abc import Iterator
from typing import NoReturn

import psutil
import pytest

from capacity.model.plan import ProcessSource
from capacity.model.resources import ReadingState
from capacity.monitors.process_looks import Absence, Look
from capacity.monitors.process_tree import ProcessTree
from tests.monitors.processes import LISTEN, Obedient, obedient
from tests.monitors.watching import ended, reading, value, watching


@pytest.fixture
def service() -> Iterator[Obedient]:
    """A process that waits for orders."""
    with obedient() as one:
        yield one


def refuse(*_: object) -> NoReturn:
    """As the kernel does to another user."""
    raise psutil.AccessDenied


def test_descriptors_that_are_not_told_are_an_error(
    service: Obedient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hint; the CPU time is told to everybody."""
    monkeypatch.setattr("capacity.monitors.process_member._open_count", refuse)
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    service.do("burn(0.1)")
    news = ended(watch)

    assert reading(news, "fds").state is ReadingState.ERROR
    assert reading(news, "fds").reason.endswith("run as that user or as root")
    assert reading(news, "cpu").state is ReadingState.READ


def test_shared_pages_of_another_user_count_twice_and_that_is_said(
    service: Obedient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork that shares 64 MiB seems to have as much again."""
    monkeypatch.setattr(psutil.Process, "memory_full_info", refuse)
    service.do("kept.append(b'x' * (64 << 20)) or len(kept)")
    service.do("kept.append(child(30)) or len(kept)")
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    news = ended(watch)

    assert value(news, "process.memory") >= 128 << 20
    assert "share count in each" in reading(news, "process.memory").query


def test_so_many_threads_are_counted_and_not_read(
    service: Obedient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number is told, the busiest one is not."""
    monkeypatch.setattr("capacity.monitors.process_tree.MAX_THREADS", 2)
    service.do("kept.append(threading.Barrier(3))")
    service.do("[threading.Thread(target=kept[0].wait, daemon=True).start() for _ in range(2)]")
    watch = watching(pid=service.pid)
    watch.begin(0, time.time())
    service.do("burn(0.1)")
    news = ended(watch)

    assert value(news, "threads") == 3
    assert reading(news, "process.hot_thread").state is ReadingState.NO_DATA
    assert reading(news, "process.hot_thread").reason == "3 threads; more than 2 are not read"


def test_the_number_of_descriptors_is_that_of_their_list(service: Obedient) -> None:
    """However this kernel tells it."""
    tree = ProcessTree(ProcessSource(service.pid, None))
    told = tree.look(with_limits=False)

    assert isinstance(told, Look)
    assert told.descriptors[0].open == psutil.Process(service.pid).num_fds()


def test_a_port_that_nobody_takes_over_stays_silent(service: Obedient) -> None:
    """It is searched for once a second, not at every look."""
    now_s = 1000.0
    port = int(service.do(LISTEN.format(port=0)))
    tree = ProcessTree(ProcessSource(None, port), unix_s=lambda: now_s)
    service.kill()
    first = tree.look(with_limits=False)
    with obedient() as successor:
        successor.do(LISTEN.format(port=port))
        too_early = tree.look(with_limits=False)
        now_s += 1.0
        found = tree.look(with_limits=False)

    assert isinstance(first, Absence)
    assert isinstance(too_early, Absence)
    assert isinstance(found, Look)
    assert (found.generation, found.subject.split()[1]) == (1, str(successor.pid))
