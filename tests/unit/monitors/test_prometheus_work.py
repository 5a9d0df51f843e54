"""A monitor's whole work over holds, with a scripted Prometheus and time that is moved by hand."""

import pytest

from capacity.model.resources import Asked, ReadingState
from capacity.monitors.answers import Answer, Series
from capacity.monitors.first_look import first_look
from capacity.monitors.prometheus_work import PrometheusWork, Timing
from tests.fakes.prometheus import REFUSED, FakePrometheus
from tests.fakes.scripted import FakeClock
from tests.unit.monitors.builders import CPU, a_rule
from tests.unit.monitors.work_lab import CORES, WAITING, Lab, a_lab


def test_a_hold_is_read_at_its_end_and_once_more_late() -> None:
    """Each quantity over the whole hold, the same window both times."""
    lab = a_lab([CORES, WAITING])
    start_unix_s = lab.clock.unix_s()
    lab.hold(3, 10.0)
    lab.go(1.0)
    (at_end,) = lab.told
    assert (at_end.step_index, at_end.asked) == (3, Asked.AT_END)
    lab.go(2.5)
    late = lab.told[1]
    assert (late.step_index, late.asked) == (3, Asked.LATE)
    for news, seen_late in ((at_end, False), (late, True)):
        cpu, waiting = sorted(news.readings, key=lambda one: one.name)
        assert (cpu.name, round(cpu.members[0].value, 6)) == ("cpu", 0.4)
        assert (waiting.name, waiting.members[0].value) == ("prom.waiting", 7.0)
        for reading in news.readings:
            assert reading.window_start_unix_s == pytest.approx(start_unix_s, abs=0.01)
            assert reading.window_end_unix_s == pytest.approx(start_unix_s + 10, abs=0.01)
            assert (reading.over_s, reading.may_stop) == (None, True)
            assert reading.seen_late is seen_late
    assert len(lab.told) == 2


def test_rules_windows_are_read_inside_the_hold_as_soon_as_they_fit() -> None:
    """Every second from the fourth on, and at the end once more."""
    lab = a_lab(rules=[a_rule("cpu", 4.0)])
    start_unix_s = lab.clock.unix_s()
    lab.hold(0, 8.0)
    lab.go(1.0)
    during = lab.of(Asked.DURING)
    ends_s = [news.readings[0].window_end_unix_s - start_unix_s for news in during]
    assert ends_s == pytest.approx([4, 5, 6, 7, 8], abs=0.4)
    for news in during:
        (reading,) = news.readings
        assert reading.over_s == 4.0
        assert reading.window_end_unix_s - reading.window_start_unix_s == pytest.approx(4)
        assert reading.members[0].value == pytest.approx(0.4)
    (at_end,) = lab.of(Asked.AT_END)
    assert [reading.over_s for reading in at_end.readings] == [None, 4.0]


def test_a_window_longer_than_the_hold_is_never_read() -> None:
    """There is no such window in this step."""
    lab = a_lab(rules=[a_rule("cpu", 30.0)])
    lab.hold(0, 8.0)
    lab.go(1.0)
    assert [news.asked for news in lab.told] == [Asked.AT_END]
    assert [reading.over_s for reading in lab.told[0].readings] == [None]


def test_one_selector_is_asked_once_for_all_windows_that_end_together() -> None:
    """Two rules and the whole hold."""
    lab = a_lab(rules=[a_rule("cpu", 2.0), a_rule("cpu", 4.0)])
    lab.hold(0, 5.5)
    lab.prometheus.asked.clear()
    lab.go(0.5)
    assert lab.prometheus.asked == [CPU]
    (at_end,) = lab.of(Asked.AT_END)
    counts = {one.over_s: one.members[0].sample_count or 0 for one in at_end.readings}
    assert list(counts) == [None, 2.0, 4.0]
    assert counts[None] > counts[4.0] > counts[2.0]


def test_what_a_rule_rests_on_is_asked_first() -> None:
    """In case time runs out for the rest."""
    lab = a_lab([WAITING, CORES], rules=[a_rule("cpu", None)])
    lab.hold(0, 5.0)
    lab.go(0.5)
    assert [one.name for one in lab.told[0].readings] == ["cpu", "prom.waiting"]


