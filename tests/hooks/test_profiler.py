"""Tests of taking a profile in a thread: by a command, by a real py-spy, and by URL."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capacity.hooks import profiler as module
from capacity.hooks.profiler import ThreadedProfiler
from capacity.model.hooks import CommandSource, HookState, ProfilePlan
from capacity.model.run import ProfileTaken
from tests.hooks.answering import answering, with_status
from tests.unit.stacks.builders import Stack, a_pprof

PY_SPY = str(Path(sys.executable).with_name("py-spy"))
BURNING = """
def burn():
    while True:
        sum(range(1000))
burn()
"""


def taken_by(plan: ProfilePlan) -> ProfileTaken:
    """What comes of a profile, and that it comes once."""
    profiler = ThreadedProfiler(plan)
    assert profiler.poll() is None
    profiler.begin(4)
    end_s = time.monotonic() + profiler.answer_limit_s
    while (taken := profiler.poll()) is None:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    assert profiler.poll() is None
    profiler.close()
    return taken


def by_command(*argv: str, lasts_s: float = 1.0) -> ProfileTaken:
    """What comes of a command."""
    return taken_by(ProfilePlan(CommandSource(argv), lasts_s))


def test_reads_what_a_command_wrote_to_its_file() -> None:
    """The words have the length and the file, and the raw bytes are kept."""
    script = 'test "$1" = 1.5 && printf "main;burn 3\\nmain 1\\n" > "$2"'
    taken = by_command("sh", "-c", script, "sh", "{seconds}", "{file}", lasts_s=1.5)
    profile = taken.profile
    assert (profile.state, profile.step_index, profile.file) == (
        HookState.TAKEN,
        4,
        "profile.folded",
    )
    assert (profile.flat[0].name, profile.flat[0].flat_ratio) == ("burn", 0.75)
    assert (profile.cores, profile.covered_s, profile.sample_count) == (None, None, 4)
    assert taken.content == b"main;burn 3\nmain 1\n"


def test_reads_what_a_command_wrote_to_its_output() -> None:
    """Without a file in its words."""
    assert by_command("printf", "main;burn 3").profile.flat[0].name == "burn"


def test_a_command_may_write_pprof(tmp_path: Path) -> None:
    """The bytes tell the format."""
    path = tmp_path / "profile"
    path.write_bytes(a_pprof([Stack(["main.burn"], 100)], duration_s=2.0))
    profile = by_command("cp", str(path), "{file}").profile
    assert (profile.file, profile.cores) == ("profile.pb.gz", 0.5)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (
            ("sh", "-c", "echo Error: token=abc no such process >&2; exit 1"),
            "it ended with code 1: Error: token=[redacted] no such process",
        ),
        (("sh", "-c", "exit 2"), "it ended with code 2"),
        (("true", "{file}"), "it ended well and wrote no file"),
        (("mkdir", "{file}"), "its file cannot be read: Is a directory"),
        (("mkfifo", "{file}"), "its file cannot be read: it is not a regular file"),
        (("no-such-program",), "it cannot be started: No such file or directory"),
        (("true",), "the profile cannot be read: it is empty"),
        (("sh", "-c", "printf '%0300d' 1 >&2; exit 1"), f"it ended with code 1: {'0' * 178}..."),
    ],
)
def test_tells_why_there_is_none(argv: tuple[str, ...], reason: str) -> None:
    """In the last words of the command, without secrets."""
    profile = by_command(*argv).profile
    assert (profile.state, profile.reason) == (HookState.FAILED, reason)


def test_keeps_what_cannot_be_read() -> None:
    """A person may understand it."""
    taken = by_command("echo", "no stacks here")
    assert (taken.profile.state, taken.profile.file) == (HookState.FAILED, "profile.folded")
    assert taken.content == b"no stacks here\n"


def test_refuses_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a profile that is cut nothing would be true."""
    monkeypatch.setattr(module, "MAX_PROFILE_BYTES", 1000)
    assert "it wrote more than" in by_command("seq", "1", "10000").profile.reason


def test_ends_a_command_at_the_end_of_the_run() -> None:
    """Whoever closes does not wait."""
    profiler = ThreadedProfiler(ProfilePlan(CommandSource(("sleep", "30")), 30.0))
    profiler.close()
    profiler.begin(0)
    time.sleep(0.2)
    profiler.close()
    end_s = time.monotonic() + 3.0
    while (taken := profiler.poll()) is None and time.monotonic() < end_s:
        time.sleep(0.01)
    assert taken is not None
    assert taken.profile.reason == "the run was ended before it"


def test_asks_a_service() -> None:
    """By URL, with its refusal as the reason."""
    with answering(with_status(404, b"")) as source:
        profile = taken_by(ProfilePlan(source, 1.0)).profile
    assert "there is no profile (404)" in profile.reason


@contextmanager
def burning() -> Iterator[int]:
    """A Python process whose hot function is known."""
    with subprocess.Popen([sys.executable, "-c", BURNING]) as process:
        try:
            time.sleep(0.3)
            yield process.pid
        finally:
            process.kill()


@pytest.mark.skipif(shutil.which(PY_SPY) is None, reason="py-spy is not installed")
def test_takes_a_profile_with_a_real_py_spy() -> None:
    """The command of docs/profiling.md finds the function that burns."""
    with burning() as pid:
        words = (PY_SPY, "record", "-d", "{seconds}", "-f", "raw", "-o", "{file}", "-p", str(pid))
        profile = by_command(*words, lasts_s=1.0).profile
    if "ermission" in profile.reason or "ptrace" in profile.reason:
        pytest.skip(f"py-spy may not look into processes here: {profile.reason}")
    assert profile.state is HookState.TAKEN, profile.reason
    assert profile.flat[0].name.startswith("burn (")
    assert profile.flat[0].flat_ratio > 0.9
