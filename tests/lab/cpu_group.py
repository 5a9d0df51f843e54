"""How does a test give a service real limits, and what has the kernel counted of it?

A control group with a CPU quota for each 100 ms, and with a memory limit where one is asked for:
version 1 or 2, whichever this machine has, and only where it lets us make one.
"""

import bisect
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
# A limit of half a core is no limit if other work of the machine leaves less than that.
_SHARES_V1 = "16384"
_WEIGHT_V2 = "1000"
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class CpuCount:
    """What the kernel has counted of a group up to one moment."""

    at_unix_s: float
    usage_s: float
    periods: int
    throttled: int


class CpuGroup:
    """A group of processes that together get at most `limit_cores`, and so much memory."""

    def __init__(self, name: str, limit_cores: float, memory_bytes: int | None = None) -> None:
        """Make the group; OSError where that is not allowed."""
        self.limit_cores = limit_cores
        self.memory_bytes = memory_bytes
        self._is_v2 = (ROOT / "cgroup.controllers").exists()
        top = [ROOT] if self._is_v2 else [ROOT / "cpu", ROOT / "cpuacct"]
        if memory_bytes is not None and not self._is_v2:
            top.append(ROOT / "memory")
        self._folders = [folder / name for folder in top]
        for folder in self._folders:
            folder.mkdir(exist_ok=True)  # version 1 may have both controllers in one place
        quota_us = round(limit_cores * PERIOD_US)
        if self._is_v2:
            self._write("cpu.max", f"{quota_us} {PERIOD_US}")
            self._write("cpu.weight", _WEIGHT_V2)
        else:
            self._write("cpu.cfs_period_us", f"{PERIOD_US}")
            self._write("cpu.cfs_quota_us", f"{quota_us}")
            self._write("cpu.shares", _SHARES_V1)
        if memory_bytes is not None:
            name = "memory.max" if self._is_v2 else "memory.limit_in_bytes"
            (self._folders[-1] / name).write_text(f"{memory_bytes}")

    def _write(self, name: str, text: str) -> None:
        (self._folders[0] / name).write_text(text)

    def add(self, pid: int) -> None:
        """From now on the process shares the limit."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(f"{pid}")

    def count(self) -> CpuCount:
        """Look at the kernel's counters."""
        lines = (self._folders[0] / "cpu.stat").read_text().splitlines()
        counts = {name: int(value) for name, value in (line.split() for line in lines)}
        if self._is_v2:
            usage_s = counts["usage_usec"] / 1e6
        else:
            usage_s = int((self._folders[1] / "cpuacct.usage").read_text()) / 1e9
        return CpuCount(time.time(), usage_s, counts["nr_periods"], counts["nr_throttled"])

    def oom_kills(self) -> int:
        """How often the kernel ended a process of the group for want of memory."""
        if self.memory_bytes is None:
            return 0
        name = "memory.events" if self._is_v2 else "memory.oom_control"
        lines = (self._folders[-1] / name).read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])

    def remove(self) -> None:
        """Take the group away again; its processes have ended."""
        for folder in self._folders:
            if folder.exists():
                folder.rmdir()


@contextmanager
def cpu_group(name: str, limit_cores: float, memory_bytes: int | None = None) -> Iterator[CpuGroup]:
    """A group that is gone afterwards."""
    group = CpuGroup(f"{name}-{os.getpid()}", limit_cores, memory_bytes)
    try:
        yield group
    finally:
        group.remove()


def why_no_limits() -> str | None:
    """Why this machine lets us set no CPU limit, None if it does."""
    try:
        with cpu_group("capacity-lab-probe", 0.5) as group:
            group.count()
    except (OSError, KeyError) as fault:
        return f"no CPU limit can be set here: {fault} (root and a cpu controller are needed)"
    return None


def why_no_memory_limits() -> str | None:
    """Why this machine lets us set no memory limit, None if it does."""
    try:
        with cpu_group("capacity-lab-probe", 0.5, 64 << 20) as group:
            group.oom_kills()
    except (OSError, KeyError) as fault:
        return f"no memory limit can be set here: {fault} (root and a memory controller are needed)"
    return None


class Counted(Protocol):
    """Whatever the kernel counts CPU time of: a group, or a thread."""

    def count(self) -> CpuCount:
        """Look at the kernel's counters."""


class KernelRecord:
    """The kernel's counters of a group, looked at twenty times a second by a thread."""

    def __init__(self, group: Counted) -> None:
        self._group = group
        self._counts: list[CpuCount] = [group.count()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            self._counts.append(self._group.count())

    def cores(self, start_unix_s: float, end_unix_s: float) -> float:
        """CPU seconds per second between two times that were watched."""
        used_s = self._usage_s(end_unix_s) - self._usage_s(start_unix_s)
        return used_s / (end_unix_s - start_unix_s)

    def throttled_ratio(self, start_unix_s: float, end_unix_s: float) -> float:
        """Share of the scheduler's periods between two times that ended throttled."""
        first, last = self._before(start_unix_s), self._before(end_unix_s)
        return (last.throttled - first.throttled) / max(1, last.periods - first.periods)

    def _usage_s(self, at_unix_s: float) -> float:
        """On the straight line between the looks before and after."""
        counts = [*self._counts]
        index = bisect.bisect_right(counts, at_unix_s, key=lambda count: count.at_unix_s)
        assert 0 < index < len(counts), "that time was not watched"
        before, after = counts[index - 1], counts[index]
        share = (at_unix_s - before.at_unix_s) / (after.at_unix_s - before.at_unix_s)
        return before.usage_s + share * (after.usage_s - before.usage_s)

    def _before(self, at_unix_s: float) -> CpuCount:
        counts = [*self._counts]
        index = bisect.bisect_right(counts, at_unix_s, key=lambda count: count.at_unix_s)
        return counts[max(0, index - 1)]
