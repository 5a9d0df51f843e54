"""Tests of running a user's command: its output, its limits and its end."""

import os
import threading
import time
from pathlib import Path

import pytest

from capacity.hooks.command import Command


def a_command(*argv: str, limit_s: float = 5.0, most: int = 1000) -> Command:
    """A command with limits that do not bite."""
    return Command(argv, limit_s=limit_s, max_output_bytes=most)


def test_keeps_what_was_written() -> None:
    """Standard output is the outcome, standard error is kept apart."""
    command = a_command("sh", "-c", "echo served; echo odd >&2")
    outcome = command.run()
    assert (outcome.output, outcome.is_cut, outcome.fault) == (b"served\n", False, "")
    assert command.error_text == "odd\n"


def test_no_shell_reads_its_words() -> None:
    """What a shell would take apart stays one word."""
    assert a_command("echo", "a; $(id) `id` > x").run().output == b"a; $(id) `id` > x\n"


def test_passes_a_small_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program needs to find itself, and no secret of the caller."""
    monkeypatch.setenv("API_TOKEN", "hunter2")
    monkeypatch.setenv("KUBECONFIG", "/k")
    output = a_command("env").run().output
    assert b"hunter2" not in output
    assert b"KUBECONFIG=/k\n" in output


def test_reads_nothing_from_the_terminal() -> None:
    """A program that asks finds nobody."""
    assert a_command("cat").run().output == b""


@pytest.mark.parametrize(
    ("argv", "fault"),
    [
        (("no-such-program",), "it cannot be started: No such file or directory"),
        (("/",), "it cannot be started: Permission denied"),
        (("a\0b",), "it cannot be started: a word holds a zero"),
        (("sh", "-c", "exit 3"), "it ended with code 3"),
        (("sh", "-c", "kill -9 $$"), "it was ended by signal 9"),
    ],
)
def test_tells_how_it_failed(argv: tuple[str, ...], fault: str) -> None:
    """Each end has its words."""
    assert a_command(*argv).run().fault == fault


def test_keeps_the_end_of_much() -> None:
    """The last bytes are the ones before the limit was met."""
    outcome = a_command("sh", "-c", "seq 1 200000", most=14).run()
    assert (outcome.output, outcome.is_cut) == (b"199999\n200000\n", True)


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "script",
    ["sleep 60 & echo $!; wait", "exec 2>&-; (trap '' TERM; sleep 60) & echo $!; exec >&-; wait"],
)
def test_ends_with_all_its_children_when_its_time_is_up(script: str) -> None:
    """Even with one that does not listen, and one that has closed its streams."""
    begun_s = time.monotonic()
    outcome = a_command("sh", "-c", script, limit_s=0.5).run()
    assert outcome.fault == "it did not end within 0.5 s"
    assert time.monotonic() - begun_s < 3.0
    time.sleep(0.05)
    assert not is_alive(int(outcome.output))


def test_a_child_that_lives_on_holds_up_nothing() -> None:
    """A command is over when it has ended itself, and what it left behind ends too."""
    begun_s = time.monotonic()
    outcome = a_command("sh", "-c", "sleep 60 & echo $!").run()
    assert (outcome.fault, time.monotonic() - begun_s < 3.0) == ("", True)
    time.sleep(0.05)
    assert not is_alive(int(outcome.output))


@pytest.mark.parametrize("script", ["sleep 60", "exec 1>&- 2>&-; sleep 60"])
def test_ends_when_asked_to(script: str) -> None:
    """At the end of the run nobody waits for it."""
    command = a_command("sh", "-c", script, limit_s=30.0)
    timer = threading.Timer(0.3, command.end)
    timer.start()
    begun_s = time.monotonic()
    assert command.run().fault == "the run was ended before it"
    assert time.monotonic() - begun_s < 3.0
    timer.join()


def test_a_signal_of_the_terminal_does_not_reach_it() -> None:
    """It has a group of its own, so Ctrl-C for the run is not one for it."""
    group = int(
        a_command("sh", "-c", "ps -o pgid= -p $$ || cut -d' ' -f5 /proc/$$/stat").run().output
    )
    assert group != os.getpgrp()
