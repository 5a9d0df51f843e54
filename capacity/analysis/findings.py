"""What does a finished run say? The one entry point: a Run goes in, Findings come out."""

from dataclasses import dataclass

from capacity.analysis.knee import find_knee
from capacity.model.findings import (
    Capacity,
    Findings,
    LimitKind,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
    Peak,
)
from capacity.model.load import RateLadder
from capacity.model.rules import Action, Judgement, OnMissing, Rule, Scope, StepRate
from capacity.model.run import EndReason, Run, Step, Trust

EXIT_OK = 0
EXIT_NOT_FINISHED = 1
EXIT_NO_CAPACITY = 4
EXIT_NOT_VALID = 5
EXIT_METRICS_LOST = 6
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

# Every other end is a normal one: whether there is a capacity decides.
_EXIT_CODES = {
    EndReason.GENERATOR: EXIT_NOT_VALID,
    EndReason.NOT_FINISHED: EXIT_NOT_FINISHED,
    EndReason.INTERRUPTED: EXIT_INTERRUPTED,
    EndReason.TERMINATED: EXIT_TERMINATED,
}


# N* = X_sup * R(1) is a number of requests in flight, which an open loop does not set.
_NO_KNEE_OF_RATES = NoKnee(
    NoKneeReason.OPEN_LOOP,
    "a knee is a number of requests in flight, and these steps set a rate of starts",
)


@dataclass(frozen=True, slots=True)
class _Limit:
    """What a step broke, and whose word that is."""

    text: str
    kind: LimitKind


_NOTHING_SUCCEEDED = _Limit("no request succeeded", LimitKind.SERVICE)


def analyze(run: Run) -> Findings:
    """Draw capacity, knee, peak and exit code from the believable steps of a run."""
    usable = sorted(
        (step for step in run.steps if _is_usable(step)), key=lambda s: s.plan.load.level
    )
    rates = tuple(StepRate(step.plan.load.level, step.qps) for step in usable)
    best = max(usable, key=lambda s: s.qps, default=None)
    peak = None if best is None or best.qps <= 0 else Peak(best.plan.load, best.qps)
    capacity = _capacity(run)
    return Findings(
        peak=peak,
        knee=_NO_KNEE_OF_RATES if isinstance(run.plan.ladder, RateLadder) else find_knee(rates),
        capacity=capacity,
        exit_code=_exit_code(run, capacity),
    )


def _is_usable(step: Step) -> bool:
    """INVALID steps feed nothing; of the steps cut short only those that a rule ended count."""
    if step.validity.trust is Trust.INVALID:
        return False
    return not step.ended_early or _broken_rule(step) is not None


def _broken_rule(step: Step) -> Rule | None:
    """The limit this step broke; timing proves nothing where the generator was the limit."""
    is_invalid = step.validity.trust is Trust.INVALID
    broken = [
        judgement.rule
        for judgement in step.breaches
        if judgement.rule.action is Action.STOP
        and not (is_invalid and judgement.rule.rests_on_timing)
    ]
    return min(broken, key=lambda rule: rule.precedence, default=None)


def _capacity(run: Run) -> Capacity | NoCapacity:
    """The last step before the first one that failed or cannot be believed."""
    passed: Step | None = None
    limit: _Limit | None = None
    for step in run.steps:
        limit = _limit_of(step)
        if limit is not None or not _may_be_the_answer(step):
            break
        passed = step
    if limit is None and run.end.reason is EndReason.TARGET_DOWN:
        limit = _NOTHING_SUCCEEDED
    if passed is None:
        return _no_capacity(run, limit)
    return Capacity(
        load=passed.plan.load,
        qps=passed.qps,
        p99_s=None if passed.latency is None else passed.latency.p99_s,
        success_ratio=passed.counts.success_ratio,
        limited_by=None if limit is None else limit.text,
        limit_kind=None if limit is None else limit.kind,
        not_judged=tuple(judgement.rule.text for judgement in _lost(passed)),
    )


def _limit_of(step: Step) -> _Limit | None:
    rule = _broken_rule(step)
    if rule is not None:
        is_guard = rule.scope is Scope.RESOURCE
        return _Limit(rule.text, LimitKind.RESOURCE if is_guard else LimitKind.SERVICE)
    is_dead = step.counts.ok == 0 and step.validity.trust is not Trust.INVALID
    return _NOTHING_SUCCEEDED if is_dead else None


def _may_be_the_answer(step: Step) -> bool:
    """Whether a step that broke no limit can be believed, is whole, and had all it must have."""
    if step.validity.trust is Trust.INVALID or step.ended_early:
        return False
    return all(judgement.rule.on_missing is OnMissing.MARK for judgement in _lost(step))


def _lost(step: Step) -> tuple[Judgement, ...]:
    return tuple(judgement for judgement in step.judgements if judgement.is_lost)


def _no_capacity(run: Run, limit: _Limit | None) -> NoCapacity:
    if not run.steps:
        return NoCapacity(NoCapacityReason.NO_STEP)
    first = run.steps[0]
    load = first.plan.load
    if limit is not None:
        return NoCapacity(NoCapacityReason.LIMIT_BROKEN, load, limit.text)
    if first.validity.trust is Trust.INVALID:
        doubts = "; ".join(first.validity.reasons)
        return NoCapacity(NoCapacityReason.NOT_BELIEVED, load, doubts)
    if first.ended_early:
        return NoCapacity(NoCapacityReason.CUT_SHORT, load)
    lost = _lost(first)[0]
    return NoCapacity(NoCapacityReason.NOT_JUDGED, load, f"{lost.rule.text}: {lost.reason}")


def _exit_code(run: Run, capacity: Capacity | NoCapacity) -> int:
    found = EXIT_OK if isinstance(capacity, Capacity) else EXIT_NO_CAPACITY
    if run.end.reason is EndReason.METRICS_LOST:
        ended_by = (rule for rule in run.plan.rules if rule.text == run.end.rule)
        if any(rule.on_missing is OnMissing.FAIL for rule in ended_by):
            return EXIT_METRICS_LOST
    return _EXIT_CODES.get(run.end.reason, found)
