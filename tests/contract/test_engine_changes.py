"""Loads that fall, and loads of two kinds in one run: what a climb that checks its answer asks."""

import pytest

from capacity.commands.demo_process import DemoProcess
from capacity.engines.native import NativeEngine
from capacity.model.load import Arrivals, OpenLoop
from tests.contract.driving import (
    Drive,
    EngineFactory,
    check_books,
    check_ends,
    check_grid,
    plan_for,
    port_of,
    stats_of,
)
from tests.contract.test_engine_rates import balance, schedules


def fall_to(drive: Drive, concurrency: int) -> int:
    """Lower the load as a climb does: once the heavier one has drained, a window begins."""
    drive.engine.set_concurrency(concurrency)
    between = drive.next_window()
    drive.wait_until(lambda: all(drive.is_complete(number) for number in range(between)))
    return drive.next_window()


def test_a_lower_concurrency_keeps_no_more_in_flight(
    make: EngineFactory, demo: DemoProcess
) -> None:
    """From 32 to 12 to 1: each window has its own concurrency in flight, never more."""
    seen: dict[int, int] = {}
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(32)
        drive.run_for(0.3)
        for concurrency in (12, 1):
            seen[fall_to(drive, concurrency)] = concurrency
            drive.run_for(1.1)
        drive.drain()
    for window, concurrency in seen.items():
        whole = [row for row in drive.of(window) if row.end_s - row.start_s > 0.9]
        assert {row.in_flight for row in whole} == {concurrency}
        latencies = drive.counts(window).ok / concurrency  # each slot sends one after the other
        assert 60 < latencies <= 1.1 / 0.005 + 25  # at most one every 5 ms
    assert drive.counts().started == stats_of(demo)["requests"]
    check_books(drive.rows)
    check_ends(drive.rows)


def test_a_climb_goes_from_users_to_planned_starts_and_back(demo: DemoProcess) -> None:
    """16 users, 4 users, 200 planned starts a second, one user: each load makes its own requests.

    Planned starts end with the window in which they are replaced, and none is made up for.
    """
    load = OpenLoop(200.0, Arrivals.POISSON, 64)
    with Drive(NativeEngine, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(16)
        drive.run_for(0.3)
        closed = fall_to(drive, 4)
        drive.run_for(0.5)
        drive.engine.set_rate(load)
        between = drive.next_window()
        drive.wait_until(lambda: drive.is_complete(closed))
        planned = drive.next_window()
        drive.run_for(2.0)
        after = fall_to(drive, 1)
        drive.run_for(0.5)
        drive.drain()
    total, accounted = balance(drive.of(planned))
    assert total == accounted == pytest.approx(400, abs=80)  # four standard deviations
    assert drive.counts(planned).ok == drive.counts(planned).started
    assert [schedules_of(drive, w) - drive.counts(w).started for w in (closed, after)] == [0, 0]
    assert 20 < drive.counts(after).ok <= 110  # one user of 5 ms
    assert balance(drive.of(between))[0] == balance(drive.of(between))[1]
    assert drive.counts().started == drive.counts().ok == stats_of(demo)["requests"]
    check_grid(drive.rows)
    check_books(drive.rows)
    check_ends(drive.rows)


def schedules_of(drive: Drive, window: int) -> int:
    """How many starts were planned in a window."""
    return sum(schedule.planned for schedule in schedules(drive.of(window)))
