"""How busy is a load process itself: CPU, waiting for a core, lateness of its loop?"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from capacity.histogram import Histogram
from capacity.model.snapshot import GeneratorLoad

TICK_S = 0.010
_SCHEDSTAT = Path("/proc/self/schedstat")
_NS_PER_S = 1_000_000_000
# Between the readings of two clocks a process may lose its core; no machine sleeps so shortly.
_CLOCK_GRAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class OwnLook:
    """The load of one interval, and the lateness of its ticks as a histogram."""

    load: GeneratorLoad
    lag_blob: bytes


class OwnLoad:
    """Measures this process between two looks."""

    def __init__(self) -> None:
        self._lags = Histogram()
        self._asleep_s = _suspended_s()
        self._wall_s = time.monotonic()
        self._cpu_s = time.process_time()
        self._waited_s = _runqueue_wait_s()

    def note_lag(self, seconds: float) -> None:
        """Take how late one tick of TICK_S was."""
        self._lags.record_s(max(seconds, 0.0))

    def look(self) -> OwnLook:
        """The load since the last look; the lag is that of the ticks, None without a tick."""
        wall_s, cpu_s, waited_s = time.monotonic(), time.process_time(), _runqueue_wait_s()
        asleep_s = _suspended_s()
        span_s = max(wall_s - self._wall_s, 1e-9)
        load = GeneratorLoad(
            cpu_ratio=(cpu_s - self._cpu_s) / span_s,
            runqueue_wait_ratio=(
                None
                if waited_s is None or self._waited_s is None
                else (waited_s - self._waited_s) / span_s
            ),
            loop_lag_s=self._lags.quantile_s(0.99) if self._lags.count else None,
            loop_lag_p50_s=self._lags.quantile_s(0.50) if self._lags.count else None,
            suspended_s=_growth_s(self._asleep_s, asleep_s),
        )
        look = OwnLook(load, self._lags.to_blob())
        self._wall_s, self._cpu_s, self._waited_s = wall_s, cpu_s, waited_s
        self._asleep_s = asleep_s
        self._lags = Histogram()
        return look


async def tick(own_load: OwnLoad) -> float:
    """Sleep one tick and note how late it ended; the time it ended at."""
    loop = asyncio.get_running_loop()
    due_s = loop.time() + TICK_S
    await asyncio.sleep(TICK_S)
    now_s = loop.time()
    own_load.note_lag(now_s - due_s)
    return now_s


def _runqueue_wait_s() -> float | None:
    """How long the main thread was ready to run but had no core, in all; None if not told."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1]) / _NS_PER_S
    except OSError:
        return None  # no such file outside Linux


def _suspended_s() -> float:
    """How long the machine has slept since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def _growth_s(before_s: float, after_s: float) -> float:
    """How long the machine slept between two looks; the two clocks are not read at once."""
    grown_s = after_s - before_s
    return grown_s if grown_s > _CLOCK_GRAIN_S else 0.0
