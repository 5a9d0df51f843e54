"""How often a Prometheus is asked that fails."""

from dataclasses import replace

import pytest

from capacity.monitors.answers import Answer, Fault, FaultKind
from capacity.monitors.patience import PatientPrometheus
from tests.fakes.prometheus import BAD_QUERY, BUSY, REFUSED, TIMEOUT, FakePrometheus
from tests.fakes.scripted import FakeClock


def _patient(prometheus: FakePrometheus, limit_s: float = 100.0) -> PatientPrometheus:
    patient = PatientPrometheus(prometheus, prometheus.clock, 2.0)
    patient.begin_batch(limit_s, is_last_chance=False)
    return patient


def _ask(patient: PatientPrometheus, selector: str = "x") -> str:
    answer = patient.samples(selector, 0.0, 1.0)
    return answer.detail if isinstance(answer, Fault) else "answered"


def test_a_quick_fault_is_tried_once_more_in_a_batch() -> None:
    """Refused twice, then not tried again for the next question."""
    prometheus = FakePrometheus(FakeClock(), fault=REFUSED)
    patient = _patient(prometheus)
    assert _ask(patient) == "connection refused"
    assert prometheus.asked == ["x", "x"]
    patient = _patient(FakePrometheus(FakeClock(), fault=TIMEOUT, takes_s=3.0))
    assert _ask(patient) == "no answer within 3s"


def test_the_second_try_may_succeed() -> None:
    """A connection that had been idle for too long is made anew."""
    clock = FakeClock()

    class Flaky(FakePrometheus):
        def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
            self.fault = None if self.asked else REFUSED
            return FakePrometheus.samples(self, selector, start_unix_s, end_unix_s)

    assert _ask(_patient(Flaky(clock))) == "answered"


def test_a_slow_fault_is_not_tried_again() -> None:
    """A time-out has cost enough."""
    prometheus = FakePrometheus(FakeClock(), fault=TIMEOUT, takes_s=3.0)
    assert _ask(_patient(prometheus)) == "no answer within 3s"
    assert prometheus.asked == ["x"]


def test_an_answer_makes_up_for_the_faults_before_it() -> None:
    """Only three in a row are a dead server; after fewer the next question is put at once."""
    prometheus = FakePrometheus(FakeClock(), takes_s=1.0)
    patient = _patient(prometheus)
    for fault in (TIMEOUT, TIMEOUT, None, TIMEOUT, TIMEOUT):
        prometheus.fault = fault
        _ask(patient)
    assert patient.dead is None
    prometheus.fault = TIMEOUT
    assert _ask(patient, "last") == "no answer within 3s"
    assert prometheus.asked == ["x"] * 5 + ["last"]
    assert patient.dead == TIMEOUT


def test_a_dead_server_is_asked_every_ten_seconds_only() -> None:
    """After three faults in a row its last fault is the answer, with no time lost."""
    clock = FakeClock()
    prometheus = FakePrometheus(clock, fault=TIMEOUT, takes_s=3.0)
    patient = _patient(prometheus)
    for selector in "abc":
        _ask(patient, selector)
    before_s = clock.now_s()
    assert _ask(patient, "d") == "no answer within 3s; asked again in 10s"
    clock.time_s += 4
    patient.begin_batch(5.0, is_last_chance=True)
    assert _ask(patient, "e") == "no answer within 3s; asked again in 6s"
    assert (prometheus.asked, clock.now_s()) == (["a", "b", "c"], before_s + 4)

    clock.time_s += 6
    patient.begin_batch(5.0, is_last_chance=False)
    assert _ask(patient, "f") == "no answer within 3s"
    assert _ask(patient, "g") == "no answer within 3s; asked again in 10s"
    clock.time_s += 10
    prometheus.fault = None
    patient.begin_batch(5.0, is_last_chance=False)
    assert [_ask(patient, selector) for selector in "hi"] == ["answered", "answered"]


