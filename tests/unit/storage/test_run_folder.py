"""Is everything finished on disk, whatever happens to the machine afterwards?"""

import json
import os
import resource
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capacity.errors import MachineError, StorageError, UsageError
from capacity.model.run import (
    EndReason,
    Event,
    Phase,
    RuleFired,
    Run,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepFinished,
    StepStarted,
)
from capacity.storage.run_folder import RunFolder, check_writable, read_run
from tests.unit.builders import (
    RULE_END,
    STARTED_AT_UNIX_S,
    a_curve,
    a_judgement,
    a_plan,
    a_run,
    a_secret_plan,
    a_snapshot,
    an_environment,
    some_findings,
)


def events_of(run: Run) -> list[Event]:
    """The events that build `run`: one snapshot and one fired rule a step."""
    events: list[Event] = [RunStarted(run.plan, run.environment, run.started_at_unix_s)]
    for step in run.steps:
        snapshot = a_snapshot(step.ended_ok)
        events.append(StepStarted(step.plan, len(run.steps)))
        events.append(SnapshotTaken(step.plan.index, Phase.HOLD, snapshot, ()))
        events.append(RuleFired(step.plan.index, a_judgement()))
        events.append(StepFinished(step))
    events.append(RunFinished(run.end, run.totals))
    return events


def append_all(folder: RunFolder, events: Iterable[Event]) -> None:
    """Give the folder one event after the other."""
    for event in events:
        folder.append(event)


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """Let no file of this process grow past the limit, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def rescue_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty and of this test alone."""
    folder = tmp_path / "rescue"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_reads_back_what_the_events_said(tmp_path: Path) -> None:
    """A whole run comes back from its folder, from its run.json and from `latest`."""
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        expected = a_run(run_id=folder.run_id)
        append_all(folder, events_of(expected))
        finished = folder.finish(some_findings())

    assert finished == expected
    back = read_run(folder.path)
    assert (back.run_id, back.steps, back.totals, back.end) == (
        folder.run_id,
        expected.steps,
        expected.totals,
        expected.end,
    )
    assert read_run(folder.path / "run.json") == back
    assert read_run(tmp_path / "demo" / "latest") == back


def test_folder_is_named_after_its_start_and_never_taken_twice(tmp_path: Path) -> None:
    """Runs of one second get folders of their own; the link names the newest, relatively."""
    folders = [RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) for _ in range(5)]
    for folder in folders:
        folder.close()

    assert len({folder.path for folder in folders}) == 5
    assert all(folder.run_id.startswith("20261121-041207-") for folder in folders)
    assert all(len(folder.run_id) == len("20261121-041207-9f3a") for folder in folders)
    assert (tmp_path / "demo" / "latest").readlink() == Path(folders[-1].run_id)


@pytest.mark.parametrize("name", ["../../x", "", ".hidden", "-n", "a/b", "x" * 65, "a\nb"])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    """A name becomes part of a path, so only harmless characters pass."""
    with pytest.raises(UsageError):
        RunFolder.create(tmp_path, name, STARTED_AT_UNIX_S)

    assert list(tmp_path.iterdir()) == []


def test_latest_that_is_no_link_is_left_alone(tmp_path: Path) -> None:
    """The link is a convenience: where something else has its name, the run goes on without."""
    (tmp_path / "demo" / "latest").mkdir(parents=True)

    RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S).close()

    assert (tmp_path / "demo" / "latest").is_dir()
    assert not (tmp_path / "demo" / "latest").is_symlink()
    assert len(list((tmp_path / "demo").iterdir())) == 2


def test_every_prefix_of_the_events_is_a_valid_partial_run(tmp_path: Path) -> None:
    """A run killed after any event has exactly its finished steps and says it did not finish."""
    run = a_run(a_curve((1, 2, 4)))
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        finished = 0
        for event in events_of(run)[:-1]:
            folder.append(event)
            finished += isinstance(event, StepFinished)
            killed = read_run(folder.path)
            assert killed.steps == run.steps[:finished]
            assert killed.end.reason is EndReason.NOT_FINISHED


def test_a_killed_run_knows_the_requests_it_had_sent(tmp_path: Path) -> None:
    """Totals grow with each second and are on disk with each step, before the run has ended."""
    run = a_run(a_curve((1, 2)))
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events_of(run)[:-1])

    assert read_run(folder.path).totals.ok == sum(step.ended_ok for step in run.steps)


def test_timeline_has_one_line_a_second_with_its_load(tmp_path: Path) -> None:
    """Each snapshot becomes one line that names its step and concurrency."""
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events_of(a_run(a_curve((1, 2, 4)))))

    lines = (folder.path / "timeline.ndjson").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["step"], row["concurrency"]) for row in rows] == [(0, 1), (1, 2), (2, 4)]


def test_run_file_repeats_exit_code_and_findings(tmp_path: Path) -> None:
    """Nobody has to parse text: code, reason and rule are in run.json."""
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events_of(a_run()))
        folder.finish(some_findings(exit_code=5))

    content = json.loads((folder.path / "run.json").read_text())
    assert content["exit"] == {"code": 5, "reason": "rule", "rule": RULE_END.rule}
    assert content["capacity"]["concurrency"] == 8


