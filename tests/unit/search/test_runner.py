"""Tests of capacity.search.runner and capacity.search.climb: whole climbs without time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from capacity.model.plan import RunPlan
from capacity.model.rules import Absolute, Action, RuleState
from capacity.model.run import (
    EndReason,
    Event,
    Phase,
    RuleFired,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    Step,
    StepFinished,
    StepStarted,
    Trust,
)
from capacity.model.snapshot import Counts
from capacity.search.hook_watch import HookWatch
from capacity.search.ports import Monitor
from capacity.search.runner import find_capacity
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine, ScriptedInterrupt
from tests.unit.builders import GAIN_RULE, a_plan, a_rule, an_environment

ERRORS = a_rule(over_s=2.0, text="error_rate > 1% over 2s")
SLOW = a_rule("p99", limit=Absolute(0.1), over_s=2.0, text="p99 > 100ms over 2s")


def knee_at_8(concurrency: int) -> Behaviour:
    """Eight servers of 10 ms: 800/s at most."""
    qps = min(100.0 * concurrency, 800.0)
    return Behaviour(qps=qps, latency_s=concurrency / qps if qps else 0.0)


def climb(
    plan: RunPlan,
    service: Callable[[int], Behaviour] = knee_at_8,
    *,
    interrupt_at_s: float = float("inf"),
    urgent_at_s: float = float("inf"),
) -> tuple[list[Event], ScriptedEngine]:
    """Run a whole climb against a played service."""
    clock = FakeClock()
    engine = ScriptedEngine(clock, service)
    events = climb_with(plan, engine, clock, interrupt_at_s=interrupt_at_s, urgent_at_s=urgent_at_s)
    return events, engine


def climb_with(
    plan: RunPlan,
    engine: ScriptedEngine,
    clock: FakeClock,
    *,
    interrupt_at_s: float = float("inf"),
    urgent_at_s: float = float("inf"),
    monitors: Sequence[Monitor] = (),
    hooks: HookWatch | None = None,
) -> list[Event]:
    """Run a whole climb with this engine and these monitors."""
    interrupt = ScriptedInterrupt(clock, interrupt_at_s, urgent_at_s)

    async def collect() -> list[Event]:
        run = find_capacity(plan, an_environment(), engine, clock, interrupt, monitors, hooks)
        return [event async for event in run]

    return asyncio.run(collect())


def steps_of(events: list[Event]) -> list[Step]:
    """The finished steps, in order."""
    return [event.step for event in events if isinstance(event, StepFinished)]


def end_of(events: list[Event]) -> RunFinished:
    """The last event."""
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last


def a_short_plan(*rules: object, **changes: object) -> RunPlan:
    """1, 2, 4 .. 64 with 1 s settle and 4 s hold."""
    plan = a_plan(settle_s=1.0, hold_s=4.0)
    return replace(plan, rules=rules, **changes)  # type: ignore[arg-type]  # test shorthand


def test_climb_without_a_limit_ends_with_the_ladder() -> None:
    """Every step is run, in order, and the run says that the ladder ended."""
    events, engine = climb(a_short_plan())
    assert [step.plan.load.level for step in steps_of(events)] == [1, 2, 4, 8, 16, 32, 64]
    assert end_of(events).end.reason is EndReason.LADDER
    assert isinstance(events[0], RunStarted)
    assert engine.is_closed


def test_throughput_is_measured_in_the_hold_only() -> None:
    """QPS is good completions of the hold over the hold's own length, the settle left out."""
    steps = steps_of(climb(a_short_plan())[0])
    assert [step.hold_s for step in steps] == pytest.approx([4.0] * 7, abs=0.2)
    assert [step.qps for step in steps] == pytest.approx(
        [100, 200, 400, 800, 800, 800, 800], rel=0.02
    )


def test_step_is_finished_before_the_next_begins() -> None:
    """StepFinished k comes before StepStarted k + 1, so that it can be on disk by then."""
    events, _ = climb(a_short_plan())
    order = [
        type(event).__name__ for event in events if isinstance(event, StepStarted | StepFinished)
    ]
    expected = ["StepStarted", "StepFinished"] * 7
    assert order == expected


def test_books_balance_in_every_step_and_in_the_whole_run() -> None:
    """Started = ok + failures + cut, in whole numbers, stragglers included."""
    events, _ = climb(a_short_plan())
    for step in steps_of(events):
        assert step.counts.started == step.counts.ended
        assert step.validity.trust is not Trust.INVALID
    totals = end_of(events).totals
    seen = Counts()
    for event in events:
        if isinstance(event, SnapshotTaken):
            seen = seen + event.snapshot.counts
    assert totals == seen
    assert totals.started == totals.ended > sum(s.counts.started for s in steps_of(events))


