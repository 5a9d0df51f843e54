"""A service without limits: its shares are not judged, nothing is missing, and that is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.tool import capacity, run_tool
from tests.end_to_end.watched import climb, judgement, profile, reading
from tests.lab.lab import EVERY_SECOND, Lab, Replica, pod_name

STEPS = {"concurrency": "1,2", "hold": "6s"}


@pytest.fixture(scope="module")
def unlimited(watched_lab: Lab) -> Iterator[Replica]:
    """A service at ease, of whose limits nobody tells because there are none."""
    name = pod_name("free")
    with watched_lab.replica(name, "--work-ms", "2", "--wait-ms", "50", tells_limits=False) as one:
        watched_lab.prometheus.wait_for(
            f'count_over_time(container_memory_working_set_bytes{{namespace="{EVERY_SECOND}",'
            f'pod="{name}",container="app"}}[1m]) > 2'
        )
        yield one


def a_profile(watched_lab: Lab, unlimited: Replica, path: Path, *stop: str) -> Path:
    """A climb of two steps, with these rules."""
    return profile(
        path,
        url=unlimited.url,
        prometheus=watched_lab.prometheus.url,
        steps=STEPS,
        stop=stop,
        pods=(EVERY_SECOND, "deploy/free"),
    )


def test_shares_of_limits_that_nobody_set_are_told_and_make_nothing_suspect(
    watched_lab: Lab, unlimited: Replica, tmp_path: Path
) -> None:
    """The verdict has cores and the share of the request instead; no step lacks anything."""
    rules = ("cpu > 90%", "throttle > 25%", "mem > 90%")
    path = a_profile(watched_lab, unlimited, tmp_path / "free.yaml", *rules)
    ended = climb(path)
    assert ended.code == 0, ended.err
    for step in ended.run_json["steps"]:
        for metric in ("cpu", "throttle", "mem"):
            assert reading(step, metric)["state"] == "no_limit"
            judged = judgement(step, metric)
            assert (judged["state"], judged["evidence"]["has_no_limit"]) == ("no_data", True)
        assert not any("could not be judged" in reason for reason in step["trust_reasons"])
        assert reading(step, "pod.cores")["value"] > 0
    assert ended.run_json["capacity"]["not_judged"] == []
    subject = f"{EVERY_SECOND}/{unlimited.subject}"
    assert ended.out.count("not judged: no CPU limit; ") == 1
    assert "% of the request" in ended.out
    assert f"cpu: no limit is set for {subject}, so rules on it are not judged" in ended.err
    looked = capacity("check", str(path))
    assert looked.returncode == 0, looked.stdout


@pytest.mark.parametrize("on_missing", ["stop", "fail"])
def test_a_rule_that_could_never_be_judged_is_refused_before_any_load(
    watched_lab: Lab, unlimited: Replica, tmp_path: Path, on_missing: str
) -> None:
    """Exit 3 with the name of the container and the rule; nothing is measured."""
    rule = f"cpu > 90% on_missing {on_missing}"
    path = a_profile(watched_lab, unlimited, tmp_path / "free.yaml", rule)
    ended = run_tool(str(path), out=tmp_path / "out")
    assert ended.code == 3, ended.err
    subject = f"{EVERY_SECOND}/{unlimited.subject}"
    assert f"no limit is set for {subject}, so there is no verdict on cpu > 90%" in ended.err
    assert not list((tmp_path / "out").glob("*/2*/run.json"))
