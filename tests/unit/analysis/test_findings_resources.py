"""Tests of capacity.analysis.findings: guards on resources, and rules that lacked their data."""

from dataclasses import replace

import pytest

from capacity.analysis.findings import analyze
from capacity.model.findings import Capacity, Findings, LimitKind, NoCapacity
from capacity.model.rules import Judgement, OnMissing, Rule, RuleState
from capacity.model.run import EndReason, RunEnd, Step, Trust
from tests.unit.builders import ERROR_RULE, P99_RULE, a_curve, a_judgement, a_plan, a_run, a_step
from tests.unit.resource_builders import a_resource_rule

GUARD = a_resource_rule()
LOST = RunEnd(EndReason.METRICS_LOST, "cpu could not be judged at 16 concurrent", GUARD.text)
LADDER_END = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def a_last_step(*judgements: Judgement, trust: Trust = Trust.VALID) -> Step:
    """16 concurrent with more throughput than the four steps before, which met every limit."""
    return a_step(16, 1200.0, index=4, judgements=judgements, trust=trust)


def findings_with(last: Step, *, rule: Rule = GUARD, end: RunEnd = LADDER_END) -> Findings:
    """What a climb says whose first four steps were fine."""
    steps = [*a_curve((1, 2, 4, 8)), last]
    plan = replace(a_plan([1, 2, 4, 8, 16]), rules=(ERROR_RULE, rule))
    return analyze(a_run(steps, plan=plan, end=end))


def capacity_with(last: Step, *, rule: Rule = GUARD, end: RunEnd = LADDER_END) -> Capacity:
    """The capacity that such a climb has."""
    capacity = findings_with(last, rule=rule, end=end).capacity
    assert isinstance(capacity, Capacity)
    return capacity


BROKEN_GUARD = a_judgement(GUARD, RuleState.BREACH, observed=0.93, limit=0.85)
BROKEN_P99 = a_judgement(P99_RULE, RuleState.BREACH)


@pytest.mark.parametrize(
    ("broken", "limited_by", "kind"),
    [
        pytest.param([BROKEN_GUARD], GUARD.text, LimitKind.RESOURCE, id="guard"),
        pytest.param([BROKEN_P99], P99_RULE.text, LimitKind.SERVICE, id="latency"),
        pytest.param([BROKEN_GUARD, BROKEN_P99], P99_RULE.text, LimitKind.SERVICE, id="both"),
        pytest.param([], None, None, id="nothing"),
    ],
)
def test_a_guard_that_was_reached_is_told_from_a_limit(
    broken: list[Judgement], limited_by: str | None, kind: LimitKind | None
) -> None:
    """A full CPU is no end of the service; where callers felt it too, their word counts."""
    capacity = capacity_with(a_last_step(*broken))
    assert (capacity.limited_by, capacity.limit_kind) == (limited_by, kind)
    assert capacity.load.level == (8 if broken else 16)


def test_a_guard_holds_even_where_the_generator_was_busy() -> None:
    """The service's CPU is its own, whoever measured its latency badly."""
    last = a_last_step(BROKEN_GUARD, BROKEN_P99, trust=Trust.INVALID)
    assert capacity_with(last).limit_kind is LimitKind.RESOURCE


def unknown(rule: Rule, state: RuleState = RuleState.NO_DATA) -> Judgement:
    """A rule that could not be judged."""
    return replace(a_judgement(rule, RuleState.NO_DATA, reason="the series is empty"), state=state)


@pytest.mark.parametrize("state", [RuleState.NO_DATA, RuleState.ERROR])
def test_a_capacity_that_a_guard_could_not_judge_says_so(state: RuleState) -> None:
    """With `on_missing mark` it is the answer, and never silently."""
    capacity = capacity_with(a_last_step(unknown(GUARD, state)))
    assert (capacity.load.level, capacity.not_judged) == (16, (GUARD.text,))
    assert capacity_with(a_last_step(a_judgement(GUARD))).not_judged == ()


@pytest.mark.parametrize(
    ("policy", "exit_code"), [(OnMissing.STOP, 0), (OnMissing.FAIL, 6)], ids=["stop", "fail"]
)
def test_lost_metrics_leave_a_lower_bound_below(policy: OnMissing, exit_code: int) -> None:
    """The step that must be judged and could not is not the answer; the one before it is."""
    rule = replace(GUARD, on_missing=policy)
    findings = findings_with(a_last_step(unknown(rule)), rule=rule, end=LOST)
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load.level, findings.capacity.limited_by) == (8, None)
    assert findings.capacity.not_judged == ()
    assert findings.exit_code == exit_code


def test_lost_metrics_of_an_interrupted_run_keep_its_own_exit_code() -> None:
    """The step is no answer either way."""
    rule = replace(GUARD, on_missing=OnMissing.FAIL)
    end = RunEnd(EndReason.INTERRUPTED, "interrupted by a signal", None)
    findings = findings_with(a_last_step(unknown(rule)), rule=rule, end=end)
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load.level, findings.exit_code) == (8, 130)


@pytest.mark.parametrize(
    ("policy", "exit_code"), [(OnMissing.STOP, 4), (OnMissing.FAIL, 6)], ids=["stop", "fail"]
)
def test_lost_metrics_in_the_first_step_leave_no_capacity(
    policy: OnMissing, exit_code: int
) -> None:
    """The sentence names the rule and the reason."""
    rule = replace(GUARD, on_missing=policy)
    plan = replace(a_plan([1]), rules=(rule,))
    findings = analyze(a_run([a_step(1, 100.0, judgements=[unknown(rule)])], plan=plan, end=LOST))
    assert isinstance(findings.capacity, NoCapacity)
    assert findings.capacity.detail == (
        "the first step, 1 concurrent, could not be judged by cpu > 85%: the series is empty"
    )
    assert findings.exit_code == exit_code
