"""The monitor with its thread: over a real Prometheus, and over one that hangs."""

import threading
import time
from collections.abc import Iterator

import pytest

from capacity.commands.process import SystemClock
from capacity.model.resources import (
    Asked,
    Expression,
    ReadingState,
    Reduction,
    ResourceNews,
    Samples,
)
from capacity.monitors.answers import Answer, ClockOffset, Fault
from capacity.monitors.first_look import first_look
from capacity.monitors.prometheus import PrometheusMonitor
from capacity.monitors.prometheus_api import PrometheusApi
from tests.fakes.prometheus import FakePrometheus
from tests.fakes.scripted import FakeClock
from tests.monitors.conftest import PAST_UNIX_S
from tests.monitors.prometheus_server import PrometheusServer, wait_until
from tests.monitors.sources import a_source
from tests.unit.builders import a_plan
from tests.unit.monitors.builders import a_quantity, a_rule

_CORES = a_quantity(Samples("busy_seconds_total", Reduction.RATE, ("pod",)))
_SUM = a_quantity(Expression("sum(rate(busy_seconds_total[$window]))"), name="prom.sum")
_WRONG = a_quantity(Expression("sum(("), name="prom.wrong")
# The samples of `past_prometheus` end 135 s after they begin.
_LAST_S = 135.0


class _PastApi(PrometheusApi):
    """Its clock shows the time of the last of the old samples."""

    def clock_offset(self) -> ClockOffset | Fault:
        return ClockOffset(PAST_UNIX_S + _LAST_S - time.time(), 0.0)


@pytest.fixture
def monitor(past_prometheus: PrometheusServer) -> Iterator[PrometheusMonitor]:
    """A monitor whose now is the end of the old samples."""
    source = a_source(past_prometheus.url, every_s=1.0)
    api = _PastApi(source)
    look = first_look(api, [_SUM, _CORES, _WRONG], time.time())
    plan = a_plan(rules=[a_rule("cpu", 60.0)], hold_s=100.0)
    monitor = PrometheusMonitor(api, source, look, plan, SystemClock())
    yield monitor
    monitor.close()


def _news(monitor: PrometheusMonitor, asked: Asked) -> ResourceNews:
    told: list[ResourceNews] = []

    def has_come() -> bool:
        told.extend(news for news in monitor.poll() if news.asked is asked)
        return bool(told)

    wait_until(has_come, f"news {asked}")
    return told[0]


def test_raw_samples_and_queries_of_a_real_prometheus_become_readings(
    monitor: PrometheusMonitor,
) -> None:
    """Half a core and a quarter of one, over exactly the hold; a wrong query is an error."""
    assert monitor.facts.spacing_s == 15.0
    assert monitor.facts.subjects == ("a", "b")
    assert monitor.facts.version is not None
    monitor.start()
    monitor.begin_hold(0, time.time() - 100)
    during = _news(monitor, Asked.DURING)
    (reading,) = during.readings
    assert (reading.name, reading.over_s, reading.may_stop) == ("cpu", 60.0, True)
    end_unix_s = time.time()
    monitor.end_hold(0, end_unix_s)
    at_end = _news(monitor, Asked.AT_END)
    cores, _, whole, wrong = at_end.readings
    assert [(one.subject, round(one.value, 6)) for one in cores.members] == [
        ("a", 0.5),
        ("b", 0.25),
    ]
    # The hold began 35 s after the first of ten samples.
    assert {one.sample_count for one in cores.members} == {7}
    moved_s = (monitor.facts.clock_offset_s or 0.0) + end_unix_s
    assert cores.window_end_unix_s == pytest.approx(moved_s, abs=0.01)
    # Prometheus extends the growth to the window's edges, and not further than half a spacing.
    assert whole.members[0].value == pytest.approx(0.75, rel=0.1)
    assert whole.members[0].sample_count == 7
    assert wrong.state is ReadingState.ERROR
    assert "parse error" in wrong.reason


def test_a_prometheus_that_hangs_holds_up_neither_news_nor_the_end() -> None:
    """Its thread stays in the call; polling and closing never wait."""
    hang = threading.Event()

    class Hanging(FakePrometheus):
        def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
            hang.wait(60.0)
            return FakePrometheus.samples(self, selector, start_unix_s, end_unix_s)

    clock = FakeClock()
    look = first_look(FakePrometheus(clock), [_CORES], clock.unix_s())
    hanging = Hanging(clock)
    monitor = PrometheusMonitor(
        hanging, a_source("http://127.0.0.1:9090", timeout_s=3.0), look, a_plan(), clock
    )
    monitor.start()
    monitor.begin_hold(0, clock.unix_s())
    monitor.end_hold(0, clock.unix_s() + 10)
    assert monitor.poll() == ()
    clock.time_s += 5.0
    (news,) = monitor.poll()
    assert [(one.state, one.reason) for one in news.readings] == [
        (ReadingState.ERROR, "no answer within 5s")
    ]
    began_s = time.monotonic()
    monitor.close()
    monitor.close()
    assert time.monotonic() - began_s < 1.0
    assert hanging.is_closed
    hang.set()
