"""Which clients are here, and how do the missing ones get here?

Everything lands in build/bench-tools, at the versions of `versions.py`; Debian's packages alone go
into the system. What cannot be had is `Absent` with its reason, never an error.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.model import Absent, Tool
from bench.places import CAPACITY, FLOOR, ROOT, TOOLS
from bench.versions import CRATES, DEBIAN_PACKAGES, GO_MODULES, NPM_PACKAGES, PYTHON_PACKAGES

_STEP_TIMEOUT_S = 1800.0
# Debian keeps servers where only root looks.
_SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


class _StepError(Exception):
    """Why a step of an installation failed."""


def find(name: str, say: Callable[[str], None]) -> Tool | Absent:
    """The tool, installed first if it has to be."""
    try:
        return _find(name, say)
    except _StepError as error:
        return Absent(str(error))


def _find(name: str, say: Callable[[str], None]) -> Tool | Absent:
    own = {"capacity": _capacity, "floor": _floor}
    if name in own:
        return own[name]()
    if name in DEBIAN_PACKAGES:
        return _debian(name, say)
    return _from_registry(name, say)


def _from_registry(name: str, say: Callable[[str], None]) -> Tool:
    if name in CRATES:
        return _crate(name, CRATES[name], say)
    if name in GO_MODULES:
        return _go_module(name, *GO_MODULES[name], say)
    if name in NPM_PACKAGES:
        return _npm_package(name, NPM_PACKAGES[name], say)
    return _python_package(name, PYTHON_PACKAGES[name], say)


def _floor() -> Tool:
    _run("floor", [_need("cargo"), "build", "--release", "--locked", "-p", "floor"], {}, ROOT)
    return Tool(FLOOR, "of this tree")


def _capacity() -> Tool | Absent:
    text = subprocess.run(
        [CAPACITY, "version", "--json"], check=True, capture_output=True, text=True
    ).stdout
    versions = json.loads(text)
    if versions["core_build"] != "release":
        return Absent(
            f"its Rust core is a {versions['core_build']} build, which is slower: "
            "touch crates/pycore/Cargo.toml, then make setup"
        )
    return Tool(CAPACITY, versions["capacity"])


def _debian(name: str, say: Callable[[str], None]) -> Tool:
    package = DEBIAN_PACKAGES[name]
    if shutil.which(name, path=_SYSTEM_PATH) is None:
        say(f"installing {name} (Debian package {package})")
        _run(name, ["sh", "scripts/install_debian_packages.sh", package], {}, ROOT)
    return Tool(Path(_need(name)), _debian_version(name, package))


def _debian_version(name: str, package: str) -> str:
    """What is not of a package, or not on Debian, has a version that nobody vouches for."""
    try:
        return _run(name, [_need("dpkg-query"), "-W", "-f", "${Version}", package], {}, ROOT)
    except _StepError:
        return "of this system, version unknown"


def _crate(name: str, version: str, say: Callable[[str], None]) -> Tool:
    command = [_need("cargo"), "install", name, "--version", version, "--locked"]
    command += ["--root", str(TOOLS / "cargo")]
    environment = {"CARGO_TARGET_DIR": str(TOOLS / "cargo-target")}
    _once(name, version, command, environment, say)
    return Tool(TOOLS / "cargo" / "bin" / name, version)


def _go_module(name: str, module: str, version: str, say: Callable[[str], None]) -> Tool:
    folder = TOOLS / "go"
    environment = {
        "GOBIN": str(folder / "bin"),
        "GOPATH": str(folder),
        "GOCACHE": str(folder / "cache"),
        # Without it `make clean` could not remove what was downloaded.
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip(),
    }
    _once(name, version, [_need("go"), "install", f"{module}@{version}"], environment, say)
    return Tool(folder / "bin" / name, version)


def _npm_package(name: str, version: str, say: Callable[[str], None]) -> Tool:
    _need("node")
    folder = TOOLS / "npm"
    command = [_need("npm"), "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
    command += ["--cache", str(TOOLS / "npm-cache"), f"{name}@{version}"]
    _once(name, version, command, {}, say)
    return Tool(folder / "node_modules" / ".bin" / name, version)


def _python_package(name: str, version: str, say: Callable[[str], None]) -> Tool:
    folder = TOOLS / name
    python = folder / "bin" / "python"
    if not python.exists():
        _run(name, [sys.executable, "-m", "venv", str(folder)], {}, ROOT)
    command = [str(python), "-m", "pip", "install", "--quiet", f"{name}=={version}"]
    _once(name, version, command, {}, say)
    program = folder / "bin" / name
    return Tool(program if program.exists() else python, version)


def _once(
    name: str,
    version: str,
    command: list[str],
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Install unless this version was installed before; a stamp remembers that."""
    stamp = TOOLS / "stamps" / name
    if stamp.exists() and stamp.read_text() == version:
        return
    say(f"installing {name} {version} (some take minutes, the first time)")
    _run(name, command, environment, ROOT)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(version)


def _need(program: str) -> str:
    found = shutil.which(program, path=_SYSTEM_PATH)
    if found is None:
        raise _StepError(f"{program} is not on this machine")
    return found


def _run(name: str, command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    """Standard output; everything said is kept in the tool's log."""
    log = TOOLS / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    shown = " ".join([Path(command[0]).name, *command[1:3]])
    try:
        ended = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            timeout=_STEP_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise _StepError(f"`{shown}` had not ended after {_STEP_TIMEOUT_S:.0f} s") from None
    log.write_text(f"{ended.stdout}\n{ended.stderr}")
    if ended.returncode != 0:
        where = log.relative_to(ROOT)
        raise _StepError(f"`{shown}` failed with exit {ended.returncode}; its words are in {where}")
    return ended.stdout
