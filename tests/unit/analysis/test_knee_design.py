"""Tests of capacity.analysis.knee_design."""

from math import nan

import pytest

from capacity.analysis.knee_design import most_telling_level
from capacity.analysis.throughput import Observation


def by_four(knee: float, error_ratio: float = 0.01) -> list[Observation]:
    """The steps of a climb by four of a service that bends sharply."""
    return [Observation(n, 10 * min(n, knee), error_ratio) for n in (1.0, 4.0, 16.0, 64.0, 256.0)]


def test_the_gap_that_holds_the_knee_tells_most() -> None:
    """Saturation between 4 and 16 at 8: another look far above it tells little."""
    told = most_telling_level(by_four(8.0), [2.0, 5.0, 90.0, 200.0])
    assert told in (2.0, 5.0)


def test_light_load_is_measured_again_where_it_is_least_known() -> None:
    """N* is the crossing of two lines: a first step of 20 % is worth more than a flat one."""
    steps = [Observation(1.0, 10.0, 0.2), Observation(100.0, 500.0, 0.01)]
    steps += [Observation(n, 500.0, 0.001) for n in (200.0, 400.0, 800.0)]
    assert most_telling_level(steps, [2.0, 300.0, 600.0]) == 2.0


def test_order_of_the_candidates_does_not_matter() -> None:
    """The same candidates the other way round, with copies, are the same question."""
    steps = by_four(30.0)
    forth = most_telling_level(steps, [8.0, 24.0, 32.0, 48.0])
    back = most_telling_level(steps[::-1], [48.0, 32.0, 32.0, 24.0, 8.0])
    assert forth == back


@pytest.mark.parametrize(
    ("steps", "candidates"),
    [
        pytest.param(by_four(8.0)[:2], [2.0, 3.0], id="two levels"),
        pytest.param([], [2.0], id="no step"),
        pytest.param(by_four(8.0), [], id="no candidate"),
        pytest.param(by_four(8.0), [0.0, -1.0, nan], id="no candidate that can be run"),
        pytest.param([Observation(n, 0.0) for n in (1.0, 2.0, 3.0)], [2.0], id="no throughput"),
    ],
)
def test_without_a_curve_nothing_tells(steps: list[Observation], candidates: list[float]) -> None:
    """Where no curve can be drawn, or nothing is offered, there is no answer."""
    assert most_telling_level(steps, candidates) is None
