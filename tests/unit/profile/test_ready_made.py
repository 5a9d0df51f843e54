"""Tests of the profiles that come with the program: each loads, and says what it is for."""

from pathlib import Path

import pytest

from capacity.model.plan import DemoService, EngineName, MonitorPlan, ProcessSource, RunPlan
from capacity.profile.load import Overrides, load_plan
from tests.unit.profile.builders import levels, python_of

FOLDER = Path(__file__).parents[3] / "profiles"
PROFILES = sorted(FOLDER.glob("*.yaml"))


def ready_made(name: str) -> RunPlan:
    """The plan of a profile that comes with the program."""
    return load_plan(FOLDER / f"{name}.yaml", Overrides(), {})


def test_the_profiles_are_these() -> None:
    """A new profile gets a row in the tests below."""
    assert [path.stem for path in PROFILES] == ["demo", "http-service", "python-scenario", "smoke"]


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
    assert (plan.settle_s, plan.hold_s) == (1.0, 4.0)
    assert [rule.metric for rule in plan.rules] == ["error_rate", "p99", "gain", "cpu"]
    assert plan.monitor == MonitorPlan(None, ProcessSource(None, 18080), None, ())


def test_smoke_is_short_and_gentle() -> None:
    """Twelve seconds, four requests in flight, and only the error rule."""
    plan = ready_made("smoke")
    assert (levels(plan), plan.likely_duration_s) == ((1, 2, 4), 12.0)
    assert [rule.text for rule in plan.rules] == ["error_rate > 1% over 1.5s"]


def test_the_full_profile_stays_within_six_minutes() -> None:
    """The comment on top promises it."""
    assert ready_made("http-service").likely_duration_s == 350.0


def test_the_python_profile_names_its_function() -> None:
    """The code stands beside the profile and is found from anywhere."""
    plan = ready_made("python-scenario")
    call = python_of(plan)
    assert (call.file, call.function) == (str(FOLDER / "python_scenario.py"), "browse")
    assert (plan.engine, plan.demo_service) == (EngineName.AIOHTTP, DemoService(8, 0.01))
