"""Tests of what is going to be read, in words: approved text, and no secret in it."""

from pathlib import Path

import pytest
import trustme

from capacity.profile.describe import plan_lines
from capacity.profile.overrides import Overrides
from tests.unit.profile.builders import SMALL, load

ENVIRON = {"T": "hunter2"}


def lines_of(folder: Path, text: str, overrides: Overrides | None = None) -> list[str]:
    """The lines of the plan about resources: after the fuses."""
    lines = plan_lines(load(folder, text, overrides, ENVIRON), ())
    start = next(index for index, line in enumerate(lines) if line.startswith("fuses"))
    return list(lines[start + 1 :])


def test_pods_presets_and_queries(tmp_path: Path) -> None:
    """What is read, whom it is asked, as whom, and how often there must be a sample."""
    text = f"""{SMALL}monitor:
  prometheus: {{ url: 'http://p:9090/x/', headers: {{ X-Scope-OrgID: a }}, bearer: '${{env:T}}' }}
  kubernetes: {{ namespace: shop, workloads: [deploy/api, statefulset/db] }}
  redis: {{}}
  queries: {{ waiting: x, kv: y }}
"""
    assert lines_of(tmp_path, text) == [
        "resources     pods of deploy/api, statefulset/db in namespace shop; redis; "
        "prom.waiting, prom.kv",
        "prometheus    http://p:9090/x, queries only, at most 5s each, with a bearer token, "
        "header X-Scope-OrgID",
        "samples       4 in the 30s measured are needed to stop: one every 7.5s; of pods there is "
        "often one in 10s to 30s: then hold 60s to 120s",
    ]


def test_resources_of_the_profile_and_how_they_show(tmp_path: Path) -> None:
    """Each with its value in its unit, or that it grows, and whose pods count."""
    text = f"""{SMALL}steps: {{ hold: 60s }}
monitor:
  prometheus: {{ url: 'http://p:9090/x/' }}
  kubernetes: {{ namespace: shop, workloads: [deploy/api] }}
  queries: {{ waiting: x }}
  bottlenecks:
    - {{ name: pool, metric: prom.waiting, grows: true }}
    - {{ name: api CPU, metric: cpu, saturated_at: 85%, workload: deploy/api }}
"""
    assert lines_of(tmp_path, text)[2] == (
        "can run out   pool, when prom.waiting grows; api CPU, when cpu of deploy/api is at 85%"
    )


def test_a_long_hold_and_other_resources_need_no_advice(tmp_path: Path) -> None:
    """The number of samples is told all the same, where a rule stops on one."""
    flags = Overrides(prometheus="http://p", namespace="shop", hold="60s")
    assert lines_of(tmp_path, SMALL, flags) == [
        "resources     every pod in namespace shop",
        "prometheus    http://p:80, queries only, at most 5s each",
        "samples       4 in the 60s measured are needed to stop: one every 15s",
    ]
    redis = f"{SMALL}monitor: {{ prometheus: {{ url: 'http://p' }}, redis: {{}} }}\n"
    assert lines_of(tmp_path, redis)[2:] == []
    assert lines_of(tmp_path, redis, Overrides(stops=("redis.memory > 9%",)))[2:] == [
        "samples       4 in the 30s measured are needed to stop: one every 7.5s"
    ]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Overrides(watch_pid=7), "process 7 of this machine, with its children"),
        (
            Overrides(watch_port=80),
            "the process of this machine that listens on port 80, with its children",
        ),
    ],
)
def test_a_process_is_read_without_anybody_being_asked(
    tmp_path: Path, flags: Overrides, words: str
) -> None:
    """It is read as often as needed, so no spacing of samples is told."""
    assert lines_of(tmp_path, SMALL, flags) == [f"resources     {words}"]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("bearer_file: t", "with the bearer token in {folder}/t"),
        ("basic: { user: ann, password: '${env:T}' }", "as ann with a password"),
        ("proxy: 'http://proxy:3128'", "through http://proxy:3128"),
        ("tls: { verify: false }", "certificates NOT checked"),
        ("accept_partial: true", "answers in part are accepted"),
        ("tls: { certificate: c.pem, key: k.pem }", "client certificate {folder}/c.pem"),
    ],
)
def test_how_prometheus_is_asked(tmp_path: Path, keys: str, words: str) -> None:
    """Everything but the secrets."""
    (tmp_path / "t").write_text("hunter2", encoding="utf-8")
    client = trustme.CA().issue_cert("client.test")
    client.private_key_pem.write_to_path(tmp_path / "k.pem")
    client.cert_chain_pems[0].write_to_path(tmp_path / "c.pem")
    text = f"{SMALL}monitor: {{ redis: {{}}, prometheus: {{ url: 'https://p', {keys} }} }}\n"
    assert lines_of(tmp_path, text)[1] == (
        "prometheus    https://p:443, queries only, at most 5s each, "
        + words.format(folder=tmp_path)
    )


def test_rules_say_where_they_look_and_what_a_missing_value_does(tmp_path: Path) -> None:
    """A rule without a window looks at the whole hold."""
    flags = Overrides(
        watch_pid=7,
        default_stops=False,
        stops=(
            "cpu > 85% over 20s on_missing stop",
            "process.memory > 1GiB on_missing fail",
            "threads > 64 -> mark",
        ),
    )
    lines = plan_lines(load(tmp_path, SMALL, flags), ())
    start = next(index for index, line in enumerate(lines) if line.startswith("stop rules"))
    assert [line[14:] for line in lines[start : start + 3]] == [
        "stop when cpu is above 85% over 15s or the whole hold "
        "(the climb stops when it cannot be read) (20s shortened to half of the hold)",
        "stop when process.memory is above 1 GiB over the whole hold "
        "(the run fails when it cannot be read)",
        "note when threads is above 64 over the whole hold",
    ]


def test_notes_stand_at_the_end(tmp_path: Path) -> None:
    """Each with its place, so that it can be found."""
    text = f"{SMALL}monitor: {{ prometheus: {{ url: 'http://p' }}, queries: {{ a: 'x[5m]' }} }}\n"
    (last,) = lines_of(tmp_path, text)[2:]
    assert last.startswith(f"note          {tmp_path}/shop.yaml:4:59: prom.a looks back over [5m]")
