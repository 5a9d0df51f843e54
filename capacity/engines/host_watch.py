"""How much CPU time was taken from this machine, by its hypervisor or by a quota?

Read from /proc/stat and from the cpu.stat of our cgroup and of those above it. What cannot be read
is not known, which is not the same as nothing taken.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from capacity.cgroups import CGROUPS, folders, numbers
from capacity.model.snapshot import Snapshot

_PROC = Path("/proc")
# The place of `steal` in the first line of /proc/stat, after its name; guest times that follow are
# part of user and nice.
_STEAL = 7
# What cpu.stat calls the throttled time, version 2 and version 1, and its unit in seconds.
_THROTTLED_KEYS = {"throttled_usec": 1e-6, "throttled_time": 1e-9}


class HostWatch:
    """Measures between two looks; made when the first interval begins."""

    def __init__(self, proc: Path = _PROC, cgroups: Path = CGROUPS) -> None:
        self._stat = proc / "stat"
        groups = folders(proc / "self" / "cgroup", "cpu", cgroups)
        self._groups = tuple(group for group in groups if _throttled_s(group) is not None)
        self._wall_s = time.monotonic()
        self._ticks = self._read_ticks()
        self._throttled_s = self._read_throttled_s()

    def complete(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the shares since the last look; rows of stragglers stay as they are."""
        if snapshot.generator is None or snapshot.end_s <= snapshot.start_s:
            return snapshot
        wall_s, ticks, throttled_s = time.monotonic(), self._read_ticks(), self._read_throttled_s()
        load = replace(
            snapshot.generator,
            steal_ratio=_steal_ratio(self._ticks, ticks),
            throttled_ratio=_share(self._throttled_s, throttled_s, wall_s - self._wall_s),
        )
        self._wall_s, self._ticks, self._throttled_s = wall_s, ticks, throttled_s
        return replace(snapshot, generator=load)

    def _read_ticks(self) -> tuple[int, ...] | None:
        """CPU time of the whole machine by kind, from user to steal."""
        try:
            fields = self._stat.read_text().split("\n", 1)[0].split()
            ticks = tuple(int(field) for field in fields[1 : _STEAL + 2])
        except (OSError, ValueError):
            return None
        return ticks if len(ticks) > _STEAL else None

    def _read_throttled_s(self) -> float | None:
        """How long any of our cgroups was held back, in all; the one held back most decides."""
        known = [_throttled_s(group) for group in self._groups]
        return max((seconds for seconds in known if seconds is not None), default=None)


def _steal_ratio(before: Sequence[int] | None, after: Sequence[int] | None) -> float | None:
    if before is None or after is None:
        return None
    return _share(before[_STEAL], after[_STEAL], sum(after) - sum(before))


def _share(before: float | None, after: float | None, of: float) -> float | None:
    if before is None or after is None or of <= 0:
        return None
    return max(after - before, 0.0) / of


def _throttled_s(group: Path) -> float | None:
    told = numbers(group / "cpu.stat")
    known = [told[name] * unit_s for name, unit_s in _THROTTLED_KEYS.items() if name in told]
    return known[0] if known else None
