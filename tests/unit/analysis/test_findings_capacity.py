"""Tests of capacity.analysis.findings: what stands above a capacity, and how sure it is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.analysis.findings import analyze, analyze_steps
from capacity.analysis.missing import NO_LATENCY, NO_RULES, NO_SECONDS
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Estimate,
    FollowUpState,
    Knee,
    LimitKind,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
)
from capacity.model.load import ClosedLoop, Load
from capacity.model.measured import Believed, Interval, Measured
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind
from tests.unit.builders import GAIN_RULE, a_curve, a_judgement, a_plan, a_run, a_step
from tests.unit.measured_builders import (
    ERROR_LIMIT,
    P99_LIMIT,
    a_confirmation,
    a_measured,
    a_slow,
    broken,
)
from tests.unit.rate_builders import a_rate_run, a_rate_step

LADDER_END = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def capacity_of(steps: Sequence[Step], *, end: RunEnd = LADDER_END) -> Capacity:
    """The capacity of a run over these steps."""
    capacity = analyze(a_run(steps, end=end)).capacity
    assert isinstance(capacity, Capacity)
    return capacity


def loads(*concurrencies: int) -> tuple[Load, ...]:
    """Closed loops."""
    return tuple(ClosedLoop(concurrency) for concurrency in concurrencies)


def a_broken_step(concurrency: int, qps: float = 800.0, *, index: int = 9) -> Step:
    """A step whose P99 of 200 ms was over its limit of 100 ms."""
    return a_step(concurrency, qps, index=index, p99_s=0.2, judgements=[broken()])


def a_growing_curve(concurrencies: Sequence[int]) -> tuple[Step, ...]:
    """Steps of a service that no load tested comes near to filling."""
    return a_curve(concurrencies, saturation_qps=1e9)


GROWS_NO_MORE = a_judgement(GAIN_RULE, RuleState.BREACH, observed=0.01, limit=0.03)


def test_a_broken_limit_makes_a_capacity_limited() -> None:
    """With the loads on either side of the limit and the place between them."""
    capacity = capacity_of([*a_curve((1, 2, 4, 8, 16)), a_broken_step(64)])
    assert (capacity.kind, capacity.limited_by) == (CapacityKind.LIMITED, P99_LIMIT.text)
    assert (capacity.load, capacity.passed, capacity.failed) == loads(8, 16, 64)
    assert capacity.largest is not None
    assert 16 < capacity.largest.low < capacity.largest.value < capacity.largest.high < 64
    assert (capacity.is_cliff, capacity.passed_above) == (False, ())


def test_a_curve_that_levelled_off_makes_it_saturated() -> None:
    """No limit was broken, and more load buys waiting only."""
    capacity = capacity_of(a_curve())
    assert capacity.kind is CapacityKind.SATURATED
    assert (capacity.load, capacity.passed) == loads(8, 64)
    assert (capacity.largest, capacity.failed, capacity.limited_by) == (None, None, None)


def test_a_service_full_at_the_first_step_is_saturated_too() -> None:
    """There is a knee, but below the range."""
    steps = [a_step(n, 800.0, index=i) for i, n in enumerate((16, 32, 64, 128))]
    findings = analyze(a_run(steps, end=LADDER_END))
    assert isinstance(findings.knee, NoKnee)
    assert findings.knee.reason is NoKneeReason.BELOW_RANGE
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.kind, findings.capacity.load) == (
        CapacityKind.SATURATED,
        ClosedLoop(16),
    )


def test_a_curve_that_still_grows_gives_a_lower_bound() -> None:
    """Nothing stands above it."""
    capacity = capacity_of(a_growing_curve((1, 2, 4, 8, 16)))
    assert capacity.kind is CapacityKind.NO_FAILURE_IN_RANGE
    assert (capacity.load, capacity.passed) == loads(16, 16)


def test_a_growth_rule_that_ended_the_ladder_says_saturated_without_a_knee() -> None:
    """Two steps show no curve, but the rule was written to say so; an invalid step is silent."""
    steps = (a_step(8, 800.0), a_step(16, 804.0, index=1, judgements=[GROWS_NO_MORE]))
    assert capacity_of(steps).kind is CapacityKind.SATURATED
    invalid = a_step(16, 804.0, index=1, trust=Trust.INVALID, judgements=[GROWS_NO_MORE])
    assert capacity_of([steps[0], invalid]).kind is CapacityKind.NO_FAILURE_IN_RANGE


def test_rates_that_the_service_no_longer_keeps_up_with_are_saturated() -> None:
    """An open loop has no knee; what it answers of the rate says the same."""
    fine = [a_rate_step(100.0), a_rate_step(200.0, index=1)]
    flat = a_rate_step(400.0, index=2, dropped=30 * 150)
    for steps, kind, rate_qps in (
        (fine, CapacityKind.NO_FAILURE_IN_RANGE, 200.0),
        ([*fine, flat], CapacityKind.SATURATED, 200.0),
    ):
        capacity = analyze(a_rate_run(steps, end=LADDER_END)).capacity
        assert isinstance(capacity, Capacity)
        assert (capacity.kind, capacity.load.level) == (kind, rate_qps)


def test_loads_that_passed_above_the_failure_are_told() -> None:
    """A limit that is not monotonic is flagged, not smoothed away."""
    steps = [*a_curve((1, 2, 4, 8)), a_broken_step(16, index=4), a_step(64, 800.0, index=5)]
    capacity = capacity_of(steps)
    assert (capacity.passed, capacity.failed) == loads(8, 16)
    assert capacity.passed_above == loads(64)


def test_a_cliff_is_called_one() -> None:
    """Nothing at 10 told of it."""
    capacity = capacity_of([*a_curve((1, 2, 4, 8, 10)), a_broken_step(11)])
    assert (capacity.is_cliff, capacity.largest) == (True, Estimate(10.0, 10.0, 11.0))


def with_seconds(step: Step, seconds: Sequence[int]) -> Step:
    """The step with its hold, second by second."""
    return replace(step, intervals=tuple(Interval(1.0, good, 0.01) for good in seconds))


def test_the_range_of_the_throughput_has_the_scatter_in_the_step_and_between_steps() -> None:
    """Noisy seconds widen it, and so do steps that scatter about the curve."""
    quiet, noisy = (800,) * 10, (700, 880, 760, 850, 820, 690, 900, 810, 790, 800)
    widths = []
    for seconds in (quiet, noisy):
        steps = [a_step(4, 400.0), with_seconds(a_step(8, 800.0, index=1), seconds)]
        qps_range = capacity_of(steps).qps_range
        assert qps_range is not None
        assert qps_range.value == 800.0
        assert qps_range.low < 800 < qps_range.high
        widths.append(qps_range.high / qps_range.low)
    assert widths[0] < 1.001
    assert 1.03 < widths[1] < 1.2
    scattered = [
        a_step(int(step.plan.load.level), step.qps * factor, index=step.plan.index)
        for step, factor in zip(a_curve(), (1.05, 0.95, 1.0, 1.05, 0.93, 1.0, 1.06), strict=True)
    ]
    ranges = [capacity_of(steps).qps_range for steps in (a_curve(), scattered)]
    assert all(found is not None for found in ranges)
    known = [found.high / found.low for found in ranges if found is not None]
    assert known[1] > 1.05 > known[0]


def test_nothing_is_said_of_a_throughput_of_which_nothing_is_known() -> None:
    """Two steps without their seconds have neither an error of their own nor a curve."""
    assert capacity_of([a_step(4, 400.0), a_step(8, 800.0, index=1)]).qps_range is None


def a_checked_run() -> list[Measured]:
    """A climb with all of its checks."""
    return [
        a_measured(1, 100.0, index=0),
        a_measured(8, 800.0, index=1),
        a_slow(64, 800.0, index=2),
        a_slow(64, 800.0, index=3, purpose=Purpose.RECHECK),
        a_measured(8, 790.0, index=4, purpose=Purpose.VERIFY, hold_s=60.0, p99_s=0.03),
        a_confirmation(711.0, index=5),
        a_measured(1, 99.0, index=6, purpose=Purpose.RECOVERY),
    ]


ALL = SearchPlan(verify=True, confirm=True, recovery=True)


def said_of(steps: Sequence[Measured], end: RunEnd | None = LADDER_END) -> Capacity:
    """The capacity of steps that were read from anywhere."""
    findings = analyze_steps(
        steps, is_rate_ladder=False, end=end, rules=[P99_LIMIT, ERROR_LIMIT], search=ALL
    )
    assert isinstance(findings.capacity, Capacity)
    return findings.capacity


def test_the_figures_reported_are_those_of_the_verification() -> None:
    """All of them, and every check has its state."""
    capacity = said_of(a_checked_run())
    assert (capacity.load, capacity.qps, capacity.p99_s) == (ClosedLoop(8), 790.0, 0.03)
    assert capacity.step_index == 4
    checks = (capacity.verification, capacity.confirmation, capacity.recovery)
    assert [check.state for check in checks] == [FollowUpState.HELD] * 3
    assert [check.step_index for check in checks] == [4, 5, 6]


def test_the_plan_of_a_run_says_which_checks_should_have_been() -> None:
    """Without them in the steps they were not run."""
    plan = replace(a_plan(), search=SearchPlan(verify=True))
    capacity = analyze(a_run(plan=plan)).capacity
    assert isinstance(capacity, Capacity)
    assert capacity.verification.state is FollowUpState.NOT_RUN
    assert capacity.confirmation.state is FollowUpState.NOT_PLANNED


def test_an_invalid_check_is_a_remark_and_no_invalid_run() -> None:
    """The ladder was measured well; only its end by the generator makes the run invalid."""
    steps = a_checked_run()
    steps[4] = replace(steps[4], believed=Believed.INVALID, is_usable=False)
    for end, code in ((LADDER_END, 0), (RunEnd(EndReason.GENERATOR, "", None), 5)):
        findings = analyze_steps(steps, is_rate_ladder=False, end=end, rules=[P99_LIMIT])
        assert findings.exit_code == code
        assert isinstance(findings.capacity, Capacity)
        assert (findings.capacity.qps, findings.capacity.step_index) == (800.0, 1)
        assert findings.capacity.verification.state is FollowUpState.UNKNOWN


def test_a_target_that_goes_away_in_a_check_is_no_limit_of_the_climb() -> None:
    """While loads were still tried it is one, though no step has it."""
    gone = RunEnd(EndReason.TARGET_DOWN, "", None)
    climb = [step for step in a_checked_run() if step.load.level < 64]
    for checks in (1, 2):
        capacity = said_of(climb[: 2 + checks], gone)
        assert (capacity.limited_by, capacity.kind) == (None, CapacityKind.NO_FAILURE_IN_RANGE)
    capacity = said_of(climb[:2], gone)
    assert (capacity.limited_by, capacity.limit_kind) == (
        "no request succeeded",
        LimitKind.SERVICE,
    )
    assert (capacity.kind, capacity.failed) == (CapacityKind.LIMITED, None)


def test_a_file_says_no_reason_for_its_end() -> None:
    """Whether there is a capacity decides about the exit code; what it lacks is said."""
    bare = [
        replace(step, latency=None, judgements=(), intervals=()) for step in a_checked_run()[:2]
    ]
    findings = analyze_steps(
        bare, is_rate_ladder=False, end=None, rules=(), missing=["a header of its columns"]
    )
    assert findings.exit_code == 0
    assert findings.missing == (
        "a header of its columns",
        NO_SECONDS,
        NO_LATENCY,
        NO_RULES,
    )
    nothing = analyze_steps([], is_rate_ladder=False, end=None, rules=())
    assert (nothing.capacity, nothing.exit_code) == (NoCapacity(NoCapacityReason.NO_STEP), 4)


def test_the_absence_of_a_capacity_is_that_of_the_least_load() -> None:
    """What a heavier load broke is not what the first one lacked."""
    drifting = a_measured(1, 100.0, is_drifting=True)
    findings = analyze_steps(
        [a_slow(4, 200.0, index=1), drifting], is_rate_ladder=False, end=LADDER_END, rules=()
    )
    assert findings.capacity == NoCapacity(NoCapacityReason.NOT_STEADY, ClosedLoop(1))
    assert isinstance(findings.capacity, NoCapacity)
    assert findings.capacity.detail == "the first step, 1 concurrent, was still drifting at its end"


def test_a_first_step_under_which_the_target_went_away_broke_a_limit() -> None:
    """It was cut short because nothing succeeded any more."""
    step = a_step(1, 100.0, ended_early=True, failures={FailureKind.CONN_REFUSED: 3})
    capacity = analyze(a_run([step], end=RunEnd(EndReason.TARGET_DOWN, "", None))).capacity
    assert capacity == NoCapacity(
        NoCapacityReason.LIMIT_BROKEN, ClosedLoop(1), "no request succeeded"
    )


def test_a_faster_service_scales_the_throughput_and_nothing_else() -> None:
    """Ten times the answers of a tenth of the time."""
    slow, fast = (
        said_of(
            [
                a_measured(n, times * qps, index=n, p99_s=0.02)
                for n, qps in ((1, 100.0), (4, 390.0), (16, 801.0), (64, 798.0))
            ]
        )
        for times in (1, 10)
    )
    assert (slow.load, slow.kind, slow.qps) == (ClosedLoop(16), CapacityKind.SATURATED, 801.0)
    assert (fast.load, fast.kind, fast.qps) == (slow.load, slow.kind, 8010.0)
    assert slow.qps_range is not None
    assert fast.qps_range is not None
    assert fast.qps_range.low == pytest.approx(10 * slow.qps_range.low, rel=1e-3)


def test_checks_stay_out_of_peak_and_curve() -> None:
    """A confirmation has another kind of load, a recovery comes after the harm."""
    steps = [a_measured(n, min(100.0 * n, 800.0), index=n) for n in (1, 2, 4, 8, 16, 32)]
    odd = [
        replace(a_confirmation(5000.0, index=90), believed=Believed.YES),
        a_measured(1, 1.0, index=91, purpose=Purpose.RECOVERY),
    ]
    plain, checked = (
        analyze_steps(some, is_rate_ladder=False, end=LADDER_END, rules=[ERROR_LIMIT])
        for some in (steps, [*steps, *odd])
    )
    assert isinstance(plain.knee, Knee)
    assert (checked.knee, checked.peak) == (plain.knee, plain.peak)
