"""Tests of the machine check: each thing that may be missing is named with the way to get it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("as", "awk", "cc", "ld", "mktemp", "rm", "sed")
GOOD_CARGO = 'echo "cargo 1.95.0 (f2d3ce0bd 2026-03-21)"'
GOOD_PYTHON = f'exec {sys.executable} "$@"'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the only programs the check may see: a machine where nothing is missing."""
    for tool in TOOLS:
        add_program(tmp_path, tool, f'exec {shutil.which(tool)} "$@"')
    add_program(tmp_path, "cargo", GOOD_CARGO)
    add_program(tmp_path, "python3", GOOD_PYTHON)
    return tmp_path


def add_program(folder: Path, name: str, script: str) -> None:
    """Put a small shell program into the folder, in place of what was there."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def check(programs: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and message of the check on that machine."""
    ended = subprocess.run(
        ["/bin/sh", "scripts/check_machine.sh", *arguments],
        cwd=ROOT,
        env={"PATH": str(programs)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_says_nothing_when_all_is_there(programs: Path) -> None:
    """A machine with everything passes in silence."""
    assert check(programs) == (0, "")


def test_names_an_old_python(programs: Path) -> None:
    """A Python below the project's own bound is named with both versions."""
    add_program(programs, "python3", "echo 3.9.2")
    assert check(programs) == (
        1,
        "python3 is Python 3.9.2; 3.11 or newer is needed\n"
        "  hint: install a newer Python and name it, for example: make PYTHON=python3.12 demo\n",
    )


def test_names_a_missing_python(programs: Path) -> None:
    """Without Python the packages to install are named."""
    (programs / "python3").unlink()
    assert check(programs) == (
        1,
        "python3 does not run; Python 3.11 or newer is needed\n"
        "  hint: apt-get install python3 python3-venv\n",
    )


def test_names_a_python_without_venv(programs: Path) -> None:
    """Debian packs virtual environments apart from Python; the package is named."""
    add_program(programs, "python3", 'case "$2" in *ensurepip*) exit 1 ;; *) echo 3.13.5 ;; esac')
    assert check(programs) == (
        1,
        "python3 cannot make virtual environments\n"
        "  hint: install python3-venv: apt-get install python3-venv\n",
    )


@pytest.mark.parametrize(
    ("cargo", "message"),
    [
        (
            'echo "cargo 1.63.0"',
            "cargo is version 1.63.0; the Rust core needs 1.88 or newer\n"
            "  hint: rustup update stable; without rustup see https://rustup.rs\n",
        ),
        (
            "exit 1",
            "cargo is there but has no toolchain\n  hint: rustup default stable\n",
        ),
    ],
    ids=["old", "rustup without toolchain"],
)
def test_names_what_is_wrong_with_cargo(programs: Path, cargo: str, message: str) -> None:
    """An old cargo and an empty rustup have different remedies."""
    add_program(programs, "cargo", cargo)
    assert check(programs) == (1, message)


def test_accepts_the_oldest_rust(programs: Path) -> None:
    """The bound itself is enough."""
    add_program(programs, "cargo", 'echo "cargo 1.88.0"')
    assert check(programs) == (0, "")


def test_names_everything_at_once(programs: Path) -> None:
    """Cargo and linker missing together are both named in one go."""
    (programs / "cargo").unlink()
    (programs / "cc").unlink()
    assert check(programs) == (
        1,
        "cargo is missing; the Rust core needs Rust 1.88 or newer\n"
        "  hint: install Rust with rustup, see https://rustup.rs\n"
        "cc cannot link a program; the Rust core needs a C compiler and linker\n"
        "  hint: apt-get install gcc libc6-dev\n",
    )


def test_names_missing_rust_components_for_lint(programs: Path) -> None:
    """Without rustfmt and clippy `make lint` says how to add them; set-up does not ask."""
    add_program(programs, "cargo", f'case "$1" in fmt | clippy) exit 1 ;; esac\n{GOOD_CARGO}')
    hint = "  hint: rustup component add rustfmt clippy\n"
    assert check(programs) == (0, "")
    assert check(programs, "lint") == (
        1,
        f"cargo fmt is missing\n{hint}cargo clippy is missing\n{hint}",
    )
