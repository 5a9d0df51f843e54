"""How is a climb that listens to monitors tested without Prometheus, threads or time?

`ScriptedMonitor` tells what a function of the step says it shall, at the moments of the shared
`FakeClock` that a real monitor would; it can also come late, keep silent or fail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from capacity.model.resources import Asked, Change, MonitorFacts, Reading, ResourceNews
from tests.fakes.scripted import FakeClock


def no_change(_step_index: int) -> Sequence[Change]:
    """A service that stays as it is."""
    return ()


@dataclass(slots=True)
class ScriptedMonitor:
    """Plays `read(step_index, asked)`; `calls` records what the runner asked for and when.

    With `fails_in` it raises in that call. A hanging one never answers at all, not even ERROR.
    """

    clock: FakeClock
    read: Callable[[int, Asked], Sequence[Reading]]
    change: Callable[[int], Sequence[Change]] = no_change
    answers_after_s: float = 0.05
    answer_limit_s: float = 5.0
    late_after_s: float = 0.0
    during_every_s: float | None = None
    hangs: bool = False
    fails_in: str = ""
    calls: list[str] = field(default_factory=list)
    is_closed: bool = False
    _due: list[tuple[float, int, Asked]] = field(default_factory=list)

    @property
    def facts(self) -> MonitorFacts:
        """Nothing worth knowing."""
        return MonitorFacts("script", None, None, None, None, (), ())

    def start(self) -> None:
        """Nothing to start."""

    def begin_hold(self, step_index: int, start_unix_s: float) -> None:
        """Plan the readings inside the hold, for a minute at most."""
        self._take_call("begin_hold", step_index, start_unix_s)
        if self.during_every_s is not None:
            moments = int(60 / self.during_every_s)
            self._plan(
                Asked.DURING, step_index, *(n * self.during_every_s for n in range(1, moments))
            )

    def end_hold(self, step_index: int, end_unix_s: float) -> None:
        """Plan the readings at the end, and those that come late."""
        self._take_call("end_hold", step_index, end_unix_s)
        self.forget(Asked.DURING)
        self._plan(Asked.AT_END, step_index, self.answers_after_s)
        if self.late_after_s > 0:
            self._plan(Asked.LATE, step_index, self.late_after_s + self.answers_after_s)

    def poll(self) -> tuple[ResourceNews, ...]:
        """What has become due; the time stands still."""
        self._take_call("poll")
        due = [] if self.hangs else sorted(d for d in self._due if d[0] <= self.clock.time_s)
        self._due = [item for item in self._due if item not in due]
        return tuple(self._news(step_index, asked) for _, step_index, asked in due)

    def forget(self, asked: Asked) -> None:
        """Never tell what is planned of this kind."""
        self._due = [item for item in self._due if item[2] is not asked]

    def close(self) -> None:
        """Record it."""
        self._take_call("close")
        self.is_closed = True

    def _plan(self, asked: Asked, step_index: int, *delays_s: float) -> None:
        self._due += [(self.clock.time_s + delay_s, step_index, asked) for delay_s in delays_s]

    def _news(self, step_index: int, asked: Asked) -> ResourceNews:
        is_late = asked is Asked.LATE
        readings = [replace(item, seen_late=is_late) for item in self.read(step_index, asked)]
        changes = () if asked is Asked.DURING else tuple(self.change(step_index))
        return ResourceNews(step_index, asked, tuple(readings), changes)

    def _take_call(self, name: str, *arguments: float) -> None:
        if name != "poll":
            self.calls.append(f"{name}({', '.join(f'{value:g}' for value in arguments[:1])})")
        if name == self.fails_in:
            raise ValueError("scripted")
