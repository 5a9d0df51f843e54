"""Is every reading in monitors.ndjson, one line for each news, and never without end?"""

import json
import os
from pathlib import Path

import pytest

from capacity.errors import StorageError
from capacity.model.resources import Asked, ResourceNews
from capacity.model.run import ResourcesRead, RunStarted, StepFinished
from capacity.storage.monitors_file import MONITORS_FILE, MonitorsFile, monitors_line
from capacity.storage.resources import encode_change, encode_reading
from capacity.storage.run_folder import RunFolder, read_run
from tests.unit.builders import STARTED_AT_UNIX_S, a_plan, a_step, an_environment
from tests.unit.report.reading_builders import a_change, a_reading
from tests.unit.storage.test_run_folder import file_size_limit, rescue_dir

__all__ = ["rescue_dir"]

NEWS = ResourceNews(3, Asked.AT_END, (a_reading(),), (a_change(),))


def lines_of(file: Path) -> list[object]:
    """Every line of the file as JSON."""
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def test_a_news_is_one_line() -> None:
    """Step, when it was asked, each reading with its window and query, each change."""
    line = monitors_line(NEWS)

    assert line.count("\n") == 1
    assert json.loads(line) == {
        "step": 3,
        "asked": "at_end",
        "readings": [encode_reading(a_reading())],
        "changes": [encode_change(a_change())],
    }


def test_of_many_members_the_worst_few_are_in_a_line() -> None:
    """There is a line for every look inside a step, so it is kept short."""
    many = a_reading(values={f"pod-{value}": float(value) for value in range(300)})
    (reading,) = json.loads(monitors_line(ResourceNews(0, Asked.DURING, (many,), ())))["readings"]

    assert reading["member_count"] == 300
    assert [member["value"] for member in reading["members"]] == [
        float(value) for value in range(299, 279, -1)
    ]


def test_without_news_there_is_no_file(tmp_path: Path) -> None:
    """A run that reads no resource has no empty file about them."""
    file = MonitorsFile(tmp_path / MONITORS_FILE)
    file.sync()
    file.close()

    assert list(tmp_path.iterdir()) == []


def test_a_full_file_says_so_once_and_stays_within_its_size(tmp_path: Path) -> None:
    """Whatever a monitor tells, the file ends with whole lines below the limit."""
    path, length = tmp_path / MONITORS_FILE, len(monitors_line(NEWS))
    file = MonitorsFile(path, max_bytes=3 * length)
    for _ in range(9):
        file.append(NEWS)
    file.close()

    *kept, last = lines_of(path)
    assert (len(kept), last) == (2, {"truncated": True})
    assert path.stat().st_size < 3 * length


def test_a_killed_run_has_what_was_read_before_its_last_step(tmp_path: Path) -> None:
    """The folder takes news as events; both files can be read at any time."""
    step = a_step()
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        folder.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
        assert not (folder.path / MONITORS_FILE).exists()
        folder.append(ResourcesRead(NEWS))
        folder.append(StepFinished(step))
        assert len(lines_of(folder.path / MONITORS_FILE)) == 1
        assert read_run(folder.path).steps == (step,)


def test_a_full_disk_is_an_error_with_a_rescue_copy(tmp_path: Path, rescue_dir: Path) -> None:
    """What was measured is saved elsewhere, and the message names file and copy."""
    news = ResourceNews(0, Asked.DURING, (a_reading(),) * 200, ())
    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        folder.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
        folder.append(StepFinished(a_step()))
        with file_size_limit(20_000), pytest.raises(StorageError) as caught:
            folder.append(ResourcesRead(news))

    assert caught.value.message.startswith(f"{folder.path}/{MONITORS_FILE}: cannot be written: ")
    (copy,) = rescue_dir.iterdir()
    assert str(copy) in caught.value.message


def test_readings_are_durable_before_the_step_that_rests_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the files of a finished step monitors.ndjson is synced before run.json."""
    synced: list[str] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    with RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S) as folder:
        folder.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
        folder.append(ResourcesRead(NEWS))
        monkeypatch.setattr(os, "fsync", note)
        folder.append(StepFinished(a_step()))

    assert synced[:3] == ["timeline.ndjson", MONITORS_FILE, "run.json.tmp"]


def test_both_growing_files_are_closed(tmp_path: Path) -> None:
    """The end of a run leaves no descriptor of its folder open."""
    folder = RunFolder.create(tmp_path, "demo", STARTED_AT_UNIX_S)
    folder.append(RunStarted(a_plan(), an_environment(), STARTED_AT_UNIX_S))
    folder.append(ResourcesRead(NEWS))
    folder.close()
    links = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert [link for link in links if folder.path in link.readlink().parents] == []
