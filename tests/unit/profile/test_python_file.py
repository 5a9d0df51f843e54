"""Tests of finding a scenario in a Python file, without running the file."""

from pathlib import Path

import pytest

from capacity.profile.problems import InputError
from capacity.profile.python_file import PythonName, find_function

SOURCE = """
raise SystemExit("this file was run")
PATTERN = "\\d"
def sync(client, row): ...
async def browse(client, row): ...
async def extra(client, row, pause_s=1.0, *, size=2): ...
async def anything(*args): ...
async def lonely(client): ...
async def greedy(client, row, third): ...
async def strict(client, row, *, size): ...
class Box:
    async def inside(self, client, row): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good file and two broken ones."""
    (tmp_path / "good.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "bad.py").write_text("x = 1\nasync def f(:\n", encoding="utf-8")
    (tmp_path / "zero.py").write_bytes(b"x = 1\x00")
    (tmp_path / "deep.py").write_text("(" * 5000 + ")" * 5000, encoding="utf-8")
    (tmp_path / "endless.py").write_text("x = " + "-" * 50_000 + "1", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("function", ["browse", "extra", "anything"])
def test_finds_an_async_function(folder: Path, function: str) -> None:
    """Anything that can be called with a client and a row will do."""
    found = find_function(folder, f"good.py:{function}")
    assert found == PythonName(str(folder / "good.py"), function)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("good.py", "'good.py' does not name a function", "write it like scenario.py:browse"),
        (":browse", "':browse' does not name a function", "write it like scenario.py:browse"),
        ("good.py:", "'good.py:' does not name a function", "write it like scenario.py:"),
        ("good.py:a.b", "'good.py:a.b' does not name a function", "write it like scenario.py"),
        ("no.py:f", "cannot read 'no.py': No such file or directory", "the path starts at "),
        ("good.py:brows", "'good.py' has no async function brows", "did you mean browse?"),
        ("good.py:zzz", "'good.py' has no async function zzz", "write async def zzz(client, row)"),
        ("good.py:inside", "'good.py' has no async function inside", "write async def inside"),
        ("good.py:sync", "sync in 'good.py' is not async", "write async def sync"),
        ("good.py:lonely", "lonely is not called with a client and a row", "write async def"),
        ("good.py:greedy", "greedy is not called with a client and a row", "write async def"),
        ("good.py:strict", "strict is not called with a client and a row", "write async def"),
        ("bad.py:f", "'bad.py' is not Python in line 2: ", "correct the file"),
        ("zero.py:f", "'zero.py' is not Python", "correct the file"),
        ("endless.py:f", "'endless.py' is not Python that can be read", "correct the file"),
        ("deep.py:f", "'deep.py' is not Python", "correct the file"),
    ],
)
def test_refuses_with_a_remedy(folder: Path, text: str, message: str, hint: str) -> None:
    """Each fault says what is wrong and what to write instead."""
    with pytest.raises(InputError) as caught:
        find_function(folder, text)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)
