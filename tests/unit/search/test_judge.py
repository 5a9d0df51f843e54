"""Tests of capacity.search.judge."""

from dataclasses import replace

import pytest

from capacity.histogram import Histogram
from capacity.model.load import Arrivals, ClosedLoop, OpenLoop
from capacity.model.plan import Purpose
from capacity.model.rules import (
    Absolute,
    Action,
    Comparison,
    Rule,
    RuleState,
    TimesFirst,
    WindowStats,
)
from capacity.model.run import Step, Trust
from capacity.model.snapshot import Counts, FailureKind
from capacity.search.judge import (
    confirm_over_steps,
    first_valid,
    judge_step,
    judge_window,
    needs_more_samples,
    rungs_before,
    step_rules,
    stopping,
    window_rules,
)
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    a_judgement,
    a_latency,
    a_rule,
    a_step,
)


def a_window(
    ok: int = 1000,
    failures: dict[FailureKind, int] | None = None,
    *,
    span_s: float = 10.0,
    p99_s: float | None = 0.020,
) -> WindowStats:
    """Ten seconds of load that ended at 15 s."""
    failed = failures or {}
    return WindowStats(
        start_s=15.0 - span_s,
        end_s=15.0,
        counts=Counts(started=ok + sum(failed.values()), ok=ok, failures=failed),
        ended_ok=ok,
        latency=None if p99_s is None else a_latency(p99_s / 2, count=ok, p99_s=p99_s),
    )


@pytest.mark.parametrize(
    ("failures", "state", "observed"),
    [
        pytest.param({FailureKind.HTTP_STATUS: 20}, RuleState.BREACH, 20 / 1020, id="beyond 1 %"),
        pytest.param({FailureKind.HTTP_STATUS: 5}, RuleState.OK, 5 / 1005, id="below 1 %"),
        pytest.param({FailureKind.CONN_TIMEOUT: 20}, RuleState.BREACH, 20 / 1020, id="network"),
        pytest.param({FailureKind.LOCAL_PORTS: 900}, RuleState.OK, 0.0, id="our own fault"),
        pytest.param({FailureKind.TLS_NOT_TLS: 900}, RuleState.OK, 0.0, id="configuration"),
    ],
)
def test_error_rate_counts_target_and_network_only(
    failures: dict[FailureKind, int], state: RuleState, observed: float
) -> None:
    """Failures of our own side are in neither part of the error rate."""
    judgement = judge_window(ERROR_RULE, a_window(1000, failures), None)
    assert judgement.state is state
    assert judgement.observed == pytest.approx(observed)


def test_too_few_samples_are_no_verdict() -> None:
    """99 of 100 samples say nothing, however bad they look."""
    judgement = judge_window(ERROR_RULE, a_window(0, {FailureKind.HTTP_STATUS: 99}), None)
    assert judgement.state is RuleState.NO_DATA
    assert judgement.reason == "99 of 100 samples"
    assert judgement.observed is None


def a_slow_window(samples: int, median_s: float) -> WindowStats:
    """A window of few answers with this median and a P99 of half a second."""
    window = a_window(samples, p99_s=0.5)
    assert window.latency is not None
    return replace(window, latency=replace(window.latency, p50_s=median_s, p99_s=0.5))


@pytest.mark.parametrize(
    ("samples", "median_s", "comparison", "state"),
    [
        pytest.param(20, 0.30, Comparison.ABOVE, RuleState.BREACH, id="half of 20 are slow"),
        pytest.param(20, 0.05, Comparison.ABOVE, RuleState.NO_DATA, id="the tail alone is slow"),
        pytest.param(19, 0.30, Comparison.ABOVE, RuleState.NO_DATA, id="19 prove nothing"),
        pytest.param(20, 0.30, Comparison.BELOW, RuleState.NO_DATA, id="a lower limit"),
    ],
)
def test_few_samples_suffice_when_the_median_is_beyond_the_limit(
    samples: int, median_s: float, comparison: Comparison, state: RuleState
) -> None:
    """A service that became slow gives few answers; 20 of them can prove it."""
    rule = a_rule("p99", limit=Absolute(0.1), comparison=comparison)
    assert judge_window(rule, a_slow_window(samples, median_s), None).state is state


