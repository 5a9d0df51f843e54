"""Tests of choosing between the formats of profiles."""

import pytest

from capacity.stacks.reading import FOLDED_FILE, PPROF_FILE, file_name_of, read_stacks
from capacity.stacks.sampled import StackError
from tests.unit.stacks.builders import Stack, a_pprof


@pytest.mark.parametrize(
    ("content", "name"),
    [(a_pprof([Stack(["main.burn"], 3)]), PPROF_FILE), (b"main;main.burn 3", FOLDED_FILE)],
)
def test_tells_formats_apart(content: bytes, name: str) -> None:
    """The first bytes decide, and both say the same."""
    assert file_name_of(content) == name
    assert read_stacks(content).hottest_flat[0].name == "main.burn"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is empty"), (a_pprof([]), "no sample"), (b"a 0", "no sample")]
)
def test_refuses_what_says_nothing(content: bytes, reason: str) -> None:
    """A profile without samples is none."""
    with pytest.raises(StackError, match=reason):
        read_stacks(content)
