"""Tests of capacity.analysis.findings: bad input gets a clear state, never a sure number."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.analysis.findings import analyze, analyze_steps
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Findings,
    Knee,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
)
from capacity.model.load import ClosedLoop
from capacity.model.measured import Measured
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind
from tests.unit.builders import a_curve, a_run, a_step
from tests.unit.measured_builders import ERROR_LIMIT, a_measured, broken

LADDER_END = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)


def of_run(*steps: Step) -> Findings:
    """What a run over these steps says."""
    return analyze(a_run(steps, end=LADDER_END))


def of_file(*steps: Measured) -> Findings:
    """What steps say that were read from a file."""
    return analyze_steps(steps, is_rate_ladder=False, end=None, rules=[ERROR_LIMIT])


def knee_reason(findings: Findings) -> NoKneeReason:
    """Why there is no knee."""
    assert isinstance(findings.knee, NoKnee)
    return findings.knee.reason


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_steps_give_a_lower_bound_and_no_knee(count: int) -> None:
    """What was measured is true; where it ends is not known."""
    findings = of_run(*a_curve((1, 2))[:count])
    assert knee_reason(findings) is NoKneeReason.TOO_FEW_STEPS
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.kind is CapacityKind.NO_FAILURE_IN_RANGE
    assert (findings.capacity.qps, findings.capacity.qps_range) == (100.0 * count, None)


def test_steps_that_are_all_invalid_give_nothing() -> None:
    """Neither knee nor capacity nor peak."""
    steps = (
        a_step(n, 100.0 * n, index=n, trust=Trust.INVALID, reasons=["busy"]) for n in (1, 2, 4, 8)
    )
    findings = of_run(*steps)
    assert knee_reason(findings) is NoKneeReason.TOO_FEW_STEPS
    assert findings.capacity == NoCapacity(NoCapacityReason.NOT_BELIEVED, ClosedLoop(1), "busy")
    assert (findings.peak, findings.exit_code) == (None, 4)


def test_zero_throughput_everywhere_is_a_service_that_is_dead_or_hangs() -> None:
    """Failures are a broken limit; when nothing ends at all, nothing can be said."""
    dead = [a_step(n, 0.0, index=n, failures={FailureKind.CONN_REFUSED: 40}) for n in (1, 2, 4, 8)]
    capacity = of_run(*dead).capacity
    assert isinstance(capacity, NoCapacity)
    assert (capacity.reason, capacity.fact) == (
        NoCapacityReason.LIMIT_BROKEN,
        "no request succeeded",
    )
    findings = of_run(*(a_step(n, 0.0, index=n) for n in (1, 2, 4, 8)))
    assert findings.capacity == NoCapacity(
        NoCapacityReason.NOT_BELIEVED, ClosedLoop(1), "no request ended in it"
    )
    assert knee_reason(findings) in (NoKneeReason.TOO_FEW_STEPS, NoKneeReason.UNCLEAR)
    assert findings.peak is None


@pytest.mark.parametrize(
    ("qps", "fact"),
    [
        (nan, "nan is no throughput"),
        (inf, "inf is no throughput"),
        (-5.0, "-5.0 is no throughput"),
    ],
)
def test_a_number_that_is_no_throughput_is_named(qps: float, fact: str) -> None:
    """And the other steps say what they can."""
    bad = replace(a_measured(1), qps=qps, intervals=())
    findings = of_file(bad)
    assert findings.capacity == NoCapacity(NoCapacityReason.NOT_BELIEVED, ClosedLoop(1), fact)
    others = [a_measured(n, 100.0 * n, index=n) for n in (2, 4)]
    findings = of_file(bad, *others)
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.qps == 400.0


def test_a_throughput_that_is_not_known_is_no_capacity() -> None:
    """Unknown is not zero."""
    assert of_file(replace(a_measured(1), qps=None)).capacity == NoCapacity(
        NoCapacityReason.NOT_BELIEVED, ClosedLoop(1), "its throughput is not known"
    )


def test_equal_concurrencies_are_one_load() -> None:
    """Measured often, and no curve."""
    findings = of_run(*(a_step(8, 800.0 + i, index=i) for i in range(5)))
    assert knee_reason(findings) is NoKneeReason.TOO_FEW_STEPS
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.kind is CapacityKind.NO_FAILURE_IN_RANGE
    assert (findings.capacity.load, findings.capacity.qps) == (ClosedLoop(8), 804.0)


def test_a_falling_ladder_says_the_same_as_a_rising_one() -> None:
    """The order of steps does not matter."""
    rising = list(a_curve())
    falling = [
        replace(step, plan=replace(step.plan, index=6 - index)) for index, step in enumerate(rising)
    ]
    up, down = of_run(*rising), of_run(*reversed(falling))
    assert isinstance(up.knee, Knee)
    assert isinstance(up.capacity, Capacity)
    assert isinstance(down.capacity, Capacity)
    assert (down.knee, down.peak) == (up.knee, up.peak)
    assert replace(down.capacity, step_index=None) == replace(up.capacity, step_index=None)


def test_pure_noise_is_unclear_and_its_range_is_wide() -> None:
    """No confident number is made of it."""
    qps = (900.0, 45.0, 300.0, 2000.0, 12.0, 700.0, 90.0)
    steps = (a_measured(2**i, x, index=i, mean_s=1e-5) for i, x in enumerate(qps))
    findings = of_file(*steps)
    assert knee_reason(findings) is NoKneeReason.UNCLEAR
    assert isinstance(findings.capacity, Capacity)
    assert findings.capacity.qps_range is not None
    assert findings.capacity.qps_range.high / findings.capacity.qps_range.low > 1.5


def test_a_throughput_that_its_own_latency_denies_is_not_believed() -> None:
    """80000/s of 10 ms need 800 requests in flight, not 8: an outlier of 100 x."""
    steps = [a_measured(n, min(100.0 * n, 800.0), index=n) for n in (1, 2, 4, 8, 16, 32)]
    outlier = a_measured(8, 80_000.0, index=8, mean_s=0.01)
    findings = of_file(*(outlier if step.index == 8 else step for step in steps))
    assert isinstance(findings.capacity, Capacity)
    assert (findings.capacity.load, findings.capacity.qps) == (ClosedLoop(16), 800.0)
    assert findings.peak is not None
    assert findings.peak.qps == 800.0
    first = of_file(replace(outlier, load=ClosedLoop(1)))
    assert first.capacity == NoCapacity(
        NoCapacityReason.NOT_BELIEVED,
        ClosedLoop(1),
        "8e+04/s that take 0.01s each are 800 in flight",
    )


def test_an_outlier_that_nothing_denies_is_no_confident_number() -> None:
    """100 x, with a latency to match: the curve is lost or the range is wide."""
    for factor in (100.0, 0.01):
        steps = [
            a_measured(n, min(100.0 * n, 800.0) * (factor if n == 8 else 1.0), index=n)
            for n in (1, 2, 4, 8, 16, 32, 64)
        ]
        findings = of_file(*steps)
        assert isinstance(findings.capacity, Capacity)
        if factor > 1:
            is_wide = (
                findings.capacity.qps_range is not None
                and findings.capacity.qps_range.high > 1.2 * findings.capacity.qps_range.low
            )
            assert isinstance(findings.knee, NoKnee) or is_wide
        else:
            assert findings.capacity.qps == 800.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5000),
            st.one_of(st.none(), st.floats(), st.floats(0, 1e6)),
            st.one_of(st.none(), st.floats(0, 1)),
            st.sampled_from(("fine", "broken", "invalid")),
        ),
        max_size=7,
    )
)
def test_whatever_the_steps_are_there_is_a_state(
    rows: list[tuple[int, float | None, float | None, str]],
) -> None:
    """Never an exception; a capacity is a number that was measured."""
    steps = [
        replace(
            a_measured(
                8,
                index=index,
                judgements=[broken(ERROR_LIMIT, 0.3)] if fate == "broken" else [],
                trust=Trust.INVALID if fate == "invalid" else Trust.VALID,
            ),
            load=ClosedLoop(concurrency),
            qps=qps,
            success_ratio=success_ratio,
            intervals=(),
        )
        for index, (concurrency, qps, success_ratio, fate) in enumerate(rows)
    ]
    capacity = of_file(*steps).capacity
    if isinstance(capacity, Capacity):
        assert capacity.qps in {step.qps for step in steps}
        assert capacity.qps > 0
