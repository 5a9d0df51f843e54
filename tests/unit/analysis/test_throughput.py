"""Tests of capacity.analysis.throughput."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from capacity.analysis.measure import measure
from capacity.analysis.throughput import Observation, observe
from capacity.model.measured import Interval, Measured, Steadiness, SteadyState
from tests.unit.builders import a_step


def seconds(
    counts: Sequence[int], *, span_s: float = 1.0, cut_s: float | None = None, qps: float | None = 7
) -> Measured:
    """A step at 8 concurrent with so many good answers in each interval."""
    steadiness = None
    if cut_s is not None:
        steadiness = Steadiness(SteadyState.STEADY, cut_s, 0.0, 0.0)
    intervals = tuple(Interval(span_s, count, None) for count in counts)
    step = measure(a_step(8, 100.0))
    return replace(step, qps=qps, intervals=intervals, steadiness=steadiness)


def error_of(counts: Sequence[int], *, span_s: float = 1.0) -> float:
    """The relative standard error that is seen in these counts."""
    seen = observe(seconds(counts, span_s=span_s))
    assert seen is not None
    assert seen.error_ratio is not None
    return seen.error_ratio


def test_throughput_is_the_mean_after_the_warm_up() -> None:
    """What MSER cuts is left out; the level is that of the load."""
    seen = observe(seconds([10, 50, 100, 100, 100], cut_s=2.0))
    assert seen is not None
    assert (seen.level, seen.qps) == (8.0, 100.0)


def test_cut_at_an_edge_of_floats_loses_no_interval() -> None:
    """Ten intervals of 0.1 s end at 0.9999999999999999 s, which is one second."""
    seen = observe(seconds([1] * 10 + [20] * 10, span_s=0.1, cut_s=1.0))
    assert seen is not None
    assert seen.qps == pytest.approx(200.0)


def test_long_intervals_count_for_more() -> None:
    """The mean is good answers over seconds, not a mean of means."""
    step = replace(
        seconds([]),
        intervals=(Interval(3.0, 300, None), Interval(1.0, 20, None), Interval(0.0, 0, None)),
    )
    assert observe(step) == Observation(8.0, 80.0, None)


def test_without_intervals_throughput_has_no_error() -> None:
    """A bare figure is taken as it is, its error is not known, and nothing stays nothing."""
    assert observe(seconds([], qps=7.0)) == Observation(8.0, 7.0, None)
    assert observe(seconds([], qps=None)) is None


@pytest.mark.parametrize(
    "counts",
    [pytest.param([100, 101], id="two intervals"), pytest.param([0, 0, 0, 0], id="no answer")],
)
def test_too_little_has_no_error(counts: list[int]) -> None:
    """Two intervals, or no answer at all, do not say how far off the mean may be."""
    seen = observe(seconds(counts))
    assert seen is not None
    assert seen.error_ratio is None


def test_even_seconds_do_not_give_certainty() -> None:
    """Without any scatter about 0.4 requests at the edges and the clock remain."""
    assert error_of([10] * 10) == pytest.approx(sqrt(2 / 12) / 100, rel=0.01)
    assert error_of([1_000_000] * 10) == pytest.approx(2e-4, rel=0.01)


def test_even_seconds_are_surer_than_poisson() -> None:
    """A deterministic service is not given the scatter that random arrivals would have."""
    poisson = 1 / sqrt(1000)
    assert error_of([99, 101, 100, 100, 99, 101, 100, 100, 99, 101]) < 0.2 * poisson


def test_independent_seconds_have_the_plain_standard_error() -> None:
    """With many intervals and no autocorrelation it is s / sqrt(n), near enough."""
    counts = [int(c) for c in np.random.default_rng(3).integers(90, 111, 400)]
    mean = sum(counts) / 400
    plain = sqrt(sum((c - mean) ** 2 for c in counts) / 399 / 400) / mean
    assert error_of(counts) == pytest.approx(plain, rel=0.08)


def test_autocorrelated_seconds_tell_less() -> None:
    """The same numbers in long waves have an error (1 + r) / (1 - r) times as large, squared."""
    waves = ([90] * 20 + [110] * 20) * 10
    mixed = [90, 110, 110, 90] * 100
    assert error_of(waves) == pytest.approx(4.36 * error_of(mixed), rel=0.1)


def test_few_intervals_widen_the_error() -> None:
    """Three seconds that happen to agree are no proof: Student's factor is two there."""
    mean_square = (1 + 1) / 2 / 3 / 100**2
    assert error_of([99, 100, 101]) > sqrt(2 * mean_square)
