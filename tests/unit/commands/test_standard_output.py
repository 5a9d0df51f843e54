"""Tests of capacity.commands.standard_output."""

import errno
import sys

import click
import pytest

from capacity.commands import standard_output
from capacity.commands.standard_output import flush_standard_output, say
from capacity.errors import StorageError


class Broken:
    """A standard output on which every flush ends with `error`."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def flush(self) -> None:
        """What Python does at its end."""
        raise self._error


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that standard output was given up."""
    times: list[str] = []
    monkeypatch.setattr(standard_output, "drop_standard_output", lambda: times.append("dropped"))
    return times


def say_with(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """Say a word while every write ends with `error`."""

    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr(click, "echo", fail)
    say("Capacity")


def test_reader_that_went_away_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, dropped: list[str]
) -> None:
    """`capacity run ... --json | true` used to end with 1 whatever the run had found."""
    say_with(monkeypatch, BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert dropped == ["dropped"]


def test_full_disk_behind_standard_output_is_said(
    monkeypatch: pytest.MonkeyPatch, dropped: list[str]
) -> None:
    """It used to be called an internal fault of capacity."""
    with pytest.raises(StorageError, match=r"^standard output: cannot be written: No space"):
        say_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    assert dropped == ["dropped"]


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC])
def test_last_flush_never_fails(
    monkeypatch: pytest.MonkeyPatch, dropped: list[str], number: int
) -> None:
    """What is left goes nowhere, so that no traceback follows the answer."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Broken(OSError(number, "gone")))
        flush_standard_output()
    assert dropped == ["dropped"]


def test_closed_standard_output_needs_no_flush(
    monkeypatch: pytest.MonkeyPatch, dropped: list[str]
) -> None:
    """`capacity run ... >&-` used to end with a traceback."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        flush_standard_output()
    assert dropped == []
