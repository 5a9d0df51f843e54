"""What the climb relies on, asked of every monitor."""

import time
from collections.abc import Iterator

import pytest

from capacity.model.resources import Asked, ResourceNews
from tests.contract.monitoring import MONITORS, WINDOW, Bench

# On a machine that is busy with other things even a call that does nothing takes its time.
_AT_ONCE_S = 1.0


@pytest.fixture(params=sorted(MONITORS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each monitor in turn."""
    with MONITORS[request.param]() as one:
        yield one


def hold(bench: Bench, step_index: int, hold_s: float = 1.2) -> list[ResourceNews]:
    """One hold; what was told inside it."""
    bench.monitor.begin_hold(step_index, bench.unix_s())
    inside = bench.collect((-1, Asked.DURING), within_s=hold_s)
    bench.monitor.end_hold(step_index, bench.unix_s())
    return inside


def what_is_owed(bench: Bench, step_index: int) -> tuple[list[tuple[int, Asked]], float]:
    """The news that one ended hold still brings, and how long they may take with a grace."""
    monitor = bench.monitor
    owed = [(step_index, Asked.AT_END)]
    if monitor.late_after_s > 0:
        owed.append((step_index, Asked.LATE))
    return owed, monitor.late_after_s + monitor.answer_limit_s + 5.0


def test_every_ended_hold_is_told_of_once_and_once_more_late(bench: Bench) -> None:
    """Two holds after one another: each has its own news at the end, and late if any come late."""
    inside = hold(bench, 0)
    owed, within_s = what_is_owed(bench, 0)
    first = bench.collect((0, Asked.AT_END), within_s=within_s)
    inside += hold(bench, 1)
    more, within_s = what_is_owed(bench, 1)
    told = inside + first + bench.collect(*more, within_s=within_s)
    seen = [(news.step_index, news.asked) for news in told if news.asked is not Asked.DURING]
    assert sorted(seen) == sorted([*owed, *more])


def test_inside_the_hold_the_windows_of_the_rules_are_told(bench: Bench) -> None:
    """Only windows that a rule has, only of the hold under way, and nothing before a hold."""
    assert bench.collect((-1, Asked.DURING), within_s=0.3) == []
    inside = hold(bench, 3, hold_s=2.0)
    assert inside
    assert {(news.step_index, news.asked) for news in inside} == {(3, Asked.DURING)}
    assert {(r.name, r.over_s) for news in inside for r in news.readings} == {WINDOW}


def test_readings_at_the_end_are_over_the_whole_hold(bench: Bench) -> None:
    """Every quantity is told once, of one window, in a state that can be judged."""
    hold(bench, 0)
    owed, within_s = what_is_owed(bench, 0)
    at_end = [n for n in bench.collect(*owed, within_s=within_s) if n.asked is Asked.AT_END]
    whole = [reading for reading in at_end[0].readings if reading.over_s is None]
    assert len({reading.name for reading in whole}) == len(whole) >= 1
    assert WINDOW[0] in {reading.name for reading in whole}
    assert len({(r.window_start_unix_s, r.window_end_unix_s) for r in whole}) == 1
    assert all(bool(reading.members) or reading.reason for reading in whole)


def test_no_call_waits(bench: Bench) -> None:
    """Neither the first nor the last, not even right after one another."""
    calls = (
        lambda: bench.monitor.begin_hold(0, bench.unix_s()),
        bench.monitor.poll,
        lambda: bench.monitor.end_hold(0, bench.unix_s()),
        bench.monitor.poll,
        bench.monitor.close,
        bench.monitor.close,
        bench.monitor.poll,
    )
    took_s = []
    for call in calls:
        begun_s = time.monotonic()
        call()
        took_s.append(time.monotonic() - begun_s)
    assert max(took_s) < _AT_ONCE_S


def test_facts_are_known_before_any_hold(bench: Bench) -> None:
    """Where the readings come from has a name, and the limits of waiting are finite."""
    assert bench.monitor.facts.source
    assert 0 < bench.monitor.answer_limit_s <= 60
    assert 0 <= bench.monitor.late_after_s <= 60