def test_samples_that_arrive_late_are_in_the_late_reading() -> None:
    """Honoured time stamps: at the end one sample is still missing, a scrape later none is."""
    lab = a_lab(spacing_s=10.0, arrives_after_s=12.0, late_after_s=14.0)
    lab.go(5.0)
    lab.hold(0, 40.0)
    lab.go(15.0)
    at_end, late = (news.readings[0] for news in lab.told)
    assert (at_end.members[0].sample_count, at_end.may_stop) == (3, False)
    assert at_end.reason.startswith("~ rests on 3 samples over 50% of the step of 40s; 4 over 50%")
    assert (late.members[0].sample_count, late.may_stop, late.seen_late) == (4, True, True)


def test_windows_are_asked_for_in_the_time_of_prometheus() -> None:
    """Its clock is 5 s ahead; without the offset the last samples would be missing."""
    lab = a_lab(offset_s=5.0)
    start_unix_s = lab.clock.unix_s()
    lab.hold(0, 10.0)
    lab.go(0.5)
    (reading,) = lab.told[0].readings
    assert reading.window_start_unix_s == pytest.approx(start_unix_s + 5, abs=0.01)
    assert reading.window_end_unix_s == pytest.approx(start_unix_s + 15, abs=0.01)
    assert reading.members[0].age_s == pytest.approx(0.0, abs=1.0)


def test_the_clocks_are_compared_again_every_minute() -> None:
    """A clock that was set meanwhile moves the windows."""
    lab = a_lab()
    lab.go(1.0)
    lab.prometheus.offset_s = 9.0
    lab.go(60.0)
    assert lab.prometheus.asked == ["clock"]
    start_unix_s = lab.clock.unix_s()
    lab.hold(0, 5.0)
    lab.go(0.5)
    assert lab.told[0].readings[0].window_start_unix_s == pytest.approx(start_unix_s + 9, abs=0.01)


def test_a_prometheus_that_is_back_is_asked_for_its_clock_first() -> None:
    """At the first look it was dead."""
    clock = FakeClock()
    prometheus = FakePrometheus(clock, fault=REFUSED, offset_s=9.0)
    look = first_look(prometheus, [CORES], clock.unix_s())
    work = PrometheusWork(prometheus, look, [], Timing(1.0, 3.0, 5.0), clock, None)
    lab = Lab(clock, prometheus, work)
    start_unix_s = clock.unix_s()
    lab.hold(0, 2.0)
    prometheus.fault = None
    lab.go(0.5)
    reading = lab.told[-1].readings[0]
    assert reading.window_start_unix_s == pytest.approx(start_unix_s + 9, abs=0.01)


def test_nothing_is_read_by_clocks_that_could_not_be_compared() -> None:
    """Queries are answered, but the windows might be those of another step."""
    clock = FakeClock()
    clock.time_s = 1000.0
    prometheus = FakePrometheus(clock, fault=REFUSED)
    look = first_look(prometheus, [WAITING], clock.unix_s())
    prometheus.fault, prometheus.faults = None, {"clock": REFUSED}
    prometheus.vectors = {"waiting": lambda at_s: Answer((Series({}, ((at_s, 7.0),)),))}
    rules = [a_rule("prom.waiting", 1.0)]
    lab = Lab(
        clock, prometheus, PrometheusWork(prometheus, look, rules, Timing(1, 3, 5), clock, None)
    )
    lab.hold(0, 5.0)
    lab.go(9.0)
    assert [news.asked for news in lab.told] == [Asked.AT_END, Asked.LATE]
    for reading in (reading for news in lab.told for reading in news.readings):
        assert reading.state is ReadingState.ERROR
        assert reading.reason.startswith(REFUSED.detail)


def test_a_slow_answer_does_not_make_the_offset_worse() -> None:
    """What it tells within its error agrees with what was measured better before the load."""
    lab = a_lab(offset_s=5.0)
    lab.go(1.0)
    for offset_s, error_s, taken_s in ((6.5, 2.0, 5.0), (6.5, 0.01, 6.5)):
        lab.prometheus.offset_s, lab.prometheus.offset_error_s = offset_s, error_s
        lab.go(60.0)
        start_unix_s = lab.clock.unix_s()
        lab.hold(0, 5.0)
        lab.go(0.5)
        reading = lab.of(Asked.AT_END)[-1].readings[0]
        assert reading.window_start_unix_s == pytest.approx(start_unix_s + taken_s, abs=0.01)


