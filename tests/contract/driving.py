"""How does a contract test drive an engine and look at its rows?"""

import asyncio
import itertools
import json
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import pytest

from capacity.commands.demo_process import DemoProcess
from capacity.engines.aiohttp import AiohttpEngine
from capacity.engines.native import NativeEngine
from capacity.histogram import merge, summarize
from capacity.model.plan import HttpRequest, PythonCall, RunPlan, Scenario, Timeouts, TlsTrust
from capacity.model.snapshot import Counts, FailureKind, LatencySummary, Snapshot
from capacity.search.ports import Engine
from tests.unit.builders import a_plan

EngineFactory = Callable[[RunPlan, tuple[tuple[str, int], ...]], Engine]

ENGINES: dict[str, EngineFactory] = {"aiohttp": AiohttpEngine, "native": NativeEngine}

PATIENT = Timeouts(connect_s=5.0, first_byte_s=10.0, idle_s=10.0, total_s=20.0)


def plan_for(
    port: int,
    *,
    scheme: str = "http",
    host: str = "127.0.0.1",
    call: HttpRequest | PythonCall | None = None,
    timeouts: Timeouts = PATIENT,
    ca_file: Path | None = None,
    trust: TlsTrust | None = None,
    threads: int = 2,
    highest: int = 64,
) -> RunPlan:
    """A plan for a server on loopback."""
    plan = a_plan((1, highest), call=call, host=host)
    if trust is None:
        trust = TlsTrust.SYSTEM if ca_file is None else TlsTrust.CA_FILE
    target = replace(
        plan.target,
        scheme=scheme,
        port=port,
        timeouts=timeouts,
        trust=trust,
        ca_file=None if ca_file is None else str(ca_file),
    )
    scenario = Scenario("main", plan.scenario.call, ok_below_status=400)
    return replace(plan, target=target, scenario=scenario, threads=threads)


class Drive:
    """An engine under load, with all of its rows. Each wait polls as the climb does."""

    def __init__(self, make: EngineFactory, plan: RunPlan, *, address: str = "127.0.0.1") -> None:
        self.engine = make(plan, ((address, plan.target.port),))
        self.rows: list[Snapshot] = []
        self._window = 0

    def __enter__(self) -> Self:
        self.engine.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.engine.close()

    def set_concurrency(self, concurrency: int) -> None:
        """Change the load and wait until its connections stand."""
        self.engine.set_concurrency(concurrency)
        self.wait_until(lambda: self.engine.ready_connections() >= concurrency)

    def next_window(self) -> int:
        """Begin the window after the current one; its number."""
        self._window += 1
        self.engine.begin_window(self._window)
        return self._window

    def run_for(self, seconds: float) -> None:
        """Let the load run and take the rows that come."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            self._poll(min(left_s, 0.1))

    def wait_until(self, is_done: Callable[[], bool], *, within_s: float = 20.0) -> None:
        """Poll until something has happened."""
        end_s = time.monotonic() + within_s
        while not is_done():
            if time.monotonic() >= end_s:
                pytest.fail(f"not within {within_s:g}s; rows: {self.rows}")
            self._poll(0.02)

    def drain(self) -> None:
        """Start nothing new and wait until every request so far is accounted for."""
        self.engine.set_concurrency(0)
        left = self._window
        self.next_window()
        self.wait_until(lambda: all(self.is_complete(number) for number in range(left + 1)))

    def is_complete(self, window: int) -> bool:
        """Whether a window's last row has come."""
        rows = self.of(window)
        return bool(rows) and rows[-1].window_over and rows[-1].in_flight == 0

    def of(self, window: int) -> list[Snapshot]:
        """The rows of one window."""
        return [row for row in self.rows if row.window == window]

    def counts(self, window: int | None = None) -> Counts:
        """The sum of one window's rows, or of all."""
        rows = self.rows if window is None else self.of(window)
        return sum((row.counts for row in rows), Counts())

    def failures(self) -> set[FailureKind]:
        """The kinds of failure that occurred."""
        return {kind for kind, count in self.counts().failures.items() if count > 0}

    def _poll(self, timeout_s: float) -> None:
        row = asyncio.run(self.engine.poll(timeout_s))
        if row is not None:
            self.rows.append(row)


def summary(blobs: Iterable[bytes]) -> LatencySummary:
    """What merged histograms say; a test that asks expects values."""
    summarized = summarize(merge(blobs))
    assert summarized is not None
    return summarized


def check_books(rows: Iterable[Snapshot]) -> None:
    """After every row of every window: started = ok + failures + cut + in flight."""
    so_far: defaultdict[int, Counts] = defaultdict(Counts)
    for row in rows:
        so_far[row.window] = so_far[row.window] + row.counts
        counts = so_far[row.window]
        assert counts.started == counts.ended + row.in_flight, (row, counts)


def check_grid(rows: Iterable[Snapshot]) -> None:
    """Intervals follow one another without gap or overlap, and are at most a second long."""
    intervals = [row for row in rows if row.end_s > row.start_s]
    for before, after in itertools.pairwise(intervals):
        assert after.start_s == pytest.approx(before.end_s, abs=1e-6)
        assert after.window in (before.window, before.window + 1)
        assert before.window_over == (after.window == before.window + 1)
    assert all(row.end_s - row.start_s <= 1.000_001 for row in intervals)


def check_ends(rows: Iterable[Snapshot]) -> None:
    """After a window's last row (over, nothing in flight) no row of it comes."""
    finished: set[int] = set()
    for row in rows:
        assert row.window not in finished, row
        if row.window_over and row.in_flight == 0:
            finished.add(row.window)


def port_of(service: DemoProcess) -> int:
    """The port of a demo service."""
    port = urlsplit(service.url).port
    assert port is not None
    return port


def stats_of(service: DemoProcess) -> dict[str, int]:
    """The service's own exact counts."""
    with urllib.request.urlopen(f"{service.url}stats", timeout=5) as response:  # noqa: S310  # loopback
        counts: dict[str, int] = json.load(response)
    return counts
