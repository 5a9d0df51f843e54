"""What do the engine and its load processes say to each other?

Commands go down the pipe, reports come up; rows of measurement come up as Snapshot. `at_s` is an
absolute time of the monotonic clock, which all processes of one machine share.
"""

from dataclasses import dataclass

from capacity.engines.aiohttp_budget import RequestBudget
from capacity.model.plan import Scenario, Target
from capacity.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Task:
    """What one load process works on; `number` of `count` tells the users apart."""

    number: int
    count: int
    target: Target
    scenario: Scenario
    addresses: tuple[tuple[str, int], ...]
    budget: RequestBudget


@dataclass(frozen=True, slots=True)
class SetConcurrency:
    """Keep this many user loops running in this process."""

    concurrency: int


@dataclass(frozen=True, slots=True)
class BeginWindow:
    """Requests that start at `at_s` or later belong to `window`."""

    window: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Drop every request in flight."""


@dataclass(frozen=True, slots=True)
class End:
    """Drop everything and end the process."""


Command = SetConcurrency | BeginWindow | Cut | End


@dataclass(frozen=True, slots=True)
class Ready:
    """The process waits for commands."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The scenario or the TLS files cannot be used; nothing was sent."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Connected:
    """So many user loops of this process have had a connection, or a failed attempt at one."""

    loops: int


@dataclass(frozen=True, slots=True)
class ScenarioFault:
    """One kind of exception out of the scenario, told at its first occurrence."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The process itself failed and ends; a bug."""

    reason: str


Report = Ready | Unusable | Connected | ScenarioFault | Broken | Snapshot
