"""How much CPU and memory may a process use, and who says so?"""

from dataclasses import dataclass
from pathlib import Path

import psutil

from capacity.cgroups import (
    CpuQuota,
    MemoryLimit,
    Periods,
    cpu_quota,
    folders,
    memory_limit,
    oom_kills,
    throttling,
    working_set_bytes,
)
from capacity.monitors.process_looks import Basis, Limits
from capacity.monitors.process_threads import PROC


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one process, and the control groups that keep count of them.

    `holds_for_us`: this program is in one of these groups too.
    """

    limits: Limits
    quota: CpuQuota | None
    memory: MemoryLimit | None
    holds_for_us: bool

    @property
    def periods(self) -> Periods | None:
        """How often the quota ran out so far; None without one."""
        return None if self.quota is None else throttling(self.quota.folder)

    @property
    def oom_kills(self) -> int | None:
        """How many processes the memory limit has killed so far; None without one."""
        return None if self.memory is None else oom_kills(self.memory.folder)

    def charged_bytes(self, memory_bytes: int | None) -> int | None:
        """What counts against the memory limit: the whole group's use where a group has one."""
        return memory_bytes if self.memory is None else working_set_bytes(self.memory.folder)


def read_allowance(process: psutil.Process, cgroups: Path) -> Allowance:
    """Ask for both limits; without a quota the CPUs count, without a limit the machine's memory."""
    memberships = PROC / str(process.pid) / "cgroup"
    quota = cpu_quota(folders(memberships, "cpu", cgroups))
    memory = memory_limit(folders(memberships, "memory", cgroups))
    cpu_count = len(process.cpu_affinity())
    if quota is not None and quota.cores >= cpu_count:
        quota = None
    total_bytes = psutil.virtual_memory().total
    if memory is not None and memory.limit_bytes >= total_bytes:
        memory = None
    return Allowance(
        Limits(
            cores=cpu_count if quota is None else quota.cores,
            cores_basis=Basis.AFFINITY if quota is None else Basis.QUOTA,
            memory_bytes=total_bytes if memory is None else memory.limit_bytes,
            memory_basis=Basis.MACHINE if memory is None else Basis.MEMORY_LIMIT,
        ),
        quota,
        memory,
        holds_for_us=_are_we_in(quota, "cpu", cgroups) or _are_we_in(memory, "memory", cgroups),
    )


def _are_we_in(limit: CpuQuota | MemoryLimit | None, controller: str, cgroups: Path) -> bool:
    if limit is None:
        return False
    return limit.folder in folders(PROC / "self" / "cgroup", controller, cgroups)
