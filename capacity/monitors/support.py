"""How good are the samples behind a value: how many, how old, over how much of the window?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from capacity.model.resources import STOPPING_SAMPLES
from capacity.monitors.window import (
    STOPPING_COVERAGE_RATIO,
    Window,
    greatest_age_s,
)


@dataclass(frozen=True, slots=True)
class Support:
    """One or more samples inside a window; `spacing_s` is their usual distance, None for one."""

    count: int
    first_unix_s: float
    last_unix_s: float
    spacing_s: float | None

    def age_s(self, window: Window) -> float:
        """How old the newest one is at the window's end."""
        return window.end_unix_s - self.last_unix_s

    def coverage_ratio(self, window: Window) -> float:
        """The share of the window between the first and the last."""
        return (self.last_unix_s - self.first_unix_s) / window.length_s

    def is_alive(self, window: Window, usual_spacing_s: float | None) -> bool:
        """Whether the newest one is young; a dead series may still be answered for minutes."""
        spacing_s = self.spacing_s if self.spacing_s is not None else usual_spacing_s
        return spacing_s is None or self.age_s(window) <= greatest_age_s(spacing_s)

    def is_enough(self, window: Window) -> bool:
        """Whether they may end a run."""
        is_covered = self.coverage_ratio(window) >= STOPPING_COVERAGE_RATIO
        return is_covered and self.count >= STOPPING_SAMPLES


def support_of(times_unix_s: Sequence[float]) -> Support:
    """The support of samples at these times, of which there is at least one."""
    gaps = [after - before for before, after in pairwise(times_unix_s)]
    spacing_s = median(gaps) if gaps else None
    return Support(len(times_unix_s), times_unix_s[0], times_unix_s[-1], spacing_s)
