"""Tests of the limiter that makes requests wait."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.pacing import judge
from capacity.analysis.bottleneck.classes.pool import judge as judge_pool
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    latency_of,
    with_failures,
    with_idle_cpu,
    with_readings,
)

# docs/bottlenecks.md: 200/s, queued; the work itself takes 0.4 ms.
PACED = ((1, 200.1), (4, 199.6), (16, 198.7))
# The same curve as a pool of 4: 20 ms of work, and 210/s let through.
PACED_LIKE_A_POOL = ((1, 48.0), (2, 96.0), (4, 150.3), (8, 150.0), (16, 150.1), (32, 150.0))


def test_measured_limiter_is_medium_with_an_idle_cpu() -> None:
    """The measured row: 0.08 slots, a scatter of 0.3 %, a round number."""
    (found,) = judge(case_of(with_idle_cpu(curve(PACED, unloaded_s=0.0004))))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[0].text() == (
        "throughput was 200/s at every level from 1 concurrent to 16 concurrent, with a scatter of "
        "0.29%: this points to a limiter"
    )
    assert found.evidence[0].text("zh") == (
        "从并发 1 到并发 16，每级吞吐都是 200/s，离散度仅 0.29%：应是限速器所致"
    )
    assert found.evidence[1].text() == (
        "only 0.08 requests are worked on at a time (200/s x 400us); the others wait"
    )


def test_is_low_where_no_cpu_was_seen() -> None:
    """A curve alone is never more."""
    (found,) = judge(case_of(curve(PACED, unloaded_s=0.0004)))
    assert found.confidence is Confidence.LOW


def test_the_whole_of_a_round_number_for_one_caller_is_a_limiter() -> None:
    """A single caller waits, too, so that its latency is that of the pace."""
    (found,) = judge(case_of(with_idle_cpu(curve(PACED))))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[1].text() == (
        "it is within 0.2% of 200/s, a number that somebody may have set"
    )


def test_a_number_that_is_not_round_for_one_caller_is_no_limiter() -> None:
    """The near miss: a single server of 5.2 ms makes the same curve."""
    assert judge(case_of(with_idle_cpu(curve(((1, 192.1), (4, 191.6), (16, 190.7)))))) == ()


def test_few_slots_with_an_idle_cpu_need_no_round_number() -> None:
    """Nobody works on what waits."""
    steps = curve(((1, 187.3), (4, 187.2), (16, 187.4)), unloaded_s=0.0004)
    assert len(judge(case_of(with_idle_cpu(steps)))) == 1
    assert judge(case_of(steps)) == ()


def test_the_curve_of_a_pool_with_a_round_number_between_whole_slots_is_a_limiter() -> None:
    """150/s x 20.8 ms are 3.1 slots; nothing about 3.1 explains a scatter of 0.1 %."""
    rows = ((1, 48.0), (2, 96.0), (4, 160.3), (8, 160.0), (16, 160.1), (32, 160.0))
    assert judge(case_of(with_idle_cpu(curve(rows)))) == ()
    (found,) = judge(case_of(with_idle_cpu(curve(((1, 45.0), *PACED_LIKE_A_POOL[2:])))))
    assert found.confidence is Confidence.MEDIUM
    assert judge_pool(case_of(with_idle_cpu(curve(((1, 45.0), *PACED_LIKE_A_POOL[2:]))))) == ()


def test_a_pool_of_four_is_no_limiter() -> None:
    """The same curve as it was measured for a pool: 187 is not round, 3.9 is nearly 4."""
    rows = ((1, 48.0), (2, 95.0), (4, 187.0), (8, 187.0), (16, 186.0), (32, 183.0), (64, 180.0))
    assert judge(case_of(with_idle_cpu(curve(rows, unloaded_s=0.0208)))) == ()


def test_a_quota_is_no_limiter() -> None:
    """Measured: 0.5 slots and a scatter of 1 %, but the CPU is at its limit."""
    steps = curve(((1, 91.0), (2, 92.0), (4, 93.0), (8, 91.0), (16, 90.0)), unloaded_s=0.0056)
    assert judge(case_of(with_readings(steps, "cpu", [0.98] * 5))) == ()
    assert judge(case_of(steps)) == ()


def test_a_round_number_with_the_tail_of_a_quota_needs_a_cpu_that_was_seen() -> None:
    """A quota of half a core may give a round number by chance."""
    steps = curve(((1, 100.0), (2, 100.1), (4, 99.9)), unloaded_s=0.0045)
    steps = (replace(steps[0], latency=latency_of(0.0045, tail=10.0)), *steps[1:])
    assert judge(case_of(steps)) == ()
    assert len(judge(case_of(with_idle_cpu(steps)))) == 1


@pytest.mark.parametrize(
    "rows",
    [
        ((1, 206.0), (4, 200.0), (16, 194.0)),
        ((1, 200.0), (4, 200.0)),
        ((1, 50.0), (4, 200.0), (16, 800.0)),
    ],
    ids=["scatters by more than 2 %", "too few levels", "still grows"],
)
def test_what_is_not_constant_is_no_limiter(rows: tuple[tuple[int, float], ...]) -> None:
    """A limiter keeps its pace at every level, and three of them are needed to see it."""
    assert judge(case_of(with_idle_cpu(curve(rows, unloaded_s=0.0004)))) == ()


def test_failures_are_no_waiting() -> None:
    """Who refuses does not queue."""
    steps = with_idle_cpu(curve(PACED, unloaded_s=0.0004))
    refused: tuple[Step, ...] = tuple(with_failures(step, 500, status=429) for step in steps)
    assert judge(case_of(refused)) == ()


def test_slow_transfers_are_no_pace() -> None:
    """A link that is full keeps its throughput as well."""
    steps = tuple(replace(step, transfer=step.latency) for step in curve(PACED))
    assert judge(case_of(with_idle_cpu(steps))) == ()


def test_a_run_that_begins_beyond_the_turn_has_no_slots_but_a_pace() -> None:
    """What the work takes is not known, but 200/s at each level is a limit that was set."""
    (found,) = judge(case_of(with_idle_cpu(curve(((8, 200.9), (16, 200.7), (32, 200.5))))))
    assert found.evidence[1].text() == (
        "it is within 0.35% of 200/s, a number that somebody may have set"
    )


def test_a_round_number_that_exact_slots_account_for_is_not_clear() -> None:
    """8 servers of 10 ms carry 800/s as evenly as a limiter does: the pool goes first, at low."""
    rows = ((1, 99.0), (4, 396.0), (9, 783.0), (16, 800.4), (64, 800.1), (256, 801.0))
    case = case_of(with_idle_cpu(curve(rows, unloaded_s=0.0101)))

    (paced,), (pooled,) = judge(case), judge_pool(case)

    assert (paced.confidence, pooled.confidence) == (Confidence.LOW, Confidence.LOW)
