"""Tests of the error tree: exit codes and the text of many problems."""

import pytest

from capacity.errors import (
    CapacityError,
    ConsentError,
    EngineError,
    MachineError,
    MonitorError,
    Problem,
    ProfileError,
    StorageError,
    TargetError,
    UsageError,
)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (EngineError, 1),
        (UsageError, 2),
        (ConsentError, 2),
        (MachineError, 3),
        (MonitorError, 3),
        (TargetError, 4),
        (StorageError, 7),
    ],
)
def test_each_error_has_its_exit_code(kind: type[CapacityError], exit_code: int) -> None:
    """The exit code belongs to the class; message and hint are kept apart."""
    error = kind("it broke", hint="mend it")
    assert (error.exit_code, error.message, error.hint) == (exit_code, "it broke", "mend it")
    assert str(error) == "it broke"


def test_a_profile_error_lists_every_problem_with_its_hint() -> None:
    """Each problem is a line with its place, and the hint has a line of its own."""
    problems = (
        Problem("shop.yaml:3:5", "steps.hold has no value", "give it a value"),
        Problem("--stop", "'p98' is not a metric", "did you mean p99?"),
    )
    error = ProfileError(problems)
    assert error.problems == problems
    assert error.exit_code == 2
    assert error.hint == "correct these 2 and run again"
    assert error.message == (
        "shop.yaml:3:5: steps.hold has no value\n  hint: give it a value\n"
        "--stop: 'p98' is not a metric\n  hint: did you mean p99?"
    )


def test_a_profile_error_with_one_problem_has_its_hint() -> None:
    """A single problem needs no list: its hint is the error's own."""
    error = ProfileError((Problem("--hold", "'3' has no unit", "write 3s or 3ms"),))
    assert (error.message, error.hint) == ("--hold: '3' has no unit", "write 3s or 3ms")