def test_few_samples_prove_nothing_about_a_median() -> None:
    """The short cut is for percentiles that few requests may exceed."""
    rule = a_rule("p50", limit=Absolute(0.1))
    assert judge_window(rule, a_slow_window(50, 0.3), None).state is RuleState.NO_DATA


def test_window_that_is_not_full_is_no_verdict() -> None:
    """A rule over 10 s waits for 10 s of the step itself."""
    judgement = judge_window(
        ERROR_RULE, a_window(0, {FailureKind.HTTP_STATUS: 900}, span_s=9), None
    )
    assert judgement.state is RuleState.NO_DATA
    assert judgement.reason == "9s of 10s measured"


def test_window_may_miss_its_length_by_less_than_the_grid() -> None:
    """Intervals end some milliseconds late; 9.96 s is 10 s."""
    window = a_window(0, {FailureKind.HTTP_STATUS: 900}, span_s=9.96)
    assert judge_window(ERROR_RULE, window, None).state is RuleState.BREACH


def test_limit_as_multiple_of_the_first_step() -> None:
    """`10x first` is ten times the P99 of the first valid step, however few samples that had."""
    values = Histogram()
    for _ in range(99):
        values.record_s(0.015)
    first = replace(a_step(1, 3.3), latency_blob=values.to_blob())
    assert first.latency is not None
    assert first.latency.p99_s is None
    slow = judge_window(P99_RULE, a_window(p99_s=0.151), first)
    fine = judge_window(P99_RULE, a_window(p99_s=0.149), first)
    assert slow.state is RuleState.BREACH
    assert slow.limit == pytest.approx(0.150, rel=1e-3)
    assert fine.state is RuleState.OK


def test_multiple_of_the_first_step_needs_a_first_step() -> None:
    """In the first step itself there is nothing to compare with."""
    judgement = judge_window(P99_RULE, a_window(), None)
    assert judgement.state is RuleState.NO_DATA
    assert judgement.reason == "no earlier valid step to compare with"


def test_multiple_of_a_first_step_without_good_answers_is_no_verdict() -> None:
    """A first step with no latency has no multiple."""
    judgement = judge_window(P99_RULE, a_window(), a_step(1, 0.0))
    assert judgement.state is RuleState.NO_DATA


def test_percentile_of_a_window_without_good_answers_is_unknown() -> None:
    """No good answer means no P99, not a P99 of zero."""
    rule = a_rule("p99", limit=Absolute(0.1), min_samples=0)
    judgement = judge_window(rule, a_window(0, p99_s=None), None)
    assert judgement.state is RuleState.NO_DATA
    assert judgement.reason == "the window holds no such value"


def test_throughput_rule_needs_no_samples() -> None:
    """A service that answers nothing has a throughput of zero, and that is data."""
    rule = a_rule("qps", comparison=Comparison.BELOW, limit=Absolute(50.0), min_samples=0)
    judgement = judge_window(rule, a_window(0, p99_s=None), None)
    assert (judgement.state, judgement.observed) == (RuleState.BREACH, 0.0)


@pytest.mark.parametrize(
    ("qps", "state"),
    [
        pytest.param([100.0, 200.0, 202.0, 203.0], RuleState.BREACH, id="two flat steps"),
        pytest.param([100.0, 200.0, 202.0], RuleState.OK, id="one flat step"),
        pytest.param([100.0, 101.0, 200.0, 201.0], RuleState.OK, id="flat steps apart"),
        pytest.param([100.0], RuleState.NO_DATA, id="first step"),
    ],
)
def test_growth_below_three_percent_must_last_two_steps(qps: list[float], state: RuleState) -> None:
    """`gain < 3% for 2 steps` fires at the second flat step in a row."""
    steps = [a_step(2**index, rate, index=index) for index, rate in enumerate(qps)]
    assert judge_step(GAIN_RULE, steps[:-1], steps[-1]).state is state


