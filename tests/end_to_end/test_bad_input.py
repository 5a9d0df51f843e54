"""Bad input: a clear message, its exit code, no traceback, and nothing sent."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.tool import arguments, plain_environment, run_tool

LOOPBACK = "http://127.0.0.1:1/"

HTTP_PROFILE = """\
version: 1
name: bad
target: {base_url: "http://127.0.0.1:1/"}
scenarios: {main: {request: {path: /}}}
"""


@pytest.mark.parametrize(
    ("words", "code", "said", "hint"),
    [
        pytest.param(["ftp://x/"], 2, "http://", "write", id="scheme"),
        pytest.param(["http://"], 2, "host", "", id="no host"),
        pytest.param(["http://127.0.0.1:99999/"], 2, "99999", "", id="port"),
        pytest.param(["shop"], 2, "'shop' is neither a profile nor a URL", "scheme", id="word"),
        pytest.param(["missing.yaml"], 2, "missing.yaml", "path", id="no profile"),
        pytest.param([LOOPBACK, "-c", ""], 2, "--concurrency", "", id="empty ladder"),
        pytest.param([LOOPBACK, "-c", "8,4"], 2, "falls from 8 to 4", "rising", id="falling"),
        pytest.param([LOOPBACK, "-c", "1..5000x2"], 2, "5000", "--max-concurrency", id="fuse"),
        pytest.param([LOOPBACK, "-d", "3"], 2, "no unit", "3s", id="bare duration"),
        pytest.param([LOOPBACK, "-d", "2s", "--settle", "3s"], 2, "2s < 3s", "", id="short hold"),
        pytest.param([LOOPBACK, "-b", "@nofile"], 2, "nofile", "", id="no body file"),
        pytest.param([LOOPBACK, "-H", "no colon"], 2, "without a colon", "", id="header"),
        pytest.param([LOOPBACK, "--stop", "error_rate > 1"], 2, "1%", "", id="bare ratio"),
        pytest.param([LOOPBACK, "--cacert", "nofile.pem"], 2, "nofile.pem", "", id="no CA file"),
        pytest.param([LOOPBACK], 4, "conn.refused", "nothing listens", id="refused"),
        pytest.param(["http://192.0.2.7/"], 2, "192.0.2.7", "--yes-target 192.0.2.7", id="consent"),
        pytest.param(
            ["http://192.0.2.7/", "--yes-target", "other"],
            2,
            "'other'",
            "192.0.2.7",
            id="wrong name",
        ),
        pytest.param([LOOPBACK, "--concurency", "1"], 2, "concurency", "", id="unknown flag"),
    ],
)
def test_bad_input_is_answered_before_any_load(
    words: list[str], code: int, said: str, hint: str, tmp_path: Path
) -> None:
    """The message names the value, the hint says what to do, and no run folder appears."""
    ended = run_tool(*words, out=tmp_path / "out")
    assert ended.code == code, ended.err
    assert said in ended.err
    assert hint in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert list(tmp_path.glob("out/*/*")) == []


def test_profile_problems_are_listed_at_once_with_line_and_column(tmp_path: Path) -> None:
    """Two faults in one file: both are named, with their places and a suggestion."""
    profile = tmp_path / "bad.yaml"
    profile.write_text(HTTP_PROFILE + "step: {hold: 3}\nsteps: {hold: 5}\n")
    ended = run_tool(str(profile), out=tmp_path / "out")
    assert ended.code == 2
    assert f"{profile}:5:" in ended.err
    assert "steps" in ended.err
    assert f"{profile}:6:" in ended.err
    assert "write 5s" in ended.err


def test_unwritable_output_folder_is_refused_before_any_load(tmp_path: Path) -> None:
    """A file where the folder should be: exit 3, and the file is untouched."""
    out = tmp_path / "out"
    out.write_text("a file")
    ended = run_tool(LOOPBACK, out=out)
    assert ended.code == 3
    assert str(out) in ended.err
    assert "--out" in ended.err
    assert out.read_text() == "a file"


def test_folder_that_cannot_be_made_is_refused_before_any_load() -> None:
    """Not even root can make a folder in /proc: exit 3, with the place."""
    ended = run_tool(LOOPBACK, out=Path("/proc/results"))
    assert ended.code == 3
    assert "/proc/results" in ended.err


def test_file_limit_below_the_highest_step_is_refused(tmp_path: Path) -> None:
    """64 open files cannot carry 500 connections: exit 3, with the number and the command."""
    ended = subprocess.run(
        [
            "/bin/sh",
            "-c",
            'ulimit -n 64; exec "$@"',
            "sh",
            *arguments(LOOPBACK, "-c", "500", out=tmp_path),
        ],
        capture_output=True,
        text=True,
        env=plain_environment(),
        check=False,
    )
    assert ended.returncode == 3
    assert "500 connections need 600 open files" in ended.stderr
    assert "ulimit -Hn 600" in ended.stderr


def test_dry_run_shows_the_plan_and_opens_no_connection(tmp_path: Path) -> None:
    """Steps, duration and rules on stdout; the listening socket sees nobody; no folder appears."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        ended = run_tool(
            f"http://127.0.0.1:{port}/", "-c", "1,2", "-d", "3s", "--dry-run", out=tmp_path / "out"
        )
        with pytest.raises(TimeoutError):
            listener.accept()
    assert ended.code == 0
    assert "1, 2 requests in flight (2 steps, likely " in ended.out
    assert "error_rate" in ended.out
    assert "nothing was sent" in ended.out
    assert not (tmp_path / "out").exists()


def test_host_without_consent_gets_no_packet(tmp_path: Path) -> None:
    """The kernel saw no connect and no datagram to the host that nobody allowed."""
    trace = tmp_path / "trace"
    subprocess.run(
        [
            "strace",
            "-f",
            "-e",
            "trace=connect,sendto,sendmsg,sendmmsg",
            "-o",
            str(trace),
            sys.executable,
            "-m",
            "capacity",
            "run",
            "http://192.0.2.7:8080/",
            "-o",
            str(tmp_path / "out"),
        ],
        capture_output=True,
        env=plain_environment(),
        check=False,
    )
    assert "exited with 2" in trace.read_text()
    assert "192.0.2.7" not in trace.read_text()
