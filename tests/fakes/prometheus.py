"""How is a monitor tested without a Prometheus, threads or time?

`FakePrometheus` makes samples out of functions of time, shows each when it would have arrived, and
fails, dawdles or differs in its clock as it is told. It moves the shared FakeClock, never waits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil

from capacity.monitors.answers import Answer, ClockOffset, Fault, FaultKind, Series
from tests.fakes.scripted import FakeClock

TIMEOUT = Fault(FaultKind.TIMEOUT, "no answer within 3s", is_permanent=False)
REFUSED = Fault(FaultKind.UNREACHABLE, "connection refused", is_permanent=False)
BAD_QUERY = Fault(FaultKind.BAD_QUERY, "status 400: parse error", is_permanent=True)
BUSY = Fault(FaultKind.RATE_LIMITED, "status 429", is_permanent=False, retry_after_s=8.0)


@dataclass(frozen=True, slots=True)
class FakeSeries:
    """Samples every `spacing_s`, each readable `arrives_after_s` later, until `ends_unix_s`.

    Times are Prometheus's.
    """

    labels: Mapping[str, str]
    value_at: Callable[[float], float]
    spacing_s: float = 1.0
    arrives_after_s: float = 0.0
    ends_unix_s: float = float("inf")

    def between(self, start_unix_s: float, end_unix_s: float, now_unix_s: float) -> Series:
        """What is there of it by now."""
        last_unix_s = min(end_unix_s, self.ends_unix_s, now_unix_s - self.arrives_after_s)
        first = ceil(start_unix_s / self.spacing_s)
        count = max(0, int(last_unix_s // self.spacing_s) - first + 1)
        times = [(first + index) * self.spacing_s for index in range(count)]
        return Series(self.labels, tuple((time, self.value_at(time)) for time in times))


@dataclass(slots=True)
class FakePrometheus:
    """Fulfils answers.Prometheus; a fault of `faults` is told for its query, `fault` for all."""

    clock: FakeClock
    series: dict[str, list[FakeSeries]] = field(default_factory=dict)
    vectors: dict[str, Callable[[float], Answer | Fault]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    fault: Fault | None = None
    takes_s: float = 0.0
    offset_s: float = 0.0
    offset_error_s: float = 0.0
    is_closed: bool = False
    asked: list[str] = field(default_factory=list)

    def vector(self, query: str, at_unix_s: float | None) -> Answer | Fault:
        """The scripted answer; nothing for a query that is not known."""
        fault = self._ask(query)
        if fault is not None:
            return fault
        at_unix_s = self._now_unix_s if at_unix_s is None else at_unix_s
        return self.vectors[query](at_unix_s) if query in self.vectors else Answer(())

    def samples(self, selector: str, start_unix_s: float, end_unix_s: float) -> Answer | Fault:
        """The samples that have arrived."""
        fault = self._ask(selector)
        if fault is not None:
            return fault
        found = [
            one.between(start_unix_s, end_unix_s, self._now_unix_s)
            for one in self.series.get(selector, [])
        ]
        return Answer(tuple(one for one in found if one.samples))

    def clock_offset(self) -> ClockOffset | Fault:
        """The offset, with the error that is told."""
        return self._ask("clock") or ClockOffset(self.offset_s, self.offset_error_s)

    def version(self) -> str | None:
        """A version."""
        return "2.42.0"

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    @property
    def _now_unix_s(self) -> float:
        return self.clock.unix_s() + self.offset_s

    def _ask(self, query: str) -> Fault | None:
        self.asked.append(query)
        self.clock.time_s += self.takes_s
        return self.fault or self.faults.get(query)
