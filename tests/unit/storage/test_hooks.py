"""Tests of profile and logs in the folder of a run: files, structure, and the way back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from capacity.errors import StorageError
from capacity.model.hooks import (
    CodeProfile,
    CommandSource,
    HookState,
    LogPlan,
    LogTail,
    PprofSource,
    ProfilePlan,
)
from capacity.model.plan import RunPlan
from capacity.model.run import LogTaken, ProfileTaken, Run, RunStarted
from capacity.storage.decoding import decode_run
from capacity.storage.encoding import json_text, run_json
from capacity.storage.run_folder import RunFolder, read_run
from tests.fakes.hooked import a_code_profile
from tests.unit.builders import STARTED_AT_UNIX_S, a_plan, a_run, an_environment
from tests.unit.storage.schema_faults import SCHEMA, faults

URL = "http://127.0.0.1:6060/debug/pprof/profile"
PPROF = ProfilePlan(PprofSource(URL, "http", "127.0.0.1", 6060), 10.0)
COMMAND = ProfilePlan(CommandSource(("py-spy", "{file}")), 2.5)
LOGS = (LogPlan("app", ("journalctl", "-n", "5")),)
FAILED = CodeProfile(HookState.FAILED, "the service answered 404", None)
APP = LogTail("app", HookState.TAKEN, "", "logs/app.txt", 7, is_cut=True, redacted_count=2)
GONE = LogTail("gone", HookState.FAILED, "it cannot be started")


def hooked_run(plan: RunPlan | None = None, profile: CodeProfile | None = None) -> Run:
    """A run with hooks, planned and taken."""
    planned = replace(a_plan(), profiling=PPROF, logs=LOGS) if plan is None else plan
    taken = a_code_profile() if profile is None else profile
    return replace(a_run(), plan=planned, profile=taken, logs=(APP, GONE))


@pytest.mark.parametrize(
    "run",
    [
        hooked_run(),
        hooked_run(replace(a_plan(), profiling=COMMAND), FAILED),
        hooked_run(profile=a_code_profile(covered_s=None, cores=None, file="profile.folded")),
        a_run(),
    ],
)
def test_comes_back_as_it_was_and_fits_the_schema(run: Run) -> None:
    """Both directions agree, and the schema knows every key."""
    value = json.loads(json_text(run_json(run, None)))
    schema = json.loads(SCHEMA.read_text())
    again = decode_run(value, file="run.json")
    assert (again.profile, again.logs) == (run.profile, run.logs)
    assert (again.plan.profiling, again.plan.logs) == (run.plan.profiling, run.plan.logs)
    assert faults(value, schema, schema) == []


def test_writes_no_key_where_nothing_was_asked() -> None:
    """Runs without hooks look as they did."""
    value = run_json(a_run(), None)
    assert {"profile", "logs"} & set(value) == set()
    assert "profiling" not in json_text(value)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (("profile", "state"), "maybe", "profile.state"),
        (("profile", "cores"), "two", "profile.cores"),
        (("profile", "flat"), [{"name": 7}], "profile.flat"),
        (("plan", "profiling", "kind"), "perf", "plan.profiling.kind"),
        (("plan", "logs"), [{"name": "a", "command": "b"}], "plan.logs"),
        (("logs",), [{}], "logs"),
    ],
)
def test_refuses_damage(path: tuple[str, ...], wrong: object, message: str) -> None:
    """Each error names the key."""
    value = json.loads(json_text(run_json(hooked_run(), None)))
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = wrong
    with pytest.raises(StorageError, match=message):
        decode_run(value, file="run.json")


def a_started_folder(folder: Path) -> RunFolder:
    """The folder of a run that has just begun."""
    made = RunFolder.create(folder, "demo", STARTED_AT_UNIX_S)
    made.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
    return made


def test_keeps_the_raw_files(tmp_path: Path) -> None:
    """Each is on the disk as it came, and run.json tells of it, when `append` returns."""
    with a_started_folder(tmp_path) as folder:
        folder.append(ProfileTaken(a_code_profile(), b"\x1f\x8braw"))
        folder.append(LogTaken(APP, b"served\n"))
        folder.append(LogTaken(GONE, b""))
        run = read_run(folder.path)
        assert (folder.path / "profile.pb.gz").read_bytes() == b"\x1f\x8braw"
        assert (folder.path / "logs/app.txt").read_bytes() == b"served\n"
        assert sorted(path.name for path in (folder.path / "logs").iterdir()) == ["app.txt"]
    assert (run.profile, run.logs) == (a_code_profile(), (APP, GONE))


def test_nobody_else_may_read_the_raw_files(tmp_path: Path) -> None:
    """A log may hold what nobody knew to be a secret; the numbers beside it are for everybody."""
    with a_started_folder(tmp_path) as folder:
        folder.append(ProfileTaken(a_code_profile(), b"\x1f\x8braw"))
        folder.append(LogTaken(APP, b"served\n"))
        for name in ("profile.pb.gz", "logs/app.txt"):
            assert (folder.path / name).stat().st_mode & 0o777 == 0o600


def test_a_profile_that_failed_leaves_no_file(tmp_path: Path) -> None:
    """Only its reason is kept."""
    with a_started_folder(tmp_path) as folder:
        folder.append(ProfileTaken(FAILED, b""))
        assert not list(folder.path.glob("profile*"))
        assert read_run(folder.path).profile == FAILED


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A file that cannot be written ends the run like any other."""
    with a_started_folder(tmp_path) as folder:
        (folder.path / "logs").write_text("in the way")
        with pytest.raises(StorageError, match=r"logs/app\.txt: cannot be written"):
            folder.append(LogTaken(APP, b"served\n"))
