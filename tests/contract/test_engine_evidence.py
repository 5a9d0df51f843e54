"""What engines tell beside counts and latencies: lateness, slot times, stalls, first failures."""

import os
import signal
import socket
import time

import pytest

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from capacity.engines.native import NativeEngine
from capacity.histogram import Histogram, merge
from capacity.model.load import ClosedLoop
from capacity.model.snapshot import FailureKind, Snapshot
from capacity.search.tally import WindowTally
from tests.contract.driving import Drive, EngineFactory, plan_for, port_of


def tally_of(rows: list[Snapshot]) -> WindowTally:
    """The rows of one window, as the climb adds them up."""
    tally = WindowTally()
    for row in rows:
        tally.add(row)
    return tally


def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_every_engine_tells_its_lateness_and_what_was_taken(
    make: EngineFactory, demo: DemoProcess
) -> None:
    """A tick of 10 ms comes up to a hundred times a second; the machine did not sleep."""
    with Drive(make, plan_for(port_of(demo), threads=1)) as drive:
        drive.set_concurrency(4)
        window = drive.next_window()
        drive.run_for(1.3)
        drive.drain()
    load = tally_of(drive.of(window)).generator()

    assert load is not None
    assert load.loop_lag_s is not None
    assert load.loop_lag_p50_s is not None
    assert 0.0 <= load.loop_lag_p50_s <= load.loop_lag_s < 1.0
    assert (load.suspended_s, load.steal_ratio is None) == (0.0, False)
    assert 20 <= merge(row.loop_lag_blob for row in drive.of(window)).count <= 300


def test_load_threads_wait_in_less_than_milliseconds(demo: DemoProcess) -> None:
    """Waits that were rounded up to whole milliseconds made every second tick 0.5 ms late."""
    with Drive(NativeEngine, plan_for(port_of(demo), threads=1)) as drive:
        drive.set_concurrency(1)
        drive.run_for(3.2)
        drive.drain()
    lags = [Histogram.from_blob(row.loop_lag_blob) for row in drive.rows if row.loop_lag_blob]

    assert min(lag.quantile_s(0.5) for lag in lags if lag.count > 50) < 0.000_35


def test_slots_run_and_their_times_add_up(demo: DemoProcess) -> None:
    """Eight slots ran all the time, and X * (R + G) says so, too."""
    with Drive(NativeEngine, plan_for(port_of(demo), threads=2)) as drive:
        drive.set_concurrency(8)
        window = drive.next_window()
        drive.run_for(1.5)
        drive.drain()
    tally = tally_of(drive.of(window))
    law = tally.littles_law()

    assert tally.running_ratio(ClosedLoop(8)) == pytest.approx(1.0, abs=0.01)
    assert law is not None
    assert law.expected == pytest.approx(8.0, rel=0.01)
    assert law.deviation_ratio < 0.005
    assert law.high - law.low < 1.0


def test_a_stopped_service_is_one_stall_for_all_of_its_slots(demo: DemoProcess) -> None:
    """0.4 s without an answer on any thread, across the edge of an interval if need be."""
    with Drive(NativeEngine, plan_for(port_of(demo), threads=2)) as drive:
        drive.set_concurrency(4)
        window = drive.next_window()
        drive.run_for(0.8)
        os.kill(demo.pid, signal.SIGSTOP)
        time.sleep(0.4)
        os.kill(demo.pid, signal.SIGCONT)
        drive.run_for(0.8)
        drive.drain()
    stalls = tally_of(drive.of(window)).stalls(ClosedLoop(4))

    assert stalls is not None
    assert 0.39 <= stalls.longest_gap_s < 1.0
    assert stalls.gap_ratio >= 0.15
    assert stalls.overlapping >= 4


def test_refused_connections_leave_a_few_facts() -> None:
    """When it was first and last, and at most five requests that were never sent."""
    with Drive(NativeEngine, plan_for(closed_port(), threads=1)) as drive:
        drive.engine.set_concurrency(2)
        window = drive.next_window()
        drive.run_for(0.5)
        drive.drain()
    tally = tally_of(drive.of(window))
    (trace,) = tally.failure_traces()

    assert trace.kind is FailureKind.CONN_REFUSED
    assert tally.start_s <= trace.first_s < trace.last_s
    assert 1 <= len(trace.samples) <= 5
    for sample in trace.samples:
        assert trace.first_s <= sample.at_s <= trace.last_s
        assert (sample.status, sample.received_bytes) == (None, 0)
        assert (sample.latency_s, sample.is_reused) == (None, False)
    running = tally.running_ratio(ClosedLoop(2))
    assert running is not None
    assert running < 0.9


def test_answers_that_are_failures_keep_their_status() -> None:
    """503 from a service that is over its limit: status, bytes and time, no content."""
    options = DemoOptions(port=0, service_time_s=0.002, fail_above=0)
    with DemoProcess(options) as service, Drive(NativeEngine, plan_for(port_of(service))) as drive:
        drive.set_concurrency(2)
        drive.run_for(0.3)
        drive.drain()
    (trace,) = tally_of(drive.of(0)).failure_traces()
    sample = trace.samples[0]

    assert (trace.kind, sample.status) == (FailureKind.HTTP_STATUS, 503)
    assert sample.received_bytes > 0
    assert sample.latency_s is not None
    assert 0.0 < sample.latency_s < 5.0
