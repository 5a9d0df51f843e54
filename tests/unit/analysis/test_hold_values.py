"""Tests of capacity.analysis.hold_values."""

from dataclasses import replace

import pytest

from capacity.analysis.hold_values import (
    deciding_member,
    hold_value,
    percentile,
    reading_of,
    sample_count,
    seen_before,
)
from capacity.model.resources import ReadingState
from capacity.model.rules import METRICS, Comparison
from capacity.model.snapshot import Schedule
from tests.unit.builders import a_latency, a_rule
from tests.unit.measured_builders import a_measured, broken
from tests.unit.resource_builders import a_member, a_reading, a_resource_rule

STEP = replace(
    a_measured(8, 800.0, failures=1000, mean_s=0.01, p99_s=0.02),
    refused_ratio=0.03,
    schedule=Schedule(planned=1000, dropped_no_slot=40),
)


@pytest.mark.parametrize(
    ("metric", "value", "samples"),
    [
        ("error_rate", 0.04, 25_000),
        ("refused_rate", 0.03, 25_000),
        ("dropped_rate", 0.04, 1_000),
        ("qps", 800.0, 24_000),
        ("mean", 0.01, 24_000),
        ("p50", 0.0095, 24_000),
        ("p90", 0.015, 24_000),
        ("p95", 0.018, 24_000),
        ("p99", 0.02, 24_000),
        ("p999", 0.024, 24_000),
        ("gain", None, None),
    ],
)
def test_each_metric_has_its_value_over_the_hold(
    metric: str, value: float | None, samples: int | None
) -> None:
    """Growth is of no one step."""
    expected = None if value is None else pytest.approx(value)
    assert hold_value(STEP, a_rule(metric)) == expected
    assert sample_count(STEP, a_rule(metric)) == samples


def test_every_metric_is_known_here() -> None:
    """A new one must be given its value, or its absence."""
    known = {metric for metric in METRICS if hold_value(STEP, a_rule(metric)) is not None}
    assert set(METRICS) - known == {"gain"}


def test_what_was_not_kept_is_unknown() -> None:
    """Never zero."""
    bare = replace(
        STEP,
        latency=None,
        success_ratio=None,
        mean_s=None,
        qps=None,
        judged=None,
        refused_ratio=None,
        schedule=None,
    )
    for metric in METRICS:
        assert hold_value(bare, a_rule(metric)) is None
        assert sample_count(bare, a_rule(metric)) is None
    nothing_planned = replace(STEP, schedule=Schedule())
    assert hold_value(nothing_planned, a_rule("dropped_rate")) is None


def test_a_name_that_is_no_percentile_has_none() -> None:
    """The mean is no percentile."""
    assert percentile(a_latency(), "mean") is None


def test_a_resource_is_judged_by_its_worst_member_in_the_rules_own_direction() -> None:
    """The highest for a limit from above, the lowest for one from below; whole holds alone."""
    members = (a_member(0.3, "a"), a_member(0.9, "b"))
    step = replace(
        STEP, resources=(a_reading(0.5, over_s=10.0), a_reading(members=members)), judgements=()
    )
    above, below = a_resource_rule(), a_resource_rule(comparison=Comparison.BELOW)
    assert (hold_value(step, above), hold_value(step, below)) == (0.9, 0.3)
    assert sample_count(step, above) is None
    assert reading_of(step, above) == step.resources[1]
    assert hold_value(step, a_resource_rule("mem")) is None


@pytest.mark.parametrize(
    "reading",
    [
        a_reading(None),
        a_reading(0.9, may_stop=False, reason="2 of 4 samples"),
        a_reading(None, state=ReadingState.NO_LIMIT, reason="no limit is set"),
    ],
)
def test_a_reading_that_may_not_decide_has_no_value(reading: object) -> None:
    """Too few samples are no value, on whichever side of the limit they lie."""
    step = replace(STEP, resources=(reading,))  # type: ignore[arg-type]  # from a list of cases
    assert hold_value(step, a_resource_rule()) is None
    assert deciding_member(a_resource_rule(), None) is None


def test_what_a_rule_saw_is_known_for_every_rule_on_its_metric() -> None:
    """Also with another limit; a judgement without a number tells nothing."""
    guard = a_resource_rule()
    blank = replace(broken(guard), observed=None)
    step = replace(STEP, judgements=(blank, broken(guard, 0.9)))
    assert seen_before(step, a_resource_rule(text="cpu > 50%")) == 0.9
    assert seen_before(step, a_rule("p99")) is None
