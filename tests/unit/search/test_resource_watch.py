"""Tests of capacity.search.resource_watch beyond what a whole climb shows."""

from collections.abc import Sequence
from dataclasses import replace

from capacity.model.resources import Asked, Reading
from capacity.model.rules import RuleState
from capacity.model.run import ResourcesRead, Step
from capacity.search.resource_watch import Heard, ResourceWatch
from tests.fakes.monitored import ScriptedMonitor
from tests.fakes.scripted import FakeClock
from tests.unit.builders import a_plan, a_step
from tests.unit.resource_builders import a_reading, a_resource_rule
from tests.unit.search.watched import late_breach_at

CPU = a_resource_rule()


def a_watch(clock: FakeClock, monitor: ScriptedMonitor, steps: list[Step]) -> ResourceWatch:
    """A watch over one monitor and the rule `cpu > 85%`."""
    return ResourceWatch(replace(a_plan(), rules=(CPU,)), (monitor,), clock, steps)


def test_late_samples_that_come_before_the_last_request_complete_the_step_at_once() -> None:
    """A slow request keeps the step open that long: there is nothing to assess anew."""
    clock, steps = FakeClock(), list[Step]()
    watch = a_watch(clock, ScriptedMonitor(clock, late_breach_at(0), late_after_s=2.0), steps)
    watch.begin_hold(0)
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
        watch.begin_hold(index)
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
    watch.begin_hold(0)
    watch.end_hold(0)
    clock.time_s += 6.5
    steps.append(watch.complete(a_step(8)))
    assert steps[0].judgements[0].state is RuleState.ERROR
    clock.time_s += 1.0
    assert watch.listen() == Heard()
    assert steps[0].judgements[0].state is RuleState.ERROR
