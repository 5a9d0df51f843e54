"""Tests of how clients are called, and that each can be installed."""

from pathlib import Path

import pytest

from bench.model import Load
from bench.peers import PEERS
from bench.versions import CRATES, DEBIAN_PACKAGES, GO_MODULES, NPM_PACKAGES, PYTHON_PACKAGES


def a_load(url: str = "http://127.0.0.1:8080/", body_file: Path | None = None) -> Load:
    """64 connections for 2 seconds."""
    return Load(url, 64, 2, 1, body_file, Path("/scratch"))


@pytest.mark.parametrize("name", PEERS)
def test_every_client_has_a_version(name: str) -> None:
    """Versions are pinned in one place, but for what is made here."""
    pinned = {*CRATES, *DEBIAN_PACKAGES, *GO_MODULES, *NPM_PACKAGES, *PYTHON_PACKAGES}
    assert PEERS[name].tool in pinned | {"capacity", "floor"}


# k6, Locust and wrk's script read the load from the environment.
@pytest.mark.parametrize("name", [name for name in PEERS if name not in ("k6", "locust", "wrk")])
def test_every_client_is_told_of_the_body(name: str) -> None:
    """A client that did not post would win the row."""
    program = Path("program")
    without = PEERS[name].command(program, a_load())
    body = PEERS[name].command(program, a_load(body_file=Path("/scratch/body")))
    assert body != without


def test_our_row_is_the_command_that_users_type() -> None:
    """One step, one thread, no rule that could end it."""
    words = PEERS["capacity"].command(Path("capacity"), a_load("https://127.0.0.1:8443/"))
    assert words[:5] == ["capacity", "run", "https://127.0.0.1:8443/", "-t", "1"]
    assert words[words.index("-d") + 1] == "1.5s"
    assert "--insecure" in words


def test_the_floor_says_that_it_has_no_tls() -> None:
    """It is left out of that target, with the reason."""
    floor = PEERS["floor"]
    assert floor.cannot(a_load()) is None
    assert floor.cannot(a_load("https://127.0.0.1:1/")) is not None
