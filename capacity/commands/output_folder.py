"""What may follow --out, and how is a file written there that nobody has yet?

Any path but an empty one, which would silently mean this folder.
"""

from pathlib import Path

import click

from capacity.errors import StorageError, UsageError
from capacity.storage.run_folder import check_writable


class OutputFolder(click.ParamType[Path]):
    """A folder for results; it need not exist yet."""

    name = "folder"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Refuse '', which is what an unset variable of the shell gives."""
        if value == "":
            self.fail("'' names no folder; write . for the current one", param, ctx)
        return Path(str(value))


def check_folder(folder: Path) -> None:
    """Make the folder if it is not there; an error where it cannot be one."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name a folder with --out")
    check_writable(folder)


def write_new(path: Path, text: str) -> None:
    """Write a file of ASCII text; an existing one is never overwritten."""
    try:
        with path.open("x", encoding="ascii") as stream:
            stream.write(text)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="choose another folder with --out",
        ) from error
