"""Tests of the profiles that come with the program: each loads, and says what it is for."""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.model.plan import (
    DemoService,
    EngineName,
    MonitorPlan,
    ProcessSource,
    RunPlan,
    SearchPlan,
)
from capacity.profile.load import Overrides, load_plan
from capacity.search.timetable import likely_duration_s
from tests.unit.profile.builders import levels, python_of

FOLDER = Path(__file__).parents[3] / "profiles"
PROFILES = sorted(FOLDER.glob("*.yaml"))


def ready_made(name: str) -> RunPlan:
    """The plan of a profile that comes with the program."""
    return load_plan(FOLDER / f"{name}.yaml", Overrides(), {})


def test_the_profiles_are_these() -> None:
    """A new profile gets a row in the tests below."""
    assert [path.stem for path in PROFILES] == [
        "demo",
        "http-service",
        "kubernetes",
        "python-scenario",
        "smoke",
    ]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_each_loads_names_itself_and_asks_its_question(path: Path) -> None:
    """Nothing needs to be set first; the first line is the question that the profile answers."""
    assert ready_made(path.stem).name == path.stem
    first_line = path.read_text(encoding="utf-8").splitlines()[0]
    assert first_line.startswith("# Which question does this profile answer? ")


def test_the_demo_has_its_knee_at_eight() -> None:
    """Eight servers of 10 ms, small steps around them, and the default rules."""
    plan = ready_made("demo")
    assert plan.demo_service == DemoService(8, 0.01)
    assert plan.target.origin == "http://127.0.0.1:18080"
    assert (levels(plan)[0], levels(plan)[-1]) == (1, 1024)
    assert (plan.settle_s, plan.hold_s) == (1.0, 3.0)
    assert [rule.metric for rule in plan.rules] == ["error_rate", "p99", "gain", "cpu"]
    assert plan.monitor == MonitorPlan(None, ProcessSource(None, 18080), None, ())


def test_smoke_is_short_and_gentle() -> None:
    """Twelve seconds, four requests in flight, only the error rule, and nothing after them."""
    plan = ready_made("smoke")
    assert (levels(plan), likely_duration_s(plan)) == ((1, 2, 4), 12.0)
    assert plan.search == SearchPlan(hold_max_s=3.0, min_requests=200)
    assert [rule.text for rule in plan.rules] == ["error_rate > 1% over 1.5s"]


def test_the_full_profile_says_every_default_of_the_climb(tmp_path: Path) -> None:
    """What it writes out is what a URL alone gets, and what stands in comments can be said."""
    assert likely_duration_s(ready_made("http-service")) == 470.0
    defaults = load_plan(None, Overrides(url="http://h.test/"), {}).search
    assert ready_made("http-service").search == defaults
    text = (FOLDER / "http-service.yaml").read_text(encoding="utf-8")
    for key in ("hold_max", "precision", "budget"):
        assert text.count(f"  # {key}: ") == 1
        text = text.replace(f"  # {key}: ", f"  {key}: ")
    path = tmp_path / "switched-on.yaml"
    path.write_text(text, encoding="utf-8")
    switched_on = load_plan(path, Overrides(), {}).search
    assert switched_on == replace(defaults, precision_ratio=0.1, budget_s=600.0)


def test_the_profile_for_pods_holds_long_enough_to_stop_on_them() -> None:
    """Four samples fit at the slowest spacing of the usual charts, within the promised time."""
    plan = ready_made("kubernetes")
    assert plan.hold_s / 4 == 30.0
    assert likely_duration_s(plan) == 1360.0
    assert (plan.search.hold_max_s, plan.search.refine) == (180.0, 2)
    assert [rule.metric for rule in plan.rules if rule.resource_unit is not None] == [
        "cpu",
        "mem",
        "restarts",
        "throttle",
    ]
    assert plan.notes == ()


def test_what_the_profile_for_pods_shows_in_comments_can_be_switched_on(tmp_path: Path) -> None:
    """Every example there is one that loads; of the three identities one is kept."""
    text = (FOLDER / "kubernetes.yaml").read_text(encoding="utf-8")
    for word in (
        "bearer:",
        "headers: { X",
        "proxy:",
        "pods:",
        "postgresql:",
        "redis:",
        "ingress-nginx:",
        "node:",
        "go:",
        "queries:",
        "  waiting:",
        "  hits:",
        "- { rule",
        "- prom.",
        "- redis.",
    ):
        assert text.count(f"# {word}") == 1
        text = text.replace(f"# {word}", word)
    path = tmp_path / "switched-on.yaml"
    path.write_text(text, encoding="utf-8")
    plan = load_plan(path, Overrides(), {"PROMETHEUS_TOKEN": "x"})
    assert plan.monitor is not None
    presets = {quantity.preset for quantity in plan.monitor.quantities}
    assert presets == {
        "kubernetes",
        "postgresql",
        "redis",
        "ingress-nginx",
        "node",
        "go",
        "queries",
    }
    assert [rule.text for rule in plan.rules][-3:] == [
        "cpu > 85% over 60s on_missing stop",
        "prom.waiting > 0.5",
        "redis.memory > 90%",
    ]


def test_the_python_profile_names_its_function() -> None:
    """The code stands beside the profile and is found from anywhere."""
    plan = ready_made("python-scenario")
    call = python_of(plan)
    assert (call.file, call.function) == (str(FOLDER / "python_scenario.py"), "browse")
    assert (plan.engine, plan.demo_service) == (EngineName.AIOHTTP, DemoService(8, 0.01))
