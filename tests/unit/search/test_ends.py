"""Tests of capacity.search.ends: the words of an end, and which of two stands."""

from dataclasses import replace

import pytest

from capacity.model.rules import Action, Evidence, OnMissing, RuleState
from capacity.model.run import EndReason, RunEnd
from capacity.search.ends import later_of, lost_rules, metrics_lost, stopped_by
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
    assert end == RunEnd(EndReason.RULE, detail, "cpu > 85%")


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
            EndReason.METRICS_LOST, "cpu could not be judged at 8 concurrent: empty", rule.text
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


@pytest.mark.parametrize("late_reason", [EndReason.RULE, EndReason.METRICS_LOST])
@pytest.mark.parametrize("reason", [None, *EndReason])
def test_a_finished_step_takes_the_place_of_what_came_after_it(
    reason: EndReason | None, late_reason: EndReason
) -> None:
    """The end of the ladder and a fuse are no answer; a busy generator excuses no resource."""
    late = RunEnd(late_reason, "late", None)
    yields = {None, EndReason.LADDER, EndReason.FUSE}
    if late_reason is EndReason.RULE:
        yields.add(EndReason.GENERATOR)
    end = None if reason is None else RunEnd(reason, "before", None)
    assert (later_of(end, late) is late) == (reason in yields)
