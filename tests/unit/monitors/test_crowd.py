"""What is asked for and told when there are more series than are read."""

from dataclasses import dataclass, field, replace

import pytest

from capacity.model.resources import (
    Direction,
    Growth,
    Limit,
    ReadingState,
    Reduction,
    Samples,
)
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.crowd import crowd_query, narrowed, read_crowd, worst_text
from capacity.monitors.first_look import first_look
from capacity.monitors.patience import PatientPrometheus
from capacity.monitors.reader import Reader, Wanted
from tests.fakes.prometheus import FakePrometheus, FakeSeries
from tests.fakes.scripted import FakeClock
from tests.unit.monitors.builders import CPU, a_pod, a_quantity, a_window, samples_of

_TOO_LARGE = Fault(FaultKind.TOO_LARGE, "3000 series, at most 2000 are read", is_permanent=True)
_WINDOW = a_window()
_NAMED = f'{CPU}{{namespace=~"shop",pod=~"a",container=~"app"}}'


def _row(part: str, value: float, labels: dict[str, str] | None = None) -> Series:
    return Series({"capacity_part": part, **(labels or {})}, ((1.7e9, value),))


def _told(*more: Series) -> Answer:
    return Answer((_row("worst", 0.4, a_pod("a")), *more))


_NUMBERS = (
    _row("members", 1500.0),
    _row("present", 1510.0),
    _row("series", 3000.0),
    _row("mean", 0.1),
    _row("best", 0.05),
)


@dataclass
class _Crowded(FakePrometheus):
    """Only what is asked for by name is answered raw; `told` is the answer to any vector."""

    told: Answer | Fault = field(default_factory=lambda: Answer(()))

    def vector(self, query: str, at_unix_s: float | None) -> Answer | Fault:
        super().vector(query, at_unix_s)
        return self.told


def _crowded(told: Answer | Fault) -> _Crowded:
    clock = FakeClock()
    clock.time_s = 1e9
    prometheus = _Crowded(clock, told=told)
    prometheus.faults[CPU] = _TOO_LARGE
    prometheus.series[_NAMED] = [FakeSeries(a_pod("a"), lambda at_s: 0.4 * (at_s - 1.6e9), 5.0)]
    return prometheus


def _reader(prometheus: _Crowded) -> Reader:
    patient = PatientPrometheus(prometheus, prometheus.clock, 1.0)
    patient.begin_batch(5.0, is_last_chance=True)
    return Reader(patient, {})


def _wanted() -> Wanted:
    source = samples_of()
    return Wanted(a_quantity(source), source, _WINDOW)


def test_the_worst_are_read_raw_and_all_are_known_in_numbers() -> None:
    """The value is counted from samples, and what it stands for is said."""
    (reading,) = _reader(_crowded(_told(*_NUMBERS))).read([_wanted()])
    assert (reading.state, reading.may_stop) == (ReadingState.READ, True)
    assert reading.worst is not None
    assert reading.worst.value == pytest.approx(0.4)
    assert (reading.mean, reading.member_count) == (0.1, 1500)
    assert reading.spread == pytest.approx(0.35)
    assert reading.query == worst_text(_wanted().quantity, samples_of(), _WINDOW)
    assert reading.reason == (
        "too many series for raw samples of all (3,000): the worst 1 of 1,500 by rate() of "
        "Prometheus were read; 10 more have too few samples, or nothing to be a share of"
    )


def test_too_many_are_asked_for_once() -> None:
    """The next step begins with the question for the worst."""
    prometheus = _crowded(_told(*_NUMBERS))
    reader = _reader(prometheus)
    list(reader.read([_wanted()]))
    list(reader.read([_wanted()]))
    query = crowd_query(_wanted().quantity, samples_of(), _WINDOW)
    assert prometheus.asked == [CPU, query, _NAMED, query, _NAMED]


def test_numbers_that_are_none_are_left_out() -> None:
    """A hostile answer costs the numbers and not the reading."""
    nan = float("nan")
    odd = tuple(_row(name, nan) for name in ("members", "present", "series", "mean", "best"))
    (reading,) = _reader(_crowded(_told(*odd))).read([_wanted()])
    assert (reading.state, reading.population, reading.member_count) == (ReadingState.READ, None, 1)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (_TOO_LARGE, "3000 series, at most 2000 are read"),
        (Answer(_NUMBERS), "too many series of 0 members for raw samples"),
    ],
)
def test_what_cannot_be_narrowed_is_an_error(told: Answer | Fault, reason: str) -> None:
    """Never a guess."""
    (reading,) = _reader(_crowded(told)).read([_wanted()])
    assert (reading.state, reading.reason) == (ReadingState.ERROR, reason)


def test_all_members_may_be_named() -> None:
    """Few members of many series: nothing is left to be told in numbers."""
    (reading,) = _reader(_crowded(_told(_row("members", 1.0), *_NUMBERS[1:]))).read([_wanted()])
    assert reading.population is None
    assert reading.mean == pytest.approx(0.4)


def test_the_lowest_are_the_worst_where_low_is_bad() -> None:
    """And the best one is the highest."""
    quantity = replace(a_quantity(samples_of()), direction=Direction.LOW_IS_BAD)
    source = samples_of(Reduction.MIN)
    by = "namespace,pod,container"
    value = f"max by ({by})(min_over_time({CPU}[60s]))"
    assert worst_text(quantity, source, _WINDOW) == f"bottomk(50, {value})"
    assert f'label_replace(max({value}), "capacity_part", "best", "", "")' in crowd_query(
        quantity, source, _WINDOW
    )


def test_names_are_no_patterns() -> None:
    """Dots and quotes of a label are themselves."""
    hostile = Answer((_row("worst", 1.0, {"pod": 'a.b"c'}), _row("worst", 1.0, {"pod": "d"})))
    source = Samples('x{job="y"}', Reduction.INCREASE, ("pod",), Growth("z"))
    named = r'pod=~"a\\.b\"c|d"'
    chosen = narrowed(source, read_crowd(hostile))
    assert chosen.selector == f'x{{job="y",{named}}}'
    assert chosen.share_of == Growth(f"z{{{named}}}")
    limited = narrowed(replace(source, share_of=Limit("most")), read_crowd(hostile))
    assert limited.share_of == Limit(
        f"max by (pod)(most) and on (pod) max by (pod)({chosen.selector})"
    )


def test_a_first_look_that_fails_says_why() -> None:
    """When not even the worst can be named."""
    refused = Fault(FaultKind.BAD_QUERY, "no such function", is_permanent=True)
    look = first_look(_crowded(refused), [_wanted().quantity], 1e9).quantities[0]
    assert (look.fault, look.has_too_many) == (refused, False)