def test_growth_is_per_doubling() -> None:
    """From 10 to 40 concurrent and from 100 to 121 requests/s is 10 % per doubling."""
    steps = [a_step(10, 100.0), a_step(40, 121.0, index=1)]
    assert judge_step(GAIN_RULE, steps[:1], steps[1]).observed == pytest.approx(0.10, abs=1e-3)


def test_growth_skips_steps_that_cannot_be_believed() -> None:
    """An INVALID step is no base for growth."""
    steps = [
        a_step(1, 100.0),
        a_step(2, 20.0, index=1, trust=Trust.INVALID),
        a_step(4, 400.0, index=2),
    ]
    assert judge_step(GAIN_RULE, steps[:2], steps[2]).observed == pytest.approx(1.0, abs=1e-2)


def test_growth_has_no_multiple_of_the_first_step() -> None:
    """`gain < 2x first` cannot be judged."""
    rule = a_rule("gain", comparison=Comparison.BELOW, limit=TimesFirst(2.0))
    steps = [a_step(1, 100.0), a_step(2, 200.0, index=1)]
    assert judge_step(rule, steps[:1], steps[1]).state is RuleState.NO_DATA


def purposed(step: Step, purpose: Purpose) -> Step:
    """The same step, run for something else."""
    return replace(step, plan=replace(step.plan, purpose=purpose))


def test_growth_is_judged_on_steps_of_the_ladder_only() -> None:
    """A step beside it is at a load of its own kind, and one cut short has not shown all."""
    before, flat = a_step(4, 400.0), a_step(8, 400.0, index=1)
    rule = replace(GAIN_RULE, for_steps=1)
    assert judge_step(rule, [before], flat).state is RuleState.BREACH
    refined = judge_step(rule, [before], purposed(flat, Purpose.REFINE))
    assert (refined.state, refined.reason) == (RuleState.NO_DATA, "no step of the ladder")
    broken_off = judge_step(rule, [before], replace(flat, ended_early=True))
    assert (broken_off.state, broken_off.reason) == (RuleState.NO_DATA, "the hold was cut short")
    voided = judge_step(rule, [a_step(2, 200.0), before], a_step(8, 1.0, trust=Trust.INVALID))
    assert voided.state is RuleState.NO_DATA


def test_growth_skips_a_step_that_was_cut_short() -> None:
    """From 1 to 4 concurrent throughput doubled per doubling, whatever the pause at 2 says."""
    paused = a_step(2, 20.0, index=1, ended_early=True)
    judgement = judge_step(GAIN_RULE, [a_step(1, 100.0), paused], a_step(4, 400.0, index=2))
    assert judgement.observed == pytest.approx(1.0, abs=1e-2)


def test_rules_look_back_at_the_ladder_below_the_load() -> None:
    """By load, with repetitions in the place of their steps, and never at steps beside it."""
    one, four, sixteen = a_step(1), a_step(4, index=1), a_step(16, index=2)
    again = purposed(a_step(16, 700.0, index=3), Purpose.RECHECK)
    refined = purposed(a_step(8, index=4), Purpose.REFINE)
    later = purposed(a_step(1, 90.0, index=5), Purpose.RECHECK)
    steps = [one, four, sixteen, again, refined, later]
    assert rungs_before(steps, ClosedLoop(64)) == (one, four, again)
    assert rungs_before(steps, ClosedLoop(16)) == (one, four)
    assert rungs_before(steps, ClosedLoop(1)) == (one,)
    assert rungs_before(steps, OpenLoop(700.0, Arrivals.POISSON, 64)) == (one,)
    assert rungs_before([], ClosedLoop(1)) == ()


ABOVE_100_MS = a_rule("p99", limit=Absolute(0.1))


