"""Tests of throughput that falls, and of locks that are waited for."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.contention import judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.findings import Knee
from capacity.model.resources import ChangeKind, ResourceScope
from capacity.model.run import Step
from capacity.units import Unit
from tests.unit.analysis.bottleneck.cases import a_change
from tests.unit.analysis.bottleneck.curves import (
    case_of,
    curve,
    with_failures,
    with_generator,
    with_idle_cpu,
    with_readings,
)
from tests.unit.builders import KNEE

# docs/bottlenecks.md: every request updates the same row of PostgreSQL.
ROW_LOCK = ((1, 5011.0), (2, 6466.0), (4, 5139.0), (8, 4038.0), (16, 4187.0))
FLAT = ((1, 100.0), (2, 200.0), (4, 260.0), (8, 262.0), (16, 261.0))


def with_lock_waits(
    steps: tuple[Step, ...], *values: float | None, sample_count: int = 6
) -> tuple[Step, ...]:
    """The steps with statements of PostgreSQL that wait for a lock."""
    return with_readings(
        steps,
        "postgresql.lock_waits",
        values,
        unit=Unit.COUNT,
        scope=ResourceScope.DATABASE,
        subject="db:5432",
        sample_count=sample_count,
    )


def test_measured_row_lock_is_medium_by_its_curve() -> None:
    """The measured row: a peak at 2 and a fall of 38 %, with a CPU that was seen."""
    (found,) = judge(case_of(with_idle_cpu(curve(ROW_LOCK))))
    assert found.confidence is Confidence.MEDIUM
    assert found.first_level == 2.0
    assert found.subject.kind is SubjectKind.SERVICE
    assert found.evidence[0].text() == (
        "throughput peaked at 2 concurrent (6,466/s) and fell by 37.6% until 8 concurrent: "
        "something serialises"
    )
    assert found.evidence[0].text("zh") == (
        "吞吐在并发 2 时达到峰值（6,466/s），到并发 8 时下降了 37.6%：有环节被串行化"
    )


def test_measured_row_lock_is_high_with_a_metric_of_locks() -> None:
    """Statements wait, and the sentence has the query to look it up."""
    steps = with_lock_waits(with_idle_cpu(curve(ROW_LOCK)), 0, 1, 3, 7, 15)
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH
    assert found.subject.kind is SubjectKind.DATABASE
    assert found.subject.name == "db:5432"
    assert found.evidence[1].text() == (
        "15 statements waited for a lock in db:5432 at 16 concurrent"
    )
    assert found.evidence[1].source is not None


def test_is_low_where_no_cpu_was_seen() -> None:
    """Memory that thrashes and quotas make throughput fall, too."""
    (found,) = judge(case_of(curve(ROW_LOCK)))
    assert found.confidence is Confidence.LOW


def test_is_low_where_the_cpu_is_at_its_limit() -> None:
    """More switches between more requests explain as much."""
    (found,) = judge(case_of(with_readings(curve(ROW_LOCK), "cpu", [0.5, 0.9, 0.95, 0.97, 0.97])))
    assert found.confidence is Confidence.LOW


def test_is_medium_with_locks_where_the_cpu_is_at_its_limit() -> None:
    """Then it is one of two reasons."""
    steps = with_readings(curve(ROW_LOCK), "cpu", [0.5, 0.9, 0.95, 0.97, 0.97])
    (found,) = judge(case_of(with_lock_waits(steps, 0, 1, 3, 7, 15)))
    assert found.confidence is Confidence.MEDIUM


def test_is_low_where_the_fitted_curve_does_not_fall() -> None:
    """What the scatter of the steps explains is no fall."""
    case = case_of(with_idle_cpu(curve(ROW_LOCK)))
    unlikely = Knee(replace(KNEE.fit, p_retrograde=0.1), Confidence.LOW, "curve library")
    (found,) = judge(replace(case, knee=unlikely))
    assert found.confidence is Confidence.LOW


@pytest.mark.parametrize(
    "rows",
    [
        ((1, 500.0), (2, 640.0), (4, 600.0), (8, 590.0), (16, 580.0)),
        ((1, 500.0), (2, 640.0), (4, 630.0), (8, 500.0)),
        ((1, 500.0), (2, 640.0), (4, 500.0), (8, 480.0), (16, 635.0)),
        ((1, 500.0), (2, 300.0)),
        ((1, 0.0), (2, 0.0), (4, 0.0)),
    ],
    ids=["falls by 9 %", "falls once", "comes back", "two levels", "no throughput"],
)
def test_what_is_no_fall_is_not_named(rows: tuple[tuple[int, float], ...]) -> None:
    """A fall of 10 % has to hold for two levels up to the last."""
    assert judge(case_of(with_idle_cpu(curve(rows)))) == ()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda step: with_failures(step, 3000, status=500),
        lambda step: with_generator(step, 0.85),
        lambda step: replace(step, changes=(a_change(ChangeKind.RESTARTED),)),
    ],
    ids=["errors", "a busy generator", "a restart"],
)
def test_a_fall_with_another_reason_is_not_named(spoil: object) -> None:
    """Few causes make throughput fall, and these have classes of their own."""
    assert callable(spoil)
    steps = with_idle_cpu(curve(ROW_LOCK))
    assert judge(case_of((*steps[:2], *(spoil(step) for step in steps[2:])))) == ()


def test_a_flat_curve_with_locks_is_high() -> None:
    """A lock may hold throughput without making it fall: most of the load waits for it."""
    (found,) = judge(case_of(with_lock_waits(with_idle_cpu(curve(FLAT)), 0, 0, 2, 6, 14)))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 4.0
    assert found.evidence[0].text() == (
        "14 statements waited for a lock in db:5432 at 16 concurrent"
    )
    assert found.evidence[0].text("zh") == "并发 16 时，db:5432 中有 14 条语句在等待锁"


def test_a_flat_curve_with_few_samples_of_locks_is_medium() -> None:
    """Three samples may support a claim, and no more."""
    steps = with_lock_waits(curve(FLAT), 0, 0, 2, 6, 14, sample_count=3)
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM


def test_a_step_that_was_cut_short_does_not_hide_those_with_enough_samples() -> None:
    """More waited in the last step, of which there are two samples; the one before it tells."""
    whole = with_lock_waits(with_idle_cpu(curve(FLAT)), 0, 0, 2, 6, 6)
    cut = with_lock_waits(with_idle_cpu(curve(FLAT)), 0, 0, 2, 6, 14, sample_count=2)
    (found,) = judge(case_of((*whole[:4], cut[4])))
    assert found.confidence is Confidence.HIGH
    assert found.evidence[0].text() == ("6 statements waited for a lock in db:5432 at 8 concurrent")


@pytest.mark.parametrize(
    "values",
    [(0, 0, 0, 0, 0), (5, 5, 5, 5, 5), (3, 2, 2, 2, 1), (None,) * 5],
    ids=["nobody waits", "all along", "fewer and fewer", "no data"],
)
def test_locks_that_do_not_grow_say_nothing(values: tuple[float | None, ...]) -> None:
    """Background is no cause, and no data is no lock."""
    assert judge(case_of(with_lock_waits(with_idle_cpu(curve(FLAT)), *values))) == ()


def test_locks_while_throughput_grows_are_not_the_limit() -> None:
    """Somebody waits, and more is served all the same."""
    steps = curve(((1, 100.0), (2, 200.0), (4, 400.0)))
    assert judge(case_of(with_lock_waits(steps, 0, 1, 2))) == ()


def test_transactions_held_open_only_fit() -> None:
    """Idle in transaction beside a fall is told, but makes it no surer."""
    steps = with_readings(
        with_idle_cpu(curve(ROW_LOCK)),
        "postgresql.idle_in_transaction",
        [0, 1, 3, 7, 15],
        unit=Unit.COUNT,
        scope=ResourceScope.DATABASE,
    )
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM
    assert len(found.evidence) == 2


def test_a_mutex_belongs_to_the_service() -> None:
    """On average three goroutines wait."""
    steps = with_readings(
        curve(FLAT), "go.mutex_wait", [0.0, 0.1, 1.5, 3.0, 3.2], unit=Unit.NUMBER, subject="api"
    )
    (found,) = judge(case_of(steps))
    assert found.subject.kind is SubjectKind.SERVICE
    assert found.evidence[0].text() == (
        "on average 3.2 goroutines of api waited for a mutex at 16 concurrent"
    )


def test_nothing_is_said_without_levels() -> None:
    """No data, no claim."""
    assert judge(case_of(())) == ()
