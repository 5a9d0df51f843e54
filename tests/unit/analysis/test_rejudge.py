"""Tests of capacity.analysis.rejudge."""

from dataclasses import replace

import pytest

from capacity.analysis.rejudge import rejudge
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.model.resources import ReadingState
from capacity.model.rules import (
    Absolute,
    Comparison,
    Judgement,
    OnMissing,
    Rule,
    RuleState,
    TimesFirst,
)
from capacity.model.run import Trust
from tests.unit.builders import a_rule
from tests.unit.measured_builders import ERROR_LIMIT, P99_LIMIT, a_confirmation, a_measured, broken
from tests.unit.resource_builders import (
    HOLD_END_UNIX_S,
    HOLD_START_UNIX_S,
    a_member,
    a_reading,
    a_resource_rule,
)

GAIN = a_rule("gain", comparison=Comparison.BELOW, limit=Absolute(0.03), for_steps=2, text="gain")


def judged(steps: list[Measured], rule: Rule) -> list[Judgement]:
    """The judgement of each step on one rule."""
    return [step.judgements[0] for step in rejudge(steps, [rule])]


def states(steps: list[Measured], rule: Rule) -> list[RuleState]:
    """The state of each step on one rule."""
    return [judgement.state for judgement in judged(steps, rule)]


OK, BREACH, NO_DATA = RuleState.OK, RuleState.BREACH, RuleState.NO_DATA


def test_other_limits_take_the_place_of_those_of_the_run() -> None:
    """Held against the whole hold; what broke the run's own limit may break none of these."""
    steps = [a_measured(4, p99_s=0.05, index=1), a_measured(8, p99_s=0.08, index=2)]
    steps[1] = replace(steps[1], judgements=(broken(ERROR_LIMIT, 0.3),))
    rule = replace(P99_LIMIT, limit=Absolute(0.06), text="p99 > 60ms")
    first, second = judged(steps, rule)
    assert (first.state, first.observed, first.limit) == (OK, 0.05, 0.06)
    assert second == Judgement(rule, BREACH, 0.08, 0.06, 24_000, 0.0, 30.0, "")
    assert [len(step.judgements) for step in rejudge(steps, [rule, ERROR_LIMIT])] == [2, 2]


def test_steps_are_judged_in_the_order_in_which_they_ran() -> None:
    """Not in that of the file."""
    steps = [a_measured(8, index=2), a_measured(4, index=1)]
    assert [step.index for step in rejudge(steps, [])] == [1, 2]


def test_what_was_not_kept_is_no_data_with_its_reason() -> None:
    """From a bare .dat no percentile can be told, and errors by their share."""
    bare = replace(a_measured(8), latency=None, judged=None, success_ratio=0.9)
    (unknown,) = judged([bare], P99_LIMIT)
    assert (unknown.state, unknown.observed, unknown.limit) == (NO_DATA, None, None)
    assert unknown.reason == "p99 was not kept of this step"
    assert judged([bare], ERROR_LIMIT)[0].observed == pytest.approx(0.1)


def test_too_few_samples_are_no_data() -> None:
    """As in the run; but a median above the limit of a high percentile is proof enough."""
    few = a_measured(1, 2.0, mean_s=0.05, index=1)
    assert judged([few], P99_LIMIT)[0].reason == "60 of 100 samples"
    assert judged([few], ERROR_LIMIT)[0].reason == "60 of 100 samples"
    assert states([few], a_rule("mean", limit=Absolute(0.01))) == [NO_DATA]
    assert few.latency is not None
    proof = replace(few, latency=replace(few.latency, p50_s=0.2, p99_s=0.3))
    assert states([proof], P99_LIMIT) == [BREACH]
    assert states([proof], replace(P99_LIMIT, comparison=Comparison.BELOW)) == [NO_DATA]
    assert states([replace(proof, latency=replace(few.latency, count=19))], P99_LIMIT) == [NO_DATA]


def test_a_multiple_of_the_first_step_needs_one_that_can_be_believed() -> None:
    """The first itself has nothing to be held against."""
    rule = a_rule("p99", limit=TimesFirst(10.0), text="p99 > 10x first")
    steps = [
        a_measured(1, trust=Trust.INVALID, p99_s=1.0, index=0),
        a_measured(1, p99_s=0.01, index=1),
        a_measured(4, p99_s=0.09, index=2),
        a_measured(8, p99_s=0.11, index=3),
    ]
    assert states(steps, rule) == [NO_DATA, NO_DATA, OK, BREACH]
    assert judged(steps, rule)[1].reason == "no earlier valid step to compare with"
    assert judged(steps, rule)[3].limit == pytest.approx(0.1)
    bare = [replace(steps[1], latency=None), steps[2]]
    assert states(bare, rule) == [NO_DATA, NO_DATA]


def test_a_rule_for_several_steps_counts_those_in_a_row() -> None:
    """The state of the first ones is OK, with their number of steps."""
    rule = replace(P99_LIMIT, for_steps=2)
    steps = [a_measured(n, p99_s=p, index=n) for n, p in ((1, 0.2), (2, 0.05), (4, 0.2), (8, 0.3))]
    assert states(steps, rule) == [OK, OK, OK, BREACH]
    assert judged(steps, rule)[2].reason == "step 1 of 2 beyond the limit"
    unknown = [steps[0], replace(steps[1], latency=None), steps[2]]
    assert states(unknown, rule) == [OK, NO_DATA, OK]


