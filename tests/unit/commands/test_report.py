"""Tests of capacity.commands.report."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from capacity.commands.report import command
from capacity.errors import MachineError

GOLDEN = Path(__file__).parents[2] / "golden" / "run.v1.json"


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A folder that holds the golden run."""
    shutil.copy(GOLDEN, tmp_path / "run.json")
    return tmp_path


@pytest.mark.parametrize("below", ["new", "new/er"])
def test_folder_below_a_file_is_said_with_the_reason(run_folder: Path, below: str) -> None:
    """A folder that cannot be made used to be called an internal fault of capacity."""
    (run_folder / "file").touch()
    out = run_folder / "file" / below
    ended = CliRunner().invoke(command, [str(run_folder), "-o", str(out)])
    assert isinstance(ended.exception, MachineError)
    assert ended.exception.message == f"{out}: results cannot be written here: Not a directory"
    assert [path.name for path in sorted(run_folder.iterdir())] == ["file", "run.json"]
