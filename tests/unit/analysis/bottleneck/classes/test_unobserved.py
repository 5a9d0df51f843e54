"""Tests of the time that is spent in something that nobody measures."""

import pytest

from capacity.analysis.bottleneck.classes.unobserved import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    with_failures,
    with_idle_cpu,
    with_readings,
)

ROWS = ((1, 20.0), (2, 40.0), (4, 66.0), (8, 67.0), (16, 66.0))


def test_an_idle_cpu_and_requests_that_wait_are_low() -> None:
    """By elimination, and said as such."""
    (found,) = judge(case_of(with_idle_cpu(curve(ROWS))))
    assert found.confidence is Confidence.LOW
    assert found.subject.kind is SubjectKind.DOWNSTREAM
    assert found.first_level == 4.0
    assert found.evidence[0].text() == (
        "a request took 242ms at 16 concurrent, 50ms without load: its time is spent waiting for "
        "something that is not measured"
    )
    assert found.evidence[0].text("zh") == (
        "并发 16 时，一个请求耗时 242ms，无负载时为 50ms：时间花在等待某个未被观测的环节上"
    )


def first_fails(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with failures where throughput stopped to grow."""
    return tuple(
        with_failures(step, 500, status=500) if i == 2 else step for i, step in enumerate(steps)
    )


@pytest.mark.parametrize(
    "steps",
    [
        curve(ROWS),
        with_readings(curve(ROWS), "cpu", [0.2, 0.4, 0.6, 0.6, 0.6]),
        with_readings(curve(ROWS), "cpu", [None] * 5),
        with_idle_cpu(curve(ROWS[:3])),
        with_idle_cpu(first_fails(curve(ROWS))),
        with_idle_cpu(curve(((8, 60.0), (9, 60.0), (10, 60.0)))),
        (),
    ],
    ids=["unseen", "busy", "no data", "still grows", "errors", "no waiting", "no levels"],
)
def test_what_was_not_looked_at_is_not_eliminated(steps: tuple[Step, ...]) -> None:
    """Where nothing was seen, unknown is the honest answer."""
    assert judge(case_of(steps)) == ()
