"""Samples of a comparison that never ran."""

from dataclasses import replace
from typing import Any

from bench.model import Sample
from bench.table import Table, rows_of

_SAMPLE = Sample(
    target="get-64",
    peer="wrk",
    round=1,
    threads=1,
    connections=64,
    window_s=1.0,
    window_cpu_s=0.5,
    window_requests=50_000,
    whole_cpu_s=1.25,
    whole_requests=100_000,
    told_requests=99_900,
    told_failures=0,
    rss_bytes=8_000_000,
    open_connections=64,
    problem="",
)


def a_sample(
    peer: str = "wrk", target: str = "get-64", cpu_us: float = 10.0, **changes: Any
) -> Sample:
    """A good sample with this CPU per request."""
    given = replace(_SAMPLE, peer=peer, target=target, **changes)
    return replace(given, window_cpu_s=cpu_us * given.window_requests / 1e6)


def a_table(*samples: Sample) -> Table:
    """The table of these samples."""
    return Table(rows_of(samples))