@pytest.mark.parametrize(
    ("rule", "samples", "p99_s", "needs"),
    [
        pytest.param(ABOVE_100_MS, 999, 0.06, True, id="over half of the limit"),
        pytest.param(ABOVE_100_MS, 1000, 0.06, False, id="ten samples above it"),
        pytest.param(ABOVE_100_MS, 999, 0.05, False, id="far from the limit"),
        pytest.param(a_rule("p90", limit=Absolute(0.02)), 99, 0.02, True, id="p90 of 99"),
        pytest.param(a_rule("p90", limit=Absolute(0.02)), 100, 0.02, False, id="p90 of 100"),
        pytest.param(a_rule("p50", limit=Absolute(0.01)), 20, 0.02, False, id="no high one"),
        pytest.param(replace(ABOVE_100_MS, action=Action.MARK), 500, 0.06, False, id="marks only"),
        pytest.param(
            a_rule("p99", comparison=Comparison.BELOW, limit=Absolute(0.01)),
            *(500, 0.06, False),
            id="a lower limit",
        ),
        pytest.param(P99_RULE, 500, 0.6, False, id="a multiple of nothing"),
        pytest.param(ABOVE_100_MS, 0, None, False, id="no answers"),
    ],
)
def test_a_percentile_near_its_limit_needs_samples(
    rule: Rule, samples: int, p99_s: float | None, *, needs: bool
) -> None:
    """A P99 of 999 requests has not ten above it; far from the limit that does not matter."""
    window = a_window(samples, p99_s=p99_s)
    if p99_s is not None:  # a window of a rule keeps the percentiles of few samples
        latency = replace(a_latency(p99_s / 2, p99_s=p99_s), count=samples)
        window = replace(window, latency=latency)
    assert needs_more_samples(rule, window, None) == needs


def test_window_rule_for_two_steps_waits_for_the_second() -> None:
    """A breach in one step is noted as OK with a reason; in the second it stands."""
    rule = a_rule(for_steps=2, text="error_rate > 1% for 2 steps")
    breach = a_judgement(rule, RuleState.BREACH, observed=0.05)
    first = confirm_over_steps(rule, [], breach)
    assert (first.state, first.reason) == (RuleState.OK, "step 1 of 2 beyond the limit")
    before = a_step(4, judgements=[first])
    assert confirm_over_steps(rule, [before], breach).state is RuleState.BREACH


def test_window_rule_for_two_steps_starts_again_after_a_good_step() -> None:
    """A step within the limit, or without data, breaks the row."""
    rule = a_rule(for_steps=2, text="error_rate > 1% for 2 steps")
    breach = a_judgement(rule, RuleState.BREACH, observed=0.05)
    good = a_step(4, judgements=[a_judgement(rule, RuleState.OK, observed=0.001)])
    unknown = a_step(4, judgements=[a_judgement(rule, RuleState.NO_DATA)])
    assert confirm_over_steps(rule, [good], breach).state is RuleState.OK
    assert confirm_over_steps(rule, [unknown], breach).state is RuleState.OK


def test_only_a_breach_of_a_stop_rule_stops() -> None:
    """A marked breach and a rule that holds stop nothing; the first stop breach is returned."""
    marked = a_judgement(replace(ERROR_RULE, action=Action.MARK), RuleState.BREACH)
    holds = a_judgement(P99_RULE, RuleState.OK)
    stop = a_judgement(ERROR_RULE, RuleState.BREACH)
    assert stopping([marked, holds]) is None
    assert stopping([marked, holds, stop]) == stop


def test_first_valid_step_skips_invalid_ones() -> None:
    """`first` means the first step that can be believed."""
    bad, good = a_step(1, trust=Trust.INVALID), a_step(2, index=1, trust=Trust.SUSPECT)
    assert first_valid([bad, good]) == good
    assert first_valid([bad]) is None


def test_rules_are_told_apart_by_scope() -> None:
    """Growth is judged per step, the rest per window."""
    rules = (ERROR_RULE, GAIN_RULE, P99_RULE)
    assert window_rules(rules) == (ERROR_RULE, P99_RULE)
    assert step_rules(rules) == (GAIN_RULE,)
