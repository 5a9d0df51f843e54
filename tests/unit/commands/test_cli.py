"""Tests of capacity.commands.cli and capacity.commands.process."""

import asyncio
import os
import signal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from capacity.commands import cli
from capacity.commands.process import SignalInterrupt, SystemClock
from capacity.errors import StorageError


def ended_with(monkeypatch: pytest.MonkeyPatch, outcome: object) -> int:
    """The exit code of `main` when the chosen command returns or raises `outcome`."""

    def act(**_: object) -> object:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(cli.group, "main", act)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


def test_help_lists_every_command_with_its_line() -> None:
    """The table of commands is the help."""
    shown = CliRunner().invoke(cli.group, ["--help"]).output
    for name, row in cli.COMMANDS.items():
        assert name in shown
        assert row[0] in shown


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_can_be_loaded(name: str) -> None:
    """Each row of the table leads to a command with a help text."""
    result = CliRunner().invoke(cli.group, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_unknown_command_is_a_usage_error() -> None:
    """A word that is no command ends with 2."""
    result = CliRunner().invoke(cli.group, ["rnu"])
    assert result.exit_code == 2
    assert "No such command 'rnu'" in result.output


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        pytest.param(0, 0, id="fine"),
        pytest.param(5, 5, id="not valid"),
        pytest.param(None, 0, id="no word"),
        pytest.param(click.exceptions.Exit(3), 3, id="click's exit"),
        pytest.param(click.UsageError("no"), 2, id="click's usage error"),
        pytest.param(click.Abort(), 130, id="Ctrl-C before the load"),
        pytest.param(StorageError("disk full", hint="make room"), 7, id="our own error"),
        pytest.param(SystemExit(1), 0, id="reader of a help text went away"),
    ],
)
def test_exit_code_of_each_outcome(
    monkeypatch: pytest.MonkeyPatch, outcome: object, code: int
) -> None:
    """A command's number is the exit code; an error brings its own."""
    assert ended_with(monkeypatch, outcome) == code


def test_error_is_said_with_its_hint_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Message, then hint, on stderr."""
    ended_with(monkeypatch, StorageError("disk full", hint="make room"))
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "error: disk full\nhint: make room\n")


def test_bug_leaves_a_file_and_no_traceback_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1; the traceback is in the file that the hint names, the value is not shown."""
    code = ended_with(monkeypatch, KeyError("s3cret"))
    said = capsys.readouterr().err
    log = Path(said.strip().rsplit(" ", maxsplit=1)[-1])
    try:
        assert code == 1
        assert "internal fault of capacity: KeyError" in said
        assert "Traceback" not in said
        assert "s3cret" not in said
        assert "Traceback" in log.read_text()
    finally:
        log.unlink()


def test_first_signal_asks_second_is_urgent() -> None:
    """The first signal's reason stays, whatever comes after it."""
    interrupt = SignalInterrupt()

    async def turns() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def receive() -> None:
        interrupt.listen(asyncio.get_running_loop())
        os.kill(os.getpid(), signal.SIGTERM)
        await turns()
        assert (interrupt.reason(), interrupt.is_urgent()) == ("terminated", False)
        os.kill(os.getpid(), signal.SIGINT)
        await turns()

    assert interrupt.reason() is None
    asyncio.run(receive())
    assert (interrupt.reason(), interrupt.is_urgent()) == ("terminated", True)


def test_clock_is_monotonic_and_wall_apart() -> None:
    """The wall clock counts from 1970, the monotonic one does not go back."""
    clock = SystemClock()
    assert clock.now_s() <= clock.now_s()
    assert clock.unix_s() > 1_700_000_000
