"""How does a contract test drive a monitor, whatever moves its clock?"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from math import ceil, floor

from capacity.commands.process import SystemClock
from capacity.model.plan import ProcessSource
from capacity.model.resources import (
    Asked,
    Aspect,
    Direction,
    EmptyMeans,
    Quantity,
    Reading,
    Reduction,
    ResourceNews,
    ResourceScope,
    Samples,
)
from capacity.monitors.answers import Answer, ClockOffset, Fault, Series
from capacity.monitors.first_look import first_look
from capacity.monitors.process import ProcessMonitor
from capacity.monitors.prometheus import PrometheusMonitor
from capacity.search.ports import Monitor
from capacity.units import Unit
from tests.fakes.monitored import ScriptedMonitor
from tests.fakes.scripted import FakeClock
from tests.monitors.sources import a_source
from tests.unit.builders import a_plan
from tests.unit.resource_builders import a_reading, a_resource_rule

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


class SteadyPrometheus:
    """Has four samples a second of one pod, and needs no time to tell them."""

    def vector(self, query: str, at_unix_s: float | None) -> Answer | Fault:
        """Nothing is asked this way here."""
        raise AssertionError(f"{query} at {at_unix_s}")

    def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
        """Every sample of the range that exists by now."""
        assert selector == "cpu_share"
        first, last = ceil(4 * start_unix_s), floor(4 * min(end_unix_s, time.time()))
        told = tuple((quarter / 4, 0.4) for quarter in range(first, last + 1))
        return Answer((Series({"pod": "api-0"}, told),) if told else ())

    def clock_offset(self) -> ClockOffset | Fault:
        """The same clock as ours."""
        return ClockOffset(0.0, 0.001)

    def version(self) -> str | None:
        """None in particular."""
        return None

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def prometheus_bench() -> Iterator[Bench]:
    """The monitor of Prometheus with its thread; what it asks answers at once."""
    share = Quantity(
        name=WINDOW[0],
        unit=Unit.RATIO,
        scope=ResourceScope.SERVICE,
        aspect=Aspect.UTILISATION,
        direction=Direction.HIGH_IS_BAD,
        source=Samples("cpu_share", Reduction.MAX, ("pod",)),
        empty_means=EmptyMeans.NO_DATA,
        preset="user",
        meaning="CPU of a pod",
    )
    plan = replace(a_plan(), rules=(a_resource_rule(WINDOW[0], over_s=WINDOW[1]),))
    prometheus = SteadyPrometheus()
    look = first_look(prometheus, (share,), time.time())
    monitor = PrometheusMonitor(
        prometheus, a_source("http://127.0.0.1:9090"), look, plan, SystemClock()
    )
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
    "prometheus": prometheus_bench,
    "scripted": scripted_bench,
}
