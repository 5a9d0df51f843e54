"""Which versions of the Python package and the Rust core are these?"""

import json
import platform

import click

from capacity.commands.standard_output import say
from capacity.histogram import core_version, is_release_build


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    """Show the versions of both halves."""
    version = core_version()
    build = "release" if is_release_build() else "debug"
    if as_json:
        say(
            json.dumps(
                {"capacity": version, "core_build": build, "python": platform.python_version()}
            )
        )
    else:
        say(f"capacity {version} (core: {build} build, Python {platform.python_version()})")
