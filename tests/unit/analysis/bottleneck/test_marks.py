"""Do the four marks allow what they should, and is the timing of a resource judged rightly?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case, make_case
from capacity.analysis.bottleneck.marks import (
    at_most,
    is_background,
    is_there_anyway,
    is_timed,
    score,
    spearman,
)
from capacity.model.bottleneck import Marks
from capacity.model.confidence import Confidence
from tests.unit.builders import CAPACITY, KNEE, a_curve, a_run
from tests.unit.resource_builders import a_reading


def with_cpu(*values: float | None, saturation_qps: float = 400.0) -> Case:
    """Levels 1, 2, 4 and so on, with a share of the CPU at each; growth stops at 4 by default."""
    levels = [2**place for place in range(len(values))]
    steps = a_curve(levels, saturation_qps=saturation_qps)
    read = [
        replace(step, resources=(a_reading(value),))
        for step, value in zip(steps, values, strict=True)
    ]
    return make_case(a_run(read), KNEE, CAPACITY)


def marks_of(letters: str) -> Marks:
    """Used up, Saturated, Timed, no growth (X): small letters are no, absent ones unknown."""
    given = {letter.upper(): letter.isupper() for letter in letters}
    return Marks(given.get("U"), given.get("S"), given.get("T"), given.get("X"))


@pytest.mark.parametrize(
    ("letters", "confidence"),
    [
        ("USTX", Confidence.HIGH),
        ("uSTX", Confidence.HIGH),
        ("UsTX", Confidence.MEDIUM),
        ("UTX", Confidence.MEDIUM),
        ("US", Confidence.MEDIUM),
        ("S", Confidence.LOW),
        ("", Confidence.LOW),
    ],
)
def test_the_marks_allow_so_much(letters: str, confidence: Confidence) -> None:
    """Three with the waiting among them are high; two are medium, one is low."""
    assert score(marks_of(letters)) is confidence


def test_an_error_with_one_reading_only_is_high() -> None:
    """A 429 needs no other mark."""
    assert score(Marks(is_unambiguous=True)) is Confidence.HIGH


def test_the_lesser_confidence_counts() -> None:
    """A ceiling lowers and never lifts."""
    assert at_most(Confidence.HIGH, Confidence.MEDIUM) is Confidence.MEDIUM
    assert at_most(Confidence.LOW, Confidence.MEDIUM) is Confidence.LOW


def test_what_was_full_at_every_level_is_background() -> None:
    """Also where one level was not read; a single reading proves nothing."""
    assert is_background(with_cpu(0.95, 0.93, 0.97).series("cpu"), 0.9)
    assert is_background(with_cpu(0.95, None, 0.97).series("cpu"), 0.9)
    assert not is_background(with_cpu(0.85, 0.93, 0.97).series("cpu"), 0.9)
    assert not is_background(with_cpu(None, 0.93, 0.97).series("cpu"), 0.9)
    assert not is_background(with_cpu(0.95, None).series("cpu"), 0.9)
    assert not is_background(with_cpu(0.95).series("mem"), 0.9)
    assert not is_background(with_cpu().series("cpu"), 0.9)


@pytest.mark.parametrize(
    ("values", "timed"),
    [
        ((0.25, 0.50, 0.98, 0.99), True),
        ((0.25, 0.92, 0.98, 0.99), True),
        ((0.25, 0.50, 0.80, 0.95), False),
        ((0.25, 0.95, 0.30, 0.95), False),
        ((0.25, 0.50, 0.60, 0.70), False),
        ((0.95, 0.20, 0.95, 0.96), False),
        ((0.70, 0.20, 0.95, 0.60), False),
        ((None, 0.50, 0.98, 0.99), None),
        ((0.25, 0.50, None, 0.99), None),
        ((0.25, None, 0.98, None), True),
    ],
)
def test_a_cause_is_full_where_throughput_stops_to_grow(
    values: tuple[float | None, ...], *, timed: bool | None
) -> None:
    """At that load or one before; low at the first, and rising until then."""
    case = with_cpu(*values)
    assert case.turn == 2
    assert is_timed(case, case.series("cpu"), 0.9) is timed


def test_without_a_turn_no_time_is_right() -> None:
    """While throughput grows it is not known when it would have stopped."""
    case = with_cpu(0.25, 0.50, 0.98, saturation_qps=1000.0)
    assert is_timed(case, case.series("cpu"), 0.9) is None


def test_a_climb_that_a_rule_ended_at_the_limit_is_in_time() -> None:
    """Throughput fell behind the load at the last level, where the CPU is full."""
    case = with_cpu(0.25, 0.50, 0.98, saturation_qps=290.0)
    assert (case.turn, case.limit_place) == (None, 2)
    assert is_timed(case, case.series("cpu"), 0.9) is True


def test_what_one_user_fills_is_no_background() -> None:
    """Only what left room for throughput to grow was there anyway."""
    flat = with_cpu(0.98, 0.99, 0.99, saturation_qps=100.0)
    assert not is_there_anyway(flat, flat.series("cpu"), 0.9)
    growing = with_cpu(0.98, 0.99, 0.99)
    assert is_there_anyway(growing, growing.series("cpu"), 0.9)
    low = with_cpu(0.18, 0.99, 0.99)
    assert not is_there_anyway(low, low.series("cpu"), 0.9)


@pytest.mark.parametrize(
    ("values", "rank"),
    [
        ([1.0, 2.0, 3.0], 1.0),
        ([3.0, 2.0, 1.0], -1.0),
        ([1.0, 3.0, 2.0], 0.5),
        ([1.0, 2.0, 2.0], 0.8660254),
        ([2.0, 2.0, 2.0], 0.0),
        ([1.0, 2.0], None),
    ],
)
def test_rank_correlation_with_the_order(values: list[float], rank: float | None) -> None:
    """By hand: equal values share the mean of their ranks."""
    assert spearman(values) == (None if rank is None else pytest.approx(rank))
