"""`capacity analyze` as a process: its answer, its exit code, and nothing that nobody asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.tool import plain_environment

FOUR_COLUMNS = """\
1 96.4 10.0 100.00
2 193.0 10.0 100.00
4 384.0 10.1 100.00
8 690.0 11.2 100.00
16 769.0 20.1 100.00
32 771.0 40.0 97.00
"""


@pytest.mark.parametrize(
    ("content", "code", "out", "err"),
    [
        pytest.param(FOUR_COLUMNS, 0, "at 32: error_rate > 1% over 10s", "", id="four columns"),
        pytest.param("1 90 10 50\n", 4, "already broke a limit", "", id="no capacity"),
        pytest.param("1 2 3\n", 7, "", "x:1: 3 columns instead of 4\nhint: a .dat", id="no .dat"),
    ],
)
def test_the_answer_and_its_exit_code(
    content: str, code: int, out: str, err: str, tmp_path: Path
) -> None:
    """The answer is on standard output, an error with its hint on the other, a traceback never."""
    (tmp_path / "x").write_text(content)

    ended = subprocess.run(
        [sys.executable, "-m", "capacity", "analyze", "x", "--lang", "en"],
        cwd=tmp_path,
        env=plain_environment(PYTHONPATH=str(Path.cwd())),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == code, ended.stderr
    assert out in ended.stdout
    assert err in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
