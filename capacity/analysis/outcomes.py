"""Which loads met every limit, which did not, and which is the answer?

Pure, and the one place where that is decided: the climb asks it what to measure next, the findings
what to report. One breach is a suspicion while it can be measured once more, two are a fact; an
emergency is a fact at once. What cannot be believed neither passes nor fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import dropwhile, takewhile
from math import hypot, sqrt

from capacity.analysis.throughput import observe
from capacity.model.findings import LimitKind
from capacity.model.load import Load, OpenLoop
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose
from capacity.model.rules import Action, Comparison, Judgement, Rule, Scope
from capacity.units import Unit

# Steps with other purposes are made at loads of their own kind or after the harm was done.
JUDGED_PURPOSES = frozenset({Purpose.LADDER, Purpose.RECHECK, Purpose.REFINE, Purpose.VERIFY})
# Of the throughput of the best load so much counts as all of it; of two that scatter, at the least
# the second.
NEAR_BEST_RATIO = 0.99
LEAST_NEAR_BEST_RATIO = 0.98
_Z_90 = 1.645
# A service that answers so much of a planned rate has kept up with it.
KEPT_UP_RATIO = 0.95
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

    @property
    def verifications(self) -> tuple[Measured, ...]:
        """Its longer holds: each VERIFY, and what measured one of them once more."""
        since = dropwhile(lambda step: step.purpose is not Purpose.VERIFY, self.steps)
        longer = (Purpose.VERIFY, Purpose.RECHECK)
        return tuple(step for step in since if step.purpose in longer)

    @property
    def is_verified(self) -> bool:
        """Whether it is reported by a verification."""
        return self.best is not None and self.best in self.verifications


NOTHING_SUCCEEDED = Limit("no request succeeded", LimitKind.SERVICE)


def outcomes(steps: Sequence[Measured], *, recheck: bool) -> tuple[LevelOutcome, ...]:
    """One outcome a load, ascending; `recheck` says that a suspicion may still be measured again.

    Without it, as in a finished run, what was broken once and never passed since has failed.
    """
    by_level: dict[float, list[Measured]] = {}
    for step in sorted(steps, key=lambda step: step.index):
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
    """The least load with all of the throughput that the loads within the limits give.

    A load with all of it that was verified stays the answer. Where a verification found less than
    was seen there before, loads that were not verified count by as much less: a short hold never
    outdoes the longer one. Of planned rates it is the largest that the service kept up with.
    """
    passed = passed_prefix(levels)
    kept_up = [level for level in passed if _has_kept_up(level)]
    if kept_up:
        return kept_up[-1]
    left_ratio = min((_left_ratio(level) for level in passed), default=1.0)
    counted = [
        (level, level.best, _qps(level.best) * (1.0 if level.is_verified else left_ratio))
        for level in passed
        if level.best is not None
    ]
    _, best, best_qps = max(counted, key=lambda one: one[2], default=(None, None, 0.0))
    if best is None:
        return None
    near = [level for level, step, qps in counted if qps >= _near_ratio(step, best) * best_qps]
    return next((level for level in near if level.is_verified), near[0])


def has_kept_up(step: Measured) -> bool:
    """Whether the service answered a planned rate, within what the chance of arrivals explains."""
    if not isinstance(step.load, OpenLoop) or step.qps is None:
        return False
    rate_qps = step.load.rate_qps
    by_chance_qps = 2 * sqrt(rate_qps / step.hold_s) if step.hold_s else 0.0
    return step.qps >= KEPT_UP_RATIO * rate_qps - by_chance_qps


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
    broken = [judgement.rule for judgement in broken_limits(step)]
    return min(broken, key=lambda rule: rule.precedence, default=None)


def broken_limits(step: Measured) -> tuple[Judgement, ...]:
    """Every breach of a rule that bounds the capacity."""
    is_invalid = step.believed is Believed.INVALID
    return tuple(
        judgement
        for judgement in step.breaches
        if judgement.rule.action is Action.STOP
        and judgement.rule.is_limit
        and not (is_invalid and judgement.rule.rests_on_timing)
    )


def is_emergency(step: Measured) -> bool:
    """Whether a step broke a limit so far that nobody should measure it again."""
    return any(is_far_beyond(judgement) for judgement in broken_limits(step))


def is_far_beyond(judgement: Judgement) -> bool:
    """Whether one rule was broken that far."""
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
    passed = [step for step in steps if has_passed(step)]
    level = LevelOutcome(
        load=steps[0].load,
        outcome=_outcome(failed, passed, recheck=recheck),
        steps=tuple(steps),
        limit=limit_of(failed[-1]) if failed else None,
        best=None,
    )
    verified = [step for step in passed if step in level.verifications]
    return replace(level, best=next(reversed(verified or passed), None))


def has_passed(step: Measured) -> bool:
    """Whether a step can be believed, broke no limit and had an answer at all."""
    has_answers = step.qps is not None and step.qps > 0
    return has_answers and step.believed is Believed.YES and limit_of(step) is None


def _outcome(failed: list[Measured], passed: list[Measured], *, recheck: bool) -> Outcome:
    if not failed:
        return Outcome.PASSED if passed else Outcome.UNKNOWN
    last = failed[-1]
    if len(failed) > 1 or is_emergency(last) or last.purpose is Purpose.REFINE:
        return Outcome.FAILED
    if passed and passed[-1].index > last.index:
        return Outcome.PASSED
    return Outcome.SUSPECTED if recheck else Outcome.FAILED


def _near_ratio(step: Measured, best: Measured) -> float:
    """The share of the best that counts as all of it: the less, the more the two scatter.

    The best of several that scatter is too high by chance.
    """
    errors = (one.error_ratio or 0.0 for one in (observe(step), observe(best)) if one is not None)
    return max(min(NEAR_BEST_RATIO, 1 - _Z_90 * hypot(*errors)), LEAST_NEAR_BEST_RATIO)


def _qps(step: Measured | None) -> float:
    return 0.0 if step is None or step.qps is None else step.qps


def _has_kept_up(level: LevelOutcome) -> bool:
    return level.best is not None and has_kept_up(level.best)


def _left_ratio(level: LevelOutcome) -> float:
    """What a verification left of the throughput that was seen before it at the same load."""
    if not level.is_verified:
        return 1.0
    before = [s for s in level.steps if has_passed(s) and s not in level.verifications]
    return min(1.0, _qps(level.best) / _qps(before[-1])) if before else 1.0