def test_growth_is_judged_from_rung_to_rung() -> None:
    """Two flat ones in a row; what cannot be believed, was cut short or refines is no rung."""
    steps = [
        a_measured(8, 800.0, index=0),
        a_measured(16, 804.0, index=1),
        a_measured(24, 9.0, index=2, trust=Trust.INVALID),
        a_measured(28, 9.0, index=3, ended_early=True),
        a_measured(32, 806.0, index=4),
        a_measured(64, 1200.0, index=5),
        a_measured(128, 1201.0, index=6),
        a_measured(20, 802.0, index=7, purpose=Purpose.REFINE),
    ]
    assert states(steps, GAIN) == [NO_DATA, OK, NO_DATA, NO_DATA, BREACH, OK, OK, NO_DATA]
    assert judged(steps, GAIN)[1].observed == pytest.approx(0.005)
    assert judged(steps, GAIN)[1].limit == 0.03
    reasons = [judgement.reason for judgement in judged(steps, GAIN)]
    assert reasons[2:4] == [
        "no earlier valid step to compare with",
        "the hold was cut short",
    ]
    assert reasons[7] == "no step of the ladder"
    assert states(steps[:2], replace(GAIN, limit=TimesFirst(2.0))) == [NO_DATA, NO_DATA]
    falling = [a_measured(16, 800.0), a_measured(8, 800.0, index=1)]
    assert states(falling, GAIN) == [NO_DATA, NO_DATA]


def test_rules_look_back_at_the_ladder_below_a_load() -> None:
    """A step that was measured again is there as it was then; what refines or checks is not."""
    rule = replace(P99_LIMIT, for_steps=2)
    steps = [
        a_measured(4, p99_s=0.2, index=0),
        a_measured(4, p99_s=0.05, index=1, purpose=Purpose.RECHECK),
        a_measured(16, p99_s=0.2, index=2),
        a_measured(6, p99_s=0.2, index=3, purpose=Purpose.REFINE),
        a_measured(8, p99_s=0.2, index=4, purpose=Purpose.REFINE),
        a_measured(32, p99_s=0.2, index=5, purpose=Purpose.REFINE),
    ]
    assert states(steps, rule) == [OK, OK, OK, OK, OK, BREACH]
    first = a_rule("p99", limit=TimesFirst(10.0), text="p99 > 10x first")
    confirmation = a_confirmation(720.0, index=6)
    assert [j.limit for j in judged([*steps, confirmation], first)][2:] == [pytest.approx(0.5)] * 5
    assert states([a_measured(6, p99_s=0.2, purpose=Purpose.REFINE)], rule) == [OK]


GUARD = a_resource_rule()


def with_reading(reading: object, index: int = 0, judgement: Judgement | None = None) -> Measured:
    """A step of which a resource was read."""
    step = replace(
        a_measured(8, index=index),
        resources=(reading,),  # type: ignore[arg-type]  # from a list of cases
    )
    return step if judgement is None else replace(step, judgements=(judgement,))


def test_a_resource_is_judged_by_its_reading_of_the_whole_hold() -> None:
    """With what it rests on, in the monitor's clock."""
    (judgement,) = judged([with_reading(a_reading(members=(a_member(0.9),)))], GUARD)
    assert (judgement.state, judgement.observed, judgement.limit) == (BREACH, 0.9, 0.85)
    assert (judgement.window_start_s, judgement.window_end_s) == (
        HOLD_START_UNIX_S,
        HOLD_END_UNIX_S,
    )
    assert judgement.evidence is not None
    assert (judgement.evidence.query, judgement.evidence.subject) == (
        "query_of_cpu",
        "shop/api-7f9/app",
    )
    assert not judgement.has_no_limit


def test_a_resource_that_was_not_read_is_judged_by_what_its_rule_saw() -> None:
    """A file may have kept no more; else it is not known, and says why."""
    seen = broken(replace(GUARD, limit=Absolute(0.5)), 0.7)
    step = replace(a_measured(8), judgements=(seen,))
    assert states([step], replace(GUARD, limit=Absolute(0.6))) == [BREACH]
    assert judged([a_measured(8)], GUARD)[0].reason == "cpu was not kept of this step"
    assert judged([with_reading(a_reading(None))], GUARD)[0].reason == "the series is empty"
    no_limit = a_reading(None, state=ReadingState.NO_LIMIT, reason="no limit is set")
    (judgement,) = judged([with_reading(no_limit)], GUARD)
    assert (judgement.state, judgement.has_no_limit) == (NO_DATA, True)


def test_a_multiple_of_a_resource_in_the_first_step_is_known_there_all_the_same() -> None:
    """So it is not lost."""
    rule = a_resource_rule(limit=TimesFirst(2.0), on_missing=OnMissing.STOP, text="cpu > 2x first")
    steps = [with_reading(a_reading(0.3)), with_reading(a_reading(0.7), index=1)]
    first, second = judged(steps, rule)
    assert (first.state, first.observed, first.is_lost) == (NO_DATA, 0.3, False)
    assert (second.state, second.limit) == (BREACH, 0.6)


def test_what_must_be_judged_and_cannot_be_is_no_answer() -> None:
    """And what only the run's own rules asked for is one again; other doubts stay."""
    must = a_resource_rule(on_missing=OnMissing.FAIL)
    fine = a_measured(8)
    assert rejudge([fine], [must])[0].believed is Believed.NOT_JUDGED
    assert rejudge([replace(fine, believed=Believed.NOT_JUDGED)], [])[0].believed is Believed.YES
    for doubt in (Believed.INVALID, Believed.CUT_SHORT, Believed.NOT_STEADY):
        assert rejudge([replace(fine, believed=doubt)], [must])[0].believed is doubt
