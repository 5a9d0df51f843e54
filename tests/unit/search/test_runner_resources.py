"""Tests of the climb that listens to monitors: rules on resources, from news to the end."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.model.plan import SearchPlan
from capacity.model.resources import Asked, Reading
from capacity.model.rules import Absolute, Action, RuleState
from capacity.model.run import (
    EndReason,
    ReadingsAwaited,
    ResourcesRead,
    RuleFired,
    RunEnd,
    SnapshotTaken,
    StepFinished,
    StepReassessed,
    StepStarted,
    Trust,
)
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine
from tests.unit.builders import GAIN_RULE, a_rule
from tests.unit.resource_builders import POD, a_reading, a_resource_rule
from tests.unit.search.test_runner import (
    ERRORS,
    SLOW,
    a_short_plan,
    climb_with,
    failing_above_16,
    knee_at_8,
    steps_of,
)
from tests.unit.search.watched import CPU, CPU_OVER_1S, Watched, cpu_of, hot_from, rising


def test_a_hot_pod_stops_the_climb_at_the_end_of_its_step() -> None:
    """The reading over the whole hold decides, after the hold, and names value, step and pod."""
    run = Watched([ERRORS, CPU], hot_from(3))
    assert run.levels == [1, 2, 4, 8]
    assert run.end == RunEnd(EndReason.RULE, f"cpu was 93% at 8 concurrent ({POD})", "cpu > 85%", 3)
    (breach,) = run.steps[-1].breaches
    assert (breach.rule, breach.observed) == (CPU, 0.93)
    assert not run.steps[-1].ended_early
    assert run.steps[-1].hold_s == pytest.approx(4.0, abs=0.2)
    assert "set_concurrency(16)" not in run.engine.calls


def test_every_step_has_its_readings_and_its_judgement() -> None:
    """What was read over the hold is in the step, and the rule's state beside the others."""
    run = Watched([ERRORS, CPU], rising)
    assert [step.resources[0].members[0].value for step in run.steps] == pytest.approx(
        [cpu_of(index) for index in range(7)]
    )
    assert [step.judgements[-1].state for step in run.steps] == [RuleState.OK] * 6 + [
        RuleState.BREACH
    ]
    assert run.end.rule == "cpu > 85%"


def test_the_monitor_is_told_the_hold_and_nothing_else() -> None:
    """Begin and end of each hold in this machine's time, and no step that was not held."""
    run = Watched([CPU], hot_from(1))
    assert run.monitor.calls == [
        "begin_hold(0)",
        "end_hold(0)",
        "begin_hold(1)",
        "end_hold(1)",
        "close()",
    ]


def test_a_breach_inside_the_hold_ends_the_hold() -> None:
    """Two fresh windows over the limit need not wait for the end of the step."""
    run = Watched([CPU_OVER_1S], hot_from(3), during_every_s=0.5)
    assert run.levels == [1, 2, 4, 8]
    assert run.steps[-1].ended_early
    assert run.steps[-1].hold_s < 1.0
    assert run.end.rule == "cpu > 85% over 1s"
    assert [event.step_index for event in run.of(RuleFired) if isinstance(event, RuleFired)] == [3]


def test_inside_the_hold_the_state_of_the_rule_is_in_every_interval() -> None:
    """The live view shows resources like any other rule, as soon as they are known."""
    run = Watched([ERRORS, CPU_OVER_1S], rising, during_every_s=0.5)
    shown = [
        judgement.observed
        for event in run.events
        if isinstance(event, SnapshotTaken) and event.step_index == 2
        for judgement in event.judgements
        if judgement.rule == CPU_OVER_1S
    ]
    assert shown[0] == pytest.approx(cpu_of(2))
    assert len(shown) >= 4


def test_news_are_told_when_they_come() -> None:
    """Each news is an event of its own before the step that it completes."""
    run = Watched([CPU], hot_from(9))
    order = [
        type(event).__name__
        for event in run.events
        if isinstance(event, StepStarted | ResourcesRead | StepFinished)
    ]
    assert order == ["StepStarted", "ResourcesRead", "StepFinished"] * 7


def test_a_rule_that_marks_notes_the_breach_and_stops_nothing() -> None:
    """The climb goes on to its end; each hot step carries the breach."""
    mark = replace(CPU, action=Action.MARK)
    run = Watched([mark], hot_from(5))
    assert run.end.reason is EndReason.LADDER
    assert [bool(step.breaches) for step in run.steps] == [False] * 5 + [True] * 2


def test_two_steps_in_a_row_when_the_rule_says_so() -> None:
    """`for 2 steps` stops at the second hot one."""
    run = Watched([a_resource_rule(for_steps=2)], hot_from(3))
    assert run.levels[-1] == 16


def test_growth_goes_on_from_a_step_that_was_measured_again() -> None:
    """16 concurrent were hot once; that throughput is as flat there as at 32 ends the climb."""

    def once(step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.93 if step_index == 4 else 0.4)]

    run = Watched([GAIN_RULE, CPU], once, search=SearchPlan(recheck=True))
    assert run.levels == [1, 2, 4, 8, 16, 16, 32]
    assert run.end.rule == GAIN_RULE.text


