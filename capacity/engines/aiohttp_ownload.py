"""How busy is a load process itself: CPU, waiting for a core, lateness of its loop?"""

import asyncio
import math
import time
from pathlib import Path

from capacity.model.snapshot import GeneratorLoad

TICK_S = 0.010
_SCHEDSTAT = Path("/proc/self/schedstat")
_NS_PER_S = 1_000_000_000


class OwnLoad:
    """Measures this process between two looks."""

    def __init__(self) -> None:
        self._lags_s: list[float] = []
        self._wall_s = time.monotonic()
        self._cpu_s = time.process_time()
        self._waited_s = _runqueue_wait_s()

    def note_lag(self, seconds: float) -> None:
        """Take how late one tick of TICK_S was."""
        self._lags_s.append(max(seconds, 0.0))

    def look(self) -> GeneratorLoad:
        """The load since the last look; the lag is the P99 of the ticks, None without a tick."""
        wall_s, cpu_s, waited_s = time.monotonic(), time.process_time(), _runqueue_wait_s()
        span_s = max(wall_s - self._wall_s, 1e-9)
        load = GeneratorLoad(
            cpu_ratio=(cpu_s - self._cpu_s) / span_s,
            runqueue_wait_ratio=(waited_s - self._waited_s) / span_s,
            loop_lag_s=_p99(self._lags_s),
        )
        self._wall_s, self._cpu_s, self._waited_s = wall_s, cpu_s, waited_s
        self._lags_s = []
        return load


async def tick(own_load: OwnLoad) -> float:
    """Sleep one tick and note how late it ended; the time it ended at."""
    loop = asyncio.get_running_loop()
    due_s = loop.time() + TICK_S
    await asyncio.sleep(TICK_S)
    now_s = loop.time()
    own_load.note_lag(now_s - due_s)
    return now_s


def _runqueue_wait_s() -> float:
    """How long the main thread was ready to run but had no core, in all."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1]) / _NS_PER_S
    except OSError:
        return 0.0  # no such file outside Linux: nothing is known to have waited


def _p99(values: list[float]) -> float | None:
    if not values:
        return None
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]
