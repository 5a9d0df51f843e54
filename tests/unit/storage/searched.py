"""A run that did everything a search can do, and findings in which nothing is absent."""

from dataclasses import replace

from capacity.model.confidence import Confidence
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    CheckName,
    CrossCheck,
    CurveFit,
    CurvePoint,
    Estimate,
    Findings,
    FollowUp,
    FollowUpState,
    Knee,
    LimitKind,
    Peak,
)
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.measured import Interval, Steadiness, SteadyState
from capacity.model.plan import Purpose, SearchPlan, StepPlan
from capacity.model.run import EndReason, Run, RunEnd, Step
from tests.unit.builders import a_plan, a_run, a_step
from tests.unit.report.diagnosis_builders import a_full_diagnosis

SEARCH = SearchPlan(
    hold_max_s=90.0,
    min_requests=1000,
    recheck=True,
    refine=4,
    precision_ratio=0.10,
    budget_s=600.0,
    verify=True,
    confirm=True,
    recovery=True,
)
STEADY = Steadiness(SteadyState.STEADY, 2.0, 0.004, -0.01, extended_s=5.0)
INTERVALS = (Interval(1.0, 95, 0.0105), Interval(1.0, 101, 0.0099), Interval(0.5, 0, None))


def searched_run() -> Run:
    """A step of each purpose, each with its intervals; the third decided the end."""
    purposes = (*Purpose, Purpose.LADDER)
    steps = [_step(index, purpose) for index, purpose in enumerate(purposes)]
    plan = replace(a_plan((1, 2, 4)), search=SEARCH)
    end = RunEnd(EndReason.BUDGET, "the time of 600s is used up", None, step_index=2)
    return a_run(steps, plan=plan, end=end)


def _step(index: int, purpose: Purpose) -> Step:
    step = a_step(2 + index, 100.0 + index, index=index)
    load = OpenLoop(90.0, Arrivals.POISSON, 64) if purpose is Purpose.CONFIRM else step.plan.load
    plan = StepPlan(index, load, 5.0, 30.0, purpose, hold_max_s=90.0, min_requests=1000)
    return replace(step, plan=plan, intervals=INTERVALS, steadiness=STEADY)


FIT = CurveFit(
    p_saturated=0.97,
    p_not_reached=0.02,
    p_below_range=0.01,
    p_retrograde=0.4,
    is_retrograde=True,
    knee=Estimate(8.0, 7.5, 8.6),
    n95=Estimate(9.5, 9.0, 10.1),
    n_power=Estimate(7.9, 7.4, 8.5),
    saturation_qps=Estimate(800.0, 790.0, 811.0),
    peak=Estimate(16.0, 12.0, 21.0),
    noise_ratio=0.012,
    step_count=7,
    curve=(CurvePoint(1.0, 100.0, 98.0, 102.0), CurvePoint(2.0, 199.0, 195.5, 203.0)),
    checks=(
        CrossCheck(CheckName.ASYMPTOTIC, 8.1, agrees=True),
        CrossCheck(
            CheckName.USL,
            None,
            agrees=None,
            coefficients=(("lambda_qps", 101.5), ("sigma", 0.01), ("kappa", 0.0002)),
            residual_ratio=0.03,
        ),
    ),
    collapsed=(64.0,),
)
CAPACITY = Capacity(
    load=ClosedLoop(8),
    qps=798.0,
    p99_s=0.0142,
    success_ratio=0.9996,
    limited_by="p99 > 50ms over 10s",
    limit_kind=LimitKind.SERVICE,
    not_judged=("cpu > 85% over 20s",),
    kind=CapacityKind.LIMITED,
    qps_range=Estimate(798.0, 795.0, 801.0),
    step_index=3,
    largest=Estimate(10.4, 10.0, 11.0),
    passed=ClosedLoop(10),
    failed=ClosedLoop(11),
    is_cliff=True,
    passed_above=(ClosedLoop(16),),
    verification=FollowUp(FollowUpState.HELD, 3, "P99 was 14.2ms"),
    confirmation=FollowUp(FollowUpState.BROKEN, 4, "2.1% of the starts were dropped", 718.2),
    recovery=FollowUp(FollowUpState.NOT_RUN, None, "the time was used up"),
)


def full_findings() -> Findings:
    """Every part of an answer, with numbers that are all different."""
    return Findings(
        peak=Peak(ClosedLoop(16), 806.0),
        knee=Knee(FIT, Confidence.HIGH, "curve library"),
        capacity=CAPACITY,
        exit_code=0,
        missing=("no percentiles: rules on them are not judged",),
        diagnosis=a_full_diagnosis(),
    )
