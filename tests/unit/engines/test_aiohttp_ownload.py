"""The lag of a loop is the 99th percentile of its ticks."""

import pytest

from capacity.engines.aiohttp_ownload import OwnLoad


def test_the_lag_is_the_p99_of_the_ticks() -> None:
    """Of a hundred ticks the second worst counts; early ticks are no lag."""
    own_load = OwnLoad()
    for number in range(98):
        own_load.note_lag(number * 1e-5)
    own_load.note_lag(0.25)
    own_load.note_lag(-0.5)

    assert own_load.look().load.loop_lag_s == pytest.approx(97e-5, rel=1e-3)


def test_no_tick_means_no_lag_not_zero() -> None:
    """Without a tick since the last look the lag is unknown."""
    own_load = OwnLoad()
    own_load.note_lag(0.5)

    assert own_load.look().load.loop_lag_s == pytest.approx(0.5, rel=1e-3)
    look = own_load.look()
    assert (look.load.loop_lag_s, look.load.loop_lag_p50_s, look.lag_blob) == (None, None, b"")


def test_ratios_are_shares_of_the_time_between_looks() -> None:
    """CPU and waiting are never negative, and one thread cannot use two cores."""
    load = OwnLoad().look().load

    assert 0.0 <= load.cpu_ratio <= 1.5
    assert load.runqueue_wait_ratio is not None
    assert load.runqueue_wait_ratio >= 0.0
    assert load.suspended_s == 0.0
