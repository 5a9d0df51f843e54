"""Tests of capacity.search.resource_watch beyond what a whole climb shows."""

from collections.abc import Sequence
from dataclasses import replace

from capacity.model.load import ClosedLoop
from capacity.model.resources import Asked, Reading
from capacity.model.rules import Rule, RuleState
from capacity.model.run import ResourcesRead, Step
from capacity.search.resource_watch import Heard, ResourceWatch
from tests.fakes.monitored import ScriptedMonitor
from tests.fakes.scripted import FakeClock
from tests.unit.builders import a_plan, a_step
from tests.unit.resource_builders import a_reading, a_resource_rule
from tests.unit.search.watched import late_breach_at

CPU = a_resource_rule()


def a_watch(
    clock: FakeClock, monitor: ScriptedMonitor, steps: list[Step], rule: Rule = CPU
) -> ResourceWatch:
    """A watch over one monitor and one rule."""
    return ResourceWatch(replace(a_plan(), rules=(rule,)), (monitor,), clock, steps)


def test_late_samples_that_come_before_the_last_request_complete_the_step_at_once() -> None:
    """A slow request keeps the step open that long: there is nothing to assess anew."""
    clock, steps = FakeClock(), list[Step]()
    watch = a_watch(clock, ScriptedMonitor(clock, late_breach_at(0), late_after_s=2.0), steps)
    watch.begin_hold(0, ClosedLoop(8))
    clock.time_s += 30.0
    watch.end_hold(0)
    clock.time_s += 3.0
    heard = watch.listen()
    assert [e.news.asked for e in heard.events if isinstance(e, ResourcesRead)] == [
        Asked.AT_END,
        Asked.LATE,
    ]
    assert heard.fired == ()
    step = watch.complete(a_step(8))
    assert step.resources[0].seen_late
    assert [judgement.state for judgement in step.judgements] == [RuleState.BREACH]
    assert watch.is_settled(0)
    assert watch.listen() == Heard()


def test_the_step_that_is_waited_for_longest_is_named() -> None:
    """The last one to end owes its samples longest."""
    clock = FakeClock()
    steps: list[Step] = []
    watch = a_watch(clock, ScriptedMonitor(clock, late_breach_at(9), late_after_s=20.0), steps)
    assert watch.awaited(Asked.LATE) == (0.0, 0)
    for index in range(2):
        watch.begin_hold(index, ClosedLoop(8))
        clock.time_s += 4.0
        watch.end_hold(index)
        clock.time_s += 1.0
        watch.listen()
        steps.append(watch.complete(a_step(8, index=index)))
    assert watch.awaited(Asked.LATE) == (25.0, 1)
    assert watch.awaited(Asked.AT_END)[0] == 0.0


def test_news_of_a_step_that_is_settled_change_nothing() -> None:
    """What comes after all the time that a monitor may take is not looked at."""
    clock, steps = FakeClock(), list[Step]()

    def read(_step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.99)]

    watch = a_watch(clock, ScriptedMonitor(clock, read, answers_after_s=7.0), steps)
    watch.begin_hold(0, ClosedLoop(8))
    watch.end_hold(0)
    clock.time_s += 6.5
    steps.append(watch.complete(a_step(8)))
    assert steps[0].judgements[0].state is RuleState.ERROR
    clock.time_s += 1.0
    assert watch.listen() == Heard()
    assert steps[0].judgements[0].state is RuleState.ERROR


def test_only_readings_over_the_whole_hold_are_the_steps() -> None:
    """What was read of windows has been judged; the step keeps what holds for all of it."""
    clock = FakeClock()

    def read(_step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.4), a_reading(0.2, over_s=1.0)]

    watch = a_watch(clock, ScriptedMonitor(clock, read, during_every_s=1.0), [])
    watch.begin_hold(0, ClosedLoop(8))
    clock.time_s += 4.0
    watch.listen()
    watch.end_hold(0)
    clock.time_s += 1.0
    watch.listen()
    assert [item.over_s for item in watch.complete(a_step(8)).resources] == [None]


def test_a_breach_stays_one_whatever_is_read_after_it() -> None:
    """A pod that was too hot for a window has broken the rule, cool as it may be later."""
    clock = FakeClock()
    values = iter([0.99, 0.2, 0.2, 0.2, 0.2])

    def read(_step_index: int, asked: Asked) -> Sequence[Reading]:
        return [a_reading(next(values), over_s=1.0 if asked is Asked.DURING else None)]

    steps: list[Step] = []
    monitor = ScriptedMonitor(clock, read, during_every_s=1.0)
    watch = a_watch(clock, monitor, steps, replace(CPU, over_s=1.0))
    watch.begin_hold(0, ClosedLoop(8))
    states = []
    for _ in range(3):
        clock.time_s += 1.0
        watch.listen()
        states += [judgement.state for judgement in watch.judgements(0)]
    assert states == [RuleState.BREACH] * 3
    watch.end_hold(0)
    clock.time_s += 1.0
    watch.listen()
    (judgement,) = watch.complete(a_step(8)).judgements
    assert (judgement.state, judgement.observed) == (RuleState.BREACH, 0.99)


def test_rules_look_back_at_the_steps_of_the_ladder_below() -> None:
    """`for 2 steps` counts loads: 6 concurrent follow 16 in time, and are above the cool 4."""
    clock, steps = FakeClock(), list[Step]()

    def read(step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.2 if step_index == 0 else 0.99)]

    rule = replace(CPU, for_steps=2)
    watch = a_watch(clock, ScriptedMonitor(clock, read), steps, rule)
    for index, concurrency in enumerate((4, 16, 6)):
        watch.begin_hold(index, ClosedLoop(concurrency))
        watch.end_hold(index)
        clock.time_s += 1.0
        watch.listen()
        steps.append(watch.complete(a_step(concurrency, index=index)))
    assert [step.judgements[0].reason for step in steps] == [
        "",
        "step 1 of 2 beyond the limit",
        "step 1 of 2 beyond the limit",
    ]


def test_a_monitor_that_fails_owes_nothing_any_more() -> None:
    """It is not waited for after its fault, and the reason is the fault."""
    clock = FakeClock()
    monitor = ScriptedMonitor(clock, late_breach_at(9), late_after_s=20.0)
    watch = a_watch(clock, monitor, [])
    watch.begin_hold(0, ClosedLoop(8))
    watch.end_hold(0)
    assert watch.awaited(Asked.AT_END)[0] > 0
    monitor.fails_in = "poll"
    watch.listen()
    assert (watch.awaited(Asked.AT_END)[0], watch.awaited(Asked.LATE)[0]) == (0.0, 0.0)
    (judgement,) = watch.complete(a_step(8)).judgements
    assert judgement.reason == "the monitor failed: ValueError"


def test_late_news_make_good_for_what_was_not_told_at_the_end() -> None:
    """They are over the same window, so nothing else is waited for."""
    clock = FakeClock()
    monitor = ScriptedMonitor(clock, late_breach_at(9), late_after_s=1.0, answers_after_s=0.0)
    watch = a_watch(clock, monitor, [])
    watch.begin_hold(0, ClosedLoop(8))
    watch.end_hold(0)
    monitor.forget(Asked.AT_END)
    clock.time_s += 1.0
    assert len(watch.listen().events) == 1
    assert watch.awaited(Asked.AT_END)[0] == 0.0
    assert watch.complete(a_step(8)).resources[0].seen_late
