"""Which readings does a monitor owe, which are there, and what is told when time is up?

Shared by the thread that reads and the one that polls. A news that is owed comes in time, whatever
hangs: then it has what was read so far, and an error for the rest.
"""

import threading
from dataclasses import dataclass, field, replace

from capacity.model.resources import Asked, Change, Reading, ResourceNews
from capacity.monitors.reader import Wanted, unread


@dataclass(slots=True)
class _Owed:
    """News of one kind about one step, due at a time of the monotonic clock.

    `too_late` is why a reading is missing when that time has come.
    """

    wanted: tuple[Wanted, ...]
    due_s: float
    too_late: str
    readings: list[Reading] = field(default_factory=list)

    @property
    def missing(self) -> tuple[Wanted, ...]:
        """What has no reading yet; they come in order."""
        return self.wanted[len(self.readings) :]


class Deliveries:
    """What is owed and what is ready to be told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owed: dict[tuple[int, Asked], _Owed] = {}
        self._ready: list[ResourceNews] = []

    def owe(
        self,
        step_index: int,
        asked: Asked,
        wanted: tuple[Wanted, ...],
        *,
        due_s: float,
        too_late: str,
    ) -> None:
        """From now on this news is waited for."""
        with self._lock:
            self._owed[step_index, asked] = _Owed(wanted, due_s, too_late)

    def missing(self, step_index: int, asked: Asked) -> tuple[Wanted, ...] | None:
        """What is still to be read for it; None when its time was up already."""
        with self._lock:
            owed = self._owed.get((step_index, asked))
            return None if owed is None else owed.missing

    def add(self, step_index: int, asked: Asked, reading: Reading) -> None:
        """One reading of it is there."""
        with self._lock:
            owed = self._owed.get((step_index, asked))
            if owed is not None:
                owed.readings.append(reading)

    def finish(
        self, step_index: int, asked: Asked, changes: tuple[Change, ...], trouble: str | None
    ) -> None:
        """It is whole, but for the trouble: that is told with the readings, or in place of one."""
        with self._lock:
            owed = self._owed.pop((step_index, asked), None)
            if owed is None:
                return
            readings = _complete(owed, trouble or "it was not read")
            if trouble is not None and readings and not owed.missing:
                reason = "; ".join(part for part in (readings[0].reason, trouble) if part)
                readings = (replace(readings[0], reason=reason), *readings[1:])
            self._ready.append(ResourceNews(step_index, asked, readings, changes))

    def tell(self, news: ResourceNews) -> None:
        """News that nobody waits for."""
        with self._lock:
            self._ready.append(news)

    def take(self, now_s: float) -> tuple[ResourceNews, ...]:
        """Everything that is ready by now, and what was to be ready."""
        with self._lock:
            for (step_index, asked), owed in sorted(self._owed.items()):
                if owed.due_s <= now_s:
                    del self._owed[step_index, asked]
                    readings = _complete(owed, _too_late(owed))
                    self._ready.append(ResourceNews(step_index, asked, readings, ()))
            ready, self._ready = tuple(self._ready), []
        return ready


def _too_late(owed: _Owed) -> str:
    """Why the rest is missing: nothing came, or there was more to ask than time."""
    if not owed.readings:
        return owed.too_late
    return f"{owed.too_late}: {len(owed.readings)} of {len(owed.wanted)} readings were made by then"


def _complete(owed: _Owed, reason: str) -> tuple[Reading, ...]:
    """Its readings, and an error for each that is missing."""
    return (*owed.readings, *(unread(one, reason) for one in owed.missing))