def failing_above_16(concurrency: int) -> Behaviour:
    """A service that refuses half of the work above 16 in flight."""
    return replace(knee_at_8(concurrency), failing_ratio=0.5 if concurrency > 16 else 0.0)


def test_error_rate_stops_within_the_step() -> None:
    """The climb ends at 32 concurrent, before the hold is over, with the rule and the number."""
    events, engine = climb(a_short_plan(ERRORS, SLOW), failing_above_16)
    steps = steps_of(events)
    end = end_of(events).end
    assert [step.plan.load.level for step in steps] == [1, 2, 4, 8, 16, 32]
    assert (end.reason, end.rule) == (EndReason.RULE, "error_rate > 1% over 2s")
    assert end.detail == "error_rate was 50% at 32 concurrent"
    assert steps[-1].ended_early
    assert steps[-1].hold_s == pytest.approx(2.0, abs=0.15)
    assert engine.calls[-1].startswith("begin_window")
    assert "set_concurrency(64)" not in engine.calls


def test_p99_stops_within_the_step() -> None:
    """A jump of the latency at 16 concurrent ends the climb there."""

    def slow_from_16(concurrency: int) -> Behaviour:
        return Behaviour(400.0, latency_s=0.5 if concurrency >= 16 else 0.02)

    events, _ = climb(a_short_plan(ERRORS, SLOW), slow_from_16)
    end = end_of(events).end
    assert (end.rule, steps_of(events)[-1].plan.load.level) == ("p99 > 100ms over 2s", 16)
    assert steps_of(events)[-1].ended_early


def test_rule_fires_once_and_stays_in_the_step() -> None:
    """One RuleFired event a step; the step keeps the judgement that broke the rule."""
    events, _ = climb(a_short_plan(ERRORS), failing_above_16)
    fired = [event for event in events if isinstance(event, RuleFired)]
    assert len(fired) == 1
    assert steps_of(events)[-1].breaches == (fired[0].judgement,)
    assert fired[0].judgement.state is RuleState.BREACH


def test_good_steps_before_do_not_dilute_a_bad_one() -> None:
    """2 % of failures at 64 stop the climb, though they are 0.4 % of the run so far."""

    def bad_at_64(concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), failing_ratio=0.02 if concurrency == 64 else 0.0)

    events, _ = climb(a_short_plan(ERRORS), bad_at_64)
    assert end_of(events).end.detail == "error_rate was 2% at 64 concurrent"
    assert steps_of(events)[-1].ended_early
    totals = end_of(events).totals
    assert sum(totals.failures.values()) / totals.started < 0.005


def test_growth_rule_ends_the_climb_after_two_flat_steps() -> None:
    """8 -> 16 -> 32 brings nothing: the climb ends after the hold of 32, which is whole."""
    events, _ = climb(a_short_plan(GAIN_RULE))
    steps = steps_of(events)
    assert steps[-1].plan.load.level == 32
    assert not steps[-1].ended_early
    assert end_of(events).end.rule == "gain < 3% for 2 steps"


def test_busy_generator_ends_the_climb_as_its_own_limit() -> None:
    """A full load thread voids the step and is never called the target's limit."""

    def busy_from_8(concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), cpu_ratio=0.99 if concurrency >= 8 else 0.2)

    events, _ = climb(a_short_plan(), busy_from_8)
    assert steps_of(events)[-1].validity.trust is Trust.INVALID
    assert end_of(events).end.reason is EndReason.GENERATOR
    assert "at 8 concurrent: a load thread used 99% of a core" in end_of(events).end.detail


def test_interruption_keeps_what_was_measured() -> None:
    """Ctrl-C in the third hold: no new request, the cut step is kept and marked."""
    events, engine = climb(a_short_plan(), interrupt_at_s=100.0 + 5.0 + 5.0 + 3.0)
    steps = steps_of(events)
    assert end_of(events).end.reason is EndReason.INTERRUPTED
    assert [step.ended_early for step in steps] == [False, False, True]
    assert "set_concurrency(8)" not in engine.calls
    assert "cut()" not in engine.calls


def test_interruption_while_settling_leaves_no_step() -> None:
    """Before its hold a step has measured nothing, so there is nothing to keep."""
    events, engine = climb(a_short_plan(), interrupt_at_s=100.5)
    assert steps_of(events) == []
    assert end_of(events).end.reason is EndReason.INTERRUPTED
    assert engine.is_closed


