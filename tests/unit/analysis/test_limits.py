"""Tests of capacity.analysis.limits."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.analysis.limits import Largest, largest_load
from capacity.analysis.outcomes import outcomes
from capacity.model.findings import CurveFit, CurvePoint, Estimate
from capacity.model.load import ClosedLoop
from capacity.model.measured import Measured
from capacity.model.rules import Absolute, Comparison, Judgement, Rule, RuleState
from capacity.model.snapshot import LatencySummary
from capacity.units import Unit
from tests.unit.builders import a_judgement, a_knee, a_rule
from tests.unit.measured_builders import ERROR_LIMIT, a_measured, broken
from tests.unit.resource_builders import a_resource_rule

FIT = a_knee(8.0).fit


def slow(concurrency: int, p99_s: float, *, index: int | None = None) -> Measured:
    """A step of a service with 800/s at most, judged by `p99 > 100ms`."""
    judgements = [broken(observed=p99_s)] if p99_s > 0.1 else []
    qps = min(100.0 * concurrency, 800.0)
    at = concurrency if index is None else index
    return a_measured(concurrency, qps, index=at, p99_s=p99_s, judgements=judgements)


def failing(concurrency: int, ratio: float, *, qps: float = 500.0) -> Measured:
    """A step in which a share of all requests failed, judged by `error_rate > 1%`."""
    failures = round(30 * qps * ratio / (1 - ratio))
    judgements = [broken(ERROR_LIMIT, ratio)] if ratio > 0.01 else []
    return a_measured(concurrency, qps, index=concurrency, failures=failures, judgements=judgements)


def largest(steps: Sequence[Measured], fit: CurveFit | None = None) -> Largest:
    """The largest load of steps that broke a limit."""
    found = largest_load(outcomes(steps, recheck=False), fit)
    assert found is not None
    return found


def test_without_a_broken_limit_or_a_load_that_passed_there_is_none() -> None:
    """Nothing is said of a limit that nobody has seen."""
    assert largest_load(outcomes([slow(1, 0.02)], recheck=False), None) is None
    assert largest_load(outcomes([slow(1, 0.2), slow(4, 0.3)], recheck=False), None) is None
    assert largest_load((), None) is None


def test_a_latency_is_crossed_where_its_line_meets_the_limit() -> None:
    """90 ms at 64 and 180 ms at 128: ln P99 is straight over ln N, so 100 ms are reached at 71."""
    found = largest([slow(16, 0.025), slow(64, 0.090), slow(128, 0.180)])
    assert found.estimate.value == pytest.approx(71.1, rel=0.01)
    assert 64 <= found.estimate.low < 70
    assert 73 < found.estimate.high < 100
    assert not found.is_cliff


def test_a_wide_gap_is_bent_like_the_curve() -> None:
    """From 4 to the knee at 8 nothing waits, so P99 rises later than by a straight line."""
    steps = [slow(4, 0.02), slow(64, 0.300)]
    straight, bent = largest(steps), largest(steps, FIT)
    assert straight.estimate.value == pytest.approx(4 * 16**0.594, rel=0.06)
    assert bent.estimate.value == pytest.approx(4 * 16**0.677, rel=0.03)
    width = [found.estimate.high / found.estimate.low for found in (straight, bent)]
    assert width[1] < width[0]


def test_a_curve_without_points_bends_nothing() -> None:
    """A fit that was read from somewhere may lack them."""
    steps = [slow(16, 0.06), slow(64, 0.110)]
    bare = largest(steps, replace(FIT, curve=())).estimate.value
    assert bare == pytest.approx(largest(steps).estimate.value, rel=0.02)


def test_values_below_are_made_monotonic() -> None:
    """95 ms at 32 and 85 ms at 64 are noise about 90 ms; the limit is 100 ms."""
    dip = largest([slow(32, 0.095), slow(64, 0.085), slow(128, 0.180)])
    level = largest([slow(32, 0.090), slow(64, 0.090), slow(128, 0.180)])
    assert dip.estimate.value == pytest.approx(level.estimate.value, rel=0.03)


def test_steps_that_scatter_widen_the_interval() -> None:
    """By 3 % at least, for that a percentile scatters from step to step; more with the curve."""
    steps = [slow(40, 0.08), slow(60, 0.12)]
    quiet, noisy = (
        largest(steps, replace(FIT, noise_ratio=noise)).estimate for noise in (0.001, 0.15)
    )
    assert 1.05 < quiet.high / quiet.low < 0.8 * noisy.high / noisy.low


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1e308, allow_nan=False), min_size=3, max_size=3),
    st.sampled_from(("p99", "prom.waiting", "qps")),
)
def test_no_number_makes_an_exception_or_leaves_the_gap(values: list[float], metric: str) -> None:
    """Whatever a file claims."""
    rule = (
        a_resource_rule(metric, limit=Absolute(100.0), unit=Unit.COUNT)
        if metric.startswith("prom")
        else a_rule(metric, limit=Absolute(100.0))
    )
    steps = [
        replace(judged(10**i, rule, value, RuleState.OK), qps=value or 1.0)
        for i, value in enumerate(values[:2])
    ]
    last = judged(100, rule, values[2], RuleState.BREACH)
    estimate = largest([*steps, last]).estimate
    assert 10 <= estimate.low <= estimate.value <= estimate.high <= 100


def test_more_users_of_everything_scale_the_load_and_nothing_else() -> None:
    """The interval as well, for it is drawn in shares of the gap."""
    values = ((10, 0.05), (20, 0.08), (40, 0.15))
    one, three = (
        largest([slow(times * n, p99_s) for n, p99_s in values]).estimate for times in (1, 3)
    )
    assert three.value == pytest.approx(3 * one.value)
    assert three.low == pytest.approx(3 * one.low)
    assert three.high == pytest.approx(3 * one.high)


def test_the_interval_never_leaves_the_gap_and_is_the_same_each_time() -> None:
    """Values on the limit itself push the draws against both ends."""
    for low, high in ((0.0999, 0.1001), (0.0999, 0.5), (0.06, 0.1001)):
        first = largest([slow(10, low), slow(20, high)])
        estimate = first.estimate
        assert 10 <= estimate.low <= estimate.value <= estimate.high <= 20
        assert largest([slow(10, low), slow(20, high)]) == first


def test_a_higher_value_at_either_end_never_raises_the_largest_load() -> None:
    """The nearer to the limit, the less is left."""
    values = [
        largest([slow(16, low), slow(64, 0.2)]).estimate.value for low in (0.05, 0.07, 0.09, 0.099)
    ]
    assert all(after <= before for before, after in pairwise(values))
    values = [largest([slow(16, 0.05), slow(64, high)]).estimate.value for high in (0.11, 0.2, 0.4)]
    assert all(after <= before for before, after in pairwise(values))


@pytest.mark.parametrize(
    ("steps", "is_cliff"),
    [
        pytest.param([slow(10, 0.025), slow(11, 0.180)], True, id="latency"),
        pytest.param([slow(10, 0.060), slow(11, 0.180)], False, id="latency that told"),
        pytest.param([slow(10, 0.025), slow(16, 0.180)], False, id="gap too wide to say"),
        pytest.param([failing(10, 0.0), failing(11, 0.6)], True, id="errors"),
        pytest.param([failing(10, 0.0), failing(11, 0.09)], False, id="limiter"),
        pytest.param([failing(10, 0.006), failing(11, 0.6)], False, id="errors that told"),
    ],
)
def test_a_cliff_is_a_step_into_the_unknown(steps: list[Measured], is_cliff: object) -> None:
    """Then the value is the load that passed, and the interval the whole gap."""
    found = largest(steps)
    assert found.is_cliff is is_cliff
    whole = found.estimate == Estimate(10.0, 10.0, 11.0)
    assert whole is is_cliff


def test_where_nothing_succeeded_nothing_told_of_it() -> None:
    """However wide the gap is."""
    dead = a_measured(64, 0.0, index=64, failures=40)
    assert largest([slow(16, 0.02), dead]) == Largest(Estimate(16.0, 16.0, 64.0), is_cliff=True)


def test_errors_that_nothing_told_of_may_begin_anywhere_in_the_gap() -> None:
    """No error at 4 and many at 16: a limiter may sit at 5 or at 15."""
    estimate = largest([failing(4, 0.0), failing(16, 0.4)]).estimate
    assert estimate.value == pytest.approx(8.0, rel=0.1)
    assert estimate.low == pytest.approx(4 * 4**0.05, rel=0.03)
    assert estimate.high == pytest.approx(4 * 4**0.95, rel=0.03)


def test_errors_that_rise_are_straight_in_their_root() -> None:
    """0.64 % at 64 and 1.44 % at 128: the root of 1 % is in the middle of theirs."""
    estimate = largest([failing(64, 0.0064, qps=50_000), failing(128, 0.0144, qps=50_000)]).estimate
    assert estimate.value == pytest.approx(64 * sqrt(2), rel=0.04)
    assert largest([failing(64, 0.0064, qps=50), failing(128, 0.0144, qps=50)]).estimate.high > (
        1.02 * estimate.high
    )


def test_a_limit_of_no_error_at_all_is_met_up_to_the_load_that_passed() -> None:
    """Above it nobody knows of a load without errors."""
    none = replace(ERROR_LIMIT, limit=Absolute(0.0))
    last = a_measured(16, failures=9, index=16, judgements=[broken(none, 0.001)])
    estimate = largest([failing(10, 0.0), last]).estimate
    assert estimate.value == pytest.approx(10.0)
    assert estimate.low == 10.0


def test_of_several_broken_rules_the_one_that_is_crossed_first_counts() -> None:
    """Errors name the limit, but the latency was beyond it long before."""
    judgements = [broken(observed=0.4), broken(ERROR_LIMIT, 0.011)]
    last = a_measured(64, index=64, judgements=judgements)
    passed = a_measured(32, index=32, p99_s=0.095, failures=190)
    assert largest([passed, last]).estimate.value < 35


def judged(concurrency: int, rule: Rule, observed: float, state: RuleState) -> Measured:
    """A step of which only what a rule saw is known."""
    judgement = a_judgement(rule, state, observed=observed, limit=100.0)
    return replace(
        a_measured(concurrency, index=concurrency), judgements=(judgement,), latency=None
    )


GUARD = a_resource_rule(limit=Absolute(0.8))
LEAST_QPS = a_rule("qps", comparison=Comparison.BELOW, limit=Absolute(100.0), text="qps < 100qps")


def guarded(concurrency: int, cpu_ratio: float) -> Measured:
    """A step with its CPU, and nothing else to be judged by."""
    state = RuleState.BREACH if cpu_ratio > 0.8 else RuleState.OK
    judgement = a_judgement(GUARD, state, observed=cpu_ratio, limit=0.8)
    return a_measured(
        concurrency, min(100.0 * concurrency, 800.0), index=concurrency, judgements=[judgement]
    )


def test_a_guard_on_a_resource_is_crossed_like_the_throughput() -> None:
    """20 % at 2 and 90 % at 64: with the knee at 8 it is full there, and not half-way to 64."""
    steps = [guarded(2, 0.2), guarded(64, 0.9)]
    straight, bent = largest(steps).estimate.value, largest(steps, FIT).estimate.value
    assert straight > 40
    assert 6 < bent < 9


def test_a_lower_limit_is_crossed_from_above() -> None:
    """200/s at 10 and 50/s at 40: 100/s is half of the way."""
    passed, last = a_measured(10, 200.0, index=10), a_measured(40, 50.0, index=40)
    breach: Judgement = broken(LEAST_QPS, 50.0)
    found = largest([passed, replace(last, judgements=(breach,))])
    assert found.estimate.value == pytest.approx(20.0, rel=0.05)
    assert not found.is_cliff


def test_a_value_of_zero_keeps_the_scale_plain() -> None:
    """No ln of it: 0 at 10 and 200 at 40 with a limit of 100."""
    rule = a_resource_rule("prom.waiting", limit=Absolute(100.0), text="prom.waiting > 100")
    steps = [judged(10, rule, 0.0, RuleState.OK), judged(40, rule, 200.0, RuleState.BREACH)]
    assert largest(steps).estimate.value == pytest.approx(20.0, rel=0.05)


def test_without_a_value_at_the_load_that_passed_the_whole_gap_is_left() -> None:
    """Unknown is no cliff."""
    rule = a_resource_rule("prom.waiting", limit=Absolute(100.0), text="prom.waiting > 100")
    steps = [slow(10, 0.02), judged(40, rule, 200.0, RuleState.BREACH)]
    assert largest(steps) == Largest(Estimate(10.0, 10.0, 40.0), is_cliff=False)


@pytest.mark.parametrize(
    ("metric", "limit_s"), [("p95", 0.0901), ("p50", 0.0501), ("mean", 0.0501)]
)
def test_other_percentiles_are_as_sure_as_their_requests(metric: str, limit_s: float) -> None:
    """Few requests widen the interval of a P95 and a P50; the error of a mean is not known."""
    rule = a_rule(metric, limit=Absolute(limit_s), text=f"{metric} > {limit_s}s")
    widths = []
    for count in (60, 40_000):
        latency = LatencySummary(count, 0.05, 0.01, 0.3, 0.05, 0.08, 0.09, None, None)
        passed = replace(a_measured(16, index=16, mean_s=0.05), latency=latency)
        last = replace(a_measured(32, index=32), judgements=(broken(rule, 2 * limit_s),))
        estimate = largest([passed, last]).estimate
        widths.append(estimate.high / estimate.low)
    assert (widths[0] > 1.02 * widths[1]) is (metric != "mean")


def test_a_load_of_zero_has_no_ratio_to_one_above_it() -> None:
    """A line of a file may claim it."""
    nothing = replace(slow(1, 0.02), load=ClosedLoop(0))
    assert largest([nothing, slow(4, 0.2)]).estimate == Estimate(0.0, 0.0, 4.0)


def test_a_retrograde_curve_bends_the_way_and_nothing_else() -> None:
    """Where throughput falls, latency rises faster; the crossing stays inside the gap."""
    falling = replace(
        FIT, curve=tuple(CurvePoint(n, 800 * 8 / n, 1, 900) for n in (8.0, 16.0, 32.0, 64.0))
    )
    estimate = largest([slow(8, 0.02), slow(64, 0.5)], falling).estimate
    assert 8 < estimate.low < estimate.value < estimate.high < 64
