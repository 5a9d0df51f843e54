"""Tests of capacity.analysis.findings."""

import pytest

from capacity.analysis.findings import analyze
from capacity.model.findings import Capacity, Knee, LimitKind, NoCapacity, NoKnee, Peak
from capacity.model.load import ClosedLoop
from capacity.model.rules import Action, RuleState
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    a_curve,
    a_judgement,
    a_rule,
    a_run,
    a_step,
)

LADDER_END = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def test_saturating_curve_gives_peak_knee_and_capacity() -> None:
    """Eight servers of 10 ms: knee, peak and capacity at 8, for more load buys waiting only."""
    findings = analyze(a_run(a_curve(), end=LADDER_END))
    assert isinstance(findings.knee, Knee)
    assert findings.knee.fit.knee.value == pytest.approx(8.0, rel=0.1)
    assert findings.peak == Peak(ClosedLoop(8), 800.0)
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load.level, findings.capacity.limited_by) == (8, None)
    assert findings.exit_code == 0


def test_capacity_is_the_last_step_before_a_broken_limit() -> None:
    """The step that broke a stop rule is named as the limit, and is not the capacity."""
    broken = a_step(16, 700.0, index=4, judgements=[a_judgement(ERROR_RULE, RuleState.BREACH)])
    findings = analyze(a_run([*a_curve((1, 2, 4, 8)), broken]))
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.load.level == 8
    assert findings.capacity.qps == pytest.approx(800.0)
    assert findings.capacity.p99_s == pytest.approx(0.020)
    assert findings.capacity.success_ratio == 1.0
    assert findings.capacity.limited_by == "error_rate > 1% over 10s"


def test_marked_breach_limits_nothing() -> None:
    """A rule with `-> mark` only notes."""
    mark = a_rule(action=Action.MARK, text="refused_rate > 5% -> mark")
    steps = [
        a_step(1, 100.0),
        a_step(2, 200.0, index=1, judgements=[a_judgement(mark, RuleState.BREACH)]),
    ]
    capacity = analyze(a_run(steps, end=LADDER_END)).capacity
    assert isinstance(capacity, Capacity)
    assert (capacity.load.level, capacity.limited_by) == (2, None)


def test_growth_rule_is_no_limit() -> None:
    """More load of no use harms nobody: the least load with all of the throughput counts."""
    steps = list(a_curve((1, 2, 4, 8, 16)))
    steps.append(a_step(32, 801.0, index=5, judgements=[a_judgement(GAIN_RULE, RuleState.BREACH)]))
    capacity = analyze(a_run(steps)).capacity
    assert isinstance(capacity, Capacity)
    assert (capacity.load.level, capacity.limited_by) == (8, None)


def an_invalid_step(concurrency: int = 16) -> Step:
    """A step that the generator could not carry, with a tempting throughput."""
    return a_step(
        concurrency,
        5000.0,
        index=4,
        trust=Trust.INVALID,
        reasons=["a load thread used 99% of a core"],
    )


def test_invalid_step_is_neither_peak_nor_capacity() -> None:
    """A number the generator could not carry is never published; the exit code says so."""
    end = RunEnd(EndReason.GENERATOR, "the generator was the limit", None)
    findings = analyze(a_run([*a_curve((1, 2, 4, 8)), an_invalid_step()], end=end))
    assert findings.peak == Peak(ClosedLoop(8), 800.0)
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.load.level == 8
    assert isinstance(findings.knee, NoKnee)
    assert findings.exit_code == 5


def test_refusals_limit_even_where_the_generator_was_busy() -> None:
    """An error rate is the target's own word; a P99 of the same step is not."""
    error = a_judgement(ERROR_RULE, RuleState.BREACH)
    slow = a_judgement(P99_RULE, RuleState.BREACH)
    good = a_curve((1, 2, 4, 8))
    for judgements, limited_by in (((error, slow), ERROR_RULE.text), ((slow,), None)):
        busy = a_step(16, 700.0, index=4, trust=Trust.INVALID, judgements=judgements)
        capacity = analyze(a_run([*good, busy])).capacity
        assert isinstance(capacity, Capacity)
        assert (capacity.load.level, capacity.limited_by) == (8, limited_by)


@pytest.mark.parametrize(
    ("steps", "detail"),
    [
        pytest.param([], "no step was finished", id="nothing"),
        pytest.param(
            [a_step(1, judgements=[a_judgement(ERROR_RULE, RuleState.BREACH)])],
            "the first step, 1 concurrent, already broke a limit: error_rate > 1% over 10s",
            id="limit",
        ),
        pytest.param(
            [a_step(1, 0.0, failures={FailureKind.CONN_REFUSED: 40})],
            "the first step, 1 concurrent, already broke a limit: no request succeeded",
            id="dead",
        ),
        pytest.param(
            [an_invalid_step(1)],
            "the first step, 1 concurrent, cannot be believed: a load thread used 99% of a core",
            id="invalid",
        ),
        pytest.param(
            [a_step(1, ended_early=True)], "the first step, 1 concurrent, was cut short", id="cut"
        ),
    ],
)
def test_no_capacity_is_said_with_its_reason(steps: list[Step], detail: str) -> None:
    """Without a passing step there is no capacity, and the sentence says why."""
    end = RunEnd(EndReason.RULE, "", None)
    findings = analyze(a_run(steps, end=end))
    assert isinstance(findings.capacity, NoCapacity)
    assert findings.capacity.detail == detail
    assert findings.exit_code == 4


def test_step_cut_by_the_user_is_no_capacity_and_no_point_of_the_curve() -> None:
    """Ctrl-C in the fourth step: three steps speak."""
    steps = [*a_curve((1, 2, 4)), a_step(8, 2000.0, index=3, ended_early=True)]
    findings = analyze(a_run(steps, end=RunEnd(EndReason.INTERRUPTED, "", None)))
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.load.level == 4
    assert findings.peak == Peak(ClosedLoop(4), 400.0)
    assert findings.exit_code == 130


def test_collapse_after_good_steps_is_a_limit_that_was_found() -> None:
    """A service that answers nothing at 8 concurrent has a capacity at 4, exit 0."""
    steps = [*a_curve((1, 2, 4)), a_step(8, 0.0, index=3, failures={FailureKind.CONN_REFUSED: 9})]
    findings = analyze(a_run(steps, end=RunEnd(EndReason.TARGET_DOWN, "", None)))
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load.level, findings.capacity.limited_by) == (
        4,
        "no request succeeded",
    )
    assert findings.capacity.limit_kind is LimitKind.SERVICE
    assert findings.exit_code == 0


def test_target_that_went_away_between_two_steps_is_a_limit_that_was_found() -> None:
    """The step that could not be held is not in the run; the capacity is no lower bound."""
    findings = analyze(a_run(a_curve((1, 2)), end=RunEnd(EndReason.TARGET_DOWN, "", None)))
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load.level, findings.capacity.limited_by) == (
        2,
        "no request succeeded",
    )


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (EndReason.RULE, 0),
        (EndReason.LADDER, 0),
        (EndReason.FUSE, 0),
        (EndReason.TARGET_DOWN, 0),
        (EndReason.METRICS_LOST, 0),
        (EndReason.GENERATOR, 5),
        (EndReason.INTERRUPTED, 130),
        (EndReason.TERMINATED, 143),
        (EndReason.NOT_FINISHED, 1),
    ],
)
def test_exit_code_follows_the_end(reason: EndReason, code: int) -> None:
    """Each end has its documented exit code, given a capacity."""
    assert analyze(a_run(a_curve(), end=RunEnd(reason, "", None))).exit_code == code
