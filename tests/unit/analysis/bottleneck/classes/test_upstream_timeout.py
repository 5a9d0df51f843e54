"""Tests of time-outs on the way, which answer in place of the service."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.upstream_timeout import judge
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.curves import case_of, curve, latency_of, with_failures

ROWS = ((1, 50.0), (2, 100.0), (4, 110.0), (8, 100.0))


def steps(
    count: int = 400,
    *,
    status: int = 504,
    median_s: float = 1.003,
    spread: float = 1.005,
    kind: FailureKind = FailureKind.HTTP_STATUS,
) -> tuple[Step, ...]:
    """A curve whose last level has failures after one time."""
    fine = curve(ROWS)
    last = with_failures(
        fine[-1], count, status=status, median_s=median_s, spread=spread, kind=kind
    )
    return (*fine[:-1], last)


def test_504_after_one_time_is_high() -> None:
    """A proxy gave up after a second, every time."""
    (found,) = judge(case_of(steps()))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 8.0
    assert found.evidence[0].text() == (
        "11.8% of the answers were 504 after 1s at 8 concurrent: a time-out of a proxy, not an "
        "answer of the service"
    )
    assert found.evidence[0].text("zh") == (
        "并发 8 时 11.8% 的应答是等待 1s 后的 504：这是代理超时，并非服务的应答"
    )


def test_504_at_various_times_is_medium() -> None:
    """It is still a proxy that gave up."""
    (found,) = judge(case_of(steps(spread=3.0)))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[0].text() == (
        "11.8% of the answers were 504 at 8 concurrent: a proxy gave up, at various times"
    )


@pytest.mark.parametrize(
    ("p90_s", "confidence"), [(1.039, Confidence.HIGH), (1.041, Confidence.MEDIUM)]
)
def test_one_time_allows_for_timers_and_the_way(p90_s: float, confidence: Confidence) -> None:
    """2 % and 20 ms beyond a median of 1 s."""
    piled = steps()
    failed = replace(latency_of(1.0), p90_s=p90_s)
    (found,) = judge(case_of((*piled[:-1], replace(piled[-1], failed_latency=failed))))
    assert found.confidence is confidence


def test_a_few_504_are_no_bottleneck() -> None:
    """The near miss: less than one in a hundred."""
    assert judge(case_of(steps(20))) == ()


def test_few_504_pile_up_by_their_extremes() -> None:
    """Fewer than a hundred failures have no 90th percentile; then all of them must agree."""
    few = steps(60)
    failed = latency_of(1.003, tail=1.005, count=60)
    (found,) = judge(case_of((*few[:-1], replace(few[-1], failed_latency=failed))))
    assert found.confidence is Confidence.MEDIUM
    alike = replace(failed, min_s=1.0, max_s=1.01)
    (found,) = judge(case_of((*few[:-1], replace(few[-1], failed_latency=alike))))
    assert found.confidence is Confidence.HIGH


def test_other_errors_after_one_round_time_are_medium() -> None:
    """A pool that is waited for 30 s, and then 500."""
    (found,) = judge(case_of(steps(status=500, median_s=30.05, spread=1.001)))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[0].text() == (
        "11.8% of the requests failed after 30.1s each at 8 concurrent: somebody behind waits that "
        "long and gives up"
    )


def test_a_504_among_many_500_is_not_their_reason() -> None:
    """What piled up are the others."""
    many = steps(status=500, median_s=30.05, spread=1.001)
    counts = many[-1].counts
    one_more = replace(counts, statuses={**counts.statuses, 504: 1})
    (found,) = judge(case_of((*many[:-1], replace(many[-1], counts=one_more))))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("median_s", "spread"),
    [(0.37, 1.001), (1.0, 1.2), (0.05, 1.001), (0.2, 1.001)],
    ids=["not round", "at various times", "too short", "as long as a good answer"],
)
def test_other_errors_that_do_not_pile_up_are_no_timeout(median_s: float, spread: float) -> None:
    """A round time, far from that of good answers, and all at once."""
    assert judge(case_of(steps(status=500, median_s=median_s, spread=spread))) == ()


def test_our_own_timeouts_are_not_the_paths() -> None:
    """Requests that we gave up ourselves pile up on our own limit."""
    own = steps(median_s=30.0, spread=1.001, status=200, kind=FailureKind.RESP_TIMEOUT_TOTAL)
    assert judge(case_of(own)) == ()


def test_good_answers_whose_slowest_tenth_took_one_round_time_are_medium() -> None:
    """A part of the page was given up after two seconds."""
    fine = curve(ROWS)
    assert fine[-1].latency is not None
    slow = replace(fine[-1].latency, p50_s=0.08, p90_s=2.001, p99_s=2.004)
    (found,) = judge(case_of((*fine[:-1], replace(fine[-1], latency=slow))))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[0].text() == (
        "the slowest tenth of the answers took 2s each at 8 concurrent, the median 80ms: something "
        "behind waits that long and is given up"
    )


@pytest.mark.parametrize(
    ("p90_s", "p99_s"),
    [(2.0, 2.5), (2.13, 2.14), (0.1, 0.101), (None, None)],
    ids=["a tail", "not round", "near the median", "too few samples"],
)
def test_other_tails_of_good_answers_are_no_timeout(
    p90_s: float | None, p99_s: float | None
) -> None:
    """Tails have many reasons."""
    fine = curve(ROWS)
    assert fine[-1].latency is not None
    tail = replace(fine[-1].latency, p50_s=0.08, p90_s=p90_s, p99_s=p99_s)
    assert judge(case_of((*fine[:-1], replace(fine[-1], latency=tail)))) == ()


def test_nothing_is_said_where_nothing_was_answered() -> None:
    """No data, no claim; failures without a good answer have nothing to be held against."""
    assert judge(case_of(curve(((1, 0.0), (2, 0.0))))) == ()
    assert judge(case_of(())) == ()
    nothing_good = with_failures(curve(((1, 0.0),))[0], 100, status=503, median_s=5.0, spread=1.001)
    (found,) = judge(case_of((nothing_good,)))
    assert found.confidence is Confidence.LOW
