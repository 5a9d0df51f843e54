"""What is a service with one known bottleneck, as the zoo plays with it?"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.lab.lab import Lab

# What the test's own instruments say of a time span, by the name of a figure in the evidence.
Instruments = Callable[[float, float], Mapping[str, float]]


def no_instruments(_start_unix_s: float, _end_unix_s: float) -> Mapping[str, float]:
    """Nothing was measured beside the tool."""
    return {}


@dataclass(frozen=True, slots=True)
class Playing:
    """A target that runs: where it is, and how the tool is told of its resources.

    `monitor_flags` and `monitor`, which stands in a profile because no flag says it, are left out
    when it is played with Prometheus switched off; `flags` never. `tool_cores` is how much CPU the
    tool may have, None for all there is.
    """

    url: str
    monitor_flags: tuple[str, ...] = ()
    monitor: Mapping[str, object] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    instruments: Instruments = no_instruments
    tool_cores: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A service with one bottleneck.

    `kind` is the class that must come first. With Prometheus off it may be that one, one of
    `blind_kinds`, or not known. `why_not` says why this machine cannot play it, None if it can.
    """

    name: str
    what: str
    kind: str
    start: Callable[[Lab], AbstractContextManager[Playing]]
    concurrencies: str = "1,2,4,8,16,32"
    blind_kinds: frozenset[str] = frozenset()
    why_not: Callable[[], str | None] = field(default=lambda: None)
