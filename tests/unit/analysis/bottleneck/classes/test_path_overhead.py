"""Tests of the time that goes into opening connections."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.bottleneck_class import Tier
from capacity.analysis.bottleneck.classes.path_overhead import PATH_OVERHEAD, judge
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import ConnectionCounts
from tests.unit.analysis.bottleneck.curves import case_of, curve, latency_of

ROWS = ((1, 12.5), (2, 25.0), (4, 50.0))


def opening(
    connect_s: float | None = 0.020,
    tls_s: float | None = 0.042,
    whole_s: float | None = 0.080,
    *,
    opened_ratio: float = 1.0,
) -> tuple[Step, ...]:
    """A run whose first level opens a connection for each request."""
    first, *others = curve(ROWS)
    return (
        replace(
            first,
            connect=None if connect_s is None else latency_of(connect_s),
            tls=None if tls_s is None else latency_of(tls_s),
            fresh_latency=None if whole_s is None else latency_of(whole_s),
            connections=ConnectionCounts(opened=round(opened_ratio * first.counts.started)),
        ),
        *others,
    )


def test_connect_and_tls_are_told_as_a_fact_beside() -> None:
    """62 of 80 ms; it says nothing about the limit."""
    (found,) = judge(case_of(opening()))
    assert PATH_OVERHEAD.tier is Tier.BESIDE
    assert found.confidence is Confidence.HIGH
    assert found.evidence[0].text() == (
        "opening the connection took 62ms of the 80ms of a request at 1 concurrent, because "
        "connections are not reused"
    )
    assert found.evidence[0].text("zh") == (
        "并发 1 时，一个请求耗时 80ms，其中 62ms 用于建立连接，因为连接没有被复用"
    )


def test_without_a_time_from_the_connect_on_it_is_the_sum() -> None:
    """An engine that cannot tell has the latency from the send."""
    (found,) = judge(case_of(opening(0.03, None, None)))
    assert found.evidence[0].figures[1].value == pytest.approx(0.11)


@pytest.mark.parametrize(
    "steps",
    [
        opening(0.005, 0.010),
        opening(opened_ratio=0.4),
        opening(None, None),
        tuple(replace(step, latency=None) for step in opening(0.03, None, None)),
        (),
    ],
    ids=["a fifth or less", "reused", "nothing was opened", "no good answer", "no levels"],
)
def test_what_costs_little_is_not_told(steps: tuple[Step, ...]) -> None:
    """With keep-alive nobody pays it twice."""
    assert judge(case_of(steps)) == ()