def test_the_end_of_a_hold_interrupts_a_reading_inside_it() -> None:
    """What is only shown must not delay what the climb waits for."""
    lab = a_lab([CORES, WAITING], rules=[a_rule("cpu", 2.0), a_rule("prom.waiting", 2.0)])

    def end_meanwhile(at_s: float) -> Answer:
        lab.prometheus.vectors["waiting"] = lambda at_s: Answer((Series({}, ((at_s, 7.0),)),))
        lab.work.end(0, lab.clock.unix_s())
        return Answer((Series({}, ((at_s, 7.0),)),))

    lab.work.begin(0, lab.clock.unix_s())
    lab.go(2.5)
    lab.prometheus.vectors["waiting"] = end_meanwhile
    lab.told.clear()
    lab.go(1.0)
    assert [news.asked for news in lab.told] == [Asked.AT_END]


def test_the_end_of_a_hold_interrupts_a_late_reading_which_goes_on_after_it() -> None:
    """The late one is whole all the same."""
    lab = a_lab([CORES, WAITING])
    lab.hold(0, 10.0)
    lab.go(0.5)
    lab.work.begin(1, lab.clock.unix_s())
    lab.go(2.0)

    def end_meanwhile(at_s: float) -> Answer:
        lab.prometheus.vectors["waiting"] = lambda at_s: Answer((Series({}, ((at_s, 7.0),)),))
        lab.work.end(1, lab.clock.unix_s())
        return Answer((Series({}, ((at_s, 7.0),)),))

    lab.prometheus.vectors["waiting"] = end_meanwhile
    lab.told.clear()
    lab.go(2.0)
    assert [(news.step_index, news.asked) for news in lab.told] == [
        (1, Asked.AT_END),
        (0, Asked.LATE),
    ]
    for news in lab.told:
        assert [one.state for one in news.readings] == [ReadingState.READ] * 2


def test_an_end_during_the_first_late_reading_does_not_read_it_twice() -> None:
    """What was read before the interruption is kept."""
    lab = a_lab([WAITING, CORES], rules=[a_rule("prom.waiting", None)])
    lab.hold(0, 10.0)
    lab.go(0.5)
    lab.work.begin(1, lab.clock.unix_s())
    lab.go(2.0)
    values = iter((1.0, 2.0, 3.0))

    def count(at_s: float) -> Answer:
        value = next(values)
        if value == 1.0:
            lab.work.end(1, lab.clock.unix_s())
        return Answer((Series({}, ((at_s, value),)),))

    lab.prometheus.vectors["waiting"] = count
    lab.told.clear()
    lab.go(2.0)
    end, late = (news.readings[0].members[0].value for news in lab.told)
    assert (end, late) == (2.0, 1.0)


def test_closing_stops_a_reading_under_way() -> None:
    """Nobody wants it any more."""
    for asked in (Asked.AT_END, Asked.LATE):
        lab = a_lab([WAITING, CORES], rules=[a_rule("prom.waiting", None)])
        lab.hold(0, 10.0)
        if asked is Asked.LATE:
            lab.go(2.9)

        def close(at_s: float, lab: Lab = lab) -> Answer:
            lab.work.close()
            return Answer((Series({}, ((at_s, 1.0),)),))

        lab.prometheus.vectors["waiting"] = close
        lab.prometheus.asked.clear()
        lab.go(1.0)
        assert CPU not in lab.prometheus.asked


def test_a_hold_that_was_cut_short_at_once_has_an_answer_too() -> None:
    """Ctrl-C in the moment in which it began."""
    lab = a_lab()
    lab.work.begin(0, lab.clock.unix_s())
    lab.work.end(0, lab.clock.unix_s())
    lab.go(0.5)
    (news,) = lab.told
    assert news.readings[0].state is ReadingState.NO_DATA


def test_nothing_is_done_after_the_end() -> None:
    """Not even what was owed."""
    lab = a_lab()
    lab.hold(0, 5.0)
    lab.work.close()
    lab.prometheus.asked.clear()
    lab.work.do_due()
    assert lab.work.is_closed
    assert lab.prometheus.asked == []
