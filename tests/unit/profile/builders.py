"""How does a test load a profile that is written in the test itself?"""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from capacity.errors import Problem, ProfileError
from capacity.model.plan import Header, HttpRequest, PythonCall, RunPlan
from capacity.profile.load import load_plan
from capacity.profile.overrides import Overrides

SMALL = """
version: 1
target: { base_url: "http://127.0.0.1:8080/" }
scenarios: { main: { request: {} } }
"""


def a_profile(folder: Path, text: str = SMALL) -> Path:
    """Write a profile; its first line is the first line of the text after the opening quotes."""
    path = folder / "shop.yaml"
    path.write_text(dedent(text).removeprefix("\n"), encoding="utf-8")
    return path


def load(
    folder: Path,
    text: str = SMALL,
    overrides: Overrides | None = None,
    environ: Mapping[str, str] | None = None,
) -> RunPlan:
    """The plan of a profile with this text."""
    return load_plan(a_profile(folder, text), overrides or Overrides(), environ or {})


def problems_of(
    folder: Path,
    text: str = SMALL,
    overrides: Overrides | None = None,
    environ: Mapping[str, str] | None = None,
) -> list[tuple[str, str]]:
    """Place (without the folder) and message of every problem of a profile with this text."""
    return [
        (problem.place.removeprefix(f"{folder}/"), problem.message)
        for problem in full_problems_of(folder, text, overrides, environ)
    ]


def full_problems_of(
    folder: Path,
    text: str = SMALL,
    overrides: Overrides | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """The problems themselves, with their hints."""
    with pytest.raises(ProfileError) as caught:
        load(folder, text, overrides, environ)
    return caught.value.problems


def request_of(plan: RunPlan) -> HttpRequest:
    """The request of a plan whose scenario is data."""
    assert isinstance(plan.scenario.call, HttpRequest)
    return plan.scenario.call


def python_of(plan: RunPlan) -> PythonCall:
    """The function of a plan whose scenario is code."""
    assert isinstance(plan.scenario.call, PythonCall)
    return plan.scenario.call


def levels(plan: RunPlan) -> tuple[float, ...]:
    """What each step of the plan asks for."""
    return tuple(load.level for load in plan.ladder.loads)


def opened(headers: tuple[Header, ...]) -> list[tuple[str, bytes]]:
    """Names and revealed values of headers, in order."""
    return [(header.name, header.value.reveal()) for header in headers]
