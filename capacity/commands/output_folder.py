"""What may follow --out? Any path but an empty one, which would silently mean this folder."""

from pathlib import Path

import click


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
