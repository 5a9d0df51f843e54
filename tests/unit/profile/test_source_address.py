"""Tests of source addresses: their form, their family and who can use them."""

from pathlib import Path

import pytest

from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, load, problems_of


def test_addresses_of_the_profile_and_of_flags(tmp_path: Path) -> None:
    """Flags replace the profile's; without any the kernel chooses."""
    text = SMALL + "source_addresses: [127.0.0.2, 127.0.0.3]\n"
    assert load(tmp_path, text).source_addresses == ("127.0.0.2", "127.0.0.3")
    flags = Overrides(source_addresses=("127.0.0.9",))
    assert load(tmp_path, text, flags).source_addresses == ("127.0.0.9",)
    assert load(tmp_path).source_addresses == ()


def test_an_address_has_one_spelling(tmp_path: Path) -> None:
    """What reaches the sockets is the compressed form."""
    flags = Overrides(source_addresses=("0:0::1", " fd00::2 "))
    assert load(tmp_path, SMALL, flags).source_addresses == ("::1", "fd00::2")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("eth0",), "'eth0' is not a numeric address"),
        (("0.0.0.0",), "0.0.0.0 cannot be the source of a connection"),
        (("224.0.0.1",), "224.0.0.1 cannot be the source of a connection"),
        (("127.0.0.2", "127.0.0.2"), "127.0.0.2 is repeated"),
        (("127.0.0.2", "::1"), "::1 is not of the same family as 127.0.0.2"),
    ],
    ids=["name", "any", "multicast", "repeated", "families"],
)
def test_what_cannot_be_bound_is_refused(
    tmp_path: Path, given: tuple[str, ...], message: str
) -> None:
    """The flag is named with the reason."""
    found = problems_of(tmp_path, SMALL, Overrides(source_addresses=given))
    assert found == [("--source-address", message)]


def test_a_wrong_line_of_a_profile_is_named(tmp_path: Path) -> None:
    """Line and column of the item."""
    text = SMALL.lstrip("\n") + "source_addresses:\n  - 127.0.0.2\n  - here\n"
    assert problems_of(tmp_path, text) == [("shop.yaml:6:5", "'here' is not a numeric address")]


def test_the_engine_for_python_cannot_choose_its_source(tmp_path: Path) -> None:
    """Said before any load, not found out afterwards."""
    flags = Overrides(source_addresses=("127.0.0.2",), engine="aiohttp")
    assert problems_of(tmp_path, SMALL, flags) == [
        (
            "--source-address",
            "the aiohttp engine leaves the choice of a source address to the kernel",
        )
    ]
