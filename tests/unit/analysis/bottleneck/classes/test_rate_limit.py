"""Tests of the limit that answers 429."""

from collections.abc import Sequence

import pytest

from capacity.analysis.bottleneck.classes.rate_limit import judge
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    disbelieved,
    with_failures,
    with_generator,
)

# docs/bottlenecks.md: 200/s are accepted, and the total goes on growing.
ACCEPTED = ((8, 210.0), (16, 202.0), (32, 200.0))
TOTAL = (2632, 3000, 3363)


def refusing(
    rows: Sequence[tuple[int, float]] = ACCEPTED, totals: Sequence[int] = TOTAL
) -> tuple[Step, ...]:
    """The measured row: fast answers, nine of ten of them 429, by a busy generator."""
    return tuple(
        with_failures(with_generator(step, 0.85), 30 * (total - round(step.qps)), status=429)
        for step, total in zip(curve(rows), totals, strict=True)
    )


def test_measured_limit_is_high() -> None:
    """The measured row: accepted throughput is flat while nine of ten answers are 429."""
    (found,) = judge(case_of(refusing()))
    assert found.confidence is Confidence.HIGH
    assert found.marks.is_unambiguous
    assert found.first_level == 8.0
    assert found.evidence[0].text() == (
        "94.05% of the answers were 429 at 32 concurrent while 200/s were accepted, as many as at "
        "8 concurrent (210/s): this is a configured limit, not the capacity"
    )
    assert found.evidence[0].text("zh") == (
        "并发 32 时 94.05% 的应答是 429，只接受了 200/s，与并发 8 时（210/s）相当："
        "这是人为设定的限流，不是容量"
    )


def test_one_level_of_refusals_is_enough() -> None:
    """A rule on errors ends most climbs at the first one."""
    steps = curve(((1, 50.0), (2, 100.0), (4, 150.0)))
    (found,) = judge(case_of((*steps[:2], with_failures(steps[2], 1500, status=429))))
    assert found.confidence is Confidence.HIGH
    assert found.evidence[0].text() == (
        "25% of the answers were 429 at 4 concurrent while 150/s were accepted: this is a "
        "configured limit, not the capacity"
    )
    assert found.evidence[1].text() == "at 2 concurrent hardly any request was refused"


def test_is_medium_where_accepted_throughput_grew_on() -> None:
    """A limit for each caller is not what stops the whole."""
    (found,) = judge(case_of(refusing(((8, 100.0), (16, 200.0), (32, 400.0)))))
    assert found.confidence is Confidence.MEDIUM


def test_refusals_in_a_step_that_cannot_be_believed_still_count() -> None:
    """Cheap refusals bring the generator to its end; what it counted is true."""
    steps = refusing()
    (found,) = judge(case_of((*curve(((4, 205.0),)), *(disbelieved(step) for step in steps))))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 8.0


@pytest.mark.parametrize(
    ("count", "is_named"), [(59, False), (61, True)], ids=["below 1 %", "above 1 %"]
)
def test_a_handful_of_refusals_is_no_limit(count: int, *, is_named: bool) -> None:
    """The near miss: one request in a hundred."""
    steps = curve(((1, 50.0), (2, 100.0), (4, 199.0)))
    case = case_of((*steps[:2], with_failures(steps[2], count, status=429)))
    assert bool(judge(case)) is is_named


def test_refusals_among_more_other_failures_are_not_the_limit() -> None:
    """What fails most is what matters."""
    step = with_failures(curve(((4, 100.0),))[0], 300, status=429)
    worse = with_failures(step, 900, kind=FailureKind.RESP_TIMEOUT_TOTAL)
    assert judge(case_of((worse,))) == ()


def test_nothing_is_said_without_refusals_or_steps() -> None:
    """No data, no claim."""
    assert judge(case_of(curve(ACCEPTED))) == ()
    assert judge(case_of(())) == ()
