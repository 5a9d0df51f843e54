"""Growth, strands and doubts of raw samples."""

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.model.resources import Reduction
from capacity.monitors.answers import Series
from capacity.monitors.raw_samples import (
    Strand,
    by_member,
    cut,
    growth,
    reduce_strand,
    standstills,
    strands,
)
from tests.unit.monitors.builders import END_UNIX_S, POD, a_counter, a_pod, a_series, a_window


def _strand(*values: float, bases: tuple[float, ...] | None = None) -> Strand:
    return Strand(tuple(15.0 * index for index in range(len(values))), values, bases)


@pytest.mark.parametrize(
    ("values", "grown"),
    [
        pytest.param((1.0,), 0.0, id="one sample"),
        pytest.param((5.0, 7.0, 7.0, 11.0), 6.0, id="steady"),
        pytest.param((1010.0, 1012.0, 0.0, 3.0), 5.0, id="reset to zero"),
        pytest.param((1010.0, 1012.0, 4.0, 6.0), 8.0, id="reset and already grown"),
        pytest.param((9.0, 2.0, 1.0), 3.0, id="two resets"),
    ],
)
def test_growth_adds_what_came_after_a_reset(values: tuple[float, ...], grown: float) -> None:
    """After a fall the counter has begun at zero, so its whole value is growth."""
    assert growth(values) == grown


@settings(deadline=None)
@given(
    steps=st.lists(st.integers(0, 1000), min_size=1, max_size=30),
    resets=st.sets(st.integers(0, 29)),
)
def test_growth_is_what_was_counted(steps: list[int], resets: set[int]) -> None:
    """Resets before a step lose nothing when the counter is seen after each step."""
    seen, now, counted = [0.0], 0.0, 0.0
    for index, step in enumerate(steps):
        begins_again = index in resets and step < now
        now = float(step) if begins_again else now + step
        counted += step
        seen.append(now)
    assert growth(seen) == counted


@pytest.mark.parametrize(
    ("reduction", "value"),
    [
        (Reduction.RATE, 8.0 / 45),
        (Reduction.INCREASE, 8.0),
        (Reduction.MAX, 10.0),
        (Reduction.MIN, 2.0),
        (Reduction.LAST, 3.0),
    ],
)
def test_each_reduction_has_its_value(reduction: Reduction, value: float) -> None:
    """Four samples 15 s apart: 5, 10, 2, 3."""
    assert reduce_strand(_strand(5.0, 10.0, 2.0, 3.0), reduction) == pytest.approx(value)


@pytest.mark.parametrize("reduction", list(Reduction))
def test_one_sample_makes_no_value(reduction: Reduction) -> None:
    """A single sample is a number, not a reading of a window."""
    assert reduce_strand(_strand(5.0), reduction) is None


def test_a_share_of_growth_is_growth_over_growth() -> None:
    """Throttled periods over periods; without any period it is not a number."""
    assert reduce_strand(_strand(0, 3, bases=(0, 12)), Reduction.INCREASE) == 0.25
    assert reduce_strand(_strand(0, 0.25, bases=(0, 0.5)), Reduction.INCREASE) == 0.5
    nothing = reduce_strand(_strand(3, 3, bases=(12, 12)), Reduction.INCREASE)
    assert nothing is not None
    assert isnan(nothing)


def test_cut_keeps_numbers_inside_the_window_in_order() -> None:
    """Both edges count, NaN does not, and a time is there once."""
    series = Series(
        {},
        (
            (END_UNIX_S + 0.001, 9.0),
            (END_UNIX_S, 4.0),
            (END_UNIX_S - 60, 1.0),
            (END_UNIX_S - 30, nan),
            (END_UNIX_S - 20, 2.0),
            (END_UNIX_S - 20, 3.0),
            (END_UNIX_S - 60.001, 0.0),
        ),
    )
    expected = ((END_UNIX_S - 60, 1.0), (END_UNIX_S - 20, 3.0), (END_UNIX_S, 4.0))
    assert cut(series, a_window()).samples == expected


