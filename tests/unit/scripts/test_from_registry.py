"""Tests of the wrapper around downloads: the exit code passes, a lost connection is explained."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SENTENCE = "no package registry could be reached"


def run_wrapped(script: str) -> subprocess.CompletedProcess[str]:
    """Run a small shell script behind the wrapper."""
    command = ["sh", "scripts/from_registry.sh", "sh", "-c", script]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def test_passes_output_and_success_through() -> None:
    """What the command prints is printed, on either stream, and its success is ours."""
    ended = run_wrapped("echo one; echo two >&2")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "one\ntwo\n", "")


def test_passes_a_failure_of_another_kind_through() -> None:
    """A compiler error is not blamed on the network."""
    ended = run_wrapped("echo 'error[E0308]: mismatched types'; exit 101")
    assert (ended.returncode, ended.stderr) == (101, "")


@pytest.mark.parametrize(
    "message",
    [
        "after connection broken by 'NewConnectionError('<pip._vendor...",
        "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname",
        "error: failed to connect to the proxy: Connection refused",
    ],
    ids=["pip", "cargo", "proxy"],
)
def test_explains_a_lost_connection(message: str) -> None:
    """A failure whose output speaks of the network is followed by one sentence and a hint."""
    ended = run_wrapped(f'echo "{message}" >&2; exit 2')
    assert ended.returncode == 2
    assert ended.stdout == f"{message}\n"
    assert ended.stderr == (
        f"{SENTENCE}, so the step above could not download what it needs\n"
        "  hint: check the connection and the proxy; what is already downloaded is kept\n"
    )


def test_says_nothing_of_the_network_after_a_success() -> None:
    """A retry that worked in the end needs no sentence."""
    ended = run_wrapped("echo 'NewConnectionError' >&2")
    assert (ended.returncode, ended.stderr) == (0, "")
