"""Quantities read together, with few questions."""

from dataclasses import replace

import pytest

from capacity.model.resources import Expression, Growth, Limit, ReadingState, Reduction, Samples
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.reader import Reader, Wanted
from tests.fakes.prometheus import REFUSED, FakePrometheus, FakeSeries
from tests.fakes.scripted import FakeClock
from tests.unit.monitors.builders import CPU, CPU_LIMIT, a_pod, a_quantity, a_window, samples_of


def _reader(prometheus: FakePrometheus) -> Reader:
    prometheus.clock.time_s = 1e9
    patient = PatientPrometheus(prometheus, prometheus.clock, 1.0)
    patient.begin_batch(5.0, is_last_chance=True)
    return Reader(patient, {})


def _wanted(source: Expression | Samples, name: str = "cpu") -> Wanted:
    return Wanted(a_quantity(source, name=name), source, a_window())


def _prometheus() -> FakePrometheus:
    prometheus = FakePrometheus(FakeClock())
    for selector, rate in ((CPU, 0.2), ("throttled", 1.0), ("periods", 4.0)):
        series = FakeSeries(a_pod("a"), lambda at_s, rate=rate: rate * (at_s - 1.6e9), 5.0)  # type: ignore[misc]  # a default
        prometheus.series[selector] = [series]
    prometheus.vectors[CPU_LIMIT] = lambda at_s: Answer((Series(a_pod("a"), ((at_s, 0.5),)),))
    return prometheus


def test_every_kind_of_source_is_asked_for_what_it_needs() -> None:
    """Samples alone, with a limit, with another counter; an expression with what it rests on."""
    prometheus = _prometheus()
    prometheus.vectors["sum(rate(throttled[60s]))"] = lambda at_s: Answer(
        (Series({}, ((at_s, 1.0),)),)
    )
    throttle = Samples("throttled", Reduction.INCREASE, ("pod",), Growth("periods"))
    wanted = [
        _wanted(samples_of()),
        _wanted(samples_of(Reduction.RATE, Limit(CPU_LIMIT))),
        _wanted(throttle),
        _wanted(Expression("sum(rate(throttled[$window]))")),
    ]
    readings = list(_reader(prometheus).read(wanted))
    assert [round(one.members[0].value, 6) for one in readings] == [0.2, 0.4, 0.25, 1.0]
    assert [one.state for one in readings] == [ReadingState.READ] * 4
    assert prometheus.asked == [
        CPU,
        CPU_LIMIT,
        "throttled",
        "periods",
        "sum(rate(throttled[60s]))",
    ]


def test_named_selectors_are_asked_in_place_of_those_in_the_query() -> None:
    """A preset knows better what its value rests on."""
    prometheus = _prometheus()
    prometheus.vectors["errors"] = lambda at_s: Answer((Series({}, ((at_s, 1.0),)),))
    (reading,) = _reader(prometheus).read([_wanted(Expression("errors", rests_on=("periods",)))])
    assert reading.members[0].sample_count == 13
    assert prometheus.asked == ["errors", "periods"]


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (samples_of(Reduction.RATE, Limit(CPU_LIMIT)), [CPU, CPU]),
        (Expression("rate(x[$window])"), ["rate(x[60s])", "rate(x[60s])"]),
    ],
)
def test_a_fault_asks_for_nothing_further(source: Expression | Samples, asked: list[str]) -> None:
    """Only the one retry."""
    prometheus = FakePrometheus(FakeClock(), fault=REFUSED)
    (reading,) = _reader(prometheus).read([_wanted(source)])
    assert (reading.state, reading.reason) == (ReadingState.ERROR, "connection refused")
    assert prometheus.asked == asked


def test_what_was_seen_once_is_missed_when_it_is_gone() -> None:
    """Also without a first look."""
    prometheus = _prometheus()
    reader = _reader(prometheus)
    assert next(reader.read([_wanted(samples_of())])).state is ReadingState.READ
    prometheus.series.clear()
    (reading,) = reader.read([_wanted(samples_of())])
    assert reading.reason == "it had samples before, but none in the step of 60s"


def test_nothing_wanted_is_nothing_asked() -> None:
    """No rule has a window that fits."""
    prometheus = _prometheus()
    assert list(_reader(prometheus).read([])) == []
    assert prometheus.asked == []


def test_without_a_limit_the_witness_is_asked() -> None:
    """It tells a limit that nobody set from one that is not known."""
    prometheus = _prometheus()
    prometheus.vectors[CPU_LIMIT] = lambda _: Answer(())
    prometheus.vectors["restarts"] = lambda at_s: Answer((Series(a_pod("a"), ((at_s, 0.0),)),))
    source = replace(samples_of(Reduction.RATE, Limit(CPU_LIMIT)), witness="restarts")
    (reading,) = _reader(prometheus).read([_wanted(source)])
    assert (reading.state, prometheus.asked) == (
        ReadingState.NO_LIMIT,
        [CPU, CPU_LIMIT, "restarts"],
    )
    prometheus.faults[CPU_LIMIT] = Fault(FaultKind.TIMEOUT, "no answer", is_permanent=False)
    (reading,) = _reader(prometheus).read([_wanted(source)])
    assert (reading.state, reading.reason) == (ReadingState.ERROR, "no answer")
