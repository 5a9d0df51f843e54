"""Tests of the bars that ruff holds: the settings of the project catch a bad sample of each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAD = '"""Module."""\n\n'
BRANCHES = "".join(f"    if x == {n}:\n        x += 1\n" for n in range(12))


def codes_of(text: str, path: str) -> set[str]:
    """The rules that a sample would break at this place of the project."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--stdin-filename"]
    ended = subprocess.run(
        [*command, path, "-"], input=text, cwd=ROOT, check=False, capture_output=True, text=True
    )
    return {fault["code"] for fault in json.loads(ended.stdout)}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("C901", f'def f(x: int) -> int:\n    """Do."""\n{BRANCHES}    return x\n'),
        ("PLC0415", 'def f() -> None:\n    """Do."""\n    import capacity.errors\n'),
        ("PLC0415", 'def f() -> None:\n    """Do."""\n    import yaml\n'),
        ("TID253", "import numpy\n"),
        ("TID252", "from . import units\n"),
        ("D103", "def f() -> None:\n    return\n"),
        ("T201", "print(1)\n"),
        ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
        ("FBT003", "f(True)\n"),
    ],
    ids=[
        "complexity 13",
        "ours inside a function",
        "a light library inside a function",
        "a slow library on top",
        "relative import",
        "no docstring",
        "print",
        "broad except",
        "positional True",
    ],
)
def test_names_a_bad_sample(code: str, text: str) -> None:
    """Each bar that ruff holds for us is switched on."""
    assert code in codes_of(HEAD + text, "capacity/search/sample.py")


def test_allows_slow_libraries_inside_functions_and_for_types() -> None:
    """NumPy may be loaded when it is needed, and named on top for types alone."""
    text = """from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64


def largest(values: list[float]) -> "float64":
    \"\"\"Say which value is largest.\"\"\"
    import numpy as np

    return np.max(values)
"""
    assert codes_of(HEAD + text, "capacity/analysis/sample.py") == set()
