"""The monitor of a process as the climb uses it: with its thread, and never waited for."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from capacity.model.plan import ProcessSource
from capacity.model.resources import Asked, ReadingState, ResourceNews
from capacity.monitors.process import ProcessMonitor
from capacity.monitors.process_looks import Absence
from capacity.monitors.process_tree import ProcessTree
from capacity.search.ports import Monitor
from tests.monitors.processes import Obedient, obedient
from tests.unit.monitors.looks import an_absence


@pytest.fixture
def service() -> Iterator[Obedient]:
    """A process that waits for orders."""
    with obedient() as one:
        yield one


@contextmanager
def monitored(pid: int, *asked: tuple[str, float]) -> Iterator[Monitor]:
    """A monitor at work; its thread has ended after the block."""
    monitor = ProcessMonitor(ProcessSource(pid, None), asked)
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.close()
        monitor.close()
        for thread in threading.enumerate():
            if thread.name == "process monitor":
                thread.join(5.0)


def news_of(monitor: Monitor, asked: Asked, *, within_s: float = 30.0) -> ResourceNews:
    """The first news of this kind, waited for."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        for news in monitor.poll():
            if news.asked is asked:
                return news
        time.sleep(0.01)
    raise AssertionError(f"no news {asked} within {within_s} s")


def test_what_is_known_before_any_load(service: Obedient) -> None:
    """The process in words, what its shares are shares of, and what a look costs."""
    with monitored(service.pid, ("cpu", 1.0)) as monitor:
        facts = monitor.facts

    assert facts.source.startswith(f"pid {service.pid} ")
    assert (facts.clock_offset_s, facts.lag_s, facts.spacing_s) == (0.0, 0.0, 0.25)
    assert facts.notes[0].startswith("cpu is a share of ")
    assert facts.notes[1].startswith("a look takes ")
    assert facts.notes[1].endswith("of CPU time, every 250ms")


def test_rules_hear_inside_the_hold_and_the_step_at_its_end(service: Obedient) -> None:
    """News of the sliding window while the service works, then every quantity over the hold."""
    with monitored(service.pid, ("process.cores", 0.4)) as monitor:
        monitor.begin_hold(4, time.time())
        service.begin("burn(1.5)")
        during = news_of(monitor, Asked.DURING)
        service.answer()
        monitor.end_hold(4, time.time())
        at_end = news_of(monitor, Asked.AT_END)

    (sliding,) = during.readings
    assert (during.step_index, sliding.name, sliding.over_s) == (4, "process.cores", 0.4)
    assert at_end.step_index == 4
    cores, last_window = [one for one in at_end.readings if one.name == "process.cores"]
    assert (cores.over_s, last_window.over_s) == (None, 0.4)
    assert cores.may_stop
    # On a busy machine the same CPU time takes longer.
    burnt_s = cores.members[0].value * (cores.window_end_unix_s - cores.window_start_unix_s)
    assert cores.members[0].value <= 1.05
    assert burnt_s == pytest.approx(1.5, abs=0.5)


def test_a_look_that_hangs_is_an_error_when_its_time_is_up(
    service: Obedient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for it, and its late answer is not told a second time."""
    monkeypatch.setattr("capacity.monitors.process._ANSWER_LIMIT_S", 0.2)
    release = threading.Event()

    def hang(*_: object, **__: object) -> Absence:
        release.wait(30.0)
        return an_absence(0.0)

    with monitored(service.pid) as monitor:
        monitor.begin_hold(0, time.time())
        monkeypatch.setattr(ProcessTree, "look", hang)
        monitor.end_hold(0, time.time())
        assert monitor.poll() == ()
        news = news_of(monitor, Asked.AT_END)
        release.set()

    assert {reading.state for reading in news.readings} == {ReadingState.ERROR}
    assert {reading.reason for reading in news.readings} == {"the kernel did not tell within 0.2 s"}
    assert monitor.poll() == ()


@pytest.mark.parametrize("error", [PermissionError("not this one"), ZeroDivisionError("ours")])
def test_what_goes_wrong_in_a_look_is_an_error_with_its_name(
    service: Obedient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The step has no value, and the thread lives on: the next hold is read."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    with monitored(service.pid) as monitor, monkeypatch.context() as broken:
        broken.setattr(ProcessTree, "look", refuse)
        monitor.begin_hold(0, time.time())
        monitor.end_hold(0, time.time())
        refused = news_of(monitor, Asked.AT_END)
        broken.undo()
        monitor.begin_hold(1, time.time())
        service.do("burn(1)")  # long enough for two looks on a busy machine
        monitor.end_hold(1, time.time())
        read = news_of(monitor, Asked.AT_END)

    assert {(r.state, r.reason) for r in refused.readings} == {
        (ReadingState.ERROR, f"the monitor failed with {type(error).__name__}: {error}")
    }
    assert (read.step_index, read.readings[0].state) == (1, ReadingState.READ)