def test_second_signal_cuts_at_once() -> None:
    """Asked twice, requests in flight are cut and counted as cut."""

    def hanging(_: int) -> Behaviour:
        return Behaviour(0.0, hangs=True)

    events, engine = climb(a_short_plan(), hanging, interrupt_at_s=102.0, urgent_at_s=102.5)
    assert "cut()" in engine.calls
    assert end_of(events).totals.cut == end_of(events).totals.started == 1


def test_hung_requests_are_cut_after_the_drain_deadline() -> None:
    """When the end of the run has come, five seconds are enough for every request."""

    def hanging(_: int) -> Behaviour:
        return Behaviour(0.0, hangs=True)

    events, engine = climb(a_short_plan(), hanging, interrupt_at_s=102.0)
    assert engine.calls.count("cut()") >= 1
    assert end_of(events).totals.started == end_of(events).totals.ended


def test_phases_tell_settle_hold_and_drain_apart() -> None:
    """Only intervals of the hold carry judgements."""
    events, _ = climb(a_short_plan(ERRORS))
    taken = [event for event in events if isinstance(event, SnapshotTaken)]
    assert {event.phase for event in taken} == {Phase.SETTLE, Phase.HOLD, Phase.DRAIN}
    assert all(not event.judgements for event in taken if event.phase is not Phase.HOLD)
    assert all(event.judgements for event in taken if event.phase is Phase.HOLD)


def test_rule_broken_by_a_busy_generator_is_the_generators_end() -> None:
    """A P99 that rose because our own thread was full is never called the target's limit."""

    def slow_and_busy(concurrency: int) -> Behaviour:
        is_full = concurrency >= 8
        return Behaviour(
            400.0, latency_s=0.5 if is_full else 0.02, cpu_ratio=0.99 if is_full else 0.1
        )

    events, _ = climb(a_short_plan(SLOW), slow_and_busy)
    assert steps_of(events)[-1].breaches[0].rule == SLOW
    assert end_of(events).end.reason is EndReason.GENERATOR


def test_errors_of_the_target_stay_its_own_beside_a_busy_generator() -> None:
    """Refusals come fast and fill our thread; they are no less the target's limit for that."""

    def failing_and_busy(concurrency: int) -> Behaviour:
        return replace(failing_above_16(concurrency), cpu_ratio=0.99 if concurrency > 16 else 0.1)

    events, _ = climb(a_short_plan(ERRORS), failing_and_busy)
    assert steps_of(events)[-1].validity.trust is Trust.INVALID
    assert end_of(events).end.rule == ERRORS.text


def test_latency_that_jumps_cannot_hide_behind_few_answers() -> None:
    """60 answers in the second are enough when half of them are beyond the limit."""

    def few_from_16(concurrency: int) -> Behaviour:
        return Behaviour(60.0, latency_s=0.3 if concurrency >= 16 else 0.02)

    rule = a_rule("p99", limit=Absolute(0.1), over_s=1.0, text="p99 > 100ms over 1s")
    events, _ = climb(a_short_plan(rule), few_from_16)
    (breach,) = steps_of(events)[-1].breaches
    assert breach.sample_count == 60
    assert steps_of(events)[-1].plan.load.level == 16
    assert steps_of(events)[-1].ended_early


def test_rule_with_too_few_samples_looks_further_back() -> None:
    """40 failing answers a second are judged once the hold has 100 of them."""

    def few_and_failing(concurrency: int) -> Behaviour:
        return Behaviour(40.0, failing_ratio=0.5 if concurrency >= 4 else 0.0)

    rule = a_rule(over_s=1.0, text="error_rate > 1% over 1s")
    events, _ = climb(a_short_plan(rule), few_and_failing)
    (breach,) = steps_of(events)[-1].breaches
    assert breach.window_end_s - breach.window_start_s == pytest.approx(3.0)


def test_marked_breach_is_noted_once_and_stops_nothing() -> None:
    """A rule with `-> mark` fires one event a step, stays a breach, and the climb goes on."""
    mark = replace(ERRORS, action=Action.MARK)
    events, _ = climb(a_short_plan(mark), failing_above_16)
    fired = [event.step_index for event in events if isinstance(event, RuleFired)]
    assert fired == [5, 6]
    assert [bool(step.breaches) for step in steps_of(events)] == [False] * 5 + [True] * 2
    assert end_of(events).end.reason is EndReason.LADDER


def test_breach_in_the_last_interval_still_ends_the_climb() -> None:
    """The row that closes the hold is judged too: a window of the whole hold fires there."""
    late = replace(ERRORS, over_s=4.0, text="error_rate > 1% over 4s")
    events, _ = climb(a_short_plan(late), failing_above_16)
    assert end_of(events).end.rule == "error_rate > 1% over 4s"
    assert steps_of(events)[-1].plan.load.level == 32
