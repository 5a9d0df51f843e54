"""What do a process and its children use right now, and what may they use?"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from capacity.cgroups import CGROUPS
from capacity.errors import CapacityError
from capacity.model.plan import ProcessSource
from capacity.monitors.process_cpu import TreeCpu
from capacity.monitors.process_limits import read_allowance
from capacity.monitors.process_looks import Absence, Look, Sight
from capacity.monitors.process_member import GONE, Member, proportional_bytes, read_member
from capacity.monitors.process_roots import find_roots, is_alive, words_for
from capacity.monitors.process_threads import MAX_THREADS
from capacity.presets.local_process import DESCRIPTORS, HOT_THREAD, MEMORY_BYTES

MAX_PROCESSES = 500
# To count shared pages or to search all open ports is work for the kernel: at most this share of
# the time goes into each.
_COSTLY_RATIO = 0.01
_SEARCH_EVERY_S = 1.0
_NOT_OURS = "its descriptors belong to another user's process; run as that user or as root"


class ProcessTree:
    """Watches the processes that a source means; it must find some when it is made.

    A child stays a member when its parent ends. When the last head of the tree has ended and the
    source is a port, whoever listens there next is watched.
    """

    def __init__(
        self,
        source: ProcessSource,
        *,
        cgroups: Path = CGROUPS,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._cgroups = cgroups
        self._unix_s = unix_s
        self._roots = find_roots(source)
        self._members = {root.pid: root for root in self._roots}
        self.subject = words_for(self._roots[0])
        self._cpu = TreeCpu()
        self._is_new = True
        self._generation = 0
        self._shared_again_unix_s = 0.0
        self._search_again_unix_s = 0.0
        self.allowance = read_allowance(self._roots[0], cgroups)

    @property
    def heads(self) -> tuple[int, ...]:
        """The ids of the processes that nothing watched has started."""
        return tuple(root.pid for root in self._roots)

    def look(self, *, with_limits: bool) -> Sight:
        """Look once; the limits are read again only when wanted, since they seldom change."""
        at_unix_s = self._unix_s()
        members = self._read() if self._is_there(at_unix_s) else []
        if not members:
            reason = f"{self.subject} has ended"
            return Absence(at_unix_s, self._generation, self.subject, reason)
        if with_limits:
            with suppress(*GONE):
                self.allowance = read_allowance(self._roots[0], self._cgroups)
        return self._look_at(members, at_unix_s)

    def _look_at(self, members: list[Member], at_unix_s: float) -> Look:
        denied: dict[str, str] = {}
        times = {member.key: member.times for member in members}
        cpu_s = self._cpu.begin(times) if self._is_new else self._cpu.add(times)
        self._is_new = False
        memory_bytes = self._memory_bytes(members, at_unix_s, denied)
        thread_count = sum(member.threads.count for member in members)
        timed = members
        if thread_count > MAX_THREADS:
            denied[HOT_THREAD] = f"{thread_count} threads; more than {MAX_THREADS} are not read"
            timed = []
        descriptors = tuple(m.descriptors for m in members if m.descriptors is not None)
        if len(descriptors) < len(members):
            denied[DESCRIPTORS] = _NOT_OURS
        return Look(
            at_unix_s=at_unix_s,
            generation=self._generation,
            subject=self.subject,
            cpu_s=cpu_s,
            thread_count=thread_count,
            threads={
                (m.key, tid): used_s for m in timed for tid, used_s in m.threads.cpu_s.items()
            },
            names={(m.key, tid): name for m in timed for tid, name in m.threads.names.items()},
            memory_bytes=memory_bytes,
            charged_bytes=self.allowance.charged_bytes(memory_bytes),
            descriptors=descriptors,
            periods=self.allowance.periods,
            oom_kills=self.allowance.oom_kills,
            limits=self.allowance.limits,
            denied=denied,
        )

    def _is_there(self, at_unix_s: float) -> bool:
        """Whether a head of the tree lives, or another process has taken the port over."""
        if any(is_alive(root) for root in self._roots):
            return True
        if self._source.port is None or at_unix_s < self._search_again_unix_s:
            return False
        try:
            self._roots = find_roots(self._source)
            self.subject = words_for(self._roots[0])
            self.allowance = read_allowance(self._roots[0], self._cgroups)
        except (CapacityError, *GONE):
            return False
        finally:
            cost_s = self._unix_s() - at_unix_s
            pause_s = max(_SEARCH_EVERY_S, cost_s / _COSTLY_RATIO)
            self._search_again_unix_s = at_unix_s + pause_s
        self._members = {root.pid: root for root in self._roots}
        self._generation += 1
        self._is_new = True
        return True

    def _read(self) -> list[Member]:
        """Every member that lives, and the children that it has started meanwhile."""
        waiting = list(self._members.values())
        self._members = {}
        found: list[Member] = []
        threads_left = MAX_THREADS
        while waiting and len(found) < MAX_PROCESSES:
            process = waiting.pop()
            member = read_member(process, threads_left) if process.is_running() else None
            if process.pid in self._members or member is None:
                continue
            self._members[process.pid] = process
            found.append(member)
            threads_left = max(threads_left - member.threads.count, 0)
            for pid in member.threads.children:
                if pid not in self._members:
                    with suppress(psutil.NoSuchProcess):
                        waiting.append(psutil.Process(pid))
        return found

    def _memory_bytes(
        self, members: list[Member], at_unix_s: float, denied: dict[str, str]
    ) -> int | None:
        """What the tree occupies; None in a look that left the shared pages for a later one."""
        resident_bytes = sum(member.resident_bytes for member in members)
        if len(members) == 1:
            return resident_bytes
        if at_unix_s < self._shared_again_unix_s:
            return None
        begun_s = self._unix_s()
        shared_once_bytes = proportional_bytes(list(self._members.values()))
        self._shared_again_unix_s = at_unix_s + (self._unix_s() - begun_s) / _COSTLY_RATIO
        if shared_once_bytes is None:
            denied[MEMORY_BYTES] = "pages that its processes share count in each of them"
            return resident_bytes
        return shared_once_bytes
