"""Tests of names: slugs only, because a name becomes a folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.profile.names import name_from, parse_name
from capacity.profile.problems import InputError


@pytest.mark.parametrize("name", ["shop", "a", "0", "v1.2_x-y", "_x", "x" * 64, "console"])
def test_a_slug_is_a_name(name: str) -> None:
    """Letters, digits, dot, underscore and hyphen make a name."""
    assert parse_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".hidden", "-n", "..", "../../x", "a/b", "a b", "x" * 65, "ä", "a\n", "a\x00"]
)
def test_anything_else_is_not(name: str) -> None:
    """A name can neither leave its folder nor look like a flag."""
    with pytest.raises(InputError, match="is not a name"):
        parse_name(name)


@pytest.mark.parametrize("name", ["nul", "CON", "com1.txt", "Lpt9"])
def test_names_of_devices_are_refused(name: str) -> None:
    """A run must be copyable to Windows."""
    with pytest.raises(InputError, match="is the name of a device on Windows"):
        parse_name(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("127.0.0.1_8080", "127.0.0.1_8080"),
        ("::1_80", "1_80"),
        ("my shop", "my-shop"),
        (".env", "env"),
        ("con", "run"),
        ("ä", "run"),
    ],
)
def test_makes_a_name_of_any_text(text: str, name: str) -> None:
    """What does not fit becomes a hyphen."""
    assert name_from(text) == name


@given(st.text())
def test_a_made_name_is_always_a_name(text: str) -> None:
    """Whatever a file or host is called, the run gets a valid name."""
    assert parse_name(name_from(text)) == name_from(text)
