"""Do ticks and limits of the graphs fit what was measured?"""

from itertools import pairwise

import pytest

from capacity.report.charts_frame import axis_limits, axis_share, short_number, tick_labels


def test_a_single_level_gets_one_doubling_on_both_sides() -> None:
    """One step stands in the middle of its axis."""
    assert axis_limits([16]) == (8, 32)
    assert axis_share([16], 16) == 0.5


def test_levels_get_a_margin() -> None:
    """The outermost points do not lie on the frame."""
    assert axis_limits([1, 1024]) == pytest.approx((2**-0.5, 1024 * 2**0.5))


def test_labels_that_would_touch_are_left_out() -> None:
    """Every level of a doubling ladder is named; of a dense one the last always is."""
    doubling = [2**place for place in range(11)]
    assert tick_labels(doubling) == [str(level) for level in doubling]

    dense = tick_labels(list(range(1000, 1041)))
    assert dense[-1] == "1040"
    assert 5 < sum(label != "" for label in dense) < 25


def test_kept_labels_do_not_overlap() -> None:
    """Between two kept labels there is room for both halves and a gap."""
    levels = [200, 500, 1000, 3000, 5000, 10000, 15000, 20000, 25000, 50000]
    labels = zip(levels, tick_labels(levels), strict=True)
    kept = [(axis_share(levels, level), len(label)) for level, label in labels if label]

    assert len(kept) == 9
    for (left, left_size), (right, right_size) in pairwise(kept):
        assert right - left > (left_size + right_size) / 2 * 0.0085


def test_a_narrow_axis_keeps_fewer_labels() -> None:
    """An inset is narrower than the graph around it, and its letters are as wide."""
    levels = [1, 2, 4, 8, 12, 16, 18, 22, 32]

    assert tick_labels(levels) == ["1", "2", "4", "8", "12", "16", "18", "22", "32"]
    assert tick_labels(levels, 0.68) == ["1", "2", "4", "8", "12", "", "18", "22", "32"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (2500, "2500"), (12_000, "12k"), (1_500_000, "1500k")],
)
def test_thousands_are_short(value: float, text: str) -> None:
    """A label never pushes the axis off the page."""
    assert short_number(value) == text
