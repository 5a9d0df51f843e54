"""How does an end-to-end test use the command as its users do: as a process?"""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess

GENERATOR_WAS_THE_LIMIT = 5

# The ladder alone, each hold as long as asked; what a test asks for comes later and counts.
LADDER_ALONE = (
    *("--refine", "0", "--min-requests", "0"),
    *("--no-recheck", "--no-verify", "--no-confirm", "--no-recovery"),
)


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

    @property
    def was_disturbed(self) -> bool:
        """Whether the tool said that this machine was its limit, even if it was killed then."""
        if self.code == GENERATOR_WAS_THE_LIMIT:
            return True
        runs = [json.loads(path.read_text()) for path in self.folder.glob("*/2*/run.json")]
        return any(run["end"]["reason"] == "generator" for run in runs)


def arguments(*words: str, out: Path) -> list[str]:
    """The command line of `capacity run` with its output below `out`: the ladder alone."""
    command = [sys.executable, "-m", "capacity", "run", *LADDER_ALONE, *words, "-o", str(out)]
    return [*free_of_other_work(), *command]


@cache
def free_of_other_work() -> tuple[str, ...]:
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


@contextmanager
def demo_service(options: DemoOptions) -> Iterator[DemoProcess]:
    """The demo service, kept as free of other work as the tool."""
    with DemoProcess(options) as service:
        with suppress(PermissionError):
            os.sched_setscheduler(service.pid, os.SCHED_RR, os.sched_param(1))
        yield service


def undisturbed(play: Callable[[Path], Ended], folder: Path, *, attempts: int = 4) -> Ended:
    """Play a scenario anew while the tool says that this machine was its limit, a few times."""
    for attempt in range(attempts):
        ended = play(folder / str(attempt))
        if not ended.was_disturbed:
            break
    return ended


def run_undisturbed(*words: str, out: Path, **environ: str) -> Ended:
    """Call `capacity run` until it was undisturbed; the service must not count requests."""

    def play(folder: Path) -> Ended:
        return run_tool(*words, out=folder, timeout_s=90.0, stdin=b"", **environ)

    return undisturbed(play, out)


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
