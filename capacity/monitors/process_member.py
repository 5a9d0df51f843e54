"""What does one process of a tree use right now?

Asks the kernel through psutil and /proc; what it refuses to tell is named in `denied`.
"""

from dataclasses import dataclass

import psutil

from capacity.monitors.process_cpu import CpuTimes, ProcessKey
from capacity.monitors.process_looks import Descriptors
from capacity.monitors.process_roots import words_for
from capacity.monitors.process_threads import PROC, ThreadTimes, read_threads

_LIMIT_OF_DESCRIPTORS = "Max open files"
# What says that a process has ended between two questions about it.
GONE = (psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError)


@dataclass(frozen=True, slots=True)
class Member:
    """One process at one time; `descriptors` None: not told."""

    key: ProcessKey
    subject: str
    times: CpuTimes
    threads: ThreadTimes
    resident_bytes: int
    descriptors: Descriptors | None


def read_member(process: psutil.Process, threads_at_most: int) -> Member | None:
    """Look at one process; None when it is gone."""
    try:
        with process.oneshot():
            used = process.cpu_times()
            subject = words_for(process)
            resident_bytes = process.memory_info().rss
        return Member(
            key=(process.pid, process.create_time()),
            subject=subject,
            times=CpuTimes(used.user + used.system, used.children_user + used.children_system),
            threads=read_threads(process.pid, threads_at_most),
            resident_bytes=resident_bytes,
            descriptors=_descriptors(process, subject),
        )
    except GONE:
        return None


def proportional_bytes(processes: list[psutil.Process]) -> int | None:
    """Memory with shared pages divided among those that share them; None when it is not told."""
    try:
        return sum(process.memory_full_info().pss for process in processes)
    except (psutil.AccessDenied, *GONE):
        return None


def _descriptors(process: psutil.Process, subject: str) -> Descriptors | None:
    try:
        open_count = _open_count(process)
    except (psutil.AccessDenied, PermissionError):
        return None
    limits = (PROC / str(process.pid) / "limits").read_text()
    return Descriptors(subject, open_count, _soft_limit(limits))


def _open_count(process: psutil.Process) -> int:
    """Linux 6.2 and newer tell everybody how many are open, as the size of their folder.

    To list them takes the right to, and for 10,000 of them 7 ms.
    """
    return (PROC / str(process.pid) / "fd").stat().st_size or process.num_fds()


def _soft_limit(limits: str) -> int | None:
    """Of open descriptors, in the kernel's table of limits; None when there is none."""
    (line,) = [line for line in limits.splitlines() if line.startswith(_LIMIT_OF_DESCRIPTORS)]
    soft = line.removeprefix(_LIMIT_OF_DESCRIPTORS).split()[0]
    return int(soft) if soft.isdigit() else None
