"""Tests of `monitor` with anything in it: a plan or problems, and secrets in neither."""

import json
from pathlib import Path

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from capacity.errors import Problem, ProfileError
from capacity.presets.catalogue import PRESETS
from capacity.profile.describe import plan_lines
from capacity.profile.load import Overrides, load_plan
from capacity.profile.schema import known_keys
from capacity.storage.encoding import json_text, run_json
from tests.unit.builders import a_run
from tests.unit.profile.builders import SMALL, load

PARTS = [*PRESETS, "prometheus", "kubernetes", "process", "queries"]
KEYS = sorted(
    {key for part in PARTS for key in known_keys(("monitor", part))}
    | {*known_keys(("monitor", "queries", "a")), *known_keys(("monitor", "prometheus", "tls"))}
    | {*known_keys(("monitor", "prometheus", "basic")), "instance", "x\x1b", "a"}
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "http://127.0.0.1:9090",
            "deploy/a",
            "pods/(",
            "pods/a.*",
            "${env:A}",
            "${file:.}",
            "5s",
            "rate(x[5m])",
            "$__interval",
            '"$window',
            "%",
            "stop",
            "[",
            "a" * 2000,
            "\ud7ff",
        ]
    )
)
TREES = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=5)
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    monitor=TREES | st.dictionaries(st.sampled_from(PARTS), TREES, max_size=5),
    stops=st.none() | st.lists(TREES, max_size=3),
)
@example(monitor={"process": {"pid": 10**30}}, stops=None)
@example(monitor={"prometheus": {"url": "http://[::1%25eth0]"}}, stops=[{"rule": {}}])
def test_any_monitor_is_a_plan_or_a_list_of_problems(
    tmp_path: Path, monitor: object, stops: object
) -> None:
    """Whatever stands there, the user gets places and hints, never a traceback."""
    tree = yaml.safe_load(SMALL) | {"monitor": monitor, "stop": stops}
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    problems: tuple[Problem, ...] = ()
    try:
        plan = load_plan(path, Overrides(), {"A": "b"})
    except ProfileError as error:
        problems = error.problems
    else:
        assert all(line.isprintable() for line in plan_lines(plan, ()))
    assert [one for one in problems if not one.hint or not one.message.isprintable()] == []


def test_every_secret_of_the_monitor_stays_out_of_plan_and_file(tmp_path: Path) -> None:
    """Token, password, tenant and a key in a file are in the plan for the monitor alone."""
    (tmp_path / "key").write_text("CANARY-3\n", encoding="utf-8")
    sources = (
        "bearer: '${env:A}', headers: { X-Scope-OrgID: CANARY-2, X-Key: '${file:key}' }",
        "basic: { user: ann, password: '${env:A}' }",
    )
    for keys in sources:
        text = f"{SMALL}monitor: {{ redis: {{}}, prometheus: {{ url: 'http://p', {keys} }} }}\n"
        plan = load(tmp_path, text, environ={"A": "CANARY-1"})
        shown = (repr(plan), *plan_lines(plan, ()), json_text(run_json(a_run(plan=plan), None)))
        assert [part for part in shown if "CANARY" in part] == []
        monitor = json.loads(shown[-1])["plan"]["monitor"]
        assert "[redacted]" in json.dumps(monitor["prometheus"])
