"""Tests of the climb whose steps are judged once more, late, and whose service changes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.model.plan import Purpose, SearchPlan
from capacity.model.resources import Asked, Change, ChangeKind, Reading, ReadingState
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import (
    EndReason,
    ReadingsAwaited,
    RuleFired,
    RunEnd,
    SnapshotTaken,
    StepReassessed,
    StepStarted,
    Trust,
)
from tests.fakes.scripted import Behaviour
from tests.unit.resource_builders import POD, a_reading
from tests.unit.search.test_runner import ERRORS, failing_above_16, knee_at_8
from tests.unit.search.watched import CPU, Script, Watched, hot_from, late_breach_at, no_data_from


def test_late_samples_stop_the_next_step_and_name_the_one_they_belong_to() -> None:
    """8 concurrent was too much, which is seen while 16 run: those are ended early."""
    run = Watched([CPU], late_breach_at(3), late_after_s=2.0)
    assert run.levels == [1, 2, 4, 8, 16]
    assert run.end == RunEnd(
        EndReason.RULE, f"cpu was 93% at 8 concurrent ({POD}, seen late)", "cpu > 85%", 3
    )
    assert run.steps[3].judgements[-1].state is RuleState.NO_DATA
    assert run.newest[3].judgements[-1].state is RuleState.BREACH
    assert run.newest[3].resources[0].seen_late
    assert run.steps[4].ended_early
    late = [e for e in run.events if isinstance(e, ReadingsAwaited) and e.asked is Asked.LATE]
    assert late == []  # nothing of 16 concurrent could change the answer
    fired = [event for event in run.events if isinstance(event, RuleFired)]
    assert [(event.step_index, event.judgement.observed) for event in fired] == [(3, 0.93)]


def test_late_samples_are_judged_before_a_step_is_doubted() -> None:
    """Too few samples at the end are no reason yet: they may still come, and here they do."""
    run = Watched([replace(CPU, on_missing=OnMissing.FAIL)], late_breach_at(9), late_after_s=2.0)
    assert run.end.reason is EndReason.LADDER
    told = [reason for step in run.steps + run.newest for reason in step.validity.reasons]
    assert not any("could not be judged" in reason for reason in told)
    assert {step.judgements[-1].state for step in run.newest} == {RuleState.OK}
    assert len(run.of(StepReassessed)) == 7


def test_data_that_stay_missing_are_acted_on_when_they_could_have_come() -> None:
    """`on_missing stop` waits for the late samples of its step, and then ends the next one."""
    run = Watched([replace(CPU, on_missing=OnMissing.STOP)], no_data_from(3), late_after_s=2.0)
    assert run.levels == [1, 2, 4, 8, 16]
    assert run.end.reason is EndReason.METRICS_LOST
    assert run.end.detail == "cpu could not be judged at 8 concurrent: the series is empty"
    assert run.steps[3].validity.trust is Trust.VALID
    assert run.newest[3].validity.trust is Trust.SUSPECT


def test_a_value_is_not_lost_to_a_late_error() -> None:
    """Prometheus that dies after the step has judged it all the same."""

    def read(_step_index: int, asked: Asked) -> Sequence[Reading]:
        return [a_reading(None, state=ReadingState.ERROR) if asked is Asked.LATE else a_reading()]

    run = Watched([CPU], read, late_after_s=2.0)
    assert {step.judgements[-1].state for step in run.newest} == {RuleState.OK}
    assert run.of(StepReassessed) == []


def test_late_samples_of_the_last_step_are_waited_for_after_the_load() -> None:
    """64 concurrent is the last step; the load has ended, the wait is announced, the rule fires."""
    run = Watched([CPU], late_breach_at(6), late_after_s=20.0)
    assert run.end.rule == "cpu > 85%"
    assert run.end.detail == f"cpu was 93% at 64 concurrent ({POD}, seen late)"
    late = [e for e in run.events if isinstance(e, ReadingsAwaited) and e.asked is Asked.LATE]
    assert [event.step_index for event in late] == [6]
    assert late[0].longest_s == pytest.approx(26.0, abs=1.0)
    since = run.events.index(late[0])
    idle = [event for event in run.events[since:] if isinstance(event, SnapshotTaken)]
    assert len(idle) >= 15
    assert all(event.snapshot.counts.started == 0 for event in idle)


def test_late_samples_of_a_step_that_broke_its_own_rule_are_waited_for() -> None:
    """Errors ended the hold of 32 concurrent; how hot the pod was there is worth knowing."""
    run = Watched([ERRORS, CPU], late_breach_at(5), failing_above_16, late_after_s=5.0)
    assert run.end.rule == ERRORS.text
    assert run.steps[-1].ended_early
    late = [e for e in run.events if isinstance(e, ReadingsAwaited) and e.asked is Asked.LATE]
    assert [event.step_index for event in late] == [5]
    assert {j.rule.text for j in run.newest[-1].breaches} == {ERRORS.text, "cpu > 85%"}


def test_missing_data_of_the_last_step_end_the_climb_after_the_load() -> None:
    """The ladder was climbed, but its last step cannot be judged."""
    run = Watched([replace(CPU, on_missing=OnMissing.FAIL)], no_data_from(6), late_after_s=20.0)
    assert run.end.reason is EndReason.METRICS_LOST
    assert run.newest[-1].validity.trust is Trust.SUSPECT


def test_a_late_breach_takes_the_place_of_a_ceiling_that_came_after_it() -> None:
    """Had the samples been there in time, the step in which the ceiling was met had not begun."""
    run = Watched([CPU], late_breach_at(1), late_after_s=8.0, max_requests=2500)
    assert run.end.rule == "cpu > 85%"
    assert run.levels == [1, 2, 4]


def test_late_news_that_never_come_are_waited_for_once() -> None:
    """After late_after_s, the answer limit and a grace the step is settled as it is."""

    def read(_step_index: int, _asked: Asked) -> Sequence[Reading]:
        return [a_reading(0.4, may_stop=False, reason="3 samples")]

    run = Watched([CPU], read, late_after_s=30.0, answers_after_s=6.5)
    assert run.end.reason is EndReason.LADDER
    assert run.steps[-1].judgements[-1].reason == "the monitor said nothing within 6 s"
    assert run.newest[-1].judgements[-1].reason == "40% is not believed: 3 samples"
    assert run.newest[-1].validity.trust is Trust.SUSPECT
    assert run.clock.time_s - 100.0 == pytest.approx(7 * 11.0 + 30.0, abs=6.0)


def a_change(subject: str = "shop/api-7f9", kind: ChangeKind = ChangeKind.RESTARTED) -> Change:
    """A pod that restarted once."""
    return Change(kind, subject, "0 -> 1", 1_795_234_340.0)


def test_a_step_with_a_change_is_not_steady() -> None:
    """A restart under the hold makes the step suspect, in words, and no other step."""

    def change(step_index: int) -> Sequence[Change]:
        return [a_change()] if step_index == 4 else []

    run = Watched([CPU], hot_from(9), change=change)
    assert run.steps[4].changes == (a_change(),)
    assert run.steps[4].validity.trust is Trust.SUSPECT
    assert run.steps[4].validity.reasons == ("not steady: shop/api-7f9 restarted (0 -> 1)",)
    assert not run.steps[3].changes
    assert run.steps[3].validity.trust is Trust.VALID


def test_a_change_that_is_told_twice_is_one() -> None:
    """At the end of the hold and once more later."""
    run = Watched([CPU], hot_from(9), change=lambda _: [a_change()], late_after_s=2.0)
    assert all(step.changes == (a_change(),) for step in run.newest)


RECHECK = SearchPlan(recheck=True)


def once_late_at(index: int, *, value: float = 0.93) -> Script:
    """A pod that was hot in one step, which only its late samples show."""

    def read(step_index: int, asked: Asked) -> Sequence[Reading]:
        is_hot = step_index == index and asked is Asked.LATE
        return [a_reading(value if is_hot else 0.4)]

    return read


def test_a_limit_that_was_broken_below_breaks_off_the_step_of_the_ladder() -> None:
    """8 concurrent are measured again, then the 16 that were broken off, then the rest."""
    run = Watched([CPU], once_late_at(3), late_after_s=2.0, search=RECHECK)
    assert run.levels == [1, 2, 4, 8, 16, 8, 16, 32, 64]
    assert run.again == [8, 16]
    assert run.steps[4].ended_early
    assert run.end.reason is EndReason.LADDER


def test_a_step_that_has_not_begun_to_measure_leaves_nothing_behind() -> None:
    """The samples come while 16 concurrent settle: that step has not happened."""
    run = Watched([CPU], once_late_at(3), late_after_s=0.5, search=RECHECK)
    assert run.levels == [1, 2, 4, 8, 8, 16, 32, 64]
    started = [event.plan for event in run.of(StepStarted) if isinstance(event, StepStarted)]
    assert [(p.index, p.load.level) for p in started[3:6]] == [(3, 8), (4, 16), (4, 8)]


def test_a_step_that_refines_is_not_broken_off_by_what_was_seen_below() -> None:
    """It fills a gap of its own; what it says is true whatever was seen elsewhere."""
    search = SearchPlan(refine=1)

    def failing_at_64(concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), failing_ratio=0.5 if concurrency > 50 else 0.0)

    run = Watched([ERRORS, CPU], once_late_at(6), failing_at_64, late_after_s=2.0, search=search)
    assert run.steps[-1].plan.purpose is Purpose.REFINE
    assert not run.steps[-1].ended_early


def test_the_load_begins_again_when_the_last_step_turns_out_to_have_broken_a_limit() -> None:
    """Its late samples are waited for without load; then 64 concurrent are measured once more."""
    run = Watched([CPU], once_late_at(6), late_after_s=20.0, search=RECHECK)
    assert run.levels[-2:] == [64, 64]
    assert run.again == [64]
    assert run.engine.calls.count("set_concurrency(64)") == 2
    assert run.end.reason is EndReason.LADDER
    assert run.newest[-1].judgements[-1].state is RuleState.OK
    assert run.newest[-1].resources[0].seen_late


def test_a_budget_has_time_for_the_samples_of_the_last_step() -> None:
    """Three steps of 5 s and their late samples are 26 s; a fourth would leave no time for them."""
    search = SearchPlan(budget_s=26.0)
    run = Watched([CPU], once_late_at(9), late_after_s=10.0, search=search)
    assert run.end.reason is EndReason.BUDGET
    assert run.levels == [1, 2, 4]
    assert run.clock.time_s - 100.0 <= 26.0


def test_data_that_turn_out_to_be_missing_after_all_steps_break_nothing_off() -> None:
    """What ended the rising part stays the end; the steps that refined were finished."""
    rules = [ERRORS, replace(CPU, on_missing=OnMissing.FAIL)]
    search = SearchPlan(refine=1)
    run = Watched(rules, no_data_from(4), failing_above_16, late_after_s=20.0, search=search)
    assert run.steps[-1].plan.purpose is Purpose.REFINE
    assert run.newest[4].validity.trust is Trust.SUSPECT
    assert run.end.rule == ERRORS.text


def test_who_asked_for_the_end_gets_no_further_step() -> None:
    """Ctrl-C in the moment in which they come: the limit was broken once, so it is no end."""
    alone = Watched([CPU], once_late_at(6), late_after_s=20.0)
    at_s = alone.clock.time_s
    run = Watched([CPU], once_late_at(6), late_after_s=20.0, search=RECHECK, interrupt_at_s=at_s)
    assert run.again == []
    assert run.newest[-1].breaches
    assert run.engine.calls.count("set_concurrency(64)") == 1
    assert run.end.reason is EndReason.INTERRUPTED
