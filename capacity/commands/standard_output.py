"""How is an answer said on standard output, whatever became of its reader?

A reader that went away (`| head -1`) is no fault; an answer that got lost otherwise is one.
"""

import os
import sys

import click

from capacity.errors import StorageError


def say(text: str) -> None:
    """Write one line; StorageError when it cannot be written although somebody may read it."""
    try:
        click.echo(text)
    except BrokenPipeError:
        drop_standard_output()
    except OSError as error:
        drop_standard_output()
        raise StorageError(
            f"standard output: cannot be written: {error.strerror}",
            hint="send it elsewhere; the files of a run are complete, and `capacity report` "
            "says its verdict again",
        ) from error


def flush_standard_output() -> None:
    """Write what is still held back; by now nobody can be told of a fault."""
    if sys.stdout is None:  # closed by who started us
        return
    try:
        sys.stdout.flush()
    except OSError:
        drop_standard_output()


def drop_standard_output() -> None:
    """From now on everything said there is lost, and the interpreter's last flush succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
