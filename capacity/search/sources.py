"""What do the monitors still owe, and what becomes of one that fails?

A fault of a monitor stays its own: it is asked nothing any more, and what it owed is known to be
missing. No call here waits.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from capacity.errors import CapacityError
from capacity.model.resources import Asked, ResourceNews
from capacity.search.ports import Clock, Monitor

_T = TypeVar("_T")

# A monitor that says "no answer" at its own limit shall be heard first.
GRACE_S = 1.0


class Source:
    """One monitor: calls it, and remembers when each news is due."""

    def __init__(self, monitor: Monitor, clock: Clock) -> None:
        self._monitor = monitor
        self._clock = clock
        self._due_s: dict[tuple[int, Asked], float] = {}
        self._limit_s = 0.0
        self._fault: str | None = None

    @property
    def late_after_s(self) -> float:
        """How long after the end of a hold its last samples may arrive; 0 once it has failed."""
        return self._call(lambda: self._monitor.late_after_s, 0.0)

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """The measured part of a step has begun."""
        self._call(lambda: self._monitor.begin_hold(step_index, start_unix_s), None)

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """It has ended, and from now on its readings are owed."""
        self._call(lambda: self._owe(step_index, end_unix_s), None)

    def poll(self) -> tuple[ResourceNews, ...]:
        """What is new; each news settles what it was owed for, a late one both."""
        nothing: tuple[ResourceNews, ...] = ()
        news = self._call(self._monitor.poll, nothing)
        for item in news:
            if item.asked is not Asked.DURING:
                self._due_s.pop((item.step_index, Asked.AT_END), None)
            if item.asked is Asked.LATE:
                self._due_s.pop((item.step_index, Asked.LATE), None)
        return news

    def awaited_s(self, step_index: int, asked: Asked) -> float:
        """How much longer this news may take; 0 when it is not owed or overdue."""
        due_s = self._due_s.get((step_index, asked))
        return 0.0 if due_s is None else max(0.0, due_s - self._clock.now_s())

    def silence(self, step_index: int) -> str:
        """Why this monitor has told nothing about a step by now."""
        if self._fault is not None:
            return self._fault
        if self.awaited_s(step_index, Asked.AT_END) > 0:
            return "the run was ended before it was read"
        return f"the monitor said nothing within {self._limit_s:g} s"

    def close(self) -> None:
        """End the monitor, whatever it says to that."""
        self._guard(self._monitor.close, None)

    def _owe(self, step_index: int, end_unix_s: float) -> None:
        monitor, now_s = self._monitor, self._clock.now_s()
        monitor.end_hold(step_index, end_unix_s)
        self._limit_s = monitor.answer_limit_s + GRACE_S
        self._due_s[step_index, Asked.AT_END] = now_s + self._limit_s
        if monitor.late_after_s > 0:
            late_s = monitor.late_after_s + self._limit_s
            self._due_s[step_index, Asked.LATE] = now_s + late_s

    def _call(self, call: Callable[[], _T], otherwise: _T) -> _T:
        return otherwise if self._fault is not None else self._guard(call, otherwise)

    def _guard(self, call: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return call()
        except (CapacityError, OSError, LookupError, RuntimeError, TypeError, ValueError) as error:
            # Its text may have anything in it, so the name has to do.
            self._fault = f"the monitor failed: {type(error).__name__}"
            self._due_s.clear()
            return otherwise


def longest_s(sources: Sequence[Source], step_index: int, asked: Asked) -> float:
    """How long the slowest of the monitors may still take; 0 when nothing is owed."""
    return max((source.awaited_s(step_index, asked) for source in sources), default=0.0)
