"""What has come of the profile and of the logs, and how long may they still take?

A fault of theirs stays their own: it is told, and the climb goes on. No call here waits.
"""

from collections.abc import Callable
from typing import TypeVar

from capacity.errors import CapacityError
from capacity.model.hooks import CodeProfile, HookState
from capacity.model.run import Event, LogTaken, ProfileTaken
from capacity.search.ports import Clock, LogTaker, Profiler

_T = TypeVar("_T")

# Who says "no answer" at his own limit shall be heard first.
_GRACE_S = 1.0


class HookWatch:
    """The hooks of one climb; without a profiler or commands for logs nothing happens."""

    def __init__(
        self, clock: Clock, profiler: Profiler | None = None, logs: LogTaker | None = None
    ) -> None:
        self._clock = clock
        self._profiler = profiler
        self._logs = logs
        self._profiled_step: int | None = None
        self._profile_due_s: float | None = None
        self._logs_due_s: float | None = None
        self._has_profile = False
        self._has_begun_logs = False
        self._fault = ""

    @property
    def profile_awaited_s(self) -> float:
        """How much longer the profile may take; 0 when none is owed."""
        return self._left_s(self._profile_due_s)

    @property
    def logs_awaited_s(self) -> float:
        """How much longer the logs may take; 0 when none are owed."""
        return self._left_s(self._logs_due_s)

    def begin_profile(self, step_index: int) -> None:
        """The hold that shall be watched has begun."""
        profiler = self._profiler
        if profiler is None or self._profiled_step is not None:
            return
        self._profiled_step = step_index
        self._profile_due_s = self._clock.now_s() + profiler.answer_limit_s + _GRACE_S
        self._guard(lambda: profiler.begin(step_index), None)

    def begin_logs(self) -> None:
        """The climb has come to its end, and the logs are wanted once."""
        logs = self._logs
        if logs is None or self._has_begun_logs:
            return
        self._has_begun_logs = True
        self._logs_due_s = self._clock.now_s() + logs.answer_limit_s + _GRACE_S
        self._guard(logs.begin, None)

    def listen(self) -> list[Event]:
        """What has come since the last time."""
        events: list[Event] = []
        if self._profiler is not None and self._profile_due_s is not None:
            taken = self._guard(self._profiler.poll, None)
            if taken is not None:
                events.append(self._settled(taken))
        if self._logs is not None and self._logs_due_s is not None:
            nothing: tuple[LogTaken, ...] = ()
            events += self._guard(self._logs.poll, nothing)
            self._logs_due_s = self._logs_due_s if self._is_owed(self._logs) else None
        return events

    def conclude(self, *, is_interrupted: bool, has_answer: bool) -> list[Event]:
        """What has come in the last moment, and why a profile that was wanted never will."""
        events = self.listen()
        if self._profiler is None or self._has_profile:
            return events
        if self._fault:
            why = self._fault
        elif is_interrupted:
            why = "the run was ended before it"
        elif self._profiled_step is not None:
            why = "it did not come in time"
        else:
            why = "no time was left for it" if has_answer else "no load met every limit"
        failed = CodeProfile(HookState.FAILED, why, self._profiled_step)
        return [*events, self._settled(ProfileTaken(failed, b""))]

    def close(self) -> None:
        """End whatever is under way."""
        for hook in (self._profiler, self._logs):
            if hook is not None:
                self._guard(hook.close, None)

    def _is_owed(self, logs: LogTaker) -> bool:
        return self._guard(lambda: logs.owes_more, otherwise=False)

    def _settled(self, taken: ProfileTaken) -> ProfileTaken:
        self._profile_due_s = None
        self._has_profile = True
        return taken

    def _left_s(self, due_s: float | None) -> float:
        return 0.0 if due_s is None else max(0.0, due_s - self._clock.now_s())

    def _guard(self, call: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return call()
        except (CapacityError, OSError, LookupError, RuntimeError, TypeError, ValueError) as error:
            # Its text may have anything in it, so the name has to do.
            self._fault = f"the hook failed: {type(error).__name__}"
            self._profile_due_s = self._logs_due_s = None
            return otherwise
