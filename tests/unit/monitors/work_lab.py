"""A monitor's work with a scripted Prometheus, and time that is moved by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from capacity.model.resources import Asked, Expression, Quantity, ResourceNews
from capacity.model.rules import Rule
from capacity.monitors.answers import Answer, Series
from capacity.monitors.first_look import first_look
from capacity.monitors.prometheus_work import PrometheusWork, Timing
from capacity.monitors.surroundings import Surroundings
from tests.fakes.prometheus import FakePrometheus, FakeSeries
from tests.fakes.scripted import FakeClock
from tests.unit.monitors.builders import CPU, a_pod, a_quantity, samples_of

CORES = a_quantity(samples_of())
WAITING = a_quantity(Expression("waiting"), name="prom.waiting")


@dataclass
class Lab:
    """One monitor's work with everything around it."""

    clock: FakeClock
    prometheus: FakePrometheus
    work: PrometheusWork
    told: list[ResourceNews] = field(default_factory=list)

    def go(self, seconds: float) -> None:
        """Let time pass as the thread and the climb would see it: a tenth of a second at a time."""
        until_s = self.clock.now_s() + seconds
        while self.clock.now_s() < until_s - 1e-6:
            wait_s = self.work.do_due()
            self.told += self.work.poll()
            tick_s = 0.1 if wait_s is None else min(0.1, max(wait_s, 0.001))
            self.clock.time_s = min(until_s, self.clock.now_s() + tick_s)
        self.work.do_due()
        self.told += self.work.poll()

    def hold(self, step_index: int, seconds: float) -> None:
        """One hold from its begin to its end."""
        self.work.begin(step_index, self.clock.unix_s())
        self.go(seconds)
        self.work.end(step_index, self.clock.unix_s())

    def of(self, asked: Asked) -> list[ResourceNews]:
        """What was told of one kind."""
        return [news for news in self.told if news.asked is asked]


def a_lab(
    quantities: Sequence[Quantity] = (CORES,),
    *,
    rules: Sequence[Rule] = (),
    spacing_s: float = 1.0,
    arrives_after_s: float = 0.0,
    late_after_s: float = 3.0,
    offset_s: float = 0.0,
    surroundings: Surroundings | None = None,
    period_s: float = 1.0,
) -> Lab:
    """A pod with 0.4 cores, scraped for long."""
    clock = FakeClock()
    clock.time_s = 1000.0
    prometheus = FakePrometheus(clock, offset_s=offset_s)
    pod = FakeSeries(a_pod("a"), lambda at_s: 0.4 * (at_s - 1.7e9), spacing_s, arrives_after_s)
    prometheus.series = {CPU: [pod], "waiting": [FakeSeries({}, lambda _: 7.0, spacing_s)]}
    prometheus.vectors = {"waiting": lambda at_s: Answer((Series({}, ((at_s, 7.0),)),))}
    look = first_look(prometheus, quantities, clock.unix_s())
    times = Timing(period_s=period_s, late_after_s=late_after_s, answer_limit_s=5.0)
    work = PrometheusWork(prometheus, look, rules, times, clock, surroundings)
    prometheus.asked.clear()
    return Lab(clock, prometheus, work)
