"""Over which stretch of Prometheus's time is a resource read, and how long must it be?"""

from dataclasses import dataclass
from math import ceil

from capacity.model.resources import STOPPING_SAMPLES
from capacity.units import format_duration

# Its samples must span at least this share of a window before a value may end a run.
STOPPING_COVERAGE_RATIO = 0.5
# Below this there is no growth and no spread, only a number.
LEAST_SAMPLES = 2
# How long the kubelet may keep a value before it looks again; its own clock, not the scrape's.
HOUSEKEEPING_S = 15.0


@dataclass(frozen=True, slots=True)
class Window:
    """From start to end on Prometheus's clock; `over_s` None means a step's whole hold."""

    start_unix_s: float
    end_unix_s: float
    over_s: float | None

    @property
    def length_s(self) -> float:
        """Its length."""
        return self.end_unix_s - self.start_unix_s

    @property
    def words(self) -> str:
        """What people call it."""
        length = format_duration(self.length_s)
        return f"the step of {length}" if self.over_s is None else f"the last {length}"


def needed_hold_s(spacing_s: float, lag_s: float) -> float:
    """The shortest hold in whole seconds that surely has the samples to end a run."""
    return float(ceil(STOPPING_SAMPLES * spacing_s + lag_s))


def greatest_age_s(spacing_s: float) -> float:
    """The age of its newest sample past which a series is taken for dead."""
    return 2 * spacing_s + HOUSEKEEPING_S


def promql_duration(length_s: float) -> str:
    """A length as PromQL writes it: `90s`, or in milliseconds where it is not whole."""
    length_ms = round(length_s * 1000)
    return f"{length_ms}ms" if length_ms % 1000 else f"{length_ms // 1000}s"


def fill_window(query: str, window: Window) -> str:
    """A query with the window's length in place of `$window`."""
    return query.replace("$window", promql_duration(window.length_s))
