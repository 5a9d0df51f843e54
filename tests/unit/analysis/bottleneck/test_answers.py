"""Tests of what the answers of a level say."""

import pytest

from capacity.analysis.bottleneck.answers import (
    every_step,
    failed_count,
    failed_ratio,
    gain_between,
    is_clean,
    is_constant,
    kinds_count,
    status_ratio,
    status_steps,
)
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.curves import case_of, curve, disbelieved, with_failures
from tests.unit.builders import a_step

GOOD = a_step(4, 100.0)


def test_counts_what_was_judged_and_not_good() -> None:
    """A thousand of four thousand; what failed on our own side is not judged."""
    failed = with_failures(GOOD, 1000, status=503)
    own = with_failures(failed, 500, kind=FailureKind.LOCAL_PORTS)
    assert [failed_count(step) for step in (GOOD, failed, own)] == [0, 1000, 1000]
    assert [failed_ratio(step) for step in (GOOD, failed, own)] == [0.0, 0.25, 0.25]
    assert status_ratio(own, 503) == 0.25
    assert kinds_count(own, (FailureKind.LOCAL_PORTS, FailureKind.CONN_REFUSED)) == 500


def test_where_nothing_was_judged_nothing_has_failed() -> None:
    """There is no share of nothing."""
    nothing = a_step(4, 0.0)
    shares = (failed_ratio(nothing), status_ratio(nothing, 503))
    assert shares == (0.0, 0.0)
    assert is_clean(nothing)


@pytest.mark.parametrize(("count", "clean"), [(30, True), (31, False)])
def test_one_in_a_hundred_is_not_clean(count: int, *, clean: bool) -> None:
    """31 of 3,031 are more than 1 %, 30 of 3,030 less."""
    assert is_clean(with_failures(GOOD, count, status=500)) is clean


def test_every_step_is_in_the_order_of_load_and_believed_or_not() -> None:
    """A step that is not believed takes its place among the others."""
    one, two, four = curve(((1, 50.0), (2, 100.0), (4, 200.0)))
    case = case_of((one, disbelieved(two), four))
    assert [step.plan.load.level for step in every_step(case)] == [1.0, 2.0, 4.0]


def test_a_status_counts_where_it_is_at_least_half_of_what_failed() -> None:
    """One level with as many others, one with more."""
    half, less = (
        with_failures(with_failures(step, 500, status=504), others, status=500)
        for step, others in zip(curve(((2, 100.0), (4, 200.0))), (500, 501), strict=True)
    )
    assert [step.plan.load.level for step in status_steps(case_of((half, less)), 504)] == [2.0]


@pytest.mark.parametrize(
    ("rows", "constant"),
    [
        ((), None),
        (((1, 50.0),), None),
        (((1, 50.0), (2, 52.4)), True),
        (((1, 50.0), (2, 52.6)), False),
        (((1, 50.0), (4, 55.0)), True),
        (((1, 50.0), (2, 47.4)), False),
        (((1, 0.0), (2, 50.0)), False),
        (((1, 50.0), (2, 53.0), (4, 50.0)), True),
        (((1, 50.0), (2, 57.0), (4, 50.0)), False),
    ],
    ids=[
        "none",
        "one",
        "within 5 % per doubling",
        "beyond",
        "a tenth over two doublings",
        "falls",
        "from nothing",
        "three that scatter by 3 %",
        "three that scatter by 6 %",
    ],
)
def test_two_are_held_together_by_growth_and_three_by_scatter(
    rows: tuple[tuple[int, float], ...], *, constant: bool | None
) -> None:
    """One level says nothing about constancy."""
    assert is_constant(curve(rows)) is constant


def test_growth_is_per_doubling() -> None:
    """Four times the load for four times the throughput doubles it twice."""
    before, after = curve(((1, 50.0), (4, 200.0)))
    assert gain_between(before, after) == pytest.approx(1.0)
    assert gain_between(after, before) is None
