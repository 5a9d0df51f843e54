"""Tests of capacity.search.runner and capacity.search.climb against a target that is gone."""

from dataclasses import replace

from capacity.model.run import EndReason
from capacity.model.snapshot import FailureKind
from tests.fakes.scripted import Behaviour
from tests.unit.search.test_runner import (
    ERRORS,
    a_short_plan,
    climb,
    end_of,
    knee_at_8,
    steps_of,
)


def test_dead_target_ends_the_climb_at_its_first_step() -> None:
    """When nothing succeeds, too few samples for any rule still end the climb, with the kinds."""

    def dead(_: int) -> Behaviour:
        return Behaviour(5.0, failing_ratio=1.0, failure=FailureKind.WRITE_RESET, late_ok=False)

    events, _ = climb(a_short_plan(ERRORS), dead)
    (step,) = steps_of(events)
    assert step.counts.ok == 0
    assert end_of(events).end.reason is EndReason.TARGET_DOWN
    assert end_of(events).end.detail == (
        f"no request succeeded at 1 concurrent: write.reset {step.counts.ended}x"
    )


def test_target_that_goes_away_ends_the_climb_within_the_step() -> None:
    """After a whole second without a connection nothing is waited for, rule or no rule."""

    def gone_at_4(concurrency: int) -> Behaviour:
        gone = Behaviour(90.0, failing_ratio=1.0, failure=FailureKind.CONN_REFUSED, latency_s=0.001)
        return gone if concurrency == 4 else knee_at_8(concurrency)

    events, engine = climb(a_short_plan(), gone_at_4)
    assert [step.plan.load.text for step in steps_of(events)] == ["1 concurrent", "2 concurrent"]
    assert end_of(events).end.reason is EndReason.TARGET_DOWN
    assert end_of(events).end.detail == (
        "no request succeeded any more at 4 concurrent: conn.refused 90x"
    )
    assert "set_concurrency(8)" not in engine.calls


def test_a_target_that_is_gone_is_the_end_before_its_errors_are() -> None:
    """Both are seen in the same second; the step keeps the broken rule."""

    def gone_at_4(concurrency: int) -> Behaviour:
        gone = Behaviour(200.0, failing_ratio=1.0, failure=FailureKind.CONN_REFUSED)
        return gone if concurrency == 4 else knee_at_8(concurrency)

    rule = replace(ERRORS, over_s=1.0)
    events, _ = climb(replace(a_short_plan(rule), settle_s=0.0), gone_at_4)
    assert end_of(events).end.reason is EndReason.TARGET_DOWN
    assert [judgement.rule for judgement in steps_of(events)[-1].breaches] == [rule]
