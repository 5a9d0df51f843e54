"""What is found of a Prometheus before the load, and the words for it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.model.resources import (
    Expression,
    Growth,
    Limit,
    MonitorFacts,
    Quantity,
    Reduction,
)
from capacity.monitors.answers import Answer, ClockOffset, Fault, FaultKind, Series
from capacity.monitors.first_facts import monitor_facts
from capacity.monitors.first_look import FirstLook, QuantityLook, first_look
from capacity.monitors.members import Known
from capacity.monitors.prometheus_work import timing
from tests.fakes.prometheus import REFUSED, TIMEOUT, FakePrometheus, FakeSeries
from tests.fakes.scripted import FakeClock
from tests.monitors.sources import a_source
from tests.unit.monitors.builders import (
    CPU,
    CPU_LIMIT,
    a_pod,
    a_quantity,
    a_vector,
    samples_of,
)

_URL = "http://127.0.0.1:9090"
_SHARE = a_quantity(samples_of(Reduction.RATE, Limit(CPU_LIMIT)))
_THROTTLE = a_quantity(samples_of(Reduction.INCREASE, Growth("periods")), name="throttle")
_WAITING = a_quantity(Expression("waiting + rate(x[5m])"), name="prom.waiting")


def _busy(pod: str, spacing_s: float = 15.0, lag_s: float = 4.0) -> FakeSeries:
    return FakeSeries(a_pod(pod), lambda at_s: 0.4 * (at_s - 1.7e9), spacing_s, lag_s)


def _prometheus(**more: list[FakeSeries]) -> FakePrometheus:
    clock = FakeClock()
    clock.time_s = 1502.0  # with the 1,795,000,000 of the wall clock 12 s past a multiple of 15
    return FakePrometheus(clock, series={CPU: [_busy("a"), _busy("b")], **more}, offset_s=2.0)


def _look(prometheus: FakePrometheus, *quantities: Quantity) -> FirstLook:
    return first_look(prometheus, quantities, prometheus.clock.unix_s())


def _only(prometheus: FakePrometheus, quantity: Quantity) -> QuantityLook:
    (look,) = _look(prometheus, quantity).quantities
    return look


def test_samples_are_counted_dated_and_named() -> None:
    """Two pods, 15 s apart; one of them has a limit."""
    prometheus = _prometheus()
    prometheus.vectors[CPU_LIMIT] = lambda _: a_vector((a_pod("a"), 0.5), (a_pod("z"), 9.0))
    look = _look(prometheus, _SHARE)
    assert (look.version, look.clock_offset, look.offset_s) == (
        "2.42.0",
        ClockOffset(2.0, 0.0),
        2.0,
    )
    (found,) = look.quantities
    assert (found.fault, found.series_count) == (None, 2)
    assert found.subjects == ("shop/a/app", "shop/b/app")
    assert found.spacing_s == 15.0
    now_unix_s = prometheus.clock.unix_s() + 2.0
    assert found.lag_s == pytest.approx((now_unix_s - 4.0) % 15.0 + 4.0)
    assert (found.limits, found.unlimited) == ({"shop/a/app": 0.5}, ("shop/b/app",))
    assert (found.is_restamped, found.fixed_range_s) == (False, 0.0)
    assert look.known == {"cpu": Known(15.0, found.lag_s, was_seen=True)}


def test_a_growth_without_its_whole_has_no_limit_there() -> None:
    """Throttling is known of containers with a quota only."""
    found = _only(_prometheus(periods=[_busy("a")]), _THROTTLE)
    assert (found.limits, found.unlimited) == (None, ("shop/b/app",))


def test_pods_that_ended_minutes_ago_are_not_there() -> None:
    """A run before had others."""
    prometheus = _prometheus()
    ended = FakeSeries(a_pod("old"), float, 15.0, 0.0, prometheus.clock.unix_s() - 60)
    prometheus.series[CPU].append(ended)
    assert _only(prometheus, a_quantity(samples_of())).subjects == ("shop/a/app", "shop/b/app")


def test_a_lonely_sample_has_no_spacing() -> None:
    """It is there all the same."""
    prometheus = _prometheus()
    prometheus.series[CPU] = [_busy("a", spacing_s=290.0)]
    found = _only(prometheus, a_quantity(samples_of()))
    assert (found.series_count, found.spacing_s) == (1, None)


def test_nothing_found_is_no_fault() -> None:
    """The preflight says so; nothing is known of samples then."""
    prometheus = _prometheus()
    prometheus.series.clear()
    look = _look(prometheus, a_quantity(samples_of()), _WAITING)
    assert [(one.fault, one.series_count, one.lag_s) for one in look.quantities] == [
        (None, 0, None),
        (None, 0, None),
    ]
    assert look.known["cpu"] == Known(None, None, was_seen=False)


def test_an_expression_is_as_slow_as_the_slowest_of_its_selectors() -> None:
    """And says what it looks back on whatever the step."""
    prometheus = _prometheus(
        x=[_busy("a", 30.0, 9.0)], waiting=[FakeSeries({"instance": "w"}, float, 5.0)]
    )
    prometheus.vectors["waiting + rate(x[5m])"] = lambda at_s: Answer(
        (Series({"instance": "w"}, ((at_s, 3.0),)),)
    )
    found = _only(prometheus, _WAITING)
    assert (found.series_count, found.subjects) == (1, ("w",))
    assert (found.spacing_s, found.fixed_range_s) == (30.0, 300.0)
    # A rate is in it, so the gauge beside it is not asked for.
    assert "waiting" not in prometheus.asked


def test_one_selector_is_asked_once_for_several_quantities() -> None:
    """Cores, share of the limit and share of the request."""
    prometheus = _prometheus()
    _look(prometheus, _SHARE, a_quantity(samples_of(), name="pod.cores"))
    assert prometheus.asked == ["clock", CPU, CPU_LIMIT]


def test_too_many_samples_are_asked_for_over_a_shorter_time() -> None:
    """A minute instead of five; when that is too much too, it is a fault."""
    refused = Fault(FaultKind.TOO_LARGE, "more than 16 MiB", is_permanent=False)

    class Strict(FakePrometheus):
        most_s = 100.0

        def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
            answer = FakePrometheus.samples(self, selector, start_unix_s, end_unix_s)
            return refused if end_unix_s - start_unix_s > self.most_s else answer

    prometheus = Strict(FakeClock(), series={CPU: [_busy("a")]})
    assert _only(prometheus, a_quantity(samples_of())).spacing_s == 15.0
    prometheus.most_s = 1.0
    assert _only(prometheus, a_quantity(samples_of())).fault == refused


@pytest.mark.parametrize("query", [CPU, CPU_LIMIT, "periods", "x", "waiting + rate(x[5m])"])
def test_a_fault_of_one_query_is_that_quantitys(query: str) -> None:
    """The others are looked at."""
    prometheus = _prometheus(periods=[_busy("a")], x=[_busy("a")])
    prometheus.vectors[CPU_LIMIT] = lambda _: a_vector((a_pod("a"), 0.5))
    prometheus.faults[query] = fault = Fault(FaultKind.BAD_QUERY, "status 422", is_permanent=True)
    looks = _look(prometheus, _SHARE, _THROTTLE, _WAITING).quantities
    faulty = {
        CPU: {"cpu", "throttle"},
        CPU_LIMIT: {"cpu"},
        "periods": {"throttle"},
    }.get(query, {"prom.waiting"})
    assert {one.quantity.name for one in looks if one.fault == fault} == faulty
    assert {one.quantity.name for one in looks if one.fault is None} == (
        {"cpu", "throttle", "prom.waiting"} - faulty
    )


def test_a_prometheus_that_does_not_answer_is_asked_no_further() -> None:
    """Every quantity has its fault; an hour of time-outs is not spent on them."""
    dead = _prometheus()
    dead.fault = REFUSED
    look = _look(dead, _SHARE, _WAITING)
    assert (look.version, look.clock_offset, look.offset_s) == (None, REFUSED, None)
    assert [one.fault for one in look.quantities] == [REFUSED, REFUSED]
    assert dead.asked == ["clock"]

    hanging = _prometheus()
    hanging.faults = dict.fromkeys((CPU, "x", "waiting + rate(x[5m])", "periods"), TIMEOUT)
    names = ("a", "b", "c", "d")
    looks = _look(hanging, *(a_quantity(_WAITING.source, name=name) for name in names)).quantities
    assert [one.fault for one in looks] == [TIMEOUT] * 4
    assert hanging.asked == ["clock"] + ["waiting + rate(x[5m])"] * 2


def test_a_limit_is_none_where_its_witness_tells_of_the_pod() -> None:
    """Of two pods one is known to have none; of the other nothing is known."""
    share = replace(
        _SHARE, source=replace(samples_of(Reduction.RATE, Limit(CPU_LIMIT)), witness="w")
    )
    prometheus = _prometheus()
    prometheus.vectors["w"] = lambda _: a_vector((a_pod("a"), 0.0), (a_pod("gone"), 0.0))
    found = _only(prometheus, share)
    assert (found.unlimited, found.has_no_limit) == (("shop/a/app",), True)
    prometheus.vectors["w"] = lambda _: Answer(())
    found = _only(prometheus, share)
    assert (found.unlimited, found.has_no_limit) == ((), False)
    prometheus.faults["w"] = TIMEOUT
    assert _only(prometheus, share).fault == TIMEOUT


def test_a_quota_is_none_where_its_witness_tells_of_a_pod() -> None:
    """Its counters have no series then, and neither have those of a namespace that is not there."""
    source = replace(samples_of(Reduction.INCREASE, Growth("periods")), witness="w")
    throttle = a_quantity(replace(source, selector="throttled"), name="throttle")
    prometheus = _prometheus()
    assert not _only(prometheus, throttle).has_no_limit
    prometheus.vectors["w"] = lambda _: a_vector((a_pod("a"), 7.0))
    found = _only(prometheus, throttle)
    assert (found.series_count, found.unlimited, found.has_no_limit) == (0, ("shop/a/app",), True)


def test_quantities_of_a_process_are_none_of_prometheus() -> None:
    """They have no source."""
    assert _look(_prometheus(), a_quantity(None)).quantities == ()


def _facts(look: FirstLook, hold_s: float = 90.0, *ruled: str) -> MonitorFacts:
    return monitor_facts(look, "Prometheus at http://127.0.0.1:9090", ruled or ("cpu",), hold_s)


def test_facts_have_what_the_rules_rest_on() -> None:
    """Not what is only shown."""
    prometheus = _prometheus(x=[_busy("a", 30.0)])
    prometheus.vectors[CPU_LIMIT] = lambda _: a_vector((a_pod("a"), 0.5), (a_pod("b"), 0.5))
    look = _look(prometheus, _SHARE, _WAITING)
    facts = _facts(look)
    assert facts.source == "Prometheus at http://127.0.0.1:9090"
    assert (facts.version, facts.clock_offset_s, facts.spacing_s) == ("2.42.0", 2.0, 15.0)
    assert facts.lag_s == look.quantities[0].lag_s
    assert facts.subjects == ("shop/a/app", "shop/b/app")
    assert facts.notes == (
        "its clock differs from this machine's by 2s; windows are moved by that",
    )


def test_a_hold_too_short_for_the_samples_is_said_with_the_number_needed() -> None:
    """Four samples and the age of the newest."""
    prometheus = _prometheus()
    prometheus.offset_s = 0.0
    look = _look(prometheus, a_quantity(samples_of()))
    lag_s = look.quantities[0].lag_s
    assert lag_s == pytest.approx(12.0)
    assert _facts(look, 72.0).notes == ()
    assert _facts(look, 71.0).notes == (
        "cpu: a hold of 71s is too short for samples 15s apart; hold >= 72 s",
    )


def test_notes_name_what_is_wrong_with_a_rules_quantity() -> None:
    """No series, no limit, a fixed range, restamped samples, a fault."""
    prometheus = _prometheus(x=[_busy("a", 1.0, 0.0)])
    prometheus.offset_s = 0.0
    prometheus.series[CPU] = [
        FakeSeries(a_pod("a"), lambda at_s: at_s // 10 * 10 - 1.7e9, 5.0, 0.0)
    ]
    look = _look(prometheus, _SHARE, _WAITING)
    notes = _facts(look, 90.0, "cpu", "prom.waiting").notes
    assert notes == (
        "cpu: no limit is set for shop/a/app, so rules on it are not judged",
        "prom.waiting: no series now",
        "prom.waiting: the query looks back 5m and so mixes in what was before the step; write "
        "$window for the range",
    )
    prometheus.faults[CPU] = TIMEOUT
    assert _facts(_look(prometheus, _SHARE)).notes == ("cpu: no answer within 3s",)
    prometheus.fault = REFUSED
    assert _facts(_look(prometheus, _SHARE)).notes == ("connection refused",)


@pytest.mark.parametrize(
    ("cores_s", "is_restamped"),
    [
        pytest.param(lambda at_s: 0.4 * (at_s // 10 * 10), True, id="looked at every 10 s"),
        pytest.param(lambda at_s: 0.01 * (at_s // 10 * 10), False, id="idle but for a probe"),
        pytest.param(
            lambda at_s: at_s - max(at_s % 150 - 130, 0) - 20 * (at_s // 150), False, id="paused"
        ),
    ],
)
def test_a_service_that_rests_before_the_load_is_not_taken_for_restamped(
    cores_s: Callable[[float], float], *, is_restamped: bool
) -> None:
    """Its counter stands still between two scrapes because nobody asks for anything."""
    prometheus = _prometheus()
    prometheus.series[CPU] = [FakeSeries(a_pod("a"), lambda at_s: cores_s(at_s - 1.7e9), 1.0)]
    assert _only(prometheus, _SHARE).is_restamped is is_restamped


@pytest.mark.parametrize(
    ("spacing_s", "every_s", "period_s", "late_after_s"),
    [
        pytest.param(0.5, None, 1.0, 2.5, id="never more often than every second"),
        pytest.param(2.0, None, 2.0, 4.0, id="as often as samples come"),
        pytest.param(30.0, None, 5.0, 32.0, id="at least every five seconds"),
        pytest.param(60.0, None, 5.0, 35.0, id="late, but not for ever"),
        pytest.param(30.0, 3.0, 3.0, 32.0, id="as the user says"),
    ],
)
def test_readings_follow_the_samples(
    spacing_s: float, every_s: float | None, period_s: float, late_after_s: float
) -> None:
    """Their spacing decides how often and how late is read."""
    prometheus = _prometheus()
    prometheus.series[CPU] = [_busy("a", spacing_s)]
    times = timing(
        a_source(_URL, timeout_s=3.0, every_s=every_s),
        _look(prometheus, a_quantity(samples_of())),
        ["cpu"],
    )
    assert (times.period_s, times.late_after_s, times.answer_limit_s) == (
        period_s,
        late_after_s,
        5.0,
    )


def test_rules_are_read_as_often_as_the_quickest_and_as_late_as_the_slowest() -> None:
    """Of what they rest on."""
    prometheus = _prometheus(x=[_busy("a", 30.0)])
    prometheus.series[CPU] = [_busy("a", 2.0)]
    look = _look(prometheus, a_quantity(samples_of()), _WAITING)
    times = timing(a_source(_URL, timeout_s=3.0), look, ["cpu", "prom.waiting"])
    assert (times.period_s, times.late_after_s) == (2.0, 32.0)


def test_what_no_rule_rests_on_makes_nobody_wait() -> None:
    """Slow samples that are only shown; and a time-out of the user's own."""
    prometheus = _prometheus(x=[_busy("a", 30.0)])
    look = _look(prometheus, a_quantity(samples_of()), _WAITING)
    assert timing(a_source(_URL, timeout_s=3.0), look, []).late_after_s == 17.0
    # A rule on a process beside it is none of Prometheus.
    assert timing(a_source(_URL, timeout_s=3.0), look, ["fds"]).late_after_s == 17.0
    assert timing(a_source(_URL, timeout_s=3.0), look, ["prom.waiting"]).late_after_s == 32.0
    assert timing(a_source(_URL, timeout_s=10.0), look, []).answer_limit_s == 11.0
