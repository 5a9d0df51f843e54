"""Tests of the metrics: what each row computes, and what it says when it cannot."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.rules import (
    METRICS,
    Comparison,
    Scope,
    StepRate,
    WindowStats,
    gain_per_doubling,
)
from capacity.model.snapshot import Counts, FailureKind, LatencySummary
from capacity.units import Unit
from tests.unit.builders import a_rule
from tests.unit.resource_builders import a_resource_rule

LATENCY = LatencySummary(
    count=880,
    mean_s=0.020,
    min_s=0.001,
    max_s=0.900,
    p50_s=0.015,
    p90_s=0.040,
    p95_s=0.055,
    p99_s=0.120,
    p999_s=0.450,
)


def a_window(
    counts: Counts | None = None,
    *,
    start_s: float = 5.0,
    end_s: float = 15.0,
    ended_ok: int = 900,
    latency: LatencySummary | None = LATENCY,
) -> WindowStats:
    """Ten seconds with 880 good requests, 20 of status 500, 100 of status 429 and 7 of our own."""
    if counts is None:
        counts = Counts(
            started=1007,
            ok=880,
            failures={FailureKind.HTTP_STATUS: 120, FailureKind.LOCAL_FD: 7},
            statuses={200: 880, 500: 20, 429: 100},
        )
    return WindowStats(start_s, end_s, counts, ended_ok, latency)


@pytest.mark.parametrize(
    ("name", "value", "sample_count"),
    [
        ("error_rate", 0.12, 1000),
        ("refused_rate", 0.1, 1000),
        ("qps", 90.0, 900),
        ("mean", 0.020, 880),
        ("p50", 0.015, 880),
        ("p90", 0.040, 880),
        ("p95", 0.055, 880),
        ("p99", 0.120, 880),
        ("p999", 0.450, 880),
    ],
)
def test_value_and_sample_count_in_a_window(name: str, value: float, sample_count: int) -> None:
    """Each window metric follows its formula; faults of our own side are in no rate."""
    metric = METRICS[name]
    assert metric.value(a_window()) == pytest.approx(value)
    assert metric.sample_count(a_window()) == sample_count


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"qps"}))
def test_an_empty_window_has_no_value(name: str) -> None:
    """Nothing measured is missing, never zero."""
    empty = a_window(Counts(), ended_ok=0, latency=None)
    assert METRICS[name].value(empty) is None
    assert METRICS[name].sample_count(empty) == 0


def test_throughput_of_a_quiet_window_is_zero_and_of_no_time_is_missing() -> None:
    """A span without answers is a rate of 0; no span at all is no rate."""
    assert METRICS["qps"].value(a_window(ended_ok=0)) == 0.0
    assert METRICS["qps"].value(a_window(start_s=5.0, end_s=5.0)) is None


def test_the_table_of_metrics() -> None:
    """Name, unit and scope of every metric, in the order in which they are shown."""
    assert [(name, metric.unit, metric.scope) for name, metric in METRICS.items()] == [
        ("error_rate", Unit.RATIO, Scope.WINDOW),
        ("refused_rate", Unit.RATIO, Scope.WINDOW),
        ("dropped_rate", Unit.RATIO, Scope.WINDOW),
        ("qps", Unit.QPS, Scope.WINDOW),
        ("gain", Unit.RATIO, Scope.STEP),
        ("mean", Unit.SECONDS, Scope.WINDOW),
        ("p50", Unit.SECONDS, Scope.WINDOW),
        ("p90", Unit.SECONDS, Scope.WINDOW),
        ("p95", Unit.SECONDS, Scope.WINDOW),
        ("p99", Unit.SECONDS, Scope.WINDOW),
        ("p999", Unit.SECONDS, Scope.WINDOW),
    ]
    assert [name for name, metric in METRICS.items() if metric.name != name] == []


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("error_rate", 0.012, "1.2%"), ("p99", 0.45, "450ms"), ("qps", 812.0, "812 qps")],
)
def test_a_value_is_shown_in_its_unit(name: str, value: float, shown: str) -> None:
    """Ratios are shown as percent, seconds as durations, rates with their unit."""
    assert METRICS[name].unit.show(value) == shown


@pytest.mark.parametrize(
    ("before", "after", "gain"),
    [
        (StepRate(1, 100.0), StepRate(2, 200.0), 1.0),
        (StepRate(1, 100.0), StepRate(4, 400.0), 1.0),
        (StepRate(4, 100.0), StepRate(8, 103.0), 0.03),
        (StepRate(8, 100.0), StepRate(16, 100.0), 0.0),
        (StepRate(8, 100.0), StepRate(16, 50.0), -0.5),
        (StepRate(1, 0.0), StepRate(2, 100.0), None),
        (StepRate(2, 100.0), StepRate(2, 120.0), None),
        (StepRate(4, 100.0), StepRate(2, 50.0), None),
        (StepRate(207, 1e-3), StepRate(208, 100.0), inf),
    ],
    ids=[
        "doubled",
        "doubled twice in one step",
        "nearly flat",
        "flat",
        "falling",
        "nothing before",
        "same concurrency",
        "less concurrency",
        "side by side, from next to nothing",
    ],
)
def test_gain_per_doubling(before: StepRate, after: StepRate, gain: float | None) -> None:
    """Growth is per doubling of concurrency; without a base there is none."""
    assert gain_per_doubling(before, after) == (None if gain is None else pytest.approx(gain))


@given(
    st.integers(min_value=1, max_value=1000),
    st.floats(min_value=1.01, max_value=8.0),
    st.floats(min_value=1.0, max_value=1e5),
)
def test_linear_growth_has_a_gain_of_one_whatever_the_width(
    concurrency: int, factor: float, qps: float
) -> None:
    """When throughput grows with concurrency the gain is 1 for narrow and wide steps alike."""
    wider = max(concurrency + 1, round(concurrency * factor))
    after = StepRate(wider, qps * wider / concurrency)
    assert gain_per_doubling(StepRate(concurrency, qps), after) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (Comparison.ABOVE, False, False, True),
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.BELOW, True, False, False),
        (Comparison.AT_MOST, True, True, False),
    ],
)
def test_comparisons_at_their_border(
    *, comparison: Comparison, below: bool, equal: bool, above: bool
) -> None:
    """Each comparison is told apart by the value that equals the limit."""
    assert [comparison.holds(observed, 2.0) for observed in (1.0, 2.0, 3.0)] == [
        below,
        equal,
        above,
    ]


def test_of_rules_broken_together_errors_name_the_end_and_resources_come_last() -> None:
    """A user's word weighs more than a gauge's, and an error more than a delay."""
    rules = [a_resource_rule(), a_rule("gain"), a_rule("p99"), a_rule("error_rate")]
    assert [rule.precedence for rule in rules] == [2, 1, 1, 0]
