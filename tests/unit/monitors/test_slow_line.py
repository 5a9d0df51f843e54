"""More questions than the time for an answer has room for."""

from dataclasses import replace

import pytest

from capacity.model.resources import Asked, Expression, ReadingState
from capacity.model.rules import Action
from tests.unit.monitors.builders import a_quantity, a_rule
from tests.unit.monitors.work_lab import CORES, Lab, a_lab

# Two questions each, the value and the samples behind it.
_SHOWN = [a_quantity(Expression(f"shown_{n}"), name=f"prom.shown_{n}") for n in range(70)]
_MARKED = a_quantity(Expression("marked"), name="prom.marked")
_ROUND_TRIP_S = 0.1


@pytest.fixture(scope="module")
def lab() -> Lab:
    """One step of 30 s where each question takes 0.1 s and 5 s are allowed; rules come last."""
    lab = a_lab(
        [*_SHOWN, _MARKED, CORES],
        rules=[
            replace(a_rule("prom.marked", None), action=Action.MARK),
            a_rule("cpu", None),
            a_rule("cpu", 20.0),
        ],
    )
    lab.prometheus.takes_s = _ROUND_TRIP_S
    lab.hold(0, 30.0)
    lab.prometheus.asked.clear()
    lab.go(30.0)
    return lab


def test_what_may_stop_is_asked_first(lab: Lab) -> None:
    """Before what only marks, and both before what is only shown."""
    (news,) = lab.of(Asked.AT_END)
    assert [(one.name, one.over_s) for one in news.readings[:3]] == [
        ("cpu", None),
        ("prom.marked", None),
        ("cpu", 20.0),
    ]
    assert news.readings[0].may_stop
    assert news.readings[2].may_stop


def test_what_time_ran_out_for_says_so(lab: Lab) -> None:
    """Every quantity has a reading; no reading claims that Prometheus had no data."""
    (news,) = lab.of(Asked.AT_END)
    assert len(news.readings) == len(_SHOWN) + 3
    late = [one for one in news.readings if one.state is ReadingState.ERROR]
    assert 40 <= len(late) <= 60
    assert all(
        "readings were made by then" in one.reason or "not asked in time: " in one.reason
        for one in late
    )


def test_the_rest_is_asked_late_from_its_other_end(lab: Lab) -> None:
    """What was missed at the end is there afterwards, as far as there is time."""
    (at_end,), (late,) = lab.of(Asked.AT_END), lab.of(Asked.LATE)
    assert [one.name for one in late.readings[:4]] == [
        "cpu",
        "prom.marked",
        "cpu",
        "prom.shown_69",
    ]
    answered = {
        one.name
        for news in (at_end, late)
        for one in news.readings
        if one.state is not ReadingState.ERROR
    }
    assert {"prom.shown_0", "prom.shown_69"} <= answered
    assert len(answered) >= 40


def test_each_batch_ends_in_its_time(lab: Lab) -> None:
    """No more questions are put than fit in, at the end and late."""
    assert len(lab.prometheus.asked) <= 2 * 5.0 / _ROUND_TRIP_S + 2
