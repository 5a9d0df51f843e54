"""Tests of capacity.search.judge_resources: rules on resources against readings."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.model.resources import Asked, Direction, Reading, ReadingState
from capacity.model.rules import Absolute, Comparison, OnMissing, Rule, RuleState, TimesFirst
from capacity.model.run import Trust
from capacity.search.judge_resources import judge_reading, judge_readings, not_read
from capacity.units import Unit
from tests.unit.builders import a_step
from tests.unit.resource_builders import (
    HOLD_END_UNIX_S,
    HOLD_START_UNIX_S,
    POD,
    a_member,
    a_reading,
    a_resource_rule,
)

CPU = a_resource_rule()
CPU_OVER_15S = a_resource_rule(over_s=15.0)
REPLICAS = a_resource_rule(
    "replicas", comparison=Comparison.BELOW, limit=Absolute(3.0), unit=Unit.COUNT
)
RESTARTS = a_resource_rule("restarts", limit=Absolute(0.0), unit=Unit.COUNT)
GROWN = a_resource_rule(limit=TimesFirst(3.0), unit=Unit.CORES, text="cpu > 3x first")


@pytest.mark.parametrize(
    ("rule", "value", "state"),
    [
        pytest.param(CPU, 0.86, RuleState.BREACH, id="above"),
        pytest.param(CPU, 0.85, RuleState.OK, id="at the limit is not above it"),
        pytest.param(REPLICAS, 2.0, RuleState.BREACH, id="too few replicas"),
        pytest.param(REPLICAS, 3.0, RuleState.OK, id="enough replicas"),
        pytest.param(RESTARTS, 1.0, RuleState.BREACH, id="one restart"),
        pytest.param(RESTARTS, 0.0, RuleState.OK, id="no restart"),
    ],
)
def test_a_believable_value_is_held_against_the_limit(
    rule: Rule, value: float, state: RuleState
) -> None:
    """Both sides of each limit, with the value and the limit in the judgement."""
    judgement = judge_reading(rule, a_reading(value, name=rule.metric, unit=rule.unit), ())
    assert isinstance(rule.limit, Absolute)
    assert (judgement.state, judgement.observed) == (state, value)
    assert (judgement.limit, judgement.reason) == (rule.limit.value, "")


def test_the_judgement_says_what_it_rests_on() -> None:
    """Query, pod, samples, age, window in the monitor's time and lateness are kept with it."""
    judgement = judge_reading(CPU, a_reading(0.97, seen_late=True), ())
    evidence = judgement.evidence
    assert evidence is not None
    assert (evidence.query, evidence.subject) == ("query_of_cpu", POD)
    assert (evidence.age_s, evidence.seen_late) == (1.5, True)
    assert judgement.sample_count == 6
    assert judgement.window_start_s == HOLD_START_UNIX_S
    assert judgement.window_end_s == HOLD_END_UNIX_S


@pytest.mark.parametrize(
    ("comparison", "observed"),
    [(Comparison.ABOVE, 0.9), (Comparison.AT_LEAST, 0.9), (Comparison.BELOW, 0.2)],
)
@pytest.mark.parametrize("direction", list(Direction))
def test_the_member_that_is_worst_for_the_rule_decides(
    comparison: Comparison, direction: Direction, observed: float
) -> None:
    """One hot pod is enough, and of a lower limit one idle one, whatever the usual direction."""
    members = (a_member(0.5, "a"), a_member(0.9, "b"), a_member(0.2, "c"))
    reading = a_reading(members=members, direction=direction)
    judgement = judge_reading(replace(CPU, comparison=comparison), reading, ())
    assert judgement.observed == observed
    assert judgement.evidence is not None
    assert judgement.evidence.subject == ("c" if observed == 0.2 else "b")


