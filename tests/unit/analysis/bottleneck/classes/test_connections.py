"""Tests of requests that fail, or wait, before they have a connection."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.connections import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.measured import Interval
from capacity.model.resources import ChangeKind, ResourceScope
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind, FailureTrace
from capacity.units import Unit
from tests.unit.analysis.bottleneck.cases import a_change
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    latency_of,
    with_failures,
    with_readings,
)

ROWS = ((64, 400.0), (128, 800.0), (256, 900.0), (512, 880.0))


def failing(kind: FailureKind = FailureKind.CONN_TIMEOUT, count: int = 2000) -> tuple[Step, ...]:
    """A curve whose last level has connections that fail."""
    steps = curve(ROWS)
    return (*steps[:-1], with_failures(steps[-1], count, kind=kind, median_s=2.0))


def with_overflows(
    steps: tuple[Step, ...], *values: float | None, sample_count: int = 6
) -> tuple[Step, ...]:
    """The steps with an accept queue that overflowed so often a second."""
    return with_readings(
        steps,
        "node.tcp_listen_overflows",
        values,
        unit=Unit.PER_SECOND,
        scope=ResourceScope.NODE,
        subject="node-1",
        sample_count=sample_count,
    )


def test_failures_in_the_connect_phase_with_a_counter_are_high() -> None:
    """The queue overflowed while connections timed out."""
    (found,) = judge(case_of(with_overflows(failing(), 0, 0, 0, 41.3)))
    assert found.confidence is Confidence.HIGH
    assert found.marks.is_unambiguous
    assert (found.subject.kind, found.subject.name) == (SubjectKind.NODE, "node-1")
    assert found.first_level == 512.0
    assert [one.text() for one in found.evidence] == [
        "100% of the failures happened before there was a connection, 7.04% of the requests failed "
        "at 512 concurrent",
        "the accept queue of node-1 overflowed 41.3/s at 512 concurrent",
    ]
    assert found.evidence[1].text("zh") == "并发 512 时，node-1 的接受队列溢出 41.3/s"


def test_failures_in_the_connect_phase_alone_are_medium() -> None:
    """Packets were lost, and nobody counted where."""
    (found,) = judge(case_of(failing()))
    assert found.confidence is Confidence.MEDIUM
    assert found.subject.kind is SubjectKind.SERVICE


def refusing(first_s: float, last_s: float) -> tuple[Step, ...]:
    """A curve whose last level, 30 s long, has refusals from one time to another."""
    steps = failing(FailureKind.CONN_REFUSED)
    trace = FailureTrace(FailureKind.CONN_REFUSED, first_s, last_s, ())
    return (*steps[:-1], replace(steps[-1], failure_traces=(trace,)))


def test_refusals_alone_are_low() -> None:
    """They went on for most of the hold, while others were answered."""
    (found,) = judge(case_of(refusing(112.0, 128.0)))
    assert found.confidence is Confidence.LOW


def test_refusals_for_a_while_are_a_service_that_was_away() -> None:
    """The near miss: less than half of the hold, or not known when."""
    assert judge(case_of(refusing(112.0, 126.0))) == ()
    assert judge(case_of(failing(FailureKind.CONN_REFUSED))) == ()


def test_few_samples_of_a_counter_never_make_it_high() -> None:
    """Three samples may support a claim, and no more."""
    (found,) = judge(case_of(with_overflows(failing(), 0, 0, 0, 41.3, sample_count=3)))
    assert found.confidence is Confidence.MEDIUM


def test_half_of_the_failures_are_needed() -> None:
    """The near miss: most failures are answers."""
    step = failing(count=900)[-1]
    worse = with_failures(step, 1000, status=500)
    assert judge(case_of((*failing()[:-1], worse))) == ()
    as_many = with_failures(step, 900, status=500)
    assert len(judge(case_of((*failing()[:-1], as_many)))) == 1


def test_a_few_failures_say_nothing() -> None:
    """Less than one in a hundred."""
    assert judge(case_of(failing(count=200))) == ()


def test_a_service_that_was_restarted_is_not_the_network() -> None:
    """Refusals of a service that went down belong to its restart."""
    steps = refusing(110.0, 140.0)
    restarted = replace(steps[-1], changes=(a_change(ChangeKind.RESTARTED),))
    assert judge(case_of((*steps[:-1], restarted))) == ()


def test_a_service_that_answered_nothing_for_a_second_was_away() -> None:
    """So it is without a monitor, too; a short rest of the hold tells nothing."""
    steps = refusing(110.0, 140.0)
    away = replace(steps[-1], intervals=(Interval(1.0, 900, 0.1), Interval(1.0, 0, None)))
    assert judge(case_of((*steps[:-1], away))) == ()
    rest = replace(steps[-1], intervals=(Interval(1.0, 900, 0.1), Interval(0.1, 0, None)))
    assert len(judge(case_of((*steps[:-1], rest)))) == 1


def test_a_service_that_answered_nothing_at_all_is_down() -> None:
    """Then there is no capacity to speak of."""
    nothing = with_failures(curve(((1024, 0.0),))[0], 2000, kind=FailureKind.CONN_TIMEOUT)
    assert judge(case_of((*curve(ROWS), nothing))) == ()


def late(connect_p99_s: float, *, from_first: bool = False) -> tuple[Step, ...]:
    """A curve whose connects are late, at its last level or at all of them."""
    slow = replace(latency_of(0.001, tail=2.0), p99_s=connect_p99_s)
    steps = curve(ROWS)
    return tuple(
        replace(step, connect=slow) if from_first or step is steps[-1] else step for step in steps
    )


def test_connects_after_a_second_attempt_are_low_and_medium_with_a_counter() -> None:
    """A lost request for a connection is sent again after a second."""
    (found,) = judge(case_of(late(1.02)))
    assert found.confidence is Confidence.LOW
    assert found.evidence[0].text() == (
        "one connect in a hundred took 1.02s or more at 512 concurrent: the request for a "
        "connection was lost and sent again"
    )
    (found,) = judge(case_of(with_overflows(late(1.02), 0, 0, 0, 41.3)))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    "steps",
    [
        late(0.9),
        late(1.02, from_first=True),
        with_overflows(curve(ROWS), 0, 0, 0, 41.3),
        tuple(replace(step, connect=None) for step in curve(ROWS)),
        (),
    ],
    ids=["below a second", "all along", "a counter alone", "nothing was opened", "no levels"],
)
def test_what_callers_do_not_feel_is_not_named(steps: tuple[Step, ...]) -> None:
    """Late connects all along are the distance; a counter may be somebody else's."""
    assert judge(case_of(steps)) == ()


@pytest.mark.parametrize(
    "values",
    [(None,) * 4, (41.0, 41.0, 41.0, 41.0), (0, 0, 0, 0.005)],
    ids=["no data", "background", "hardly any"],
)
def test_a_counter_that_says_nothing_leaves_it_at_medium(values: tuple[float | None, ...]) -> None:
    """No data is no overflow, and one that was there all along has another reason."""
    (found,) = judge(case_of(with_overflows(failing(), *values)))
    assert found.confidence is Confidence.MEDIUM
    assert len(found.evidence) == 1


def test_descriptors_of_the_service_are_a_counter_as_well() -> None:
    """A process that has nearly all of its descriptors open can accept no more."""
    steps = with_readings(failing(), "go.fds", [0.2, 0.4, 0.8, 0.99], subject="api")
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH
    assert found.subject.kind is SubjectKind.SERVICE
    assert found.evidence[1].text() == (
        "api had 99% of its file descriptors open at 512 concurrent"
    )