def test_no_secret_reaches_any_file(tmp_path: Path, rescue_dir: Path) -> None:
    """A canary in header, body, query and user info is in no file, the rescue copy included."""
    canary = b"c4n4ry"
    plan = a_secret_plan(
        header=b"Basic dXNlcjpjNG40cnk= c4n4ry", body=canary, path=b"/v1/items?key=" + canary
    )
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events_of(a_run(plan=plan)))
        shutil.copytree(folder.path, tmp_path / "copy")
        shutil.rmtree(folder.path)
        with pytest.raises(StorageError) as caught:
            folder.finish(some_findings())

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"run.json", "timeline.ndjson"}
    assert len([path for path in files if path.parent == rescue_dir]) == 1
    for path in files:
        content = path.read_bytes()
        assert canary not in content
        assert b"dXNlcjpjNG40cnk" not in content
    assert "c4n4ry" not in caught.value.message


@pytest.mark.parametrize("limit_bytes", [0, 1, 500, 2_000, 4_000, 6_000, 9_000, 12_000])
def test_a_full_disk_keeps_the_steps_finished_before(
    tmp_path: Path, rescue_dir: Path, limit_bytes: int
) -> None:
    """Wherever the space ends: exit 7, no torn run.json, and every step it had is readable."""
    run = a_run(a_curve((1, 2, 4, 8, 16, 32, 64)))
    folder = RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)
    events = events_of(run)
    left = iter(events)
    with pytest.raises(StorageError) as caught, file_size_limit(limit_bytes), folder:
        append_all(folder, left)

    assert caught.value.exit_code == 7
    assert str(folder.path) in caught.value.message
    assert not (folder.path / "run.json.tmp").exists()
    kept = events[: len(events) - len(list(left)) - 1]
    finished = sum(isinstance(event, StepFinished) for event in kept)
    if (folder.path / "run.json").exists():
        assert read_run(folder.path).steps == run.steps[:finished]
    else:
        assert finished == 0


def test_a_lost_folder_leaves_a_rescue_copy(tmp_path: Path, rescue_dir: Path) -> None:
    """When the folder vanishes in mid-run, the finished steps are written elsewhere."""
    run = a_run(a_curve((1, 2, 4)))
    events = events_of(run)
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events[:8])
        shutil.rmtree(folder.path)
        with pytest.raises(StorageError) as caught:
            append_all(folder, events[8:])

    (copy,) = rescue_dir.iterdir()
    assert str(copy) in caught.value.message
    assert "No such file or directory" in caught.value.message
    assert read_run(copy).steps == run.steps[:2]


def test_a_failed_fsync_is_an_error(
    tmp_path: Path, rescue_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step whose fsync failed is not finished: the error comes before `append` returns."""

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    run = a_run(a_curve((1, 2)))
    events = events_of(run)
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        append_all(folder, events[:5])
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError) as caught:
            append_all(folder, events[5:])

    assert "No space left on device" in caught.value.message
    assert "no rescue copy could be written either" in caught.value.message
    assert read_run(folder.path).steps == run.steps[:1]


def test_an_error_on_close_is_reported(tmp_path: Path, rescue_dir: Path) -> None:
    """A fault that shows only at close is one too; without a run there is nothing to rescue."""
    folder = RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)
    descriptor = folder._timeline._descriptor
    assert descriptor is not None
    os.close(descriptor)

    with pytest.raises(StorageError) as caught:
        folder.close()

    assert "Bad file descriptor" in caught.value.message
    assert "nothing had been measured yet" in caught.value.message


def test_the_first_error_is_the_one_told(tmp_path: Path) -> None:
    """Closing on the way out of an error does not hide that error."""
    folder = RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)
    descriptor = folder._timeline._descriptor
    assert descriptor is not None
    os.close(descriptor)

    with pytest.raises(KeyError, match="first"), folder:
        raise KeyError("first")


def test_events_before_the_start_are_refused(tmp_path: Path) -> None:
    """There is no run before RunStarted, and no write after close."""
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        with pytest.raises(StorageError, match="has not started"):
            folder.append(RunFinished(RULE_END, a_run().totals))
        folder.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
    with pytest.raises(StorageError, match="already closed"):
        folder.append(RunFinished(RULE_END, a_run().totals))


def test_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    """A writable folder is made if it was missing, and is empty afterwards."""
    check_writable(tmp_path / "a" / "b")

    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file", "it exists and is not a folder"),
        ("file/inside", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("fresh/" + "x" * 300, "File name too long"),
    ],
    ids=["a file", "inside a file", "name too long", "name too long below a new folder"],
)
def test_a_folder_that_cannot_be_written_is_found_at_once(
    tmp_path: Path, place: str, reason: str
) -> None:
    """The error names place and reason with exit code 3, and nothing is left behind."""
    (tmp_path / "file").write_text("")

    with pytest.raises(MachineError) as caught:
        check_writable(tmp_path / place)

    assert caught.value.message == (f"{tmp_path / place}: results cannot be written here: {reason}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_found_before_the_run(tmp_path: Path) -> None:
    """The probe is really written, so a disk without space fails here and not after an hour."""
    with file_size_limit(0), pytest.raises(MachineError, match="File too large"):
        check_writable(tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    """When the folder of the name is a file, the error says so."""
    (tmp_path / "demo").write_text("")

    with pytest.raises(StorageError, match="it exists and is not a folder"):
        RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)


def test_names_that_are_all_taken_end_in_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An existing folder is never entered, not even when every new name is taken."""
    monkeypatch.setattr(secrets, "token_hex", lambda _: "9f3a")
    RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S).close()

    with pytest.raises(StorageError, match="16 names beginning with 20261121-041207 are taken"):
        RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)