@pytest.mark.parametrize(
    ("believed", "doubtful", "state", "subject"),
    [
        (0.5, 0.97, RuleState.NO_DATA, "poor"),
        (0.5, 0.6, RuleState.OK, "whole"),
        (0.9, 0.97, RuleState.BREACH, "whole"),
    ],
)
def test_a_doubtful_pod_beyond_the_limit_lets_no_other_one_pass(
    believed: float, doubtful: float, state: RuleState, subject: str
) -> None:
    """It cannot stop the climb, but the rule is not known to hold; a believed breach counts."""
    reading = replace(
        a_reading(members=(a_member(believed, "whole"),), reason="poor rests on 2 samples"),
        doubtful=(a_member(doubtful, "poor"),),
    )
    judgement = judge_reading(CPU, reading, ())
    assert (judgement.state, judgement.is_lost) == (state, state is RuleState.NO_DATA)
    assert judgement.evidence is not None
    assert judgement.evidence.subject == subject
    if state is RuleState.NO_DATA:
        assert judgement.reason == "97% is not believed: poor rests on 2 samples"


@pytest.mark.parametrize("value", [0.97, 0.10])
def test_too_few_samples_are_neither_a_breach_nor_ok(value: float) -> None:
    """Two samples may not end the climb, and they may not let a step pass either."""
    reason = "rests on 3 samples; 4 are needed"
    judgement = judge_reading(CPU, a_reading(value, may_stop=False, reason=reason), ())
    assert judgement.state is RuleState.NO_DATA
    assert (judgement.observed, judgement.limit) == (None, None)
    shown = Unit.RATIO.show(value)
    assert judgement.reason == f"{shown} is not believed: rests on 3 samples; 4 are needed"
    assert (judgement.sample_count, judgement.is_lost) == (6, True)


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        pytest.param(
            a_reading(None, reason="the series is empty"), RuleState.NO_DATA, id="nothing came"
        ),
        pytest.param(
            a_reading(None, state=ReadingState.ERROR, reason="the series is empty"),
            RuleState.ERROR,
            id="could not be asked",
        ),
        pytest.param(
            a_reading(state=ReadingState.READ, members=(), reason="the series is empty"),
            RuleState.NO_DATA,
            id="read, but nobody is there",
        ),
    ],
)
def test_a_missing_value_is_a_state_with_its_reason(reading: Reading, state: RuleState) -> None:
    """Neither zero nor fine: the reason of the reading becomes that of the rule."""
    judgement = judge_reading(CPU, reading, ())
    assert (judgement.state, judgement.reason) == (state, "the series is empty")
    assert (judgement.observed, judgement.limit, judgement.sample_count) == (None, None, 0)
    assert judgement.is_lost


@pytest.mark.parametrize("on_missing", OnMissing)
def test_a_limit_that_is_not_set_is_no_lost_data(on_missing: OnMissing) -> None:
    """The rule is not judged, which is how the service is set up; unless it must be."""
    reading = a_reading(None, state=ReadingState.NO_LIMIT, reason="no CPU limit is set for a")
    judgement = judge_reading(replace(CPU, on_missing=on_missing), reading, ())
    assert (judgement.state, judgement.reason) == (RuleState.NO_DATA, "no CPU limit is set for a")
    assert judgement.has_no_limit
    assert judgement.is_lost is (on_missing is not OnMissing.MARK)


def test_a_value_whose_samples_are_not_known_has_none() -> None:
    """A scalar of a query has no samples of its own to count."""
    reading = a_reading(members=(a_member(0.5, "", sample_count=None),))
    assert judge_reading(CPU, reading, ()).sample_count == 0


@pytest.mark.parametrize(
    ("value", "state"), [(1.31, RuleState.BREACH), (1.29, RuleState.OK)], ids=["beyond", "within"]
)
def test_a_multiple_is_one_of_the_first_valid_steps_reading(value: float, state: RuleState) -> None:
    """The first step that can be believed gives the base; other quantities of it do not."""
    void = replace(a_step(1, trust=Trust.INVALID), resources=(a_reading(9.0),))
    other = a_reading(0.01, name="mem")
    first = replace(a_step(2, index=1), resources=(other, a_reading(0.43)))
    judgement = judge_reading(GROWN, a_reading(value), (void, first))
    assert judgement.state is state
    assert judgement.limit == pytest.approx(1.29)


