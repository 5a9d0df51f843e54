"""What does the kernel tell of each thread of a process: its CPU time, its name, its children?

Read from /proc directly: a look at a service with hundreds of threads must stay cheap.
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# More in one tree are not read: their times would cost more than they tell.
MAX_THREADS = 2000
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Places in /proc/PID/task/TID/stat, counted after the name in parentheses.
_USER, _SYSTEM = 11, 12


@dataclass(frozen=True, slots=True)
class ThreadTimes:
    """The threads of one process: how many, the CPU time and name of each by its id.

    `cpu_s` and `names` are empty when there are too many. `children` are the ids of the processes
    that its threads have started.
    """

    count: int
    cpu_s: dict[int, float]
    names: dict[int, str]
    children: tuple[int, ...]


def read_threads(pid: int, at_most: int) -> ThreadTimes:
    """Look at every thread once; one that ends meanwhile is left out.

    Raises ProcessLookupError or FileNotFoundError when the process is gone.
    """
    tasks = f"{PROC}/{pid}/task"
    ids = os.listdir(tasks)  # noqa: PTH208  # the names alone, without an object for each
    cpu_s: dict[int, float] = {}
    names: dict[int, str] = {}
    children: list[int] = []
    for thread_id in ids[:at_most]:
        try:
            stat = _read(f"{tasks}/{thread_id}/stat")
            children += [int(child) for child in _read(f"{tasks}/{thread_id}/children").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        name, fields = _name_and_fields(stat)
        cpu_s[int(thread_id)] = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_S
        names[int(thread_id)] = name
    if len(ids) > at_most:
        cpu_s, names = {}, {}
    return ThreadTimes(len(ids), cpu_s, names, tuple(children))


def printable(name: str) -> str:
    """A name that a process gave itself, without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _name_and_fields(stat: bytes) -> tuple[str, list[bytes]]:
    """The name may hold spaces and parentheses; the last one closes it."""
    begin, end = stat.index(b"("), stat.rindex(b")")
    return printable(stat[begin + 1 : end].decode(errors="replace")), stat[end + 1 :].split()


def _read(path: str) -> bytes:
    """A whole small file; Path.read_bytes takes three times as long."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 65536)
    finally:
        os.close(descriptor)
