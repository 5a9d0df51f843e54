"""Where and when was it measured?"""

import os
import platform
import resource
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.places import ROOT

LOAD_AVERAGE = "load average at the start"


def facts_of_machine() -> dict[str, str]:
    """Name and value of what a reader needs to judge the numbers."""
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "revision": _revision(),
        LOAD_AVERAGE: f"{os.getloadavg()[0]:.2f}",
        "open files allowed": f"{descriptors:,}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _revision() -> str:
    """The commit, marked when the tree differs from it; a page that is remade does not count."""
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    ended = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    return ended.stdout.strip() or "unknown"
