"""How are loads of two kinds tested in one climb, and requests that outlive their load?

`LingeringEngine` plays the closed loop as `ScriptedEngine` does, and planned starts as the requests
in flight that they need.
"""

from collections.abc import Callable
from dataclasses import replace

from capacity.histogram import Histogram
from capacity.model.load import OpenLoop
from capacity.model.snapshot import Counts, Schedule, Snapshot
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine


class LingeringEngine(ScriptedEngine):
    """Requests of a window that was left end `linger_s` later, at the earliest.

    Those that began before a hold may take longer: `early_linger_s`.
    Of planned starts `dropped_ratio` find no slot, and answers come `waited_s` after their send.
    """

    def __init__(
        self,
        clock: FakeClock,
        service: Callable[[int], Behaviour],
        *,
        linger_s: float = 0.0,
        early_linger_s: float = 0.0,
        dropped_ratio: float = 0.0,
        waited_s: float = 0.0,
    ) -> None:
        ScriptedEngine.__init__(self, clock, service)
        self.linger_s = linger_s
        self.early_linger_s = max(early_linger_s, linger_s)
        self.dropped_ratio = dropped_ratio
        self.waited_s = waited_s
        self.planned: OpenLoop | None = None

    def set_concurrency(self, concurrency: int) -> None:
        """Record and follow; planned starts end."""
        self.planned = None
        ScriptedEngine.set_concurrency(self, concurrency)

    def set_rate(self, load: OpenLoop) -> None:
        """Record, and keep as many in flight as the service needs for this rate."""
        self.calls.append(f"set_rate({load.rate_qps:g})")
        self.planned = load
        levels = range(1, load.max_in_flight + 1)
        self.concurrency = next(n for n in levels if self.service(n).qps >= load.rate_qps)

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """Hand out rows as ever, but none of requests that are still on their way."""
        now_s = self.clock.time_s
        by_parity = (self.early_linger_s, self.linger_s)  # odd windows are those of holds
        waiting = [left for left in self._left if now_s < left.edge_s + by_parity[left.number % 2]]
        self._left = [left for left in self._left if left not in waiting]
        row = await ScriptedEngine.poll(self, timeout_s)
        self._left = waiting + self._left
        return row if row is None or self.planned is None else self._with_schedule(row)

    def _with_schedule(self, row: Snapshot) -> Snapshot:
        dropped = round(row.counts.started * self.dropped_ratio)
        response, service = Histogram(), self.service(self.concurrency)
        for _ in range(row.counts.ok):
            response.record_s(service.latency_s + self.waited_s)
        return replace(
            row,
            counts=Counts(row.counts.started, row.counts.ok),
            response_blob=response.to_blob(),
            schedule=Schedule(row.counts.started + dropped, dropped),
        )
