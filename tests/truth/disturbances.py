"""What can be wrong with the machine beside a tool that measures: busy neighbours, a CPU quota.

The quota is a cycle of SIGSTOP and SIGCONT, which holds a process back like one and needs no right
to change cgroups.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Quota:
    """In each period the process is stopped for a while; a `stopped_s` of 0 is no quota."""

    name: str
    period_s: float
    stopped_s: float


QUOTAS = (
    Quota("none", 1.0, 0.0),
    Quota("95%", 0.1, 0.005),
    Quota("80%", 0.1, 0.020),
    Quota("50%", 0.1, 0.050),
    Quota("1 s hole", 2.0, 1.0),
)


@contextmanager
def burners(count: int) -> Iterator[None]:
    """So many processes that each want a whole core."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def quota(pid: int, limit: Quota) -> Iterator[None]:
    """Stop and continue the process until the end; it is left running."""
    if limit.stopped_s <= 0:
        yield
        return
    end = threading.Event()
    thread = threading.Thread(target=_cycle, args=(pid, limit, end))
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _cycle(pid: int, limit: Quota, end: threading.Event) -> None:
    while not end.wait(limit.period_s - limit.stopped_s):
        try:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(limit.stopped_s)
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return


def busy_s() -> float:
    """CPU time of the whole machine so far, idle time left out."""
    line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    ticks = [int(field) for field in line.split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")
