"""Tests of places and problems: each wrong value once, all of them together."""

from pathlib import Path

import pytest

from capacity.errors import Problem, ProfileError
from capacity.profile.problems import InputError, Origins, Place, Problems, dotted, read_unit
from capacity.units import parse_count, parse_duration_s

FOLDER = Path("folder")


def some_problems() -> Problems:
    """Problems of a file with three known places and one flag."""
    origins = Origins(Place("p.yaml", FOLDER, 1, 1))
    origins.put(("a",), Place("p.yaml", FOLDER, 2, 4), Place("p.yaml", FOLDER, 2, 1))
    origins.put(("b", 0), Place("p.yaml", FOLDER, 9, 3))
    origins.put(("c",), Place("--hold", Path()))
    return Problems(origins)


def found(problems: Problems) -> list[tuple[str, str]]:
    """Place and message of all problems."""
    with pytest.raises(ProfileError) as caught:
        problems.raise_if_any()
    return [(problem.place, problem.message) for problem in caught.value.problems]


def test_without_problems_nothing_is_raised() -> None:
    """An empty collection is a good profile."""
    some_problems().raise_if_any()


def test_problems_come_in_reading_order_and_flags_last() -> None:
    """The order of finding does not matter."""
    problems = some_problems()
    problems.add(("c",), InputError("flag", "f"))
    problems.add(("b", 0), InputError("late", "l"))
    problems.add(("a",), InputError("value", "v"))
    problems.add_key(("a",), InputError("key", "k"))
    assert found(problems) == [
        ("p.yaml:2:1", "key"),
        ("p.yaml:2:4", "value"),
        ("p.yaml:9:3", "late"),
        ("--hold", "flag"),
    ]


def test_a_problem_carries_its_hint() -> None:
    """What is raised is the Problem of the error tree."""
    problems = some_problems()
    problems.add(("a",), InputError("wrong", "write it right"))
    with pytest.raises(ProfileError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == (Problem("p.yaml:2:4", "wrong", "write it right"),)


def test_a_note_names_its_place_and_is_no_problem() -> None:
    """What had better be otherwise is kept in order, cut short, and stops nothing."""
    problems = some_problems()
    problems.note(("b", 0), "long" * 100)
    problems.note(("c",), "of a flag")
    problems.raise_if_any()
    assert problems.notes == (f"p.yaml:9:3: {'long' * 75}...", "--hold: of a flag")


def test_a_value_is_wrong_once_and_nothing_below_it_is_named() -> None:
    """A second problem of the same value, or below it, would only repeat the first."""
    problems = some_problems()
    problems.add(("a",), InputError("first", "f"))
    problems.add(("a",), InputError("second", "s"))
    problems.add(("a", "deeper"), InputError("third", "t"))
    assert found(problems) == [("p.yaml:2:4", "first")]
    assert problems.has(("a", "deeper"))
    assert not problems.has(("b",))


def test_a_wrong_key_leaves_its_value_to_be_looked_at() -> None:
    """The name of a scenario may be wrong, and its request too."""
    problems = some_problems()
    problems.add_key(("a",), InputError("name", "n"))
    problems.add(("a", "b"), InputError("value", "v"))
    assert found(problems) == [("p.yaml:2:1", "name"), ("p.yaml:2:4", "value")]


def test_a_message_is_cut_where_nobody_reads_on() -> None:
    """A wrong value of a mebibyte does not fill the screen."""
    problems = some_problems()
    problems.add(("a",), InputError("x" * 301, "h"))
    problems.add(("b", 0), InputError("y" * 300, "h"))
    assert found(problems) == [("p.yaml:2:4", "x" * 300 + "..."), ("p.yaml:9:3", "y" * 300)]


def test_what_is_wrong_is_not_called_missing() -> None:
    """A part is missing only if nothing wrong stands at, below or above its place."""
    problems = some_problems()
    problems.add_missing(("a",), InputError("missing", "m"))
    problems.add(("b", 0), InputError("wrong", "w"))
    problems.add_missing(("b",), InputError("missing too", "m"))
    problems.add_missing(("b", 0, "x"), InputError("missing as well", "m"))
    assert found(problems) == [("p.yaml:2:1", "missing"), ("p.yaml:9:3", "wrong")]


def test_reading_gives_the_value_or_the_fallback() -> None:
    """Absent values give the fallback silently, wrong ones note a problem."""
    problems = some_problems()
    assert problems.read(("a",), int, None, 7) == 7
    assert problems.read(("a",), int, "8", 7) == 8
    problems.raise_if_any()

    def refuse(_: str) -> int:
        raise InputError("no", "yes")

    assert problems.read(("a",), refuse, "8", 7) == 7
    assert found(problems) == [("p.yaml:2:4", "no")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("steps", "hold"), "steps.hold"),
        (("stop", 0), "stop[0]"),
        ((), ""),
        (("a\x1b",), "'a\\x1b'"),
    ],
)
def test_paths_are_written_as_people_do(path: tuple[str | int, ...], text: str) -> None:
    """Keys are joined by dots, positions stand in brackets."""
    assert dotted(path) == text


def test_units_tell_message_and_hint_apart() -> None:
    """The part after the last semicolon of a unit's message is the hint."""
    assert read_unit(parse_duration_s, "2s") == 2.0
    with pytest.raises(InputError) as caught:
        read_unit(parse_duration_s, "30")
    assert (caught.value.message, caught.value.hint) == (
        "'30' has no unit",
        "write 30s or 30ms",
    )
    with pytest.raises(InputError) as caught:
        read_unit(parse_count, "1.5")
    assert (caught.value.message, caught.value.hint) == (
        "'1.5' is not a whole number",
        "write a whole number",
    )
