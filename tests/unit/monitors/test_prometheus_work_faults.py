"""What a monitor tells when Prometheus or its target hangs, fails, dies or comes back."""

from capacity.model.resources import Asked, ReadingState, ResourceNews
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from tests.fakes.prometheus import REFUSED, TIMEOUT, FakeSeries
from tests.unit.monitors.builders import CPU, a_rule
from tests.unit.monitors.work_lab import CORES, WAITING, a_lab


def test_a_call_that_hangs_delays_no_news_beyond_its_limit() -> None:
    """The thread is stuck in a call; the polling thread says what is known."""
    lab = a_lab([CORES, WAITING])
    lab.hold(0, 10.0)
    lab.clock.time_s += 4.9
    assert lab.work.poll() == ()
    lab.clock.time_s += 0.1
    (news,) = lab.work.poll()
    assert (news.step_index, news.asked) == (0, Asked.AT_END)
    assert [(one.name, one.state, one.reason, one.members) for one in news.readings] == [
        ("cpu", ReadingState.ERROR, "no answer within 5s", ()),
        ("prom.waiting", ReadingState.ERROR, "no answer within 5s", ()),
    ]
    lab.clock.time_s += 3.0
    (news,) = lab.work.poll()
    assert news.asked is Asked.LATE
    # The answer that comes in the end is nobody's any more.
    lab.go(1.0)
    assert lab.told == []


def test_what_was_read_before_the_hang_is_told() -> None:
    """The second query hangs for 6 s; the first one's value is there all the same."""
    lab = a_lab([CORES, WAITING])
    seen: list[ResourceNews] = []

    def hang(at_s: float) -> Answer:
        lab.clock.time_s += 6.0
        seen.extend(lab.work.poll())
        return Answer((Series({}, ((at_s, 7.0),)),))

    lab.prometheus.vectors["waiting"] = hang
    lab.hold(0, 10.0)
    lab.work.do_due()
    (news,) = (one for one in seen if one.asked is Asked.AT_END)
    assert [(one.name, one.state) for one in news.readings] == [
        ("cpu", ReadingState.READ),
        ("prom.waiting", ReadingState.ERROR),
    ]


def test_a_dead_prometheus_costs_a_step_no_time_out() -> None:
    """Once three calls have failed the next end is answered at once."""
    lab = a_lab(rules=[a_rule("cpu", 2.0)])
    lab.prometheus.fault, lab.prometheus.takes_s = TIMEOUT, 3.0
    lab.hold(0, 10.0)
    lab.go(1.0)
    assert lab.told[-1].readings[0].reason.startswith("no answer within 3s")
    asked = len(lab.prometheus.asked)
    before_s = lab.clock.now_s()
    lab.hold(1, 3.0)
    lab.work.do_due()
    assert len(lab.prometheus.asked) <= asked + 1
    assert lab.clock.now_s() - before_s <= 6.5
    (news,) = (one for one in lab.work.poll() if one.asked is Asked.AT_END)
    assert {one.state for one in news.readings} == {ReadingState.ERROR}


def test_a_question_to_a_dead_prometheus_makes_no_step_longer() -> None:
    """The thread is in one that hangs when the hold ends; a second later its fault is told."""
    lab = a_lab(rules=[a_rule("cpu", 2.0)])
    lab.prometheus.fault, lab.prometheus.takes_s = TIMEOUT, 3.0
    lab.hold(0, 30.0)
    lab.go(10.0)
    lab.hold(1, 3.0)
    lab.clock.time_s += 0.9
    assert lab.of(Asked.AT_END)[-1].step_index == 0
    assert [news.step_index for news in lab.work.poll() if news.asked is Asked.AT_END] == []
    lab.clock.time_s += 0.1
    (news,) = (one for one in lab.work.poll() if one.asked is Asked.AT_END)
    assert (news.step_index, news.readings[0].reason) == (1, "no answer within 3s")


def test_a_prometheus_that_dies_and_comes_back_is_read_again() -> None:
    """Killed in the middle of a run."""
    lab = a_lab()
    states: list[ReadingState] = []
    for step, fault in enumerate((None, REFUSED, REFUSED, None)):
        lab.prometheus.fault = fault
        lab.hold(step, 12.0)
        lab.go(6.0)
        states += [one.readings[0].state for one in lab.of(Asked.AT_END) if one.step_index == step]
    read, error = ReadingState.READ, ReadingState.ERROR
    assert states == [read, error, error, read]


def test_a_target_that_dies_is_no_data_then_and_never_zero() -> None:
    """Its series end in the second hold; in the third nothing is there."""
    lab = a_lab(spacing_s=1.0)
    lab.hold(0, 40.0)
    lab.go(0.5)
    (series,) = lab.prometheus.series[CPU]
    dies_unix_s = lab.clock.unix_s() + 22
    lab.prometheus.series[CPU] = [FakeSeries(series.labels, series.value_at, 1.0, 0.0, dies_unix_s)]
    lab.hold(1, 40.0)
    lab.hold(2, 40.0)
    lab.go(0.5)
    found = [news.readings[0] for news in lab.of(Asked.AT_END)]
    assert [one.state for one in found] == [
        ReadingState.READ,
        ReadingState.NO_DATA,
        ReadingState.NO_DATA,
    ]
    assert found[1].reason.startswith("the newest sample of shop/a/app was 18")
    assert found[2].reason == "it had samples before, but none in the step of 40s"


def test_a_fault_of_one_query_harms_no_other() -> None:
    """A query that Prometheus refuses is asked once in the whole run."""
    lab = a_lab([CORES, WAITING])
    refused = Fault(FaultKind.BAD_QUERY, "status 400: parse error", is_permanent=True)
    lab.prometheus.faults["waiting"] = refused
    for step in range(2):
        lab.hold(step, 5.0)
        lab.go(4.0)
    for news in lab.told:
        cpu, waiting = sorted(news.readings, key=lambda one: one.name)
        assert cpu.state is ReadingState.READ
        assert (waiting.state, waiting.reason) == (ReadingState.ERROR, "status 400: parse error")
    assert lab.prometheus.asked.count("waiting") == 1


def test_a_bug_of_ours_is_told_by_its_name() -> None:
    """The other quantities and the later steps are read all the same."""
    lab = a_lab([CORES, WAITING])

    def fail(_: float) -> Answer:
        raise KeyError("oops")

    lab.prometheus.vectors["waiting"] = fail
    lab.hold(0, 5.0)
    lab.go(0.5)
    cpu, waiting = lab.told[0].readings
    assert cpu.state is ReadingState.READ
    assert waiting.state is ReadingState.ERROR
    assert waiting.reason == "the monitor failed with KeyError: 'oops'"
