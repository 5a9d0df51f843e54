"""Tests of the page: only what stands between its markers is made, and bars are held honestly."""

import pytest

from knee_bench.document import (
    PAGE,
    knee_bars,
    published_section,
    stepping_bars,
    with_section,
)
from knee_bench.published import PUBLISHED, SPEC_SDM91, Beside, beside
from knee_bench.score import Errors, Score, Share
from knee_bench.stepping import Comparison
from knee_bench.table import factor, percent, plain

GOOD = Errors(0.04, 0.25, Share(90, 100))
SCORE = Score(
    curves=100,
    missed=Share(1, 80),
    false=Share(0, 20),
    false_not_reached=Share(0, 15),
    false_below=Share(0, 5),
    knee=GOOD,
    n95=GOOD,
    saturation=Errors(0.02, 0.10, Share(95, 100)),
    found=Share(9, 10),
    falsely_falling=Share(1, 90),
    mean_ms=40.0,
    worst_ms=90.0,
)


def test_only_the_section_changes() -> None:
    """Text before, between and after the markers of other sections stays as it was written."""
    page = "a\n<!-- knee-bench: x -->\nold\n<!-- end of x -->\nb\n"
    wanted = "a\n<!-- knee-bench: x -->\n\nnew\n\n<!-- end of x -->\nb\n"
    assert with_section(page, "x", "new") == wanted
    assert with_section(wanted, "x", "new") == wanted


def test_a_page_without_the_section_is_not_written() -> None:
    """Figures that have no place are not dropped in silence."""
    with pytest.raises(ValueError, match="no section 'y'"):
        with_section("a\n<!-- knee-bench: y -->\n", "y", "new")


@pytest.mark.parametrize("name", ["knees", "stepping", "published"])
def test_the_page_of_the_project_has_a_place_for_each_table(name: str) -> None:
    """`make knee-bench` would fail otherwise, after minutes."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_section(page, name, "x") != page


def test_bars_are_met_or_missed() -> None:
    """Each figure beside its bar; coverage above its bar is missed, too."""
    rows = {bar.name: bar.row for bar in knee_bars(SCORE)}
    assert rows["median error of N*"] == ("median error of N*", "<= 5%", "4.0 %", "met")
    assert rows["coverage of X_sup"][2:] == ("95 %", "**missed**")
    assert rows["falling found"] == ("falling found", ">= 92%", "90 %", "**missed**")
    assert [name for name, row in rows.items() if row[3] != "met"] == [
        "coverage of X_sup",
        "falling found",
    ]


def comparison(fixed: float, climbed: float) -> Comparison:
    """A class with these medians of |ln|."""
    return Comparison(20, (fixed, 0.1), (climbed, 0.1), 0.5, 11.0, 170.0)


def test_bars_of_stepping() -> None:
    """As good on one class of two is half; 1.5 times is worse than allowed."""
    half, worst = stepping_bars({"a": comparison(0.02, 0.02), "b": comparison(0.02, 0.03)})
    assert (half.reached, half.is_met) == ("1 of 2", True)
    assert (worst.reached, worst.is_met) == ("1.51 (b)", False)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "-"),
        (0.034, "3.4 %"),
        (0.25, "25 %"),
        (1.5, "2.5x"),
        (250.0, "251x"),
        (float("inf"), "no number"),
    ],
)
def test_errors_are_written_as_people_read_them(ratio: float | None, text: str) -> None:
    """A percentage below 100 %, a factor above."""
    assert factor(ratio) == text


def test_a_share_of_nothing_is_a_dash() -> None:
    """It is not 0 %."""
    assert percent(Share(0, 0)) == "-"
    assert percent(Share(1, 50)) == "2.0 %"


def test_tables_are_aligned_on_a_terminal() -> None:
    """Columns begin under one another."""
    assert plain(("a", "b"), [("longer", "x")]) == "a       b\nlonger  x"


def test_published_values_stand_beside_ours() -> None:
    """SPEC SDM91: our interval holds the published throughput; why the peak is not is said."""
    peak, saturation = (beside(one) for one in PUBLISHED if one.rates is SPEC_SDM91)
    assert saturation.is_inside
    assert peak.is_inside or "fell by 8 %" in peak.published.remark
    assert published_section([peak, saturation]).count("| yes |") >= 1


def test_nothing_is_named_beyond_what_was_measured() -> None:
    """The ray tracer's published peak lies at seven times its last load."""
    found: Beside = next(beside(one) for one in PUBLISHED if one.value == 449.0)
    assert (found.is_named, found.is_inside, found.state) == (False, None, "not_reached")