def test_two_monitors_complete_one_step() -> None:
    """Each tells its own quantities; a rule finds its own, whoever has it."""
    full = a_resource_rule("mem", text="mem > 85%")

    def memory(step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.2 * step_index, name="mem")]

    run = Watched([CPU, full], hot_from(9), beside=memory)
    assert run.levels[-1] == 32
    assert run.end.rule == "mem > 85%"
    assert [reading.name for reading in run.steps[-1].resources] == ["cpu", "mem"]
    assert {j.rule.metric: j.state for j in run.steps[-1].judgements} == {
        "cpu": RuleState.OK,
        "mem": RuleState.BREACH,
    }


def test_a_monitor_that_hangs_takes_nothing_from_the_other() -> None:
    """Its own quantities are an error; what the other one tells still stops the climb."""
    silent = a_resource_rule("mem", text="mem > 85%")
    run = Watched([CPU, silent], rising, hangs=True, beside=hot_from(2))
    assert run.end.rule == "cpu > 85%"
    assert run.levels == [1, 2, 4]
    assert run.steps[0].judgements[-1].reason == "the monitor said nothing within 6 s"


def test_the_load_goes_on_while_readings_are_awaited() -> None:
    """A slow answer delays the next step, not the service's load, and the wait is announced."""
    run = Watched([CPU], hot_from(9), answers_after_s=2.5)
    awaited = [event for event in run.events if isinstance(event, ReadingsAwaited)]
    assert [(event.step_index, event.asked) for event in awaited] == [
        (index, Asked.AT_END) for index in range(7)
    ]
    assert awaited[0].longest_s == pytest.approx(6.0, abs=0.5)
    calls = run.engine.calls
    assert calls.index("set_concurrency(0)") > calls.index("set_concurrency(64)")
    first_end = run.events.index(run.of(StepFinished)[0])
    since = run.events.index(awaited[0])
    assert sum(isinstance(event, SnapshotTaken) for event in run.events[since:first_end]) >= 2


def test_errors_name_the_end_before_delays_and_resources() -> None:
    """All three break in one interval; the step has all of them, the end names the errors."""

    def all_bad_at_4(concurrency: int) -> Behaviour:
        if concurrency < 4:
            return knee_at_8(concurrency)
        return Behaviour(400.0, latency_s=0.5, failing_ratio=0.5)

    run = Watched([CPU_OVER_1S, SLOW, ERRORS], hot_from(2), all_bad_at_4, during_every_s=2.0)
    assert run.end.rule == ERRORS.text
    broken = {judgement.rule.text for judgement in run.steps[-1].breaches}
    assert broken == {ERRORS.text, SLOW.text, CPU_OVER_1S.text}


def test_the_user_comes_before_a_rule() -> None:
    """A rule that breaks in the moment of Ctrl-C is noted, and the run was interrupted."""
    alone = Watched([ERRORS], hot_from(9), failing_above_16)
    fired_at = next(n for n, event in enumerate(alone.events) if isinstance(event, RuleFired))
    before = alone.events[fired_at - 1]
    assert isinstance(before, SnapshotTaken)
    at_s = before.snapshot.end_s
    run = Watched([ERRORS], hot_from(9), failing_above_16, interrupt_at_s=at_s)
    assert run.end.reason is EndReason.INTERRUPTED
    assert [j.rule for j in run.steps[-1].breaches] == [ERRORS]


def busy_and_slow_from_8(concurrency: int) -> Behaviour:
    """A generator that is full from 8 concurrent on."""
    return replace(knee_at_8(concurrency), cpu_ratio=0.99 if concurrency >= 8 else 0.1)


def test_a_busy_generator_does_not_excuse_a_hot_pod() -> None:
    """What the service used of its resources is its own, whoever measured its latency badly."""
    run = Watched([CPU], hot_from(3), busy_and_slow_from_8)
    assert run.steps[-1].validity.trust is Trust.INVALID
    assert run.end.rule == "cpu > 85%"


def test_a_hot_pod_takes_the_end_from_a_delay_of_a_busy_generator() -> None:
    """Of two broken rules the one that the generator cannot have broken is believed."""
    slow = a_rule("p99", limit=Absolute(0.001), over_s=2.0, text="p99 > 1ms over 2s")

    def busy_and_slow(_: int) -> Behaviour:
        return Behaviour(400.0, latency_s=0.5, cpu_ratio=0.99)

    run = Watched([slow, CPU], hot_from(0), busy_and_slow)
    assert run.end.rule == "cpu > 85%"
    assert {j.rule.text for j in run.steps[-1].breaches} == {slow.text, "cpu > 85%"}


def test_listening_costs_no_time() -> None:
    """The same climb takes as long with a prompt monitor as with none, to the last poll."""
    clock = FakeClock()
    alone = ScriptedEngine(clock, knee_at_8)
    climb_with(a_short_plan(ERRORS), alone, clock)
    run = Watched([ERRORS, CPU], hot_from(9), answers_after_s=0.0)
    assert run.engine.calls == alone.calls
    assert run.clock.time_s == pytest.approx(clock.time_s, abs=7 * 0.1)
    assert run.of(ReadingsAwaited) == [] or run.clock.time_s - clock.time_s < 7 * 0.1


def test_without_a_monitor_nothing_changes() -> None:
    """No news, no wait, no readings, no judgement more than before."""
    clock = FakeClock()
    events = climb_with(a_short_plan(ERRORS), ScriptedEngine(clock, knee_at_8), clock)
    kinds = (ResourcesRead, ReadingsAwaited, StepReassessed)
    assert not any(isinstance(event, kinds) for event in events)
    assert all(not step.resources and not step.changes for step in steps_of(events))
    assert all(len(step.judgements) == 1 for step in steps_of(events))
