"""Tests of capacity.search.ends: the words of an end, and which of two stands."""

from dataclasses import replace

import pytest

from capacity.model.rules import Action, Evidence, OnMissing, RuleState
from capacity.model.run import EndReason, RunEnd, Step
from capacity.model.snapshot import FailureKind
from capacity.search.ends import (
    final_of,
    later_of,
    lost_rules,
    metrics_lost,
    no_answer,
    stopped_by,
)
from tests.unit.builders import a_judgement, a_step
from tests.unit.resource_builders import POD, a_resource_rule


@pytest.mark.parametrize(
    ("evidence", "detail"),
    [
        (None, "cpu was 93% at 64 concurrent"),
        (Evidence("q", POD, 1.0, seen_late=False), f"cpu was 93% at 64 concurrent ({POD})"),
        (Evidence("q", "", 1.0, seen_late=False), "cpu was 93% at 64 concurrent"),
        (
            Evidence("q", POD, 1.0, seen_late=True),
            f"cpu was 93% at 64 concurrent ({POD}, seen late)",
        ),
        (Evidence("q", "", None, seen_late=True), "cpu was 93% at 64 concurrent (seen late)"),
    ],
    ids=["no evidence", "pod", "scalar", "pod seen late", "scalar seen late"],
)
def test_an_end_names_the_value_the_step_and_who_decided(
    evidence: Evidence | None, detail: str
) -> None:
    """The hot pod is named, and so is a breach that was seen only later."""
    rule = a_resource_rule()
    fired = a_judgement(rule, RuleState.BREACH, observed=0.93, limit=0.85)
    end = stopped_by(replace(fired, evidence=evidence), a_step(64).plan)
    assert end == RunEnd(EndReason.RULE, detail, "cpu > 85%", 0)


def test_a_breach_without_a_number_says_so() -> None:
    """What is not known is not invented."""
    fired = a_judgement(a_resource_rule(), RuleState.BREACH, observed=None)
    assert stopped_by(fired, a_step(64).plan).detail == "cpu was unknown at 64 concurrent"


MARK, STOP, FAIL = (
    a_resource_rule(on_missing=policy, text=f"cpu > 85% on_missing {policy.value}")
    for policy in OnMissing
)


def test_rules_that_must_be_judged_and_could_not_end_the_climb() -> None:
    """FAIL comes before STOP, and MARK ends nothing."""
    judged = [a_judgement(rule, RuleState.NO_DATA, reason="empty") for rule in (MARK, STOP, FAIL)]
    assert metrics_lost(a_step(8, judgements=judged[:1])) is None
    for count, rule in ((2, STOP), (3, FAIL)):
        assert metrics_lost(a_step(8, judgements=judged[:count])) == RunEnd(
            EndReason.METRICS_LOST, "cpu could not be judged at 8 concurrent: empty", rule.text, 0
        )


def test_a_hold_that_was_cut_short_has_lost_nothing() -> None:
    """Its few seconds hold too few samples by nature."""
    step = a_step(8, judgements=[a_judgement(FAIL, RuleState.NO_DATA)])
    assert len(lost_rules(step)) == 1
    assert lost_rules(replace(step, ended_early=True)) == ()
    assert metrics_lost(replace(step, ended_early=True)) is None


def test_a_rule_that_only_marks_is_never_lost_unless_it_says_so() -> None:
    """Without data it has nothing to mark, and that is all."""
    mark = a_resource_rule(action=Action.MARK)
    for rule, count in ((mark, 0), (replace(mark, on_missing=OnMissing.STOP), 1)):
        step = a_step(8, judgements=[a_judgement(rule, RuleState.NO_DATA)])
        assert len(lost_rules(step)) == count


@pytest.mark.parametrize("reason", [None, *EndReason])
def test_missing_data_take_the_place_of_a_ceiling_that_came_after_them(
    reason: EndReason | None,
) -> None:
    """A ceiling is no answer; every other end of the load stands."""
    lost = RunEnd(EndReason.METRICS_LOST, "late", None)
    end = None if reason is None else RunEnd(reason, "before", None)
    yields = {None, EndReason.FUSE, EndReason.BUDGET}
    assert (later_of(end, lost) is lost) == (reason in yields)


RULE = RunEnd(EndReason.RULE, "error_rate was 50%", "error_rate > 1%", 5)
LADDER = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


@pytest.mark.parametrize("reason", list(EndReason))
def test_a_limit_broken_below_takes_the_place_of_a_ceiling(reason: EndReason) -> None:
    """What ended the load says little then; the user, or a target that is gone, says more."""
    sudden = RunEnd(reason, "sudden", None)
    yields = {EndReason.FUSE, EndReason.BUDGET, EndReason.METRICS_LOST}
    assert (final_of(sudden, RULE, broke_off_checks=False) is RULE) == (reason in yields)
    assert final_of(sudden, RULE, broke_off_checks=True) is sudden
    assert final_of(sudden, LADDER, broke_off_checks=False) is sudden
    assert final_of(sudden, None, broke_off_checks=False) is sudden


def test_a_step_without_one_good_answer_is_the_end() -> None:
    """The kinds of failure are counted, and the step is named."""
    dead = a_step(8, 0.0, failures={FailureKind.RESP_TIMEOUT_TOTAL: 9, FailureKind.WRITE_RESET: 2})
    assert no_answer(dead) == RunEnd(
        EndReason.TARGET_DOWN,
        "no request succeeded at 8 concurrent: resp.timeout.total 9x, write.reset 2x",
        None,
        0,
    )
    silent = no_answer(a_step(8, 0.0))
    assert silent is not None
    assert silent.detail == "no request succeeded at 8 concurrent: none ended"


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(a_step(8), id="good answers"),
        pytest.param(a_step(8, 0.0, ended_early=True), id="broken off before any answer"),
        pytest.param(
            a_step(8, 0.0, judgements=[a_judgement(state=RuleState.BREACH)]), id="a limit tells"
        ),
        pytest.param(a_step(8, 0.0, cpu_ratio=0.99), id="our own machine was full"),
    ],
)
def test_a_step_that_says_something_else_is_not_the_end_for_want_of_answers(step: Step) -> None:
    """The target is gone only when nothing else explains the silence."""
    assert no_answer(step) is None
