"""Tests of the concurrency grammar: lists and ranges, their ends, and what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.profile.ladder_text import ladder_to_text, parse_ladder, refuse_above_fuse
from capacity.profile.problems import InputError


@pytest.mark.parametrize(
    ("given_text", "values"),
    [
        ("64", (64,)),
        ("1,2,4", (1, 2, 4)),
        (" 1, 2 ,4 ", (1, 2, 4)),
        ("1..16", (1, 2, 4, 8, 16)),
        ("1..16x2", (1, 2, 4, 8, 16)),
        ("1 .. 16 x 4", (1, 4, 16)),
        ("1..1000x10", (1, 10, 100, 1000)),
        ("1..20x2", (1, 2, 4, 8, 16, 20)),
        ("1..10x1.5", (1, 2, 3, 5, 8, 10)),
        ("3..3", (3,)),
        ("10..40+10", (10, 20, 30, 40)),
        ("10..35+10", (10, 20, 30, 35)),
        ((1, 2, 4), (1, 2, 4)),
    ],
    ids=str,
)
def test_reads_a_ladder(given_text: str | tuple[int, ...], values: tuple[int, ...]) -> None:
    """Ranges end with their last value, also when the factor jumps over it."""
    assert parse_ladder(given_text) == values


@pytest.mark.parametrize(
    ("given_text", "message", "hint"),
    [
        ("", "the concurrency is empty", "write a list like 1,2,4 or a range like 1..1024x2"),
        ((), "the concurrency is empty", "write a list like"),
        ("1,,2", "'' is not a number of requests in flight", "write a list like"),
        ("1,two", "'two' is not a number of requests in flight", "write a list like"),
        ("-1,2", "'-1' is not a number of requests in flight", "write a list like"),
        ("1.5", "'1.5' is not a number of requests in flight", "write a list like"),
        ("1..8y2", "'1..8y2' is not a range of concurrencies", "write a list like"),
        ("1,2..8", "'1,2..8' is not a range of concurrencies", "write a list like"),
        ("0,1", "concurrency 0 makes no load", "begin with 1 or more"),
        ((-3, 1), "concurrency -3 makes no load", "begin with 1 or more"),
        ("0..8", "concurrency 0 makes no load", "begin with 1 or more"),
        ("8..1", "the range falls from 8 to 1", "write 1..8"),
        ("4,2", "concurrency falls from 4 to 2", "write the steps rising"),
        ("2,2", "concurrency 2 is repeated", "name each step once"),
        ("1..8x1", "the factor must be at least 1.01", "write it like 1..1024x2"),
        ("1..8x0.5", "the factor must be at least 1.01", "write it like 1..1024x2"),
        ("1..8+0", "a distance of 0 never rises", "write it like 10..100+10"),
        ("1..999999999+1", "more than 200 steps", "use a larger factor or distance"),
        ("1..999999999x1.01", "more than 200 steps", "use a larger factor or distance"),
        (tuple(range(1, 202)), "more than 200 steps", "use a larger factor or distance"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refuses_with_a_remedy(given_text: str | tuple[int, ...], message: str, hint: str) -> None:
    """Each fault says what is wrong and what to write instead."""
    with pytest.raises(InputError) as caught:
        parse_ladder(given_text)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_two_hundred_steps_are_the_most() -> None:
    """The limit itself is allowed."""
    assert parse_ladder("1..200+1") == tuple(range(1, 201))


@given(
    low=st.integers(min_value=1, max_value=500),
    width=st.integers(min_value=0, max_value=5000),
    step=st.floats(min_value=1.1, max_value=9.0).map(lambda factor: f"x{factor:.3f}")
    | st.integers(min_value=50, max_value=500).map(lambda distance: f"+{distance}"),
)
def test_a_range_rises_strictly_from_its_first_to_its_last_value(
    low: int, width: int, step: str
) -> None:
    """Whatever the factor, no value repeats and both ends are in."""
    values = parse_ladder(f"{low}..{low + width}{step}")
    assert (values[0], values[-1]) == (low, low + width)
    assert [pair for pair in pairwise(values) if pair[0] >= pair[1]] == []


def test_names_the_fuse_that_the_ladder_crosses() -> None:
    """The fuse may be equalled; beyond it the hint names flag and key."""
    refuse_above_fuse((1, 1024), 1024)
    with pytest.raises(InputError) as caught:
        refuse_above_fuse((1, 2048), 1024)
    assert caught.value.message == "the highest concurrency 2048 is above the fuse of 1024"
    assert caught.value.hint == (
        "lower the top, or raise the fuse: --max-concurrency 2048 or safety.fuses.concurrency: 2048"
    )


def test_a_long_ladder_is_shown_by_its_ends() -> None:
    """Twelve steps are shown in full, more by their first five and last two."""
    assert ladder_to_text(range(1, 13)) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"
    assert ladder_to_text(range(1, 14)) == "1, 2, 3, 4, 5, ..., 12, 13"
