"""How does an end-to-end test use the command as its users do: as a process?"""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

GENERATOR_WAS_THE_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """What a call of the command left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def run_json(self) -> dict[str, Any]:
        """The run.json of the one run in the output folder."""
        (path,) = self.folder.glob("*/2*/run.json")
        loaded: dict[str, Any] = json.loads(path.read_text())
        return loaded

    @property
    def run_folder(self) -> Path:
        """The folder of the one run."""
        (path,) = self.folder.glob("*/2*/run.json")
        return path.parent


def arguments(*words: str, out: Path) -> list[str]:
    """The command line of `capacity run` with its output below `out`."""
    command = [sys.executable, "-m", "capacity", "run", *words, "-o", str(out)]
    return [*_undisturbed(), *command]


@cache
def _undisturbed() -> tuple[str, ...]:
    """What to put before a command so that other work of the machine does not void its steps.

    A tool that has to wait for a core says so and ends, which is right, and not what these tests
    are about. Empty where real-time priority is not granted.
    """
    prefix = ("chrt", "--rr", "1")
    try:
        granted = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
    except FileNotFoundError:
        return ()
    return prefix if granted == 0 else ()


def plain_environment(**changes: str) -> dict[str, str]:
    """Our own environment without the variables that change how things look."""
    removed = ("CI", "NO_COLOR", "FORCE_COLOR", "LC_ALL", "LC_MESSAGES", "LANG", "TERM")
    kept = {key: value for key, value in os.environ.items() if key not in removed}
    return {**kept, "LANG": "C.UTF-8", **changes}


def run_undisturbed(*words: str, out: Path, attempts: int = 3) -> Ended:
    """Call `capacity run` anew while it says that this machine was its limit, a few times.

    For tests of the climb itself; the service must not count requests.
    """
    for attempt in range(attempts):
        ended = run_tool(*words, out=out / str(attempt))
        if ended.code != GENERATOR_WAS_THE_LIMIT:
            break
    return ended


def run_tool(
    *words: str, out: Path, timeout_s: float = 90.0, stdin: bytes = b"", **environ: str
) -> Ended:
    """Call `capacity run` without a terminal and wait for its end."""
    ended = subprocess.run(
        arguments(*words, out=out),
        input=stdin,
        capture_output=True,
        timeout=timeout_s,
        env=plain_environment(**environ),
        check=False,
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode(), out)


def capacity(*words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Call any other command of the tool."""
    return subprocess.run(
        [sys.executable, "-m", "capacity", *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=plain_environment(),
        check=False,
    )


def stats(url: str) -> dict[str, Any]:
    """The demo service's own counters."""
    with urllib.request.urlopen(f"{url}stats", timeout=5) as answer:  # noqa: S310  # loopback
        loaded: dict[str, Any] = json.loads(answer.read())
        return loaded


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
