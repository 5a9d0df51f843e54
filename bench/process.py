"""What has a process with all of its children taken until now: CPU time and memory?"""

import os
import time
from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children = defaultdict(list)
    for child in (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()):
        try:
            stat = (_PROC / str(child) / "stat").read_text()
        except OSError:
            continue  # it has just ended
        # The name before the last bracket may hold anything.
        children[int(stat.rpartition(")")[2].split()[1])].append(child)
    found = [pid]
    for member in found:
        found.extend(children[member])
    return found


def cpu_s(pid: int) -> float:
    """User and system time of all threads, those that have ended too; 0 for a process gone.

    Linux keeps a clock for each process, whose number is made from the process's own; it is far
    finer than the ticks of /proc.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def rss_bytes(pid: int) -> int:
    """Resident memory; 0 for a process gone."""
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
