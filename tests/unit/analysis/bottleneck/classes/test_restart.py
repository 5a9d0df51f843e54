"""Is a service that ended under load named, and told from one that was merely deployed?"""

from dataclasses import replace

from capacity.analysis.bottleneck.bottleneck_class import Tier
from capacity.analysis.bottleneck.classes.restart import RESTART, judge
from capacity.model.bottleneck import SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from capacity.model.run import EndReason, RunEnd, Trust, Validity
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    a_case,
    a_change,
    case_of,
    case_of_run,
    changed,
    steps_with,
)
from tests.unit.builders import a_curve, a_run, a_step
from tests.unit.resource_builders import POD

DOWN = RunEnd(EndReason.TARGET_DOWN, "conn.refused 900x", None)


def test_a_container_killed_in_the_last_step_is_high() -> None:
    """The want of memory goes before the restart, with how full its memory was."""
    steps = changed(
        steps_with({"mem": [0.4, 0.5, 0.7, 0.8, 0.99]}),
        4,
        a_change(ChangeKind.RESTARTED, POD),
        a_change(ChangeKind.OOM_KILLED, POD, "out-of-memory events: 0 -> 1"),
    )
    (found,) = judge(case_of(steps))
    assert (
        found.confidence,
        found.subject.name,
        found.first_level,
    ) == (Confidence.HIGH, POD, 16.0)
    assert [
        f"{POD} was killed for want of memory in the step at 16 concurrent (out-of-memory events: "
        "0 -> 1)",
        f"{POD} was started again in the step at 16 concurrent (restarts: 0 -> 1)",
        f"memory of {POD} had reached 99% of what it may use at 16 concurrent",
    ] == [sentence.text() for sentence in found.evidence]
    assert "raise its memory limit" in found.advice.text()
    assert RESTART.tier is Tier.ANSWERED


def test_a_process_that_ended_is_high_even_in_a_step_that_is_not_believed() -> None:
    """Its errors may have made the step invalid."""
    steps = changed(a_curve((1, 2, 4)), 2, a_change(ChangeKind.PROCESS_ENDED, "pid 7 app", "gone"))
    steps = (*steps[:2], replace(steps[2], validity=Validity(Trust.INVALID, ("errors",))))
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH
    assert found.evidence[0].text() == "pid 7 app ended in the step at 4 concurrent (gone)"


def test_a_kill_that_was_noticed_long_after_the_hold_may_have_been_later() -> None:
    """The next load may have ended it before its own step was whole; then the level is no claim."""
    late = a_change(ChangeKind.OOM_KILLED, POD, "events: 0 -> 2")
    steps = a_curve((1, 2, 4))
    hold_end_unix_s = steps[2].started_at_unix_s + steps[2].plan.settle_s + steps[2].hold_s
    late = replace(late, seen_at_unix_s=hold_end_unix_s + 17.0)
    (found,) = judge(case_of(changed(steps, 2, late)))
    (sentence,) = found.evidence
    assert sentence.text() == (
        f"{POD} was killed for want of memory in the step at 4 concurrent or within 17s after it "
        "(events: 0 -> 2)"
    )
    assert sentence.text("zh").startswith("并发 4 时或其后 17s 内，")
    at_once = replace(late, seen_at_unix_s=hold_end_unix_s + 5.0)
    (found,) = judge(case_of(changed(steps, 2, at_once)))
    assert "after it" not in found.evidence[0].text()


def test_a_counter_tells_where_no_change_was_noticed() -> None:
    """Growth of restarts and of out-of-memory events."""
    steps = steps_with({"restarts": [0, 0, 0, 0, 2], "pod.oom": [0, 0, 0, 0, 1]})
    (found,) = judge(case_of(steps))
    assert [
        f"the kernel ended processes of {POD} for want of memory at 16 concurrent "
        "(times counted: 1)",
        f"{POD} was started again at 16 concurrent (restarts counted: 2)",
    ] == [sentence.text() for sentence in found.evidence]


def test_a_calm_step_at_that_load_later_leaves_it_at_medium() -> None:
    """Then it was not the load."""
    steps = changed(a_curve((1, 2, 4)), 1, a_change(ChangeKind.RESTARTED))
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.MEDIUM


def test_a_step_without_good_answers_is_no_calm_one() -> None:
    """A service that is away is not calm."""
    steps = (*changed(a_curve((1, 2)), 1, a_change(ChangeKind.RESTARTED)), a_step(4, 0.0, index=2))
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.HIGH


def test_the_database_that_was_started_again_is_the_database() -> None:
    """Told by its name."""
    steps = changed(a_curve((1, 2)), 1, a_change(ChangeKind.RESTARTED, DATABASE_POD))
    (found,) = judge(case_of(steps))
    assert found.subject.kind is SubjectKind.DATABASE


def test_nothing_is_named_without_an_end() -> None:
    """A change of another kind, a counter at rest, and counters without data."""
    scaled = changed(a_curve((1, 2)), 1, a_change(ChangeKind.SCALED))
    exporter = a_change(ChangeKind.RESTARTED, "shop/postgres-0/postgres-exporter")
    assert judge(case_of(scaled)) == ()
    assert judge(case_of(changed(a_curve((1, 2)), 1, exporter))) == ()
    assert judge(a_case({"restarts": [0.0] * 5, "pod.oom": [None] * 5})) == ()
    assert judge(case_of(())) == ()


def test_a_port_that_nobody_listens_on_any_more_is_medium() -> None:
    """Nobody watched, but connections were refused after good answers."""
    gone = a_step(4, 0.0, index=2, failures={FailureKind.CONN_REFUSED: 900})
    (found,) = judge(case_of_run(a_run((*a_curve((1, 2)), gone), end=DOWN)))
    assert (found.confidence, found.first_level) == (Confidence.MEDIUM, 4.0)
    assert "900 connections were refused in the step at 4 concurrent" in found.evidence[0].text()


def test_a_target_that_never_answered_or_answered_late_is_no_restart() -> None:
    """Not there from the start, or connections that time out."""
    refused = a_step(1, 0.0, failures={FailureKind.CONN_REFUSED: 900})
    late = a_step(4, 0.0, index=2, failures={FailureKind.CONN_TIMEOUT: 900})
    assert judge(case_of_run(a_run((refused,), end=DOWN))) == ()
    assert judge(case_of_run(a_run((*a_curve((1, 2)), late), end=DOWN))) == ()
