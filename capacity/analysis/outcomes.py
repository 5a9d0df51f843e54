"""Which loads met every limit, which did not, and which is the answer?

Pure, and the one place where that is decided: the climb asks it what to measure next, the findings
what to report. One breach is a suspicion while it can be measured once more, two are a fact; an
emergency is a fact at once. What cannot be believed neither passes nor fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from capacity.model.findings import LimitKind
from capacity.model.load import Load
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.model.rules import Action, Comparison, Judgement, Rule, Scope
from capacity.units import Unit

# Steps with other purposes are made at loads of their own kind or after the harm was done.
JUDGED_PURPOSES = frozenset({Purpose.LADDER, Purpose.RECHECK, Purpose.REFINE, Purpose.VERIFY})
# Of the throughput of the best load so much counts as all of it.
NEAR_BEST_RATIO = 0.99
# Half of all requests failing, or a latency so many times its limit, needs no second look.
EMERGENCY_ERROR_RATIO = 0.5
EMERGENCY_TIMES_LIMIT = 5.0


class Outcome(StrEnum):
    """What is known of one load: SUSPECTED broke a limit once and is to be measured once more."""

    PASSED = "passed"
    FAILED = "failed"
    SUSPECTED = "suspected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a step broke, and whose word that is."""

    text: str
    kind: LimitKind


@dataclass(frozen=True, slots=True)
class LevelOutcome:
    """All steps at one load, in the order in which they ran, and what they say together.

    `limit` is what the last failing step broke; `best` is the step that a passed load is reported
    by: the last verification that passed, else the last step that did.
    """

    load: Load
    outcome: Outcome
    steps: tuple[Measured, ...]
    limit: Limit | None
    best: Measured | None


NOTHING_SUCCEEDED = Limit("no request succeeded", LimitKind.SERVICE)


def outcomes(steps: Sequence[Measured], *, recheck: bool) -> tuple[LevelOutcome, ...]:
    """One outcome a load, ascending; `recheck` says that a suspicion may still be measured again.

    Without it, as in a finished run, what was broken once and never passed since has failed.
    """
    by_level: dict[float, list[Measured]] = {}
    for step in steps:
        if step.purpose in JUDGED_PURPOSES:
            by_level.setdefault(step.load.level, []).append(step)
    return tuple(_level(by_level[level], recheck=recheck) for level in sorted(by_level))


def passed_prefix(levels: Sequence[LevelOutcome]) -> tuple[LevelOutcome, ...]:
    """The loads that passed, up to the first one that did not; unknown ones are left out."""
    bad = (Outcome.FAILED, Outcome.SUSPECTED)
    before = takewhile(lambda level: level.outcome not in bad, levels)
    return tuple(level for level in before if level.outcome is Outcome.PASSED)


def first_failure(levels: Sequence[LevelOutcome]) -> LevelOutcome | None:
    """The least load that broke a limit."""
    bad = (Outcome.FAILED, Outcome.SUSPECTED)
    return next((level for level in levels if level.outcome in bad), None)


def operating_point(levels: Sequence[LevelOutcome]) -> LevelOutcome | None:
    """The least load with all of the throughput that the loads within the limits give."""
    passed = [(level, level.best.qps) for level in passed_prefix(levels) if level.best is not None]
    known = [(level, qps) for level, qps in passed if qps is not None]
    if not known:
        return None
    best_qps = max(qps for _, qps in known)
    return next(level for level, qps in known if qps >= NEAR_BEST_RATIO * best_qps)


def limit_of(step: Measured) -> Limit | None:
    """The limit that a step broke; timing proves nothing where the generator was the limit."""
    rule = broken_limit(step)
    if rule is not None:
        is_guard = rule.scope is Scope.RESOURCE
        return Limit(rule.text, LimitKind.RESOURCE if is_guard else LimitKind.SERVICE)
    is_dead = step.qps == 0 and step.success_ratio == 0 and step.believed is not Believed.INVALID
    return NOTHING_SUCCEEDED if is_dead else None


def broken_limit(step: Measured) -> Rule | None:
    """The rule that bounds the capacity and was broken here; of several the first in rank."""
    broken = [judgement.rule for judgement in _broken(step)]
    return min(broken, key=lambda rule: rule.precedence, default=None)


def is_emergency(step: Measured) -> bool:
    """Whether a step broke a limit so far that nobody should measure it again."""
    return any(_is_far_beyond(judgement) for judgement in _broken(step))


def _broken(step: Measured) -> list[Judgement]:
    is_invalid = step.believed is Believed.INVALID
    return [
        judgement
        for judgement in step.breaches
        if judgement.rule.action is Action.STOP
        and judgement.rule.is_limit
        and not (is_invalid and judgement.rule.rests_on_timing)
    ]


def _is_far_beyond(judgement: Judgement) -> bool:
    rule, observed, limit = judgement.rule, judgement.observed, judgement.limit
    if observed is None or limit is None or rule.scope is Scope.RESOURCE:
        return False
    if rule.comparison not in (Comparison.ABOVE, Comparison.AT_LEAST):
        return False
    if rule.unit is Unit.RATIO:
        return rule.metric == "error_rate" and observed >= EMERGENCY_ERROR_RATIO
    return rule.unit is Unit.SECONDS and observed >= EMERGENCY_TIMES_LIMIT * limit


def _level(steps: list[Measured], *, recheck: bool) -> LevelOutcome:
    failed = [step for step in steps if limit_of(step) is not None]
    passed = [step for step in steps if limit_of(step) is None and step.believed is Believed.YES]
    verified = [step for step in passed if step.purpose is Purpose.VERIFY]
    return LevelOutcome(
        load=steps[0].load,
        outcome=_outcome(failed, passed, recheck=recheck),
        steps=tuple(steps),
        limit=limit_of(failed[-1]) if failed else None,
        best=next(reversed(verified or passed), None),
    )


def _outcome(failed: list[Measured], passed: list[Measured], *, recheck: bool) -> Outcome:
    if not failed:
        return Outcome.PASSED if passed else Outcome.UNKNOWN
    last = failed[-1]
    if len(failed) > 1 or is_emergency(last) or last.purpose is Purpose.REFINE:
        return Outcome.FAILED
    if passed and passed[-1].index > last.index:
        return Outcome.PASSED
    return Outcome.SUSPECTED if recheck else Outcome.FAILED
