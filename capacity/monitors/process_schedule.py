"""When is a process looked at, and which news come of it?

Knows no thread: whoever drives it calls `begin`, `end` and `look`, and asks when the next look is
due. The looks of a hold are kept until the next one begins.
"""

from collections.abc import Callable, Sequence

from capacity.model.resources import Asked, Reading, ResourceNews
from capacity.monitors.process_looks import Sight
from capacity.monitors.process_readings import read_window
from capacity.monitors.process_window import changes_among, window_of
from capacity.presets.local_process import quantities

LOOK_EVERY_S = 0.5
# Looks may cost so much of one core; a rule's window gets its looks in any case.
_COST_RATIO = 0.01
_LOOKS_IN_WINDOW = 4


class ProcessSchedule:
    """Looks at a process during holds and tells what it felt.

    `asked` are the quantities, with the length of the window, that are told inside the hold.
    `look` takes whether to read the limits anew; `cpu_s` is the time that looking has cost so far.
    """

    def __init__(
        self,
        look: Callable[[bool], Sight],
        cpu_s: Callable[[], float],
        asked: Sequence[tuple[str, float]],
    ) -> None:
        self._ask = look
        self._cpu_s = cpu_s
        self._names_by_window = _by_window(asked)
        self._step_index: int | None = None
        self._start_unix_s = 0.0
        self._sights: list[Sight] = []
        self.cost_s = 0.0

    @property
    def is_holding(self) -> bool:
        """Whether a hold is under way."""
        return self._step_index is not None

    @property
    def pause_s(self) -> float:
        """How long to wait before the next look inside a hold."""
        wanted_s = max(LOOK_EVERY_S, self.cost_s / _COST_RATIO)
        shortest_s = min(self._names_by_window, default=wanted_s * _LOOKS_IN_WINDOW)
        return min(wanted_s, shortest_s / _LOOKS_IN_WINDOW)

    def begin(self, step_index: int, start_unix_s: float) -> None:
        """A hold has begun; what was seen last before it tells what has changed in between."""
        self._step_index, self._start_unix_s = step_index, start_unix_s
        self._sights = self._sights[-1:]
        self._sights.append(self.look(with_limits=True))

    def tick(self) -> ResourceNews | None:
        """Look once inside the hold; news if a window of a rule is full."""
        if self._step_index is None:
            return None
        self._sights.append(self.look(with_limits=False))
        readings = self._of_windows(self._sights[-1].at_unix_s)
        if not readings:
            return None
        return ResourceNews(self._step_index, Asked.DURING, readings, ())

    def end(self, end_unix_s: float) -> ResourceNews | None:
        """The hold has ended: every quantity over all of it, the last windows, what happened."""
        if self._step_index is None:
            return None
        step_index, self._step_index = self._step_index, None
        self._sights.append(self.look(with_limits=True))
        window = window_of(self._sights, self._start_unix_s, end_unix_s, None)
        readings = (*read_window(window), *self._of_windows(end_unix_s))
        return ResourceNews(step_index, Asked.AT_END, readings, changes_among(self._sights))

    def _of_windows(self, end_unix_s: float) -> tuple[Reading, ...]:
        """What the rules want to know of the time just past, once the hold is that long."""
        return tuple(
            reading
            for over_s, names in self._names_by_window.items()
            if end_unix_s - over_s >= self._start_unix_s
            for reading in read_window(
                window_of(self._sights, end_unix_s - over_s, end_unix_s, over_s), names
            )
        )

    def look(self, *, with_limits: bool) -> Sight:
        """Look, and note what it has cost."""
        begun_s = self._cpu_s()
        sight = self._ask(with_limits)
        self.cost_s = self._cpu_s() - begun_s
        return sight


def _by_window(asked: Sequence[tuple[str, float]]) -> dict[float, list[str]]:
    """The names by the length of their window, without those that another monitor reads."""
    ours = {quantity.name for quantity in quantities()}
    by_window: dict[float, list[str]] = {}
    for name, over_s in asked:
        if name in ours:
            by_window.setdefault(over_s, []).append(name)
    return by_window
