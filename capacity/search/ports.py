"""What does the climb need from the outside? Protocols, fulfilled by the adapters."""

from typing import Protocol

from capacity.model.load import OpenLoop
from capacity.model.resources import MonitorFacts, ResourceNews
from capacity.model.run import LogTaken, ProfileTaken
from capacity.model.snapshot import Snapshot


class Engine(Protocol):
    """Makes the load: requests in flight or planned starts on a living pool, counted by window.

    A window is a stretch of time with a number; each request belongs to the window in which it
    started. Windows follow one another without a gap and the load goes on across their edges. An
    engine never starts more requests than the plan's fuse allows, whatever the runner does.
    """

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about this engine's limits that belong in the output."""

    def start(self) -> None:
        """Open nothing yet, but be ready: threads or processes are up. Window 0 begins."""

    def set_concurrency(self, concurrency: int) -> None:
        """Change how many requests are kept in flight; only the difference is opened, paced.

        Zero means that no new request starts; what is in flight goes on to its end.
        """

    def set_rate(self, load: OpenLoop) -> None:
        """Plan starts by the clock from now on, until `set_concurrency` ends it.

        A start that finds no free slot is counted as dropped at once; it is never made up for. An
        engine without an open loop raises UsageError, at the latest when it is made for the plan.
        """

    def ready_connections(self) -> int:
        """How many slots have a connection that was established (or have failed to, for good)."""

    def begin_window(self, window: int) -> None:
        """From now on requests that start belong to `window`, a number above the one before."""

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """The next interval, oldest first; None when `timeout_s` passes without one.

        Intervals are at most one second long. A window that was left yields a last row with
        `window_over`, then rows of stragglers until none of its requests is in flight.
        """

    def cut(self) -> None:
        """Close every connection with a request in flight; those requests are counted as cut."""

    def close(self) -> None:
        """End all threads or processes; safe to call twice."""


class Monitor(Protocol):
    """Reads what the service feels, in a thread of its own; no call of it ever waits.

    For each step that was begun and ended, one news AT_END comes within `answer_limit_s` of
    `end_hold`, whatever happens: a monitor that could not ask says ERROR by then. Unless
    `late_after_s` is 0, one news LATE follows within `late_after_s + answer_limit_s`, over the same
    window. Each of the two has a reading of every quantity over the whole hold. News DURING come
    inside the hold, for the windows of the rules (`Rule.over_s`).
    """

    @property
    def facts(self) -> MonitorFacts:
        """What was found out before any load."""

    @property
    def answer_limit_s(self) -> float:
        """The longest time an answer to `end_hold` can take."""

    @property
    def late_after_s(self) -> float:
        """How long after the end of a hold its last samples may arrive; 0 when none come late."""

    def start(self) -> None:
        """Begin to work; nothing is watched yet."""

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """The measured part of a step has begun, at this time of this machine's clock."""

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """It has ended, and its readings are wanted."""

    def poll(self) -> tuple[ResourceNews, ...]:
        """Everything found out since the last call, oldest first."""

    def close(self) -> None:
        """End the thread without waiting for an answer under way; safe to call twice."""


class Profiler(Protocol):
    """Takes one profile of the service's code, in a thread of its own; no call of it waits.

    One ProfileTaken comes within `answer_limit_s` of `begin`, whatever happens.
    """

    @property
    def answer_limit_s(self) -> float:
        """The longest time from `begin` to the answer."""

    def begin(self, step_index: int) -> None:
        """Take the profile now, in this step; called at most once."""

    def poll(self) -> ProfileTaken | None:
        """What came of it, once; None until then."""

    def close(self) -> None:
        """End what is under way without waiting for it; safe to call twice."""


class LogTaker(Protocol):
    """Runs the commands for logs once, beside the run; no call of it waits.

    One LogTaken a command comes within `answer_limit_s` of `begin`, whatever happens.
    """

    @property
    def answer_limit_s(self) -> float:
        """The longest time from `begin` to the last answer."""

    @property
    def owes_more(self) -> bool:
        """Whether a command that was begun has not been told of by `poll`."""

    def begin(self) -> None:
        """Run the commands now; called at most once."""

    def poll(self) -> tuple[LogTaken, ...]:
        """What has ended since the last call."""

    def close(self) -> None:
        """End what is under way without waiting for it; safe to call twice."""


class Clock(Protocol):
    """Monotonic time for waiting, wall time for labels."""

    def now_s(self) -> float:
        """Seconds on a monotonic clock."""

    def unix_s(self) -> float:
        """Seconds since 1970, a label only."""


class Interrupt(Protocol):
    """Has the user asked the run to end?"""

    def reason(self) -> str | None:
        """`interrupted` or `terminated` once asked to stop, None before."""

    def is_urgent(self) -> bool:
        """Whether the user asked a second time: sockets are dropped at once."""
