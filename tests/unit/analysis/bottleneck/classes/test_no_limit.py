"""Tests of the run in which nothing came to its limit."""

import pytest

from capacity.analysis.bottleneck.classes.no_limit import judge
from capacity.model.confidence import Confidence
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, RunEnd
from capacity.units import Unit
from tests.unit.analysis.bottleneck.curves import (
    LADDER_END,
    case_of,
    curve,
    disbelieved,
    with_failures,
    with_idle_cpu,
    with_readings,
)
from tests.unit.builders import P99_RULE, a_judgement, a_step
from tests.unit.rate_builders import a_rate_run, a_rate_step

GROWING = ((1, 100.0), (2, 199.0), (4, 390.0), (8, 760.0))


def test_throughput_that_doubles_is_high() -> None:
    """Nothing was broken, nothing full, and the last level gave nearly twice as much."""
    (found,) = judge(case_of(with_idle_cpu(curve(GROWING)), end=LADDER_END))
    assert found.confidence is Confidence.HIGH
    assert found.marks.has_stopped_growth is False
    assert found.evidence[0].text() == (
        "throughput was 760/s at 8 concurrent and still grew by 94.87% per doubling of the load; "
        "nothing that was seen was at its limit"
    )
    assert found.evidence[0].text("zh") == (
        "并发 8 时吞吐为 760/s，负载每翻一倍仍增长 94.87%；观测到的资源都未到达上限"
    )


def test_few_samples_of_the_cpu_are_at_most_medium() -> None:
    """They may have missed what is near its end."""
    steps = with_readings(curve(GROWING), "cpu", [0.1, 0.2, 0.2, 0.3], sample_count=2)
    (found,) = judge(case_of(steps, end=LADDER_END))
    assert found.confidence is Confidence.MEDIUM


def test_a_higher_load_that_cannot_be_believed_may_have_been_the_limit() -> None:
    """Nothing that began in it has ended: the service may hang."""
    steps = with_idle_cpu(curve(GROWING))
    hanging = disbelieved(steps[-1], "no request that began in the hold has ended; hold longer")
    assert judge(case_of((*steps[:-1], hanging), end=LADDER_END)) == ()
    assert judge(case_of(steps[:-1], end=LADDER_END)) != ()


def test_throughput_that_grows_a_little_is_medium() -> None:
    """It bends, but the end is not in sight."""
    rows = ((1, 100.0), (2, 180.0), (4, 300.0), (8, 400.0))
    (found,) = judge(case_of(with_idle_cpu(curve(rows)), end=LADDER_END))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("last_qps", "is_named"), [(742.0, True), (740.0, False)], ids=["90 %", "less"]
)
def test_where_no_cpu_was_seen_throughput_has_to_double(last_qps: float, *, is_named: bool) -> None:
    """A quota that some requests wait for bends the curve a little, long before it is the limit."""
    steps = curve((*GROWING[:3], (8, last_qps)))
    found = judge(case_of(steps, end=LADDER_END))
    assert [one.confidence for one in found] == ([Confidence.MEDIUM] if is_named else [])


def test_throughput_that_stopped_is_a_limit() -> None:
    """The near miss: the last level gives as much as the one before."""
    assert judge(case_of(curve((*GROWING, (16, 765.0))), end=LADDER_END)) == ()


def test_a_wide_step_that_hardly_grows_is_no_growth() -> None:
    """A tenth more for 64 times the load is 1.6 % per doubling."""
    steps = with_idle_cpu(curve(((1, 100.0), (64, 110.0))))
    assert judge(case_of(steps, end=LADDER_END)) == ()


def test_a_broken_limit_is_a_limit() -> None:
    """A latency beyond its rule ends the climb, however much throughput still grows."""
    broken = a_judgement(P99_RULE, RuleState.BREACH, observed=0.3, limit=0.1)
    steps = (*curve(GROWING), a_step(16, 1500.0, index=4, judgements=[broken]))
    assert judge(case_of(steps, end=LADDER_END)) == ()


def test_failures_are_a_limit() -> None:
    """One request in fifty failed."""
    steps = curve(GROWING)
    failing = with_failures(steps[-1], 500, status=500)
    assert judge(case_of((*steps[:-1], failing), end=LADDER_END)) == ()


@pytest.mark.parametrize(
    ("values", "is_named"),
    [([0.2, 0.4, 0.7, 0.93], False), ([0.2, 0.4, 0.7, 0.89], True), ([0.95] * 4, True)],
    ids=["full at the last", "nearly full", "background"],
)
def test_a_full_resource_is_a_limit(values: list[float], *, is_named: bool) -> None:
    """One that is about to run out is near the limit; one that was full all along says nothing."""
    steps = with_readings(curve(GROWING), "cpu", values)
    assert bool(judge(case_of(steps, end=LADDER_END))) is is_named


@pytest.mark.parametrize(
    ("reason", "is_named"),
    [
        (EndReason.LADDER, True),
        (EndReason.FUSE, True),
        (EndReason.BUDGET, True),
        (EndReason.INTERRUPTED, False),
        (EndReason.NOT_FINISHED, False),
        (EndReason.RULE, False),
    ],
)
def test_a_climb_that_was_broken_off_says_nothing(reason: EndReason, *, is_named: bool) -> None:
    """It might have met its limit at the next load."""
    case = case_of(curve(GROWING), end=RunEnd(reason, "it ended", None))
    assert bool(judge(case)) is is_named


def test_one_level_says_nothing() -> None:
    """Growth takes two."""
    assert judge(case_of(curve(GROWING[:1]), end=LADDER_END)) == ()
    assert judge(case_of((), end=LADDER_END)) == ()


def test_planned_rates_that_were_kept_up_with_have_no_limit() -> None:
    """In an open loop it is told by the rate."""
    steps = (a_rate_step(100.0), a_rate_step(200.0, index=1), a_rate_step(400.0, index=2))
    (found,) = judge(case_of((), run=a_rate_run(steps, end=LADDER_END)))
    assert found.confidence is Confidence.MEDIUM
    assert "at 400/s planned" in found.evidence[0].text()
    assert "计划速率 400/s 时" in found.evidence[0].text("zh")


def test_planned_rates_beyond_the_service_have_one() -> None:
    """A service that answers 90 % of what was planned does not keep up."""
    steps = (a_rate_step(100.0), a_rate_step(200.0, index=1, dropped=600))
    assert judge(case_of((), run=a_rate_run(steps, end=LADDER_END))) == ()


def test_information_is_never_full() -> None:
    """A number of threads has no limit that is known."""
    steps = with_readings(curve(GROWING), "threads", [1.0, 2.0, 3.0, 4.0], unit=Unit.COUNT)
    assert len(judge(case_of(steps, end=LADDER_END))) == 1
