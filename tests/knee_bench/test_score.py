"""Tests of the score, on answers made by hand."""

from dataclasses import replace
from math import inf, log

import pytest

from capacity.model.findings import Estimate
from knee_bench.cases import draw_case
from knee_bench.model import Answer, Case, State, Truth
from knee_bench.score import Share, factor_log, score

TRUTH = Truth(knee=100.0, n95=150.0, saturation_qps=1000.0, peak=None)
ANY_CASE = draw_case(1)


def a_case(state: State = State.SATURATED, *, falls: bool | None = False) -> Case:
    """A case with its knee at 100 in this state."""
    return replace(ANY_CASE, truth=TRUTH, state=state, is_retrograde=falls)


def an_answer(
    knee: float | None,
    *,
    spread: float = 1.0,
    state: State = State.SATURATED,
    falls: bool | None = False,
    took_s: float = 0.01,
) -> Answer:
    """An answer with this knee and an interval of `spread` to either side."""
    estimate = None if knee is None else Estimate(knee, knee / spread, knee * spread)
    return Answer(state, estimate, None, None, falls, took_s)


NONE = an_answer(None, state=State.NOT_REACHED)


def test_errors_are_factors_either_way() -> None:
    """Half and twice are the same error; the median of 1.1, 2 and 1 / 2 is 2."""
    row = score([a_case()] * 3, [an_answer(110.0), an_answer(200.0), an_answer(50.0)])
    assert row.knee.median_ratio == pytest.approx(1.0)
    assert row.knee.p90_ratio == pytest.approx(1.0)


def test_coverage_counts_intervals_only() -> None:
    """Of two intervals one has the truth; an answer without one is not asked."""
    answers = [an_answer(110.0, spread=1.2), an_answer(110.0, spread=1.05), an_answer(100.0)]
    assert score([a_case()] * 3, answers).knee.covered == Share(1, 2)


def test_a_saturated_curve_without_a_knee_is_missed_and_has_no_error() -> None:
    """What is missed is counted once, as missed."""
    row = score([a_case()] * 2, [an_answer(130.0), NONE])
    assert row.missed == Share(1, 2)
    assert row.knee.median_ratio == pytest.approx(0.3)


def test_a_knee_beyond_or_below_the_range_is_false() -> None:
    """Both kinds are counted together and apart; a curve on the edge counts for neither."""
    states = [State.NOT_REACHED, State.NOT_REACHED, State.BELOW_RANGE, State.BETWEEN]
    answers = [an_answer(90.0), NONE, an_answer(90.0), an_answer(90.0)]
    row = score([a_case(state) for state in states], answers)
    assert (row.false, row.false_not_reached, row.false_below) == (
        Share(2, 3),
        Share(1, 2),
        Share(1, 1),
    )
    assert row.missed == Share(0, 0)


def test_falls_are_found_or_invented() -> None:
    """A curve whose fall is too small to tell counts for neither."""
    cases = [a_case(falls=falls) for falls in (True, True, False, None)]
    said = [an_answer(100.0, falls=falls) for falls in (True, False, True, True)]
    row = score(cases, said)
    assert (row.found, row.falsely_falling) == (Share(1, 2), Share(1, 1))


def test_a_method_that_does_not_speak_of_falls_has_no_score_there() -> None:
    """None is not a word for "does not fall"."""
    row = score([a_case(falls=True)], [an_answer(100.0, falls=None)])
    assert (row.found, row.falsely_falling) == (None, None)


def test_an_estimate_that_is_no_number_is_the_worst_error() -> None:
    """It takes part in the percentiles, as infinite."""
    assert factor_log(0.0, 5.0) == inf
    assert factor_log(float("nan"), 5.0) == inf
    assert factor_log(10.0, 5.0) == pytest.approx(log(2.0))
    assert score([a_case()], [an_answer(-1.0)]).knee.median_ratio == inf


def test_times_are_of_all_curves() -> None:
    """Mean and worst, in milliseconds."""
    row = score([a_case()] * 2, [an_answer(100.0, took_s=0.01), an_answer(100.0, took_s=0.03)])
    assert (row.mean_ms, row.worst_ms) == pytest.approx((20.0, 30.0))


def test_nothing_has_no_score() -> None:
    """Of no curves every share is of none, and no error is zero."""
    row = score([], [])
    assert row.missed.ratio is None
    assert row.knee.median_ratio is None
