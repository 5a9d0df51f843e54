"""What does a process of this machine feel while it is loaded? A monitor without Prometheus."""

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from capacity.model.plan import ProcessSource
from capacity.model.resources import Asked, MonitorFacts, ReadingState, ResourceNews
from capacity.monitors.caught import Caught
from capacity.monitors.process_facts import process_facts
from capacity.monitors.process_readings import Untold, unread_window
from capacity.monitors.process_schedule import ProcessSchedule
from capacity.monitors.process_tree import ProcessTree
from capacity.monitors.process_window import window_of

_ANSWER_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class _Begin:
    step_index: int
    start_unix_s: float


@dataclass(frozen=True, slots=True)
class _End:
    step_index: int
    end_unix_s: float


@dataclass(frozen=True, slots=True)
class _Close:
    pass


_Order = _Begin | _End | _Close


@dataclass(frozen=True, slots=True)
class _Owed:
    """A hold whose readings are wanted until `due_s`, a time of the monotonic clock."""

    start_unix_s: float
    end_unix_s: float
    due_s: float


class ProcessMonitor:
    """Fulfils search.ports.Monitor for a process and its children.

    Raises UsageError or MachineError when there is no such process, before anything is sent.
    `asked` are the quantities of rules with the lengths of their sliding windows.
    """

    answer_limit_s = _ANSWER_LIMIT_S
    late_after_s = 0.0

    def __init__(self, source: ProcessSource, asked: Sequence[tuple[str, float]]) -> None:
        tree = ProcessTree(source)
        self._schedule = ProcessSchedule(
            lambda with_limits: tree.look(with_limits=with_limits), time.thread_time, asked
        )
        self._schedule.look(with_limits=True)
        self._schedule.look(with_limits=False)  # the second one pays for no first time
        self.facts: MonitorFacts = process_facts(
            tree.subject,
            tree.heads,
            tree.allowance,
            look_s=self._schedule.cost_s,
            every_s=self._schedule.pause_s,
        )
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="process monitor", daemon=True)
        # Shared with the thread, under the lock.
        self._lock = threading.Lock()
        self._news: list[ResourceNews] = []
        self._owed: dict[int, _Owed] = {}
        # The caller's own.
        self._start_unix_s = 0.0

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """Look at once, and then again and again."""
        self._start_unix_s = start_unix_s
        self._orders.put(_Begin(step_index, start_unix_s))

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """Look once more, and tell what all the looks say."""
        due_s = time.monotonic() + _ANSWER_LIMIT_S
        with self._lock:
            self._owed[step_index] = _Owed(self._start_unix_s, end_unix_s, due_s)
        self._orders.put(_End(step_index, end_unix_s))

    def poll(self) -> tuple[ResourceNews, ...]:
        """What was found out; a look that hangs is told as an error when its time is up."""
        now_s = time.monotonic()
        with self._lock:
            overdue = [index for index, owed in self._owed.items() if owed.due_s <= now_s]
            for index in overdue:
                reason = f"the kernel did not tell within {_ANSWER_LIMIT_S:g} s"
                self._news.append(_error(index, self._owed.pop(index), reason))
            news, self._news = tuple(self._news), []
        return news

    def close(self) -> None:
        """End the thread after the look under way."""
        self._orders.put(_Close())

    def _work(self) -> None:
        fault: str | None = None
        while True:
            order = self._next_order()
            if isinstance(order, _Close):
                return
            if isinstance(order, _Begin):
                fault = None
            news = None
            with Caught() as caught:
                news = self._obey(order)
            if caught.error is not None:
                fault = caught.words
            self._deliver(order, news, fault)

    def _next_order(self) -> _Order | None:
        """The caller's next wish; None when it is time to look."""
        pause_s = self._schedule.pause_s if self._schedule.is_holding else None
        try:
            return self._orders.get(timeout=pause_s)
        except queue.Empty:
            return None

    def _obey(self, order: _Begin | _End | None) -> ResourceNews | None:
        match order:
            case _Begin(step_index, start_unix_s):
                self._schedule.begin(step_index, start_unix_s)
                return None
            case _End(_, end_unix_s):
                return self._schedule.end(end_unix_s)
            case None:
                return self._schedule.tick()

    def _deliver(
        self, order: _Begin | _End | None, news: ResourceNews | None, fault: str | None
    ) -> None:
        """Hand the news over; what is no longer waited for was answered by `poll` already."""
        with self._lock:
            if isinstance(order, _End):
                owed = self._owed.pop(order.step_index, None)
                if owed is None:
                    return
                if fault is not None or news is None:
                    news = _error(order.step_index, owed, fault or "no hold was under way")
            if news is not None:
                self._news.append(news)


def _error(step_index: int, owed: _Owed, reason: str) -> ResourceNews:
    window = window_of((), owed.start_unix_s, owed.end_unix_s, None)
    readings = unread_window(window, Untold(ReadingState.ERROR, reason))
    return ResourceNews(step_index, Asked.AT_END, readings, ())
