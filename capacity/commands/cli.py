"""Which commands are there, and what happens to an error that nobody expected?

A command's module is imported only when it is called, so `capacity --help` costs click alone.
"""

import importlib
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

import click

from capacity.commands.standard_output import flush_standard_output
from capacity.errors import CapacityError

# name -> (short help, module, attribute)
COMMANDS = {
    "run": ("Climb a service step by step and say what it can take.", "run", "command"),
    "plan": ("Show what a run would do; nothing is sent.", "run", "plan_command"),
    "check": ("Look at everything a run needs, without any load.", "check", "command"),
    "report": ("Draw graphs and tables again from a run folder.", "report", "command"),
    "analyze": (
        "Draw the answer again from stored steps, with other limits.",
        "analyze",
        "command",
    ),
    "compare-paths": (
        "Say which side of the edge limits, of two runs.",
        "compare_paths",
        "command",
    ),
    "demo": ("Start a local service of known capacity to try things on.", "demo", "command"),
    "version": ("Show the versions of both halves.", "version", "command"),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and short helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which people need them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        _, module, attribute = COMMANDS[cmd_name]
        loaded = importlib.import_module(f"capacity.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, so that help imports none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[0]) for name, row in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start here: capacity run http://127.0.0.1:8080/",
)
def group() -> None:
    """Find how much load an HTTP service can take, and what breaks first."""


def main() -> NoReturn:
    """Run the command line and end the process with a documented exit code."""
    try:
        code = group.main(prog_name="capacity", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        click.echo("stopped before any load was sent", err=True)
        code = 130
    except SystemExit:  # click's own end when the reader of a help text went away
        code = 0
    except CapacityError as error:
        click.echo(f"error: {error.message}\nhint: {error.hint}", err=True)
        code = error.exit_code
    except Exception:  # noqa: BLE001  # the one place where a bug becomes a message
        code = _report_bug()
    _end(code if isinstance(code, int) else 0)


def _report_bug() -> int:
    """Keep the traceback (without local variables) in a file and name it."""
    handle, name = tempfile.mkstemp(prefix="capacity-", suffix=".log")
    with os.fdopen(handle, "w") as log:
        log.write(traceback.format_exc())
    kind = sys.exc_info()[0]
    click.echo(
        f"error: an internal fault of capacity: {kind.__name__ if kind else 'unknown'}\n"
        f"hint: please report it with the file {Path(name)}",
        err=True,
    )
    return 1


def _end(code: int) -> NoReturn:
    """Flush what was said; a reader that went away (`| head -1`) changes no exit code."""
    flush_standard_output()
    sys.exit(code)
