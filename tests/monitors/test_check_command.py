"""What `capacity check` finds in a real Prometheus, before any load."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from capacity.commands.check import command
from tests.end_to_end.tool import free_port
from tests.monitors.prometheus_server import PrometheusServer, prometheus_server
from tests.servers.prometheus_like import http, prometheus_like

_MINUTES_BEFORE_S, _MINUTES_AFTER_S, _SPACING_S = 290, 600, 5
CONTAINER = 'namespace="shop",pod="api-7f9c-x2x4z",container="app"'
SCRAPED = f'{CONTAINER},job="cadvisor",instance="node-1",metrics_path="/metrics/cadvisor"'


def _samples(now_s: int) -> str:
    """One pod of half a core whose samples come every 5 s, also in the minutes to come."""
    times = range(now_s - _MINUTES_BEFORE_S, now_s + _MINUTES_AFTER_S, _SPACING_S)
    lines = ["# TYPE container_cpu_usage_seconds counter"]
    name = f"container_cpu_usage_seconds_total{{{SCRAPED}}}"
    lines += [f"{name} {100 + 0.4 * (at_s - now_s + 300):.3f} {at_s}" for at_s in times]
    lines.append("# TYPE kube_pod_container_resource_limits gauge")
    limit = f'kube_pod_container_resource_limits{{{CONTAINER},resource="cpu",unit="core"}}'
    lines += [f"{limit} 0.5 {at_s}" for at_s in times]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A real Prometheus that knows one pod."""
    folder = tmp_path_factory.mktemp("pods")
    with prometheus_server(folder, samples=_samples(int(time.time()))) as server:
        yield server


@pytest.fixture
def target() -> Iterator[str]:
    """A service that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@dataclass(frozen=True, slots=True)
class Checked:
    """How the command ended, and its items by group, subject and what."""

    code: int
    items: dict[tuple[str, str, str], dict[str, Any]]

    def state(self, group: str, subject: str, what: str) -> str:
        """The state of one item."""
        state: str = self.items[group, subject, what]["state"]
        return state


def check(target: str, prometheus: str, *words: str, out: Path) -> Checked:
    """Look at the pods of one deployment."""
    pods = ["--namespace", "shop", "--workload", "deploy/api", "--prometheus", prometheus]
    arguments = [target, *pods, *words, "--no-default-stops", "--json", "-o", str(out)]
    ended = CliRunner().invoke(command, arguments, standalone_mode=False)
    if ended.exception is not None:
        raise ended.exception
    items = json.loads(ended.stdout)["items"]
    by_name = {(item["group"], item["subject"], item["what"]): item for item in items}
    return Checked(ended.return_value, by_name)


def test_a_pod_that_can_be_judged_is_in_order(
    pods: PrometheusServer, target: str, tmp_path: Path
) -> None:
    """Its series, their spacing and age, its limit and the samples of a hold are found."""
    checked = check(target, pods.url, "--stop", "cpu > 85% over 28s", "-d", "60s", out=tmp_path)
    assert checked.code == 0
    assert checked.state("prometheus", "", "clock") == "ok"
    assert checked.items["prometheus", "", "reachable"]["measured"].startswith(("2.", "3."))
    series = checked.items["resources", "cpu", "series"]["measured"]
    assert series.startswith("1 (shop/api-7f9c-x2x4z/app), every 5s, ")
    assert series.endswith(" old, limit 0.5 cores")
    over = checked.items["resources", "cpu", "samples"]  # the item of the hold came before it
    assert (over["state"], over["measured"]) == ("ok", "over 28s: 5 x 5s")
    assert "pod.cores" in checked.items["resources", "", "shown"]["measured"]
    assert checked.items["resources", "", "absent"]["measured"].startswith("throttle, mem, ")


def test_a_hold_without_samples_enough_says_which_is_needed(
    pods: PrometheusServer, target: str, tmp_path: Path
) -> None:
    """At 5 s spacing a hold of 8 s has one sample: too few for any value."""
    checked = check(target, pods.url, "--stop", "cpu > 85%", "-d", "8s", out=tmp_path)
    samples = checked.items["resources", "cpu", "samples"]
    assert checked.code == 3
    assert (samples["state"], samples["measured"]) == ("failed", "hold 8s: 1 x 5s")
    # Four spacings, and the age of the newest sample, which is below one more.
    hint = "hold at least {}s, so that 4 samples can stop the climb"
    assert samples["hint"] in {hint.format(needed) for needed in range(20, 27)}


def test_a_rule_on_what_is_not_there_is_a_failure(
    pods: PrometheusServer, target: str, tmp_path: Path
) -> None:
    """Nothing tells of memory; a rule that only marks may do without."""
    checked = check(target, pods.url, "--stop", "mem > 90%", "-d", "30s", out=tmp_path)
    assert (checked.code, checked.state("resources", "mem", "series")) == (3, "failed")
    marked = check(target, pods.url, "--stop", "mem > 90% -> mark", "-d", "30s", out=tmp_path)
    assert (marked.code, marked.state("resources", "mem", "series")) == (0, "warning")


def test_a_namespace_that_is_wrong_is_a_failure(
    pods: PrometheusServer, target: str, tmp_path: Path
) -> None:
    """No series, and a hint about namespace and labels."""
    checked = check(
        target, pods.url, "--namespace", "shopp", "--stop", "cpu > 85%", "-d", "30s", out=tmp_path
    )
    series = checked.items["resources", "cpu", "series"]
    assert (checked.code, series["state"], series["measured"]) == (3, "failed", "0")
    assert series["hint"].startswith("check namespace, workloads and labels")


def test_a_prometheus_that_is_not_there_is_one_failure(target: str, tmp_path: Path) -> None:
    """Nothing else is said about resources."""
    url = f"http://127.0.0.1:{free_port()}"
    checked = check(target, url, "--stop", "cpu > 85%", out=tmp_path)
    assert checked.code == 3
    reachable = checked.items["prometheus", "", "reachable"]
    assert (reachable["state"], reachable["measured"]) == ("failed", f"{url}: connection refused")
    assert "resources" not in {group for group, _, _ in checked.items}


def test_a_password_that_is_wanted_is_told(target: str, tmp_path: Path) -> None:
    """A 401 is a failure of its own, with a hint about credentials."""
    server, answers = prometheus_like(http("Unauthorized", status="401 Unauthorized"))
    with server:
        checked = check(target, answers.url, "--stop", "cpu > 85%", out=tmp_path)
    authorised = checked.items["prometheus", "", "authorised"]
    assert (checked.code, authorised["state"]) == (3, "failed")
    assert authorised["measured"] == f"{answers.url}: HTTP 401: 'Unauthorized'"
    assert authorised["hint"].startswith("check the bearer token")
