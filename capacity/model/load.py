"""How much load does one step make, and which loads does a run climb?

Closed loop: a number of requests is kept in flight, so the service sets the pace. Open loop: starts
are planned by the clock, so requests come whether or not the service keeps up.
"""

from dataclasses import dataclass
from enum import StrEnum


class Arrivals(StrEnum):
    """How planned starts are spread over time: evenly, or like independent users."""

    CONSTANT = "constant"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """So many requests in flight; each slot sends its next one when its last one has ended."""

    concurrency: int

    @property
    def level(self) -> float:
        """What growth is measured against, and what the axis of a graph shows."""
        return float(self.concurrency)

    @property
    def text(self) -> str:
        """The load in the English sentences of a run."""
        return f"{self.concurrency} concurrent"


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """So many planned starts a second; one that finds `max_in_flight` slots busy is dropped."""

    rate_qps: float
    arrivals: Arrivals
    max_in_flight: int

    @property
    def level(self) -> float:
        """What growth is measured against, and what the axis of a graph shows."""
        return self.rate_qps

    @property
    def text(self) -> str:
        """The load in the English sentences of a run."""
        return f"{self.rate_qps:.10g}/s planned"


Load = ClosedLoop | OpenLoop


@dataclass(frozen=True, slots=True)
class ConcurrencyLadder:
    """Steps of the closed loop, rising."""

    concurrencies: tuple[int, ...]

    @property
    def loads(self) -> tuple[Load, ...]:
        """One load a step."""
        return tuple(ClosedLoop(concurrency) for concurrency in self.concurrencies)

    @property
    def max_in_flight(self) -> int:
        """The most requests, and so connections, that are open at once."""
        return max(self.concurrencies)


@dataclass(frozen=True, slots=True)
class RateLadder:
    """Steps of the open loop, rising; they differ in nothing but the rate."""

    rates_qps: tuple[float, ...]
    arrivals: Arrivals
    max_in_flight: int

    @property
    def loads(self) -> tuple[Load, ...]:
        """One load a step."""
        return tuple(OpenLoop(rate, self.arrivals, self.max_in_flight) for rate in self.rates_qps)

    def planned_starts(self, step_s: float) -> int:
        """How many starts all steps of this length plan together, by their mean."""
        return round(step_s * sum(self.rates_qps))


Ladder = ConcurrencyLadder | RateLadder