def test_a_member_has_the_series_that_differ_in_other_labels_only() -> None:
    """Series without samples make no member."""
    first = a_counter(a_pod("a", id="1"), 0.4)
    again = a_counter(a_pod("a", id="2"), 0.4)
    other = a_counter(a_pod("b"), 0.4)
    empty = Series(a_pod("c"), ())
    members = by_member([first, again, other, empty], POD)
    assert members == {("shop", "a", "app"): [first, again], ("shop", "b", "app"): [other]}


def test_series_that_follow_each_other_are_one_strand_with_a_reset() -> None:
    """A restarted container: 0.4 cores before and after, never 0.8."""
    old = a_counter(a_pod("a", id="1"), 0.4, (56, 41))
    new = a_series(a_pod("a", id="2"), lambda at_s: 0.4 * (at_s + 30), (26, 11))
    (strand,) = strands([new, old], None)
    assert strand.times_unix_s == tuple(END_UNIX_S - age_s for age_s in (56, 41, 26, 11))
    # 6 s before the restart, 1.6 s after it up to the first sample, 6 s then: 13.6 s in 45 s.
    assert growth(strand.values) == pytest.approx(6 + 1.6 + 6)


def test_series_that_overlap_or_come_from_others_stay_apart() -> None:
    """Duplicates of two jobs, and two ids at one time, are strands of their own."""
    labels = a_pod("a", job="kubelet")
    one = a_counter(labels, 0.4)
    overlapping = a_counter({**labels, "id": "2"}, 0.4, (26, 11))
    other_job = a_counter({**labels, "job": "cadvisor"}, 0.4, (5,))
    assert [len(strand.values) for strand in strands([one, overlapping, other_job], None)] == [
        4,
        2,
        1,
    ]


@pytest.mark.parametrize("starts_s", [11.0, 12.0, 26.0], ids=["last", "before last", "earlier"])
def test_series_that_share_any_time_are_no_strand(starts_s: float) -> None:
    """One that begins with the last sample of another, or just before it, is a duplicate."""
    one = a_counter(a_pod("a", id="1"), 0.4)
    other = a_counter(a_pod("a", id="2"), 0.4, (starts_s, 1))
    assert [len(strand.values) for strand in strands([one, other], None)] == [4, 2]


def test_bases_count_at_the_same_times_only() -> None:
    """A sample whose partner is missing is left out, and so is a series without a partner."""
    throttled = a_counter(a_pod("a", __name__="throttled"), 1.0)
    periods = a_counter(a_pod("a", __name__="periods"), 4.0, (56, 26, 11))
    lonely = a_counter(a_pod("a", id="2", __name__="throttled"), 1.0, (5,))
    (strand,) = strands([throttled, lonely], [periods])
    assert strand.times_unix_s == tuple(END_UNIX_S - age_s for age_s in (56, 26, 11))
    assert reduce_strand(strand, Reduction.INCREASE) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param((0, 5, 5, 10, 15), 1, id="same value twice inside growth"),
        pytest.param((0, 5, 5, 5, 10, 10, 15), 2, id="twice, once for 30 s"),
        pytest.param((0, 0.5, 0.5, 1.0), 1, id="slowly"),
        pytest.param((0, 5, 10, 15), 0, id="grows with every scrape"),
        pytest.param((5, 5, 5, 10), 0, id="idle, then busy"),
        pytest.param((0, 5, 5, 5), 0, id="busy, then idle"),
        pytest.param((0, 5, 5, 5, 5, 10), 0, id="idle for longer than a value is kept"),
        pytest.param((5, 5, 5, 5), 0, id="idle"),
        pytest.param((0, 5, 5), 0, id="too few to tell"),
    ],
)
def test_restamping_shows_as_the_same_value_inside_growth(
    values: tuple[float, ...], count: int
) -> None:
    """A busy counter that stands still between two scrapes was not looked at."""
    assert standstills(_strand(*values)) == count
