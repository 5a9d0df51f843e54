"""Tests of the order of turns."""

from pathlib import Path

import pytest

from bench import rounds
from bench.measure import unmeasured
from bench.model import Absent, Peer, Sample, Tool
from bench.nginx import Nginx
from bench.peers import PEERS
from bench.rounds import Course, run_rounds
from bench.targets import TARGETS, Target

HERE = Tool(Path("program"), "1")


@pytest.fixture
def server(tmp_path: Path) -> Nginx:
    """A server that is never started: its addresses are enough."""
    return Nginx(Path("nginx"), Path("openssl"), tmp_path)


@pytest.fixture(autouse=True)
def no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement without a client."""

    def measure(
        peer: Peer, tool: Tool, target: Target, seconds: int, round_number: int, server: Nginx
    ) -> Sample:
        return unmeasured(peer, target, round_number, "nothing was run")

    monkeypatch.setattr(rounds, "measure", measure)


def turns(server: Nginx, targets: str, peers: str, **tools: Tool | Absent) -> list[Sample]:
    """Two rounds of these; every tool is here unless said."""
    course = Course(
        targets=[TARGETS[name] for name in targets.split()],
        peers=[PEERS[name] for name in peers.split()],
        rounds=2,
        seconds=1,
    )
    there = {peer.tool: HERE for peer in course.peers} | tools
    return list(run_rounds(course, there, server, lambda _: None))


def test_clients_alternate_under_one_target_before_the_next(server: Nginx) -> None:
    """Each target's clients share the same minute, and its drift."""
    samples = turns(server, "get-64 get-256", "wrk capacity")
    assert [(sample.target, sample.round, sample.peer) for sample in samples] == [
        ("get-64", 1, "wrk"),
        ("get-64", 1, "capacity"),
        ("get-64", 2, "wrk"),
        ("get-64", 2, "capacity"),
        ("get-256", 1, "wrk"),
        ("get-256", 1, "capacity"),
        ("get-256", 2, "wrk"),
        ("get-256", 2, "capacity"),
    ]


def test_a_client_that_is_not_here_has_no_turn(server: Nginx) -> None:
    """Its reason stands among the versions."""
    samples = turns(server, "get-64", "hey wrk", hey=Absent("no network"))
    assert {sample.peer for sample in samples} == {"wrk"}


def test_a_client_that_cannot_says_why(server: Nginx) -> None:
    """The floor has no row under TLS, but a line."""
    samples = turns(server, "tls-64", "floor wrk")
    problems = {sample.peer: sample.problem for sample in samples}
    assert problems["floor"].startswith("it has no TLS")
    assert problems["wrk"] == "nothing was run"


def test_a_target_may_concern_some_clients_only(server: Nginx) -> None:
    """Memory at 19,000 connections is ours to show."""
    assert {sample.peer for sample in turns(server, "get-19000", "wrk capacity")} == {"capacity"}
