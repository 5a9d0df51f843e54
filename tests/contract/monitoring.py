"""How does a contract test drive a monitor, whatever moves its clock?"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from capacity.model.plan import ProcessSource
from capacity.model.resources import Asked, Reading, ResourceNews
from capacity.monitors.process import ProcessMonitor
from capacity.search.ports import Monitor
from tests.fakes.monitored import ScriptedMonitor
from tests.fakes.scripted import FakeClock
from tests.unit.resource_builders import a_reading

# The window that a rule of these tests wants to see inside the hold, of this quantity.
WINDOW = ("cpu", 0.5)


@dataclass(frozen=True, slots=True)
class Bench:
    """A monitor at work, its clock, and a way to let time pass."""

    monitor: Monitor
    unix_s: Callable[[], float]
    wait: Callable[[float], None]

    def collect(self, *wanted: tuple[int, Asked], within_s: float) -> list[ResourceNews]:
        """All news until each of the wanted ones has come; whatever has come by the limit."""
        news: list[ResourceNews] = []
        end_s = self.unix_s() + within_s
        while self.unix_s() < end_s:
            news += self.monitor.poll()
            if {(item.step_index, item.asked) for item in news} >= set(wanted):
                return news
            self.wait(0.02)
        return news


@contextmanager
def process_bench() -> Iterator[Bench]:
    """The monitor of a process, watching this one."""
    monitor = ProcessMonitor(ProcessSource(os.getpid(), None), (WINDOW,))
    monitor.start()
    try:
        yield Bench(monitor, time.time, time.sleep)
    finally:
        monitor.close()


def _read(_step_index: int, asked: Asked) -> tuple[Reading, ...]:
    return (a_reading(0.4, over_s=WINDOW[1] if asked is Asked.DURING else None),)


@contextmanager
def scripted_bench() -> Iterator[Bench]:
    """The monitor that tests of the climb use, and its fake clock."""
    clock = FakeClock()

    def wait(seconds: float) -> None:
        clock.time_s += seconds

    monitor = ScriptedMonitor(clock, _read, during_every_s=0.5, late_after_s=1.0)
    monitor.start()
    yield Bench(monitor, clock.unix_s, wait)


MONITORS: dict[str, Callable[[], AbstractContextManager[Bench]]] = {
    "process": process_bench,
    "scripted": scripted_bench,
}
