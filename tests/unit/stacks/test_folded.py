"""Tests of reading folded stacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.hooks import HotFunction
from capacity.stacks import folded
from capacity.stacks.folded import read_folded
from capacity.stacks.sampled import StackError

PYSPY = b"""<module> (app.py:40);serve (app.py:12);burn (app.py:3) 70
<module> (app.py:40);serve (app.py:12) 20

<module> (app.py:40);burn (app.py:3) 10
"""


def test_adds_up_stacks() -> None:
    """The last name of a line runs, all of them are on the stack."""
    sampled = read_folded(PYSPY)
    assert sampled.total == 100
    assert sampled.hottest_flat[0] == HotFunction("burn (app.py:3)", 0.8, 0.8)
    assert sampled.hottest_cumulative[0] == HotFunction("<module> (app.py:40)", 0.0, 1.0)


def test_knows_no_cores() -> None:
    """How often was looked is not told, so neither are cores."""
    sampled = read_folded(PYSPY)
    assert (sampled.cores, sampled.covered_s, sampled.sample_count) == (None, None, 100)


def test_counts_a_recursive_function_once_a_stack() -> None:
    """A function twice on a stack is there once."""
    assert read_folded(b"fib;fib 5").cumulative == {"fib": 5}


def test_a_stack_of_no_name_has_weight_only() -> None:
    """An empty name is no function."""
    assert read_folded(b"; 5\na 5").hottest_flat == (HotFunction("a", 0.5, 0.5),)


def test_passes_over_a_line_of_another_kind() -> None:
    """A warning among many stacks does no harm."""
    assert read_folded(b"a;b 1\n" * 20 + b"Warning: 3 samples lost!\n").total == 20


@pytest.mark.parametrize(
    "content",
    [
        b"<html>\n<body>not found</body>\n",
        b"a;b x",
        b"12",
        b"a 9999999999999999999999",
        b"a \xd9\xa3",
    ],
)
def test_refuses_what_is_no_stack(content: bytes) -> None:
    """A page of an error or a number too long is no profile."""
    with pytest.raises(StackError, match="no stack with a number"):
        read_folded(content)


def test_refuses_too_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are counted."""
    monkeypatch.setattr(folded, "MAX_FRAMES", 5)
    with pytest.raises(StackError, match="more than 5 frames"):
        read_folded(b"a;b;c 1\na;b;c 1")


@given(st.binary(max_size=300))
def test_no_bytes_break_it(content: bytes) -> None:
    """Whatever comes is read or refused."""
    try:
        assert read_folded(content).total >= 0
    except StackError:
        return
