"""Tests of capacity.analysis.steadiness."""

import random
from collections.abc import Sequence

import pytest
from scipy import stats

from capacity.analysis import steadiness
from capacity.analysis.steadiness import assess
from capacity.model.measured import Interval, Steadiness, SteadyState


def a_hold(rates: Sequence[int], means_s: Sequence[float | None] | None = None) -> list[Interval]:
    """One interval a second; without mean latencies none is known."""
    known = [None] * len(rates) if means_s is None else means_s
    return [Interval(1.0, rate, mean_s) for rate, mean_s in zip(rates, known, strict=True)]


def test_four_intervals_say_nothing() -> None:
    """Neither a drift nor its absence is claimed, and nothing is cut."""
    assert assess(a_hold([100, 200, 300, 400]), extended_s=1.5) == Steadiness(
        SteadyState.UNKNOWN, 0.0, None, None, 1.5
    )


def test_an_even_hold_is_steady() -> None:
    """No noise at all is no reason to doubt."""
    assert assess(a_hold([800] * 10, [0.01] * 10)) == Steadiness(
        SteadyState.STEADY, 0.0, 0.0, 0.0, 0.0
    )


def test_a_hold_without_a_good_answer_is_unknown() -> None:
    """A throughput of zero has no drift, and is not called steady."""
    assert assess(a_hold([0] * 8)).state is SteadyState.UNKNOWN


def test_a_slow_begin_is_cut() -> None:
    """Two cold seconds before eight even ones are left out, and the rest is steady."""
    found = assess(a_hold([100, 400, 800, 801, 799, 800, 802, 798, 800, 800]))
    assert (found.state, found.cut_s) == (SteadyState.STEADY, 2.0)
    assert found.qps_drift_ratio == pytest.approx(0.0, abs=0.002)


def test_three_points_show_a_drift_and_prove_none() -> None:
    """Through so few a line with a bend goes always."""
    found = assess(a_hold([800] * 5, [None, None, 0.010, 0.011, 0.012]))
    assert found.state is SteadyState.STEADY
    assert found.latency_drift_ratio == pytest.approx(0.002 / 0.011)


def test_one_cold_second_before_a_rest_without_any_noise_is_cut() -> None:
    """Beside seconds that are all the same every difference is certain."""
    assert assess(a_hold([500, *[800] * 9])).cut_s == 1.0


def test_at_most_half_is_cut() -> None:
    """What is left after a late change for the better is still drifting or cut in its middle."""
    assert assess(a_hold([100] * 7 + [800] * 3)).cut_s <= 5.0


def test_noise_at_the_begin_is_not_cut() -> None:
    """The quietest part of a noisy hold is chance: cutting to it would feign certainty."""
    assert assess(a_hold([790, 812, 801, 800, 799, 800, 801, 800])).cut_s == 0.0


@pytest.mark.parametrize(
    ("rates", "drift_ratio"),
    [
        pytest.param([100, 110, 121, 129, 141, 150], 0.4, id="rising"),
        pytest.param([150, 141, 129, 121, 110, 100], -0.4, id="falling"),
        pytest.param([100, 140, 165, 180, 190], 0.57, id="rising less and less"),
    ],
)
def test_throughput_that_goes_on_changing_is_a_drift(rates: list[int], drift_ratio: float) -> None:
    """By the straight line from begin to end, as a share of the mean."""
    found = assess(a_hold(rates))
    assert found.state is SteadyState.DRIFTING
    assert found.qps_drift_ratio == pytest.approx(drift_ratio, abs=0.01)


def test_latency_that_goes_on_rising_is_a_drift() -> None:
    """A growing queue shows there while throughput is as even as can be."""
    found = assess(a_hold([800] * 8, [0.010 + 0.002 * n for n in range(8)]))
    assert found.state is SteadyState.DRIFTING
    assert found.qps_drift_ratio == 0.0
    assert found.latency_drift_ratio == pytest.approx(0.012 / 0.018)  # from the second second on


def test_a_change_of_less_than_five_percent_is_none() -> None:
    """Certain as it may be, it changes no answer."""
    found = assess(a_hold([1000, 1005, 1010, 1015, 1020, 1025]))
    assert found.state is SteadyState.STEADY
    assert found.qps_drift_ratio == pytest.approx(0.025, abs=0.001)


def test_a_large_slope_within_its_error_is_none() -> None:
    """Twenty percent over the hold, but less than the seconds scatter."""
    found = assess(a_hold([700, 1300, 600, 1200, 1500, 700, 1400, 900]))
    assert found.state is SteadyState.STEADY
    assert found.qps_drift_ratio is not None
    assert found.qps_drift_ratio > 0.15


def test_seconds_that_are_alike_count_for_fewer() -> None:
    """A slow wave ends higher than it began; seconds drawn at will with that slope would drift."""
    wave = [100, 104, 108, 109, 106, 102, 103, 108, 114, 117, 116, 112]
    shuffled = [100, 108, 102, 106, 103, 109, 108, 104, 112, 117, 116, 114]
    assert assess(a_hold(wave)).state is SteadyState.STEADY
    assert assess(a_hold(shuffled)).state is SteadyState.DRIFTING


def test_the_first_answers_of_slow_requests_are_no_drift() -> None:
    """Of requests of about a second only the quick ones have ended in the first seconds."""
    means_s = [0.4, 0.7, 0.9, 0.97, 0.99, 1.0, 1.0, 1.01, 0.99, 1.0, 1.0, 1.0]
    found = assess(a_hold([50] * 12, means_s))
    assert found.state is SteadyState.STEADY
    assert found.latency_drift_ratio == pytest.approx(0.0, abs=0.01)


def test_latency_of_few_late_intervals_is_unknown() -> None:
    """Two answers in the end have no line through them."""
    found = assess(a_hold([5] * 6, [None, None, None, None, 1.0, 2.0]))
    assert (found.state, found.latency_drift_ratio) == (SteadyState.STEADY, None)


def noise(source: random.Random, count: int, likeness: float) -> list[int]:
    """Throughput of 1,000/s with 3 % of noise whose neighbours are alike."""
    values, state = [], source.gauss(0, 1)
    for _ in range(count):
        state = likeness * state + source.gauss(0, (1 - likeness**2) ** 0.5)
        values.append(round(1000 + 30 * state))
    return values


@pytest.mark.parametrize("count", [5, 10, 30])
@pytest.mark.parametrize("likeness", [0.0, 0.3])
def test_noise_alone_is_seldom_called_a_drift(count: int, likeness: float) -> None:
    """One or two holds in a hundred, of any length, with neighbours alike or not."""
    source = random.Random(7)  # noqa: S311  # a seed, not a secret
    holds = [assess(a_hold(noise(source, count, likeness))) for _ in range(1000)]
    assert sum(hold.state is SteadyState.DRIFTING for hold in holds) <= 30
    assert sum(hold.cut_s > 0 for hold in holds) <= 60


@pytest.mark.parametrize("freedom", [1, 2, 5, 8, 9, 20, 88])
def test_students_t_is_as_in_the_tables(freedom: int) -> None:
    """Scipy, which is slow to load, is held against what is used in a climb."""
    expected = float(stats.t.ppf(0.995, freedom))
    assert steadiness.t_quantile(freedom) == pytest.approx(expected, rel=1e-2)
