"""Tests of what can be asked for."""

import pytest

from bench.command import parse
from bench.peers import PEERS
from bench.targets import TARGETS


def test_without_names_everything_is_compared() -> None:
    """Empty variables of make mean all, and only all of it makes the page of the project."""
    wanted = parse(["--peers", "", "--targets", ""])
    assert (wanted.course.rounds, wanted.course.seconds) == (3, 2)
    assert [peer.name for peer in wanted.course.peers] == list(PEERS)
    assert [target.name for target in wanted.course.targets] == list(TARGETS)
    assert wanted.is_complete


@pytest.mark.parametrize("peers", ["wrk,capacity", "wrk capacity"], ids=["commas", "blanks"])
def test_some_clients_do_not_make_the_page(peers: str) -> None:
    """It would look like the whole comparison."""
    wanted = parse(["--rounds", "1", "--seconds", "5", "--peers", peers])
    assert [peer.name for peer in wanted.course.peers] == ["wrk", "capacity"]
    assert (wanted.course.rounds, wanted.course.seconds) == (1, 5)
    assert not wanted.is_complete


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--peers", "wkr"], "'wkr' is none of floor, capacity, wrk"),
        (["--targets", "get-65"], "'get-65' is none of get-64"),
        (["--rounds", "0"], "must be at least 1"),
    ],
    ids=["client", "target", "rounds"],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    words: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt client must not make a comparison of none."""
    with pytest.raises(SystemExit):
        parse(words)
    assert wanted in capsys.readouterr().err
