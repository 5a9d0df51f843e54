"""Planned starts by the native engine against a real server, and their refusal by the other."""

from dataclasses import replace

import pytest

from capacity.commands.demo_process import DemoProcess
from capacity.engines.aiohttp import AiohttpEngine
from capacity.engines.native import NativeEngine
from capacity.errors import UsageError
from capacity.model.load import Arrivals, OpenLoop, RateLadder
from capacity.model.plan import RunPlan
from capacity.model.snapshot import Schedule, Snapshot
from tests.contract.driving import Drive, check_books, check_ends, plan_for, port_of, stats_of


def a_plan_of(demo: DemoProcess, *rates_qps: float, slots: int = 64) -> RunPlan:
    """A plan of evenly spaced starts on two load threads."""
    ladder = RateLadder(rates_qps, Arrivals.CONSTANT, slots)
    return replace(plan_for(port_of(demo)), ladder=ladder)


def schedules(rows: list[Snapshot]) -> list[Schedule]:
    """The plan of each row."""
    return [row.schedule for row in rows if row.schedule is not None]


def balance(rows: list[Snapshot]) -> tuple[int, int]:
    """Planned starts, and what became of them."""
    total = sum(schedules(rows), Schedule())
    started = sum(row.counts.started for row in rows)
    missed = total.dropped_no_slot + total.dropped_late + total.not_started
    return total.planned, started + missed


def test_planned_starts_are_counted_once_over_windows_and_rates(demo: DemoProcess) -> None:
    """Window by window planned = started + missed, and the server has seen what was started."""
    plan = a_plan_of(demo, 100.0, 400.0)
    with Drive(NativeEngine, plan) as drive:
        for load in plan.ladder.loads:
            assert isinstance(load, OpenLoop)
            drive.engine.set_rate(load)
            window = drive.next_window()
            drive.run_for(1.0)
            drive.next_window()
            drive.run_for(0.2)
            planned, accounted = balance(drive.of(window))
            assert planned == pytest.approx(load.rate_qps, rel=0.15)
            assert planned == accounted
        drive.drain()
    counts = drive.counts()
    assert balance(drive.rows)[0] == balance(drive.rows)[1] > 500
    assert counts.started == counts.ok == stats_of(demo)["requests"]
    check_books(drive.rows)
    check_ends(drive.rows)


def test_a_start_without_a_free_slot_is_dropped_and_counted(demo: DemoProcess) -> None:
    """Two slots of at least 5 ms carry 400/s; of 2,000/s most starts find none, and none waits."""
    plan = a_plan_of(demo, 2000.0, slots=2)
    with Drive(NativeEngine, plan) as drive:
        load = plan.ladder.loads[0]
        assert isinstance(load, OpenLoop)
        drive.engine.set_rate(load)
        window = drive.next_window()
        drive.run_for(1.0)
        drive.drain()
        rows = drive.of(window)
    total = sum(schedules(rows), Schedule())
    assert total.dropped_no_slot > 0.7 * total.planned
    assert balance(rows)[0] == balance(rows)[1]
    assert max(row.in_flight for row in rows) <= 2


def test_the_engine_says_that_the_loop_is_open(demo: DemoProcess) -> None:
    """Who reads the result knows which loop made it."""
    with Drive(NativeEngine, a_plan_of(demo, 10.0)) as drive:
        assert drive.engine.notes == ("native engine: 2 load threads, HTTP/1.1, open loop",)


def test_the_engine_of_user_loops_refuses_when_it_is_made(demo: DemoProcess) -> None:
    """No process has been started by then."""
    plan = a_plan_of(demo, 10.0)
    with pytest.raises(UsageError) as raised:
        AiohttpEngine(plan, (("127.0.0.1", port_of(demo)),))
    assert raised.value.message == (
        "10/s planned: the aiohttp engine runs user loops, whose pace the service sets"
    )
