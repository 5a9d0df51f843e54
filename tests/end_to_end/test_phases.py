"""What follows a broken limit: another look, steps that refine, checks of the answer."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from capacity.commands.demo_options import DemoOptions
from tests.end_to_end.test_interruption import end_by, start, wait_for_steps
from tests.end_to_end.tool import Ended, demo_service, run_tool, undisturbed


def purposes(run: dict[str, Any]) -> list[tuple[str, int | None]]:
    """What each step was run for, and at which concurrency."""
    return [(step["purpose"], step["concurrency"]) for step in run["steps"]]


def test_a_whole_climb_rises_refines_verifies_confirms_and_recovers(tmp_path: Path) -> None:
    """8 servers of 10 ms: 64 users wait 80 ms, which is too long; 800/s are the answer."""

    def climb(folder: Path) -> Ended:
        with demo_service(DemoOptions(port=0)) as service:
            return run_tool(
                service.url,
                *("-c", "1,4,16,64", "-d", "1s", "--settle", "200ms", "-t", "1"),
                *("--no-default-stops", "--stop", "p99 > 60ms over 500ms"),
                *("--refine", "1", "--recheck", "--verify", "--confirm", "--recovery"),
                out=folder,
            )

    ended = undisturbed(climb, tmp_path)
    assert ended.code == 0, ended.err
    run = ended.run_json
    # What other work of the machine spoils is measured again, so the number of steps is not fixed.
    rungs = [concurrency for purpose, concurrency in purposes(run) if purpose == "ladder"]
    assert rungs == [1, 4, 16, 64]
    assert ("recheck", 64) in purposes(run)
    last = {step["purpose"]: step for step in run["steps"]}
    refined, verified = last["refine"], last["verify"]
    confirmed, recovered = run["steps"][-2:]
    assert (confirmed["purpose"], recovered["purpose"]) == ("confirm", "recovery")
    assert 4 < refined["concurrency"] < 64
    assert verified["measured_s"] == pytest.approx(2.0, abs=0.2)
    assert verified["qps"] == pytest.approx(800, rel=0.05)
    assert confirmed["rate_qps"] == pytest.approx(0.9 * verified["qps"], rel=1e-3)
    assert confirmed["qps"] == pytest.approx(confirmed["rate_qps"], rel=0.15)  # Poisson, one second
    assert recovered["concurrency"] == 1
    assert recovered["latency"]["p50_s"] == pytest.approx(0.010, rel=0.3)
    decided = run["steps"][run["end"]["step_index"]]
    assert (run["end"]["reason"], decided["concurrency"]) == ("rule", 64)
    assert run["capacity"]["qps"] == verified["qps"]
    for step in run["steps"]:
        counts = step["counts"]
        assert counts["started"] == counts["ok"] + counts["cut"], step["purpose"]


def test_a_single_pause_is_measured_again_and_forgotten(tmp_path: Path) -> None:
    """The service stands still for most of a second once: one step more, and the climb goes on."""

    def climb(folder: Path) -> Ended:
        with demo_service(DemoOptions(port=0)) as service:
            process = start(
                service.url,
                folder,
                *("-c", "4,8,16", "-d", "2s", "--settle", "200ms", "-t", "1", "--recheck"),
                *("--no-default-stops", "--stop", "p99 > 300ms over 1s"),
            )
            wait_for_steps(process, folder, 1)
            time.sleep(0.2 + 0.5)  # into the hold of 8 users
            os.kill(service.pid, signal.SIGSTOP)
            time.sleep(0.8)
            os.kill(service.pid, signal.SIGCONT)
            out, err = process.communicate(timeout=60)
            return Ended(process.returncode, out.decode(), err.decode(), folder)

    ended = undisturbed(climb, tmp_path)
    assert ended.code == 0, ended.err
    run = ended.run_json
    assert [level for purpose, level in purposes(run) if purpose == "ladder"] == [4, 8, 16]
    paused, *_, again = [step for step in run["steps"] if step["concurrency"] == 8]
    assert again["purpose"] == "recheck"
    assert [step["judgements"][0]["state"] for step in (paused, again)] == ["breach", "ok"]
    assert 0.3 < paused["judgements"][0]["observed"] < 1.5
    assert run["end"]["reason"] == "ladder"
    assert again["qps"] == pytest.approx(800, rel=0.15)  # 8 users of 10 ms and a little more


def test_ctrl_c_while_refining_keeps_every_step(tmp_path: Path) -> None:
    """Two steps of the ladder and those that refined so far are there, with an answer from them."""

    def climb(folder: Path) -> Ended:
        options = DemoOptions(port=0, servers=64, service_time_s=0.05, fail_above=16)
        with demo_service(options) as service:
            process = start(
                service.url,
                folder,
                *("-c", "2,64", "-d", "1s", "--settle", "200ms", "-t", "1", "--refine", "9"),
                *("--no-default-stops", "--stop", "error_rate > 1% over 500ms"),
            )
            wait_for_steps(process, folder, 3)
            time.sleep(0.5)  # into the next step
            return end_by(process, signal.SIGINT, folder)

    ended = undisturbed(climb, tmp_path)
    assert ended.code == 130, ended.err
    run = ended.run_json
    assert run["end"]["reason"] == "interrupted"
    names = [step["purpose"] for step in run["steps"]]
    assert names[:3] == ["ladder", "ladder", "refine"]
    assert names[3:] in ([], ["refine"])  # before its hold a step has measured nothing
    assert all(step["ended_early"] for step in run["steps"][3:])
    assert run["steps"][1]["concurrency"] == 64
    assert run["steps"][1]["counts"]["statuses"]["503"] > 0
    assert 2 <= run["capacity"]["concurrency"] <= 16
