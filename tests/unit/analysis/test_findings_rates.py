"""What does a finished climb by rate say?"""

from capacity.analysis.findings import EXIT_NO_CAPACITY, EXIT_OK, analyze
from capacity.model.findings import Capacity, NoCapacity, NoKnee, NoKneeReason, Peak
from capacity.model.rules import RuleState
from tests.unit.builders import P99_RULE, a_judgement
from tests.unit.rate_builders import a_rate_run, a_rate_step

SLOW = a_judgement(P99_RULE, RuleState.BREACH, observed=0.9, limit=0.2)


def test_capacity_is_the_highest_rate_that_met_every_limit() -> None:
    """The rate that broke one is named as what lies beyond."""
    first, second = a_rate_step(100.0), a_rate_step(200.0, index=1)
    third = a_rate_step(400.0, index=2, dropped=3000, judgements=[SLOW], ended_early=True)
    findings = analyze(a_rate_run([first, second, third]))
    capacity = findings.capacity
    assert isinstance(capacity, Capacity)
    assert (capacity.load, capacity.limited_by) == (second.plan.load, P99_RULE.text)
    assert (findings.exit_code, findings.peak) == (EXIT_OK, Peak(third.plan.load, 300.0))


def test_no_knee_is_named_whatever_the_curve_looks_like() -> None:
    """Five rates that level off would be a knee, if they were requests in flight."""
    steps = [
        a_rate_step(rate, index=index, dropped=round(30 * max(0.0, rate - 400.0)))
        for index, rate in enumerate((100.0, 200.0, 400.0, 800.0, 1600.0))
    ]
    knee = analyze(a_rate_run(steps)).knee
    assert isinstance(knee, NoKnee)
    assert knee.reason is NoKneeReason.OPEN_LOOP


def test_a_first_rate_beyond_the_limit_is_no_capacity() -> None:
    """The sentence names the rate."""
    step = a_rate_step(100.0, judgements=[SLOW], ended_early=True)
    findings = analyze(a_rate_run([step]))
    assert isinstance(findings.capacity, NoCapacity)
    assert findings.capacity.detail == (
        f"the first step, 100/s planned, already broke a limit: {P99_RULE.text}"
    )
    assert findings.exit_code == EXIT_NO_CAPACITY
