"""Tests of the climb whose monitor has nothing to say, fails, hangs, or is not waited for."""

from dataclasses import replace

import pytest

from capacity.model.resources import ReadingState
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import (
    EndReason,
    ReadingsAwaited,
    RunEnd,
    Trust,
)
from tests.unit.resource_builders import a_resource_rule
from tests.unit.search.test_runner import (
    ERRORS,
    failing_above_16,
)
from tests.unit.search.watched import CPU, Watched, hot_from, late_breach_at, no_data_from, rising


@pytest.mark.parametrize("state", [ReadingState.NO_DATA, ReadingState.ERROR])
def test_missing_data_make_the_step_suspect_and_the_climb_goes_on(state: ReadingState) -> None:
    """`on_missing mark`: every step without data says so in its reasons."""
    run = Watched([CPU], no_data_from(5, state))
    assert run.end.reason is EndReason.LADDER
    assert [step.validity.trust for step in run.steps[-3:]] == [
        Trust.VALID,
        Trust.SUSPECT,
        Trust.SUSPECT,
    ]
    assert run.steps[-1].validity.reasons == ("cpu > 85% could not be judged: the series is empty",)
    assert run.steps[-1].judgements[-1].state.value == state.value


def test_a_limit_that_is_not_set_makes_no_step_suspect() -> None:
    """Nothing is missing: the service has none, and the climb goes on as without the rule."""
    run = Watched([CPU], no_data_from(0, ReadingState.NO_LIMIT))
    assert run.end.reason is EndReason.LADDER
    assert run.steps[-1].validity.trust is Trust.VALID
    assert not any("could not" in reason for s in run.steps for reason in s.validity.reasons)
    assert {step.judgements[-1].state for step in run.steps} == {RuleState.NO_DATA}


def test_a_limit_that_is_taken_away_ends_the_climb_of_a_rule_that_must_be_judged() -> None:
    """From then on it has no verdict."""
    rule = replace(CPU, on_missing=OnMissing.STOP)
    run = Watched([rule], no_data_from(3, ReadingState.NO_LIMIT))
    assert (run.end.reason, run.levels) == (EndReason.METRICS_LOST, [1, 2, 4, 8])


@pytest.mark.parametrize("policy", [OnMissing.STOP, OnMissing.FAIL])
def test_missing_data_end_the_climb_where_the_rule_says_so(policy: OnMissing) -> None:
    """The end names the rule, the step and the reason; what was measured is kept."""
    run = Watched([replace(CPU, on_missing=policy)], no_data_from(3))
    assert run.levels == [1, 2, 4, 8]
    assert run.end == RunEnd(
        EndReason.METRICS_LOST,
        "cpu could not be judged at 8 concurrent: the series is empty",
        "cpu > 85%",
        3,
    )


def test_a_broken_rule_comes_before_missing_data() -> None:
    """When errors stop the climb, the lost gauge is not the reason."""
    lost = replace(CPU, on_missing=OnMissing.FAIL)
    run = Watched([lost, ERRORS], no_data_from(5), failing_above_16)
    assert run.end.rule == ERRORS.text
    assert not any("could not be judged" in reason for reason in run.steps[-1].validity.reasons)


def test_a_hanging_monitor_is_waited_for_no_longer_than_its_own_limit() -> None:
    """It answers nothing at all, not even an error: each step says so after 5 s and a grace."""
    run = Watched([CPU], rising, hangs=True)
    assert run.end.reason is EndReason.LADDER
    assert run.steps[0].judgements[-1].state is RuleState.ERROR
    assert run.steps[0].judgements[-1].reason == "the monitor said nothing within 6 s"
    assert run.steps[0].validity.trust is Trust.SUSPECT
    assert run.clock.time_s - 100.0 == pytest.approx(7 * (1.0 + 4.0 + 6.0), abs=5.0)


@pytest.mark.parametrize("call", ["begin_hold", "end_hold", "poll"])
def test_a_failing_monitor_changes_nothing_but_the_state_of_its_rules(call: str) -> None:
    """It is asked nothing more and waited for no more; the climb goes on to its end."""
    run = Watched([CPU], rising, fails_in=call)
    assert run.end.reason is EndReason.LADDER
    assert run.levels == [1, 2, 4, 8, 16, 32, 64]
    assert run.steps[-1].judgements[-1].reason == "the monitor failed: ValueError"
    assert run.clock.time_s - 100.0 == pytest.approx(7 * 5.0, abs=2.0)
    assert sum(c.startswith(call) for c in run.monitor.calls) <= 1


def test_a_monitor_that_fails_to_close_does_not_hurt_the_run() -> None:
    """What was measured is not lost for a thread that does not end well."""
    run = Watched([CPU], rising, fails_in="close")
    assert run.end.rule == "cpu > 85%"


def test_a_rule_that_no_monitor_reads_is_never_silent() -> None:
    """Its state is ERROR with the reason, in every step."""
    rule = a_resource_rule("mem", text="mem > 85%")
    run = Watched([rule], hot_from(9))
    assert {step.judgements[-1].reason for step in run.steps} == {"no monitor reads it"}


def test_a_hanging_monitor_does_not_delay_the_end_that_the_user_asks_for() -> None:
    """Ctrl-C in the wait for readings ends it at the next look; the step is kept."""
    run = Watched([CPU], rising, hangs=True, interrupt_at_s=100.0 + 5.0 + 1.0)
    assert run.end.reason is EndReason.INTERRUPTED
    assert run.clock.time_s - 106.0 < 0.5
    assert run.newest[0].judgements[-1].reason == "the run was ended before it was read"
    assert run.levels == [1]


def test_a_hold_that_the_user_ends_is_not_waited_for() -> None:
    """Its readings may come while the last requests end, and are not awaited beyond that."""
    run = Watched([CPU], rising, hangs=True, interrupt_at_s=100.0 + 3.0)
    assert run.clock.time_s - 103.0 < 0.5
    assert run.of(ReadingsAwaited) == []
    assert run.steps[0].ended_early


def test_ctrl_c_ends_the_wait_for_late_samples_and_keeps_everything() -> None:
    """The ladder had been climbed, so it is its end that counts; what is unknown is said."""
    ladder_end_s = 100.0 + 7 * 5.0
    run = Watched([CPU], late_breach_at(6), late_after_s=60.0, interrupt_at_s=ladder_end_s + 5.0)
    assert run.end.reason is EndReason.LADDER
    assert run.clock.time_s - (ladder_end_s + 5.0) < 0.5
    assert run.newest[-1].judgements[-1].reason == "93% is not believed: 3 samples"
    assert run.newest[-1].validity.trust is Trust.SUSPECT


def test_ctrl_c_does_not_talk_a_rule_out_of_its_missing_data() -> None:
    """Whoever ends the wait for samples goes by what is known, and `fail` was asked for."""
    run = Watched(
        [replace(CPU, on_missing=OnMissing.FAIL)],
        late_breach_at(6),
        late_after_s=60.0,
        interrupt_at_s=100.0 + 7 * 5.0 + 5.0,
    )
    assert run.end.reason is EndReason.METRICS_LOST
