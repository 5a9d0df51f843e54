"""Tests of capacity.analysis.measure."""

from dataclasses import replace

import pytest

from capacity.analysis.measure import lost, measure
from capacity.model.measured import Believed, Interval, Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import Step, Trust
from capacity.model.snapshot import FailureKind, Schedule
from tests.unit.builders import a_judgement, a_step
from tests.unit.measured_builders import broken
from tests.unit.resource_builders import a_reading, a_resource_rule

MUST = a_resource_rule(on_missing=OnMissing.STOP)
LOST = a_judgement(MUST, RuleState.NO_DATA)
DRIFTING = Steadiness(SteadyState.DRIFTING, 2.0, 0.3, 0.4)


def test_a_step_is_reduced_to_what_the_answer_needs() -> None:
    """Every number is the step's own."""
    step = a_step(8, 800.0, index=3, failures={FailureKind.RESP_TIMEOUT_TOTAL: 1000})
    step = replace(
        step,
        plan=replace(step.plan, purpose=Purpose.REFINE),
        counts=replace(step.counts, statuses={200: 24_000, 429: 500}),
        intervals=(Interval(1.0, 800, 0.01),),
        steadiness=DRIFTING,
        schedule=Schedule(10, 1, 0, 0),
        resources=(a_reading(0.5),),
        judgements=(broken(),),
    )
    measured = measure(step)
    assert (measured.index, measured.load, measured.purpose) == (3, step.plan.load, Purpose.REFINE)
    assert (measured.hold_s, measured.qps, measured.mean_s) == (30.0, 800.0, 0.01)
    assert (measured.success_ratio, measured.judged) == (0.96, 25_000)
    assert measured.refused_ratio == 0.02
    assert (measured.latency, measured.intervals) == (step.latency, step.intervals)
    assert (measured.steadiness, measured.schedule) == (DRIFTING, step.schedule)
    assert (measured.resources, measured.judgements) == (step.resources, step.judgements)
    assert measured.breaches == (broken(),)


def test_what_a_step_does_not_have_is_unknown() -> None:
    """No hold, no answer, nothing judged."""
    step = replace(a_step(8, 0.0), end_s=5.0)
    measured = measure(step)
    assert (measured.hold_s, measured.qps, measured.mean_s) == (0.0, None, None)
    assert (measured.success_ratio, measured.refused_ratio, measured.judged) == (None, None, 0)


@pytest.mark.parametrize(
    ("step", "believed", "is_usable"),
    [
        pytest.param(a_step(), Believed.YES, True, id="fine"),
        pytest.param(a_step(trust=Trust.SUSPECT), Believed.YES, True, id="suspect"),
        pytest.param(
            a_step(trust=Trust.INVALID, ended_early=True), Believed.INVALID, False, id="invalid"
        ),
        pytest.param(a_step(ended_early=True), Believed.CUT_SHORT, False, id="cut by the user"),
        pytest.param(
            a_step(ended_early=True, judgements=[broken()]),
            Believed.CUT_SHORT,
            True,
            id="cut by a rule",
        ),
        pytest.param(
            replace(a_step(judgements=[LOST]), steadiness=DRIFTING),
            Believed.NOT_STEADY,
            True,
            id="drifting",
        ),
        pytest.param(a_step(judgements=[LOST]), Believed.NOT_JUDGED, True, id="not judged"),
        pytest.param(
            replace(a_step(), steadiness=replace(DRIFTING, state=SteadyState.UNKNOWN)),
            Believed.YES,
            True,
            id="steadiness not known",
        ),
    ],
)
def test_whether_a_step_may_carry_the_answer_and_enter_the_curve(
    step: Step, believed: Believed, is_usable: object
) -> None:
    """What a rule ended has a throughput; what the user ended may have anything."""
    measured = measure(step)
    assert (measured.believed, measured.is_usable) == (believed, is_usable)


def test_lost_are_the_rules_that_must_be_judged_and_were_not() -> None:
    """A rule that may go without its data is not among them."""
    may_go = a_judgement(a_resource_rule(), RuleState.NO_DATA)
    assert lost([may_go, LOST, a_judgement(MUST)]) == (LOST,)
