"""Stopping on what a process of this machine feels, with no Prometheus anywhere."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.tool import free_port, run_undisturbed
from tests.lab.cpu_group import KernelRecord, cpu_group, why_no_limits
from tests.lab.lab import SERVICE

WHY_NO_LIMIT = why_no_limits()
LIMIT_CORES = 0.3


@contextmanager
def limited_service() -> Iterator[tuple[str, KernelRecord]]:
    """4 ms of CPU for each answer, at most 0.3 cores; and what the kernel counts meanwhile."""
    command = [sys.executable, "-S", "-E", str(SERVICE), "--work-ms", "4", "--wait-ms", "50"]
    with (
        cpu_group("capacity-process", LIMIT_CORES) as group,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service,
    ):
        assert service.stdin is not None
        assert service.stdout is not None
        port = int(service.stdout.readline())
        group.add(service.pid)
        with KernelRecord(group) as kernel:
            yield f"http://127.0.0.1:{port}/", kernel
        service.stdin.close()


def reading(step: dict[str, Any], name: str) -> dict[str, Any]:
    """One quantity over the hold of a step, as run.json has it."""
    (found,) = [one for one in step["resources"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


@pytest.mark.skipif(WHY_NO_LIMIT is not None, reason=WHY_NO_LIMIT or "")
def test_the_climb_stops_where_a_process_uses_up_its_quota(tmp_path: Path) -> None:
    """Four users need more than 0.3 cores: the rule ends the climb there, with the kernel's value.

    Every step's share of the quota is what the kernel counts over the same seconds, within 3 %.
    """
    with limited_service() as (url, kernel):
        ended = run_undisturbed(
            url,
            *("-c", "1,2,4,8", "-d", "4s", "--settle", "500ms", "--no-default-stops"),
            *("--watch-port", str(urlsplit(url).port), "--stop", "cpu > 60% over 2s"),
            out=tmp_path,
        )
        run = ended.run_json
        assert ended.code == 0, ended.err
        assert (run["end"]["reason"], run["end"]["rule"]) == ("rule", "cpu > 60% over 2s")
        assert [step["concurrency"] for step in run["steps"]] == [1, 2, 4]
        for step in run["steps"]:
            cpu = reading(step, "cpu")
            since, until = cpu["window_start_unix_s"], cpu["window_end_unix_s"]
            true_ratio = kernel.cores(since, until) / LIMIT_CORES
            (member,) = cpu["members"]
            assert member["value"] == pytest.approx(true_ratio, abs=0.03)
            (throttle,) = reading(step, "throttle")["members"]
            true_ratio = kernel.throttled_ratio(since, until)
            assert throttle["value"] == pytest.approx(true_ratio, abs=0.15)
    assert run["capacity"]["concurrency"] == 2


def test_the_demo_can_stop_on_cpu(tmp_path: Path) -> None:
    """Nothing has to be configured: the service that a profile starts is watched by itself.

    The limit is so low that its first step breaks it, on any machine; so there is no capacity.
    """
    profile = tmp_path / "demo.yaml"
    text = Path("profiles/demo.yaml").read_text()
    profile.write_text(text.replace("18080", str(free_port())))
    ended = run_undisturbed(
        str(profile),
        *("-c", "16,32", "-d", "2s", "--settle", "300ms", "--no-default-stops"),
        *("--stop", "process.hot_thread > 1% over 1s"),
        out=tmp_path / "out",
    )
    run = ended.run_json

    assert ended.code == 4, ended.err
    assert run["end"]["rule"] == "process.hot_thread > 1% over 1s"
    assert [step["concurrency"] for step in run["steps"]] == [16]
    (judgement,) = run["steps"][0]["judgements"]
    assert judgement["state"] == "breach"
    assert 0.01 < judgement["observed"] < 1.1
