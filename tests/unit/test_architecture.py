"""Tests of the cut: who may import what, and which names the model offers."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "capacity"

# How the paths that may import a library begin; a swap of one touches these alone.
HOMES: dict[str, tuple[str, ...]] = {
    "aiohttp": ("engines/aiohttp", "commands/demo"),
    "click": ("commands/",),
    "matplotlib": ("report/charts", "report/fonts"),
    "numpy": ("analysis/",),
    "prometheus_api_client": ("monitors/",),
    "psutil": ("monitors/",),
    "pydantic": ("profile/",),
    "requests": ("monitors/",),
    "rich": ("report/console",),
    "scipy": ("analysis/",),
    "yaml": ("profile/",),
    "urllib3": ("monitors/",),
    "yarl": ("engines/aiohttp",),
}
CORE_HOMES = ("histogram.py", "engines/native.py")

MODEL_NAMES = {
    "bottleneck": "Candidate Diagnosis DiagnosisState Exonerated Experiment Figure Marks Movement "
    "Mover NotObserved Sentence Source StepNumbers Subject SubjectKind",
    "check": "CheckGroup CheckHint CheckItem CheckState",
    "confidence": "Confidence",
    "findings": "Capacity CapacityKind CheckName CrossCheck CurveFit CurvePoint "
    "Estimate Findings FollowUp FollowUpState Knee LimitKind NoCapacity NoCapacityReason NoKnee "
    "NoKneeReason Peak",
    "hooks": "CodeProfile CommandSource HookState HotFunction LogPlan LogTail PprofSource "
    "ProfilePlan",
    "measured": "Believed Interval Measured Steadiness SteadyState",
    "plan": "BasicAuth DemoService EngineName Fuses Header HttpRequest KubernetesScope "
    "MonitorPlan ProcessSource PrometheusSource Purpose PythonCall RunPlan Scenario "
    "SearchPlan Secret StepPlan Target Timeouts TlsTrust",
    "rules": "Absolute Action Comparison DROPPED_RATE Evidence HIGH_PERCENTILES Judgement "
    "METRICS Metric OnMissing Rule RuleState Scope StepRate TimesFirst WindowStats "
    "gain_per_doubling",
    "run": "EndReason Environment Event LittlesLaw LogTaken Phase ProfileTaken "
    "ReadingsAwaited ResourcesRead RuleFired "
    "Run RunEnd RunFinished RunStarted SnapshotTaken Stalls Step StepFinished StepReassessed "
    "StepStarted Trust Validity",
    "paths": "PathComparison PathLevel PathPoint PathSide PathTimes PathVerdict PlanDifference "
    "SecondRole Undecided Unlike",
    "load": "Arrivals ClosedLoop ConcurrencyLadder Ladder Load OpenLoop RateLadder",
    "snapshot": "ConnectionCounts Counts FailureKind FailureSample FailureTrace GeneratorLoad "
    "LatencySummary Schedule Side SlotTimes Snapshot WarningKind",
    "resources": "Asked Aspect Change ChangeKind Direction EmptyMeans Expression Growth Limit "
    "Member MonitorFacts OWN_QUERIES OwnResource Population Quantity Reading ReadingState "
    "Reduction ResourceNews ResourceRole ResourceScope STOPPING_SAMPLES Samples",
}


def imports_of(text: str) -> set[str]:
    """Every module that a source imports or names in `import_module`, with its full path."""
    return {name for node in ast.walk(ast.parse(text)) for name in _imported(node)}


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            yield module
            yield from (f"{module}.{alias.name}" for alias in names)
        case ast.Call(func=ast.Name(id="import_module") | ast.Attribute(attr="import_module")):
            constants = (arg.value for arg in node.args if isinstance(arg, ast.Constant))
            yield from (value for value in constants if isinstance(value, str))


@cache
def imports() -> dict[str, set[str]]:
    """What each of our Python files imports, by its path inside the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): imports_of(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import numpy.linalg", {"numpy.linalg"}),
        ("def f():\n    from capacity import _core", {"capacity", "capacity._core"}),
        ("importlib.import_module('capacity._core')", {"capacity._core"}),
    ],
    ids=["import", "from inside a function", "by name"],
)
def test_sees_every_way_to_import(text: str, wanted: set[str]) -> None:
    """The walk below would notice each form of import."""
    assert imports_of(text) == wanted


def test_only_histogram_and_native_engine_import_the_core() -> None:
    """The Rust module has two doors; import-linter cannot see a compiled module."""
    users = {path for path, names in imports().items() if "capacity._core" in names}
    assert users <= set(CORE_HOMES)


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_has_one_home(library: str) -> None:
    """No file outside its home imports a library."""
    users = {
        path
        for path, names in imports().items()
        if any(name.split(".")[0] == library for name in names)
    }
    assert {path for path in users if not path.startswith(HOMES[library])} == set()


def test_every_outside_import_is_a_library_with_a_home() -> None:
    """A new library must be given a home above before it is used."""
    known = {*HOMES, *sys.stdlib_module_names, "capacity"}
    tops = {name.split(".")[0] for names in imports().values() for name in names}
    assert tops - known == set()


def test_every_library_with_a_home_is_a_declared_dependency() -> None:
    """What is imported is installed with the package, and nothing is installed for nothing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {text.split(">=")[0].lower() for text in project["dependencies"]}
    assert {"pyyaml" if name == "yaml" else name.replace("_", "-") for name in HOMES} == declared


def public_names(text: str) -> set[str]:
    """Classes, functions and constants that a module defines itself and does not hide."""
    names = set()
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("module", sorted(MODEL_NAMES))
def test_the_model_offers_exactly_these_names(module: str) -> None:
    """A name that appears, vanishes or changes in the model is a decision, written here too."""
    text = (PACKAGE / "model" / f"{module}.py").read_text(encoding="utf-8")
    assert public_names(text) == set(MODEL_NAMES[module].split())


def test_every_model_module_is_pinned() -> None:
    """A new file in the model is pinned like the others."""
    modules = {path.stem for path in (PACKAGE / "model").glob("*.py")} - {"__init__"}
    assert modules == set(MODEL_NAMES)


def test_the_load_generator_does_not_know_python() -> None:
    """The crate that makes the load stands alone: pyo3 is in the binding only."""
    manifest = tomllib.loads((ROOT / "crates/loadgen/Cargo.toml").read_text(encoding="utf-8"))
    tables = ("dependencies", "dev-dependencies", "build-dependencies")
    assert "pyo3" not in {name for table in tables for name in manifest.get(table, {})}
