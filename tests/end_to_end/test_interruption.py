"""Signals, kills, terminals and secrets: what was measured stays, what is secret does not show."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity.commands.demo_options import DemoOptions
from tests.end_to_end.tool import (
    Ended,
    arguments,
    capacity,
    demo_service,
    plain_environment,
    run_undisturbed,
    stats,
    undisturbed,
)

SLOW_SERVICE = DemoOptions(port=0, servers=64, service_time_s=0.1)
SLOW_CLIMB = ("-c", "1..64x2", "-d", "1s", "--settle", "200ms")


@pytest.fixture
def service() -> Iterator[str]:
    """A service so slow that being late by some milliseconds is nothing beside it."""
    with demo_service(SLOW_SERVICE) as process:
        yield process.url


def start(url: str, out: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start a climb, of seven steps unless other words are given, in a process group of its own."""
    return subprocess.Popen(
        arguments(url, *(words or SLOW_CLIMB), out=out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(),
        start_new_session=True,
    )


def wait_for_steps(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    """Wait until so many steps are on disk, or the run has ended by itself."""
    deadline_s = time.monotonic() + 60
    while process.poll() is None:
        for path in out.glob("*/2*/run.json"):
            if len(json.loads(path.read_text())["steps"]) >= count:
                return
        if time.monotonic() >= deadline_s:
            process.kill()
            process.communicate()
            pytest.fail(f"{count} steps were not on disk in time")
        time.sleep(0.05)


def end_by(process: subprocess.Popen[bytes], number: signal.Signals, out: Path) -> Ended:
    """Send a signal, unless the run has ended by itself, and wait for the end."""
    process.send_signal(number)
    said, complained = process.communicate(timeout=60)
    return Ended(process.returncode, said.decode(), complained.decode(), out)


def test_killed_run_can_be_read_and_drawn(service: str, tmp_path: Path) -> None:
    """SIGKILL in the fourth step: three steps are readable, and `report` draws them."""

    def kill_in_fourth_step(out: Path) -> Ended:
        process = start(service, out)
        wait_for_steps(process, out, 3)
        time.sleep(0.5)  # into the fourth step
        return end_by(process, signal.SIGKILL, out)

    ended = undisturbed(kill_in_fourth_step, tmp_path)
    assert [step["concurrency"] for step in ended.run_json["steps"]] == [1, 2, 4]
    assert ended.run_json["end"]["reason"] == "not_finished"
    again = capacity("report", str(ended.run_folder))
    assert again.returncode == 0, again.stderr
    name = ended.run_json["plan"]["name"]
    assert len((ended.run_folder / f"{name}.dat").read_text().splitlines()) == 3
    assert (ended.run_folder / f"{name}_qps_ttlb.png").stat().st_size > 10_000
    assert (ended.run_folder / f"{name}_successrate.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [
        pytest.param(signal.SIGINT, 130, "interrupted", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, "terminated", id="SIGTERM"),
    ],
)
def test_signal_ends_the_load_and_keeps_the_steps(
    service: str, tmp_path: Path, number: signal.Signals, code: int, reason: str
) -> None:
    """The run ends within a second, labelled, with its finished steps, graphs and exit code."""

    def interrupt_in_third_step(out: Path) -> Ended:
        process = start(service, out)
        wait_for_steps(process, out, 2)
        return end_by(process, number, out)

    ended = undisturbed(interrupt_in_third_step, tmp_path)
    assert ended.code == code, ended.err
    assert ended.run_json["end"]["reason"] == reason
    totals = ended.run_json["totals"]
    assert totals["started"] == totals["ok"] > 0
    assert (ended.run_folder / f"{ended.run_json['plan']['name']}_qps_ttlb.png").exists()


def test_service_that_dies_ends_the_run_within_two_seconds(tmp_path: Path) -> None:
    """SIGKILL to the service in a hold of 30s, and no rule is set: the run says why it ended."""
    with demo_service(DemoOptions(port=0, service_time_s=0.005)) as service:
        words = ("-c", "4", "-d", "30s", "--settle", "200ms", "--no-default-stops")
        process = subprocess.Popen(
            arguments(service.url, *words, out=tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=plain_environment(),
        )
        deadline_s = time.monotonic() + 30
        while stats(service.url)["requests"] < 500:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        os.kill(service.pid, signal.SIGKILL)
        killed_at_unix_s = time.time()
        out, err = process.communicate(timeout=30)
    ended = Ended(process.returncode, out.decode(), err.decode(), tmp_path)
    run = ended.run_json
    assert run["end"]["reason"] == "target_down", ended.err
    assert "no request succeeded any more at 4 concurrent: conn.refused" in run["end"]["detail"]
    assert ended.code == 4, "the only step was cut short, so no capacity is known"
    (step,) = run["steps"]
    assert step["ended_early"]
    lasted_s = step["started_at_unix_s"] + 0.2 + step["measured_s"] - killed_at_unix_s
    # A whole second without success, after the one in which the service died; and some grace for a
    # busy machine. The hold would have lasted 30 s.
    assert lasted_s < 5.0


def test_secrets_reach_no_output(service: str, tmp_path: Path) -> None:
    """Header, body, query, user info and ${env:} values appear in no file and on no stream."""
    secrets = ["hEader-s3cret", "b0dy-s3cret", "qu3ry-s3cret", "passw0rd-s3cret", "env-s3cret"]
    url = service.replace("http://", f"http://user:{secrets[3]}@")
    ended = run_undisturbed(
        f"{url}path?key={secrets[2]}",
        "-c",
        "1,2",
        "-d",
        "1s",
        "--settle",
        "100ms",
        "-m",
        "POST",
        "-H",
        f"X-Api-Key: {secrets[0]}",
        "-H",
        "X-Env: ${env:MY_SECRET}",
        "-b",
        secrets[1],
        out=tmp_path,
        MY_SECRET=secrets[4],
    )
    assert ended.code == 0, ended.err
    assert ended.run_json["totals"]["ok"] > 0
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 5
    for secret in secrets:
        for text in (ended.out.encode(), ended.err.encode(), *written):
            assert secret.encode() not in text


@pytest.fixture(scope="module")
def chinese_in_ci(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A climb of two steps without a terminal, asked for colours and for Chinese."""
    words = ("-c", "1,2", "-d", "1s", "--settle", "100ms", "--lang", "zh")
    out = tmp_path_factory.mktemp("ci")
    with demo_service(SLOW_SERVICE) as process:
        return run_undisturbed(process.url, *words, out=out, CI="1", FORCE_COLOR="1")


def test_ci_gets_one_plain_line_a_step(chinese_in_ci: Ended) -> None:
    """FORCE_COLOR and CI together leave no cursor code on stderr; each step is one line."""
    steps = [line for line in chinese_in_ci.err.splitlines() if "qps=" in line]
    assert len(steps) == 2
    assert "C=1 " in steps[0]
    assert "C=2 " in steps[1]
    for code in ("\x1b[?25l", "\x1b[1A", "\x1b[2K", "\r"):
        assert code not in chinese_in_ci.err


def test_chinese_verdict(chinese_in_ci: Ended) -> None:
    """`--lang zh` speaks Chinese; the keys of the files stay English."""
    assert "容量" in chinese_in_ci.out
    keys = {"schema_version", "plan", "environment", "steps", "end"}
    assert set(chinese_in_ci.run_json) >= keys


def test_quiet_prints_the_verdict_line_only(service: str, tmp_path: Path) -> None:
    """One line on stdout, nothing on stderr."""
    ended = run_undisturbed(
        service, "-c", "1,2", "-d", "1s", "--settle", "100ms", "--quiet", out=tmp_path
    )
    assert len(ended.out.splitlines()) == 1
    assert "Capacity" in ended.out
    assert ended.err == ""


def test_verdict_has_at_most_twelve_lines_with_units(service: str, tmp_path: Path) -> None:
    """The answer on stdout names capacity, knee or its absence, bottleneck or none, and the end."""
    ended = run_undisturbed(service, "-c", "1,2,4", "-d", "1s", "--settle", "100ms", out=tmp_path)
    lines = ended.out.splitlines()
    assert 3 <= len(lines) <= 12
    assert "qps" in ended.out
    assert "throughput was still growing at 4 concurrent" in ended.out
    assert "no limit was reached" in ended.out
