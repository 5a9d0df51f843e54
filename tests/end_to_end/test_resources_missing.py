"""What a rule says when its data is missing, odd or out of reach: never OK, and never zero."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.tool import Ended, undisturbed
from tests.end_to_end.watched import (
    climb,
    climbing,
    end_of,
    judgement,
    profile,
    reading,
    wait_for_end,
    wait_for_steps,
)
from tests.lab.lab import EVERY_SECOND, OWN_STAMPS, Lab, Replica, pod_name, scrapes
from tests.monitors.prometheus_server import PrometheusServer, prometheus_server

WAITING = ("--work-ms", "2", "--wait-ms", "50")


@pytest.fixture(scope="module")
def service(watched_lab: Lab) -> Iterator[Replica]:
    """A service at ease."""
    with watched_lab.replica(pod_name("calm"), *WAITING) as replica:
        yield replica


@pytest.fixture(scope="module", autouse=True)
def departed(watched_lab: Lab) -> tuple[str, float]:
    """The memory of a pod that was there once, and since when it is not."""
    gone = pod_name("gone")
    selector = f'container_memory_working_set_bytes{{namespace="{OWN_STAMPS}",pod="{gone}"}}'
    with watched_lab.replica(gone, *WAITING):
        watched_lab.prometheus.wait_for(selector)
    return selector, time.monotonic()


def test_a_prometheus_that_hangs_holds_nothing_up(
    watched_lab: Lab, service: Replica, tmp_path: Path
) -> None:
    """Stopped in mid-run: steps go on in time, the rule says ERROR, and Ctrl-C is at once."""
    endings_s: list[float] = []

    def stop_prometheus(folder: Path) -> Ended:
        path = _profile(folder, service, watched_lab.prometheus, "cpu > 85%", "1,2,3,4,5,6,7,8")
        with climbing(path) as process:
            wait_for_steps(1, process, path)
            os.kill(watched_lab.prometheus.pid, signal.SIGSTOP)
            try:
                wait_for_steps(2, process, path)
                asked_s = time.monotonic()
                process.send_signal(signal.SIGINT)
                wait_for_end(process, path)
                endings_s.append(time.monotonic() - asked_s)
                ended = end_of(process, path)
            finally:
                os.kill(watched_lab.prometheus.pid, signal.SIGCONT)
        return ended

    ended = undisturbed(stop_prometheus, tmp_path)
    assert ended.code == 130, ended.err
    assert endings_s[-1] < 4  # until all is on disk; what comes late would be waited for 20 s
    run = ended.run_json
    assert run["end"]["reason"] == "interrupted"
    assert judgement(run["steps"][1], "cpu")["state"] == "error"
    p50_s = [step["latency"]["p50_s"] for step in run["steps"]]
    assert max(p50_s) < 0.075  # 50 ms of waiting, 2 of work, and none of Prometheus


@pytest.mark.parametrize(("wish", "code"), [("stop", 0), ("fail", 6)])
def test_a_prometheus_that_dies_ends_the_run_as_its_rule_says(
    watched_lab: Lab, service: Replica, tmp_path: Path, wish: str, code: int
) -> None:
    """Killed in mid-hold: the step is measured to its end, then the run is, and no book is lost."""

    def kill_prometheus(folder: Path) -> Ended:
        with prometheus_server(folder, scrapes=scrapes(watched_lab.exporter)) as mortal:
            mortal.wait_for(f'up{{job="{EVERY_SECOND}"}} == 1')
            path = _profile(folder, service, mortal, f"cpu > 85% on_missing {wish}", "1,2")
            with climbing(path) as process:
                wait_for_steps(1, process, path)
                time.sleep(3.2)  # what comes late of the first step has come
                mortal.kill()
                return end_of(process, path)

    ended = undisturbed(kill_prometheus, tmp_path)
    assert ended.code == code, ended.err
    run = ended.run_json
    assert run["end"]["reason"] == "metrics_lost"
    assert run["capacity"]["concurrency"] == 1
    judged, lost = run["steps"]
    assert judgement(judged, "cpu")["state"] == "ok"
    found = judgement(lost, "cpu")
    assert (found["state"], found["observed"]) == ("error", None)
    assert any("cpu" in reason for reason in lost["trust_reasons"])
    assert lost["measured_s"] > 4.9
    totals = run["totals"]
    assert totals["started"] == totals["ok"] + totals["cut"]


def _profile(
    folder: Path, service: Replica, prometheus: PrometheusServer, rule: str, loads: str
) -> Path:
    return profile(
        folder / "watched.yaml",
        url=service.url,
        prometheus=prometheus.url,
        pods=(EVERY_SECOND, "deploy/calm"),
        steps={"concurrency": loads, "hold": "5s", "settle": "500ms"},
        stop=[rule],
    )


def test_odd_and_missing_answers_are_no_data(
    watched_lab: Lab, service: Replica, departed: tuple[str, float], tmp_path: Path
) -> None:
    """No traffic, no such series, and samples that have grown old after their pod was gone."""
    stale, gone_since_s = departed
    # With stamps of its own a series lingers for five minutes; twice 2 s and 15 s are forgiven.
    time.sleep(max(0.0, gone_since_s + 20 - time.monotonic()))
    assert watched_lab.prometheus.query(stale)
    traffic = "rate(lab_requests_total[$window])"
    path = profile(
        tmp_path / "watched.yaml",
        url=service.url,
        prometheus=watched_lab.prometheus.url,
        steps={"concurrency": "1", "hold": "5s"},
        stop=["prom.nan > 1", "prom.empty > 1", "prom.stale > 1"],
        queries={
            "nan": f"sum({traffic}) / sum({traffic})",
            "empty": "sum(rate(nobody_has_this_total[$window]))",
            "stale": stale,
            "infinite": f"sum({traffic}) / 0 + 1 / sum({traffic})",
        },
    )
    ended = climb(path)
    assert ended.code == 0, ended.err
    (step,) = ended.run_json["steps"]
    for name in ("nan", "empty", "stale"):
        found = judgement(step, f"prom.{name}")
        assert (found["state"], found["observed"]) == ("no_data", None), found
        assert found["reason"]
    for name in ("nan", "empty", "stale", "infinite"):
        assert reading(step, f"prom.{name}")["members"] == []
    assert step["trust"] == "suspect"
    assert any("prom.nan" in reason for reason in step["trust_reasons"])
