"""Which control groups hold a process, and how much CPU and memory do they allow it?

Version 2, version 1, and both side by side. What cannot be read is None, which is not the same as
no limit: an empty answer to "which limit" means that no readable group sets one.
"""

from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# Version 1 writes a missing memory limit as the largest multiple of a page.
_UNLIMITED_BYTES = 2**60


@dataclass(frozen=True, slots=True)
class CpuQuota:
    """The CPU time that a group's processes may use per second, all together."""

    cores: float
    folder: Path


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The memory that a group's processes may use, all together."""

    limit_bytes: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Periods:
    """How many periods of its quota a group has been busy in, and in how many it was held back."""

    all: int
    throttled: int


def folders(memberships: Path, controller: str, cgroups: Path = CGROUPS) -> tuple[Path, ...]:
    """The group a process is in and every one above it; `memberships` is its /proc/PID/cgroup."""
    try:
        lines = memberships.read_text().splitlines()
    except OSError:
        return ()
    found: list[Path] = []
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        folder = root / place.lstrip("/")
        found += [parent for parent in (folder, *folder.parents) if _is_in(parent, root)]
    return tuple(found)


def cpu_quota(groups: tuple[Path, ...]) -> CpuQuota | None:
    """The tightest quota of these groups."""
    quotas = [CpuQuota(cores, group) for group in groups if (cores := _quota_cores(group))]
    return min(quotas, key=lambda quota: quota.cores, default=None)


def throttling(group: Path) -> Periods | None:
    """How often the group's quota ran out so far."""
    told = numbers(group / "cpu.stat")
    if "nr_periods" not in told or "nr_throttled" not in told:
        return None
    return Periods(told["nr_periods"], told["nr_throttled"])


def memory_limit(groups: tuple[Path, ...]) -> MemoryLimit | None:
    """The tightest memory limit of these groups."""
    limits = [
        MemoryLimit(limit_bytes, group)
        for group in groups
        for name in ("memory.max", "memory.limit_in_bytes")
        if (limit_bytes := _whole_number(group / name)) is not None
        and limit_bytes < _UNLIMITED_BYTES
    ]
    return min(limits, key=lambda limit: limit.limit_bytes, default=None)


def working_set_bytes(group: Path) -> int | None:
    """The memory that the kernel could not simply drop: use less the idle pages of files."""
    told = numbers(group / "memory.stat")
    idle = told.get("total_inactive_file", told.get("inactive_file"))
    for name in ("memory.current", "memory.usage_in_bytes"):
        used = _whole_number(group / name)
        if used is not None and idle is not None:
            return max(used - idle, 0)
    return None


def oom_kills(group: Path) -> int | None:
    """How many of the group's processes were killed for want of memory so far."""
    told = numbers(group / "memory.events") | numbers(group / "memory.oom_control")
    return told.get("oom_kill")


def numbers(file: Path) -> dict[str, int]:
    """The lines `name number` of a file; empty when it cannot be read."""
    try:
        pairs = [line.split() for line in file.read_text().splitlines()]
        return {name: int(value) for name, value in pairs}
    except (OSError, ValueError):
        return {}


def _is_in(folder: Path, root: Path) -> bool:
    return folder == root or root in folder.parents


def _quota_cores(group: Path) -> float | None:
    """The group's quota divided by its period; None without one."""
    quota_us: int | None
    period_us: int | None
    try:
        quota, period = (group / "cpu.max").read_text().split()
        quota_us, period_us = None if quota == "max" else int(quota), int(period)
    except (OSError, ValueError):
        quota_us = _whole_number(group / "cpu.cfs_quota_us")
        period_us = _whole_number(group / "cpu.cfs_period_us")
    if quota_us is None or quota_us <= 0 or not period_us:
        return None
    return quota_us / period_us


def _whole_number(file: Path) -> int | None:
    """The one number in a file; None without such a file, or when it says `max`."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
