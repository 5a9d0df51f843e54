"""Where and when was it measured?"""

import os
import platform
import resource
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.places import ROOT

OTHER_WORK = "other work just before"
_WATCH_S = 2.0
_QUIET_RATIO = 0.05


def facts_of_machine() -> dict[str, str]:
    """Name and value of what a reader needs to judge the numbers."""
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "revision": _revision(),
        OTHER_WORK: f"{_busy_ratio(_WATCH_S):.1%} of all cores",
        "open files allowed": f"{descriptors:,}",
    }


def is_quiet(facts: Mapping[str, str]) -> bool:
    """Whether other work left the cores to client and server."""
    return float(facts[OTHER_WORK].partition("%")[0]) / 100 <= _QUIET_RATIO


def _busy_ratio(over_s: float) -> float:
    """Share of the cores' time in which they, or a neighbour on their host, worked."""
    before = _cpu_ticks()
    time.sleep(over_s)
    grown = [now - then for now, then in zip(_cpu_ticks(), before, strict=True)]
    idle, waiting = grown[3:5]
    return 1 - (idle + waiting) / sum(grown)


def _cpu_ticks() -> list[int]:
    """User, nice, system, idle, waiting for disks, interrupts (2), taken by the host."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    return [int(word) for word in line.split()[1:9]]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _revision() -> str:
    """The commit, marked when the tree differs from it; a page that is remade does not count."""
    if shutil.which("git") is None:
        return "unknown"
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    ended = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    return ended.stdout.strip() or "unknown"
