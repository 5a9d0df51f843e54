"""Tests of capacity.analysis.knee: how likely a fall must be before it is said."""

import pytest

from capacity.analysis.knee import find_knee
from capacity.analysis.throughput import Observation


@pytest.mark.parametrize(("last_qps", "is_said"), [(730.0, False), (720.0, True)])
def test_a_fall_is_said_when_more_than_a_third_of_the_curves_fall(
    last_qps: float, *, is_said: bool
) -> None:
    """With an error of 3 % a step, a last one of 730 leaves it 29 % likely, one of 720 40 %."""
    rising = ((1.0, 100.0), (4.0, 400.0), (8.0, 780.0), (16.0, 800.0), (32.0, 790.0))
    steps = [Observation(level, qps, 0.03) for level, qps in (*rising, (64.0, last_qps))]
    fit = find_knee(steps).fit
    assert fit is not None
    assert 0.25 < fit.p_retrograde < 0.45
    assert (fit.p_retrograde > 0.35, fit.is_retrograde) == (is_said, is_said)
