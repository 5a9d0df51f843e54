"""What do load, client and sample mean in the comparison?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Load:
    """What one client is asked to do, once."""

    url: str
    connections: int
    seconds: int
    threads: int
    body_file: Path | None
    scratch: Path

    @property
    def is_tls(self) -> bool:
        """Whether the certificate, which nobody signed, has to be believed."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Told:
    """What a client says of itself; None where it keeps silent."""

    requests: int | None
    failures: int | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A load client: how to call it and how to read its answer.

    `tool` is its key among the tools. `cannot` gives the reason why a load is beyond it. `later`
    is a command that runs unmeasured after the load and whose output is read instead.
    """

    name: str
    tool: str
    command: Callable[[Path, Load], list[str]]
    read: Callable[[str], Told]
    environment: Mapping[str, str] = field(default_factory=dict)
    cannot: Callable[[Load], str | None] = lambda _: None
    later: Callable[[Path, Load], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """An installed program with its version."""

    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A program that is not here, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One client under one load, once.

    The window lies inside the load; requests are those that the server counted. `whole_cpu_s` is
    the client from its start to its end. With a `problem` the numbers say nothing.
    """

    target: str
    peer: str
    round: int
    threads: int
    connections: int
    window_s: float
    window_cpu_s: float
    window_requests: int
    whole_cpu_s: float
    whole_requests: int
    told_requests: int | None
    told_failures: int | None
    rss_bytes: int
    open_connections: int
    problem: str

    @property
    def cpu_us(self) -> float:
        """Client CPU per request of the window."""
        return self.window_cpu_s / self.window_requests * 1e6

    @property
    def qps(self) -> float:
        """Requests per second of the window."""
        return self.window_requests / self.window_s

    @property
    def apart_cpu_s(self) -> float:
        """CPU spent on start, connecting and report: all that the rate of the window leaves."""
        return self.whole_cpu_s - self.whole_requests * self.cpu_us / 1e6
