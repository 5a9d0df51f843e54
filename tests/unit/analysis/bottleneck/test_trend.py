"""Is the level found at which a signal leaves its own trend, and is noise left alone?"""

import pytest

from capacity.analysis.bottleneck.trend import leaves_flat, leaves_load


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ((21, 21, 21, 43, 86, 171, 341), 3),
        ((10, 11, 9, 14, 10, 30), 5),
        ((10, 18, 10, 11, 10), None),
        ((10, 10, 11, 12, 13), None),
        ((10, 10, None, 40), 3),
        ((None, 10, 40), 2),
        ((10, 40, None), 1),
        ((10, None, None), None),
        ((10,), None),
        ((), None),
    ],
)
def test_a_latency_leaves_what_it_was_and_stays(
    values: tuple[float | None, ...], place: int | None
) -> None:
    """The pool's latency (measured); a noisy level, a slow rise and a gap are no departure."""
    assert leaves_flat(values, least=1.0) == place


def test_what_scatters_must_rise_further() -> None:
    """5, 10, 20 and 30 have a median of 15 and deviate by 7.5 from it: 37.5 is the bound."""
    assert leaves_flat((30, 20, 5, 10, 37), least=1.0) is None
    assert leaves_flat((30, 20, 5, 10, 38), least=1.0) == 4


def test_a_small_rise_from_nothing_is_none() -> None:
    """From 0.1 ms to 0.3 ms is three times as much, and nothing that anyone waits for."""
    assert leaves_flat((0.0001, 0.0001, 0.0003), least=0.001) is None
    assert leaves_flat((0.0, 0.0, 1.0), least=1.0) == 2


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ((0, 0, 0, 4, 12, 28), 3),
        ((1, 2, 4, 8, 16, 32), None),
        ((11, 12, 14, 18, 26, 42), None),
        ((1, 2, 4, 16, 64, 256), 3),
        ((0, 0, 3, 0, 0, 0), None),
        ((0, None, None, 8, 20, None), 3),
        ((None, None, 0, 8, 20, 40), 3),
    ],
)
def test_a_count_that_follows_the_load_is_no_departure(
    values: tuple[float | None, ...], place: int | None
) -> None:
    """A queue behind a pool of four; goroutines and connections that grow with the users."""
    assert leaves_load((1, 2, 4, 8, 16, 32), values, least=1.0) == place
