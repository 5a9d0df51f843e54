"""Tests of getting clients: what cannot be had is named, never an error."""

from pathlib import Path

import pytest

from bench import install
from bench.model import Absent, Tool
from bench.versions import NPM_PACKAGES


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of its own, whose installers are scripts in `bin`."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(install, "_SYSTEM_PATH", f"{tmp_path / 'bin'}")
    return tmp_path


def an_installer(root: Path, name: str, script: str) -> None:
    """A program that an installation needs."""
    path = root / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_without_the_installer_has_no_client(root: Path) -> None:
    """No Go on this machine is a reason, not a fault."""
    assert install.find("k6", print) == Absent("go is not on this machine")


def test_a_failed_installation_names_its_command_and_its_log(root: Path) -> None:
    """What the installer said may name hosts, so it stays in the log."""
    an_installer(root, "node", "exit 0")
    an_installer(root, "npm", "echo no such package >&2; exit 7")
    found = install.find("autocannon", print)
    wanted = "`npm install --prefix` failed with exit 7; its words are in tools/logs/autocannon.log"
    assert found == Absent(wanted)
    assert (root / "tools/logs/autocannon.log").read_text() == "\nno such package\n"


def test_an_installed_version_is_not_installed_again(root: Path) -> None:
    """The second call finds the stamp; another version would not."""
    an_installer(root, "node", "exit 0")
    an_installer(root, "npm", "exit 0")
    said: list[str] = []
    first = install.find("autocannon", said.append)
    an_installer(root, "npm", "exit 1")
    assert install.find("autocannon", said.append) == first
    version = NPM_PACKAGES["autocannon"]
    assert first == Tool(root / "tools/npm/node_modules/.bin/autocannon", version)
    assert len(said) == 1
    (root / "tools/stamps/autocannon").write_text("0.0.1")
    assert isinstance(install.find("autocannon", said.append), Absent)
