"""Tests of the limit that turns requests away with a fast 503."""

from dataclasses import replace

from capacity.analysis.bottleneck.classes.concurrency_limit import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import a_change
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    latency_of,
    with_failures,
    with_readings,
)

# docs/bottlenecks.md: 4 connections, 503 in 2 to 3 ms from 8 concurrent on.
ACCEPTED = ((1, 40.0), (2, 81.0), (4, 162.0), (8, 165.0), (16, 163.0), (32, 164.0))


def refusing(median_s: float = 0.0025) -> tuple[Step, ...]:
    """The measured row; what is accepted does not wait."""
    steps = [replace(step, latency=latency_of(0.024)) for step in curve(ACCEPTED)]
    return (
        *steps[:3],
        *(with_failures(step, 3000, status=503, median_s=median_s) for step in steps[3:]),
    )


def test_measured_limit_is_medium() -> None:
    """The measured row: fast 503 beside the same throughput as before."""
    (found,) = judge(case_of(refusing()))
    assert found.confidence is Confidence.MEDIUM
    assert found.first_level == 8.0
    assert found.evidence[0].text() == (
        "37.9% of the answers were 503 at 32 concurrent while 164/s were served as before: "
        "requests beyond a limit are turned away"
    )
    assert found.evidence[1].text() == ("they came back in 2.5ms (median), a good answer took 24ms")
    assert found.evidence[1].text("zh") == "拒绝的应答中位耗时 2.5ms，成功的应答为 24ms"


def test_one_level_is_held_against_the_last_one_without_refusals() -> None:
    """A rule on errors ends most climbs at the first level with 503."""
    (found,) = judge(case_of(refusing()[:4]))
    assert found.confidence is Confidence.MEDIUM


def test_is_low_where_nothing_is_there_to_hold_it_against() -> None:
    """A single level says nothing about constancy."""
    (found,) = judge(case_of(refusing()[3:4]))
    assert found.confidence is Confidence.LOW


def test_slow_503_is_no_limit() -> None:
    """A 503 after the work, or after a wait, is something else."""
    assert judge(case_of(refusing(median_s=0.030))) == ()


def test_throughput_that_falls_is_no_limit() -> None:
    """Who turns away the surplus only keeps what it had."""
    steps = curve(((1, 40.0), (4, 162.0), (8, 120.0), (16, 60.0)))
    falling = tuple(with_failures(step, 3000, status=503) for step in steps[2:])
    assert judge(case_of((*steps[:2], *falling))) == ()


def test_a_service_that_went_down_is_no_limit() -> None:
    """A restart, or nobody who listens, says what the 503 was."""
    steps = refusing()
    restarted = (*steps[:-1], replace(steps[-1], changes=(a_change(ChangeKind.RESTARTED),)))
    assert judge(case_of(restarted)) == ()
    refused = (*steps[:-1], with_failures(steps[-1], 5, kind=FailureKind.CONN_REFUSED))
    assert judge(case_of(refused)) == ()


def test_is_low_beside_a_busy_cpu() -> None:
    """Who sheds load has a reason, and it was seen before the first refusal."""
    (found,) = judge(case_of(with_readings(refusing(), "cpu", [0.2, 0.4, 0.8, 0.95, 0.95, 0.95])))
    assert found.confidence is Confidence.LOW


def test_a_cpu_that_is_busy_with_refusing_is_no_reason() -> None:
    """The near miss: idle until the limit, and then a thousand refusals a second."""
    (found,) = judge(case_of(with_readings(refusing(), "cpu", [0.2, 0.4, 0.6, 0.95, 0.95, 0.95])))
    assert found.confidence is Confidence.MEDIUM


def test_a_few_503_are_no_limit() -> None:
    """The near miss: less than one in a hundred."""
    steps = curve(ACCEPTED)
    assert judge(case_of((*steps[:-1], with_failures(steps[-1], 40, status=503)))) == ()


def test_nothing_is_said_where_nothing_was_good() -> None:
    """Without a good answer there is no speed to hold the 503 against."""
    steps = curve(ACCEPTED)
    none_good = with_failures(curve(((64, 0.0),))[0], 3000, status=503)
    assert judge(case_of((*steps, none_good))) == ()
