"""How much CPU time has a tree of processes used, though its members come and go?"""

from collections.abc import Mapping
from dataclasses import dataclass

# A process by its id and its birth, since ids are given away again.
ProcessKey = tuple[int, float]
# A thread of such a process.
ThreadKey = tuple[ProcessKey, int]


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """A process's own CPU time, and that of its children that have ended and were waited for."""

    own_s: float
    reaped_s: float

    @property
    def all_s(self) -> float:
        """What the parent inherits when this process ends."""
        return self.own_s + self.reaped_s


class TreeCpu:
    """Adds up the growth between one look at the tree and the next.

    A child that has ended counts once: what it used after the last look comes with its parent's
    `reaped_s`, less what it was seen to have used before. A kernel that does not tell the parent
    (it ignores SIGCHLD) hides only the child's last stretch; the total never shrinks.
    """

    def __init__(self) -> None:
        self._total_s = 0.0
        self._last: Mapping[ProcessKey, CpuTimes] = {}

    def begin(self, now: Mapping[ProcessKey, CpuTimes]) -> float:
        """Take the first look at a tree: what it used before does not count."""
        self._last = now
        return self._total_s

    def add(self, now: Mapping[ProcessKey, CpuTimes]) -> float:
        """Take the next look; the CPU time since the very first one."""
        stayed = now.keys() & self._last.keys()
        own_s = sum(now[key].own_s - self._last[key].own_s for key in stayed)
        born_s = sum(times.all_s for key, times in now.items() if key not in stayed)
        reaped_s = sum(now[key].reaped_s - self._last[key].reaped_s for key in stayed)
        known_s = sum(times.all_s for key, times in self._last.items() if key not in stayed)
        self._total_s += max(own_s, 0.0) + born_s + max(reaped_s - known_s, 0.0)
        self._last = now
        return self._total_s


def growth_of_busiest(
    first: Mapping[ThreadKey, float], last: Mapping[ThreadKey, float]
) -> tuple[ThreadKey, float] | None:
    """The thread that used most CPU time between two looks, and how much; None without threads.

    A thread that was not there at first has used all of its time since; one that is gone is not
    seen. A smaller number than before is another thread that was given the same id.
    """
    grown = {key: used_s - _before(first, key, used_s) for key, used_s in last.items()}
    return max(grown.items(), key=lambda item: item[1], default=None)


def _before(first: Mapping[ThreadKey, float], key: ThreadKey, used_s: float) -> float:
    before_s = first.get(key, 0.0)
    return before_s if before_s <= used_s else 0.0