def test_a_dead_server_that_refuses_quickly_is_asked_when_a_step_ends() -> None:
    """It may be back; if it is not, that is known after one question and its retry."""
    clock = FakeClock()
    prometheus = FakePrometheus(clock, fault=REFUSED)
    patient = _patient(prometheus)
    for selector in "ab":
        _ask(patient, selector)
    assert _ask(patient, "c") == "connection refused; asked again in 10s"
    prometheus.asked.clear()
    patient.begin_batch(5.0, is_last_chance=True)
    assert [_ask(patient, selector) for selector in "de"] == [
        "connection refused",
        "connection refused; asked again in 10s",
    ]
    assert prometheus.asked == ["d", "d"]
    prometheus.fault = None
    patient.begin_batch(5.0, is_last_chance=True)
    assert _ask(patient, "f") == "answered"


def test_a_query_that_cannot_work_is_asked_once_and_harms_no_other() -> None:
    """Whatever window it is asked over."""
    prometheus = FakePrometheus(FakeClock(), faults={"bad[60s]": BAD_QUERY})
    patient = _patient(prometheus)
    for _ in range(4):
        answer = patient.vector("bad[60s]", 0.0, "bad[$window]")
        assert isinstance(answer, Fault)
        assert answer.detail == "status 400: parse error"
    answer = patient.vector("bad[30s]", 0.0, "bad[$window]")
    assert isinstance(answer, Fault)
    assert _ask(patient) == "answered"
    assert prometheus.asked == ["bad[60s]", "x"]


@pytest.mark.parametrize(
    ("fault", "rest_s"),
    [
        pytest.param(BUSY, 8.0, id="as long as it wishes"),
        pytest.param(replace(BUSY, retry_after_s=3600.0), 60.0, id="but not for ever"),
        pytest.param(replace(BUSY, retry_after_s=None), 4.0, id="two periods without a wish"),
        pytest.param(
            Fault(FaultKind.UNAVAILABLE, "status 503", is_permanent=False), 4.0, id="unavailable"
        ),
    ],
)
def test_a_busy_server_is_left_alone_for_a_while(fault: Fault, rest_s: float) -> None:
    """Neither is it tried again at once."""
    clock = FakeClock()
    prometheus = FakePrometheus(clock, fault=fault)
    patient = _patient(prometheus)
    _ask(patient)
    prometheus.fault = None
    clock.time_s += rest_s - 0.5
    assert _ask(patient) == f"{fault.detail}; asked again in 500ms"
    clock.time_s += 0.5
    assert _ask(patient) == "answered"
    assert prometheus.asked == ["x", "x"]


def test_a_busy_server_is_asked_all_the_same_when_a_step_ends() -> None:
    """Its wish is kept up to the end of the step."""
    prometheus = FakePrometheus(FakeClock(), fault=BUSY)
    patient = _patient(prometheus)
    _ask(patient)
    prometheus.fault = None
    patient.begin_batch(5.0, is_last_chance=True)
    assert _ask(patient) == "answered"


def test_time_runs_out_for_a_whole_batch() -> None:
    """Answers of 2 s leave room for three questions in 5 s; the fault is not the server's."""
    prometheus = FakePrometheus(FakeClock(), takes_s=2.0)
    patient = _patient(prometheus, limit_s=5.0)
    assert [_ask(patient, selector) for selector in "abcde"] == [
        "answered",
        "answered",
        "answered",
        "not asked in time: 3 questions before it took the 5s there are",
        "not asked in time: 3 questions before it took the 5s there are",
    ]
    patient.begin_batch(5.0, is_last_chance=False)
    assert _ask(patient) == "answered"


def test_clocks_are_compared_with_the_same_patience() -> None:
    """A fault there counts too."""
    prometheus = FakePrometheus(FakeClock(), fault=TIMEOUT, takes_s=3.0)
    patient = _patient(prometheus)
    for _ in range(5):
        patient.clock_offset()
    assert prometheus.asked == ["clock"] * 3
