"""Tests of capacity.analysis.missing."""

from dataclasses import replace

from capacity.analysis.missing import (
    NO_LATENCY,
    NO_RULES,
    NO_SECONDS,
    NO_SUCCESS,
    missing_of,
)
from capacity.model.measured import Measured
from capacity.model.rules import Evidence, RuleState
from tests.unit.builders import GAIN_RULE, P99_RULE, a_judgement
from tests.unit.measured_builders import ERROR_LIMIT, a_measured, broken

UNKNOWN = a_judgement(ERROR_LIMIT, RuleState.NO_DATA, reason="8 of 100 samples")


def whole(index: int = 0, **changes: object) -> Measured:
    """A step that has everything."""
    step = a_measured(8, 800.0, index=index, seconds=(800, 800), judgements=[broken()])
    return replace(step, **changes)  # type: ignore[arg-type]  # keywords of a test


def test_a_step_of_our_own_lacks_nothing() -> None:
    """So nothing is said."""
    assert missing_of([whole()], [ERROR_LIMIT]) == ()
    assert missing_of([], []) == ()


def test_a_bare_line_of_four_numbers_lacks_seconds_percentiles_and_limits() -> None:
    """Each in its own sentence."""
    bare = whole(intervals=(), latency=None, judgements=())
    assert missing_of([bare], []) == (NO_SECONDS, NO_LATENCY, NO_RULES)
    assert missing_of([replace(bare, success_ratio=None)], [ERROR_LIMIT]) == (
        NO_SECONDS,
        NO_LATENCY,
        NO_SUCCESS,
    )


def test_what_one_step_has_is_not_missing() -> None:
    """A step without answers has no latency, and nobody misses it."""
    assert missing_of([whole(latency=None), whole(1, intervals=())], [ERROR_LIMIT]) == ()
    assert missing_of([whole(qps=0.0, latency=None, intervals=())], [ERROR_LIMIT]) == ()


def test_a_rule_that_no_step_could_be_judged_by_is_named_with_its_reason() -> None:
    """One step that could is enough."""
    steps = [whole(judgements=(UNKNOWN,)), whole(1, judgements=(UNKNOWN,))]
    assert missing_of(steps, [ERROR_LIMIT]) == (
        "error_rate > 1% could not be judged in any step: 8 of 100 samples",
    )
    judged = whole(2, judgements=(broken(ERROR_LIMIT, 0.2),))
    assert missing_of([*steps, judged], [ERROR_LIMIT]) == ()


def test_what_has_nothing_to_be_held_against_is_not_missing() -> None:
    """A multiple of the first step begins with the second, and growth is no limit at all."""
    unknown = [a_judgement(rule, RuleState.NO_DATA) for rule in (GAIN_RULE, P99_RULE, ERROR_LIMIT)]
    only = whole(judgements=tuple(unknown))
    errors = "error_rate > 1% could not be judged in any step: too few samples"
    assert missing_of([only], [ERROR_LIMIT]) == (errors,)
    assert missing_of([only, replace(only, index=1)], [ERROR_LIMIT]) == (
        "p99 > 10x first over 10s could not be judged in any step: too few samples",
        errors,
    )


def test_a_resource_without_a_limit_is_not_missing() -> None:
    """Nobody has set it."""
    evidence = Evidence("query", "", None, seen_late=False, has_no_limit=True)
    steps = [whole(judgements=(replace(UNKNOWN, evidence=evidence),))]
    assert missing_of(steps, [ERROR_LIMIT]) == ()