def test_in_the_first_step_a_multiple_has_no_limit_and_yet_lacks_nothing() -> None:
    """The value is known, so nothing is missing; only the comparison has to wait."""
    judgement = judge_reading(GROWN, a_reading(0.43), ())
    assert (judgement.state, judgement.observed, judgement.limit) == (RuleState.NO_DATA, 0.43, None)
    assert judgement.reason == "no earlier valid step to compare with"
    assert not judgement.is_lost


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param((), id="not asked"),
        pytest.param((a_reading(None),), id="no data"),
        pytest.param((a_reading(0.4, may_stop=False),), id="too few samples"),
        pytest.param((a_reading(members=(), state=ReadingState.READ, may_stop=True),), id="nobody"),
    ],
)
def test_a_first_step_without_a_believable_value_is_no_base(resources: Sequence[Reading]) -> None:
    """Later steps cannot be judged then, and say so as missing data."""
    first = replace(a_step(1), resources=tuple(resources))
    judgement = judge_reading(GROWN, a_reading(0.5), (first,))
    assert judgement.is_lost
    assert judgement.reason == (
        "the first valid step has no believable value to compare 0.5 cores with"
    )


def test_inside_the_hold_only_the_rules_own_window_is_judged() -> None:
    """Readings of other windows and other quantities say nothing about this rule."""
    readings = (a_reading(0.99), a_reading(0.99, over_s=5.0), a_reading(0.99, name="mem"))
    assert judge_readings(CPU_OVER_15S, readings, (), Asked.DURING) is None
    fine = (*readings, a_reading(0.2, over_s=15.0))
    judgement = judge_readings(CPU_OVER_15S, fine, (), Asked.DURING)
    assert judgement is not None
    assert (judgement.state, judgement.observed) == (RuleState.OK, 0.2)
    assert judge_readings(CPU, fine, (), Asked.DURING) is None


@pytest.mark.parametrize(
    ("window", "state", "observed"),
    [(0.99, RuleState.BREACH, 0.99), (0.10, RuleState.OK, 0.7)],
    ids=["of the window a breach counts", "else the whole hold decides"],
)
def test_at_the_end_the_whole_hold_decides_but_for_a_breach_of_the_window(
    window: float, state: RuleState, observed: float
) -> None:
    """A rule over 15 s fires on 15 s, and passes only by the whole hold."""
    readings = (a_reading(window, over_s=15.0), a_reading(0.7))
    judgement = judge_readings(CPU_OVER_15S, readings, (), Asked.AT_END)
    assert judgement is not None
    assert (judgement.state, judgement.observed) == (state, observed)


@pytest.mark.parametrize(
    ("second", "state"),
    [
        (a_reading(0.99), RuleState.BREACH),
        (a_reading(None, state=ReadingState.ERROR), RuleState.ERROR),
        (a_reading(None), RuleState.NO_DATA),
        (a_reading(0.3), RuleState.OK),
    ],
    ids=["breach", "error", "no data", "fine"],
)
def test_of_two_monitors_the_one_with_the_worse_news_is_believed(
    second: Reading, state: RuleState
) -> None:
    """What one of them could not read the other cannot make good."""
    judgement = judge_readings(CPU, (a_reading(0.2), second), (), Asked.AT_END)
    assert judgement is not None
    assert judgement.state is state


def test_a_breach_must_hold_for_as_many_steps_as_the_rule_says() -> None:
    """The first of two broken steps is noted and stops nothing, and keeps its evidence."""
    rule = a_resource_rule(for_steps=2)
    first = judge_readings(rule, (a_reading(0.9),), (), Asked.AT_END)
    assert first is not None
    assert (first.state, first.reason) == (RuleState.OK, "step 1 of 2 beyond the limit")
    assert first.evidence is not None
    before = a_step(8, judgements=[first])
    second = judge_readings(rule, (a_reading(0.9),), (before,), Asked.AT_END)
    assert second is not None
    assert second.state is RuleState.BREACH


def test_a_rule_that_nobody_read_is_an_error_with_its_reason() -> None:
    """Silence is neither fine nor zero."""
    judgement = not_read(CPU, "the monitor said nothing", 10.0, 40.0)
    assert (judgement.state, judgement.reason) == (RuleState.ERROR, "the monitor said nothing")
    assert (judgement.window_start_s, judgement.window_end_s) == (10.0, 40.0)
    assert judgement.is_lost
