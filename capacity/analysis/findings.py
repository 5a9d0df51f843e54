"""What does a finished run say? The one entry point: a Run goes in, Findings come out."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import assert_never

from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.analysis.follow_ups import follow_ups
from capacity.analysis.knee import find_knee
from capacity.analysis.limits import largest_load
from capacity.analysis.measure import lost, measure
from capacity.analysis.missing import missing_of
from capacity.analysis.outcomes import (
    JUDGED_PURPOSES,
    NOTHING_SUCCEEDED,
    LevelOutcome,
    Limit,
    Outcome,
    first_failure,
    has_kept_up,
    operating_point,
    outcomes,
    passed_prefix,
)
from capacity.analysis.ranges import qps_range
from capacity.analysis.throughput import Observation, observe
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Findings,
    Knee,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
    Peak,
)
from capacity.model.load import ClosedLoop, Load, RateLadder
from capacity.model.measured import Believed, Measured
from capacity.model.plan import Purpose, SearchPlan
from capacity.model.rules import Action, OnMissing, Rule
from capacity.model.run import EndReason, Run, RunEnd

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

_CHECKS = frozenset({Purpose.VERIFY, Purpose.PROFILE, Purpose.CONFIRM, Purpose.RECOVERY})

# So many times more than the concurrency would have to be in flight: no such thing was measured.
_IMPOSSIBLE_TIMES = 2.0

# N* = X_sup * R(1) is a number of requests in flight, which an open loop does not set.
_NO_KNEE_OF_RATES = NoKnee(
    NoKneeReason.OPEN_LOOP,
    "a knee is a number of requests in flight, and these steps set a rate of starts",
)


def analyze(run: Run) -> Findings:
    """Draw capacity, knee, peak, bottleneck and exit code from the believable steps of a run."""
    found = analyze_steps(
        tuple(measure(step) for step in run.steps),
        is_rate_ladder=isinstance(run.plan.ladder, RateLadder),
        end=run.end,
        rules=run.plan.rules,
        search=run.plan.search,
    )
    return replace(found, diagnosis=diagnose(run, found.knee, found.capacity))


_NOTHING_PLANNED = SearchPlan()


def analyze_steps(
    steps: Sequence[Measured],
    *,
    is_rate_ladder: bool,
    end: RunEnd | None,
    rules: Sequence[Rule],
    search: SearchPlan = _NOTHING_PLANNED,
    missing: Sequence[str] = (),
) -> Findings:
    """The same from steps that were read from anywhere.

    `end` is None where it is not known why there are no more steps; `missing` is what the reader of
    the steps did not find, in words.
    """
    steps = tuple(_possible(step) for step in steps)
    knee = _NO_KNEE_OF_RATES if is_rate_ladder else find_knee(_observations(steps))
    capacity = _capacity(steps, knee, end, search)
    return Findings(
        peak=_peak(steps),
        knee=knee,
        capacity=capacity,
        exit_code=_exit_code(end, rules, capacity),
        missing=(*missing, *missing_of(steps, rules)),
    )


def _possible(step: Measured) -> Measured:
    """The step, without a throughput that cannot have been."""
    if step.qps is None:
        return step
    if not isfinite(step.qps) or step.qps < 0:
        return _disbelieved(replace(step, qps=None), f"{step.qps} is no throughput")
    if isinstance(step.load, ClosedLoop) and step.mean_s is not None:
        in_flight = step.qps * step.mean_s
        if in_flight > _IMPOSSIBLE_TIMES * max(step.load.concurrency, 1):
            fact = (
                f"{step.qps:.4g}/s that take {step.mean_s:.3g}s each are {in_flight:.4g} in flight"
            )
            return _disbelieved(step, fact)
    return step


def _disbelieved(step: Measured, doubt: str) -> Measured:
    doubts = (*step.doubts, doubt)
    return replace(step, believed=Believed.INVALID, doubts=doubts, is_usable=False)


def _observations(steps: Sequence[Measured]) -> list[Observation]:
    usable = (step for step in steps if step.is_usable and step.purpose in JUDGED_PURPOSES)
    return [seen for step in usable if (seen := observe(step)) is not None]


def _peak(steps: Sequence[Measured]) -> Peak | None:
    known = [
        Peak(step.load, step.qps)
        for step in steps
        if step.is_usable and step.qps is not None and step.purpose in JUDGED_PURPOSES
    ]
    known = [peak for peak in known if peak.qps > 0]
    return max(known, key=lambda peak: (peak.qps, -peak.load.level), default=None)


def _capacity(
    steps: Sequence[Measured], knee: Knee | NoKnee, end: RunEnd | None, search: SearchPlan
) -> Capacity | NoCapacity:
    """The least load that gives all that the service has within the limits."""
    levels = outcomes(steps, recheck=False)
    point = operating_point(levels)
    if point is None or point.best is None or point.best.qps is None:
        return _no_capacity(levels, end)
    best, failure = point.best, first_failure(levels)
    limit = _limit(failure, steps, end)
    largest = None if failure is None else largest_load(levels, knee.fit)
    checked = follow_ups(steps, levels, point, search)
    return Capacity(
        load=point.load,
        qps=point.best.qps,
        p99_s=None if best.latency is None else best.latency.p99_s,
        success_ratio=best.success_ratio,
        limited_by=None if limit is None else limit.text,
        limit_kind=None if limit is None else limit.kind,
        not_judged=tuple(j.rule.text for j in best.judgements if j.is_lost),
        kind=_kind(limit, steps, knee, passed_prefix(levels)[-1]),
        qps_range=qps_range(best, steps, knee.fit),
        step_index=best.index,
        largest=None if largest is None else largest.estimate,
        passed=passed_prefix(levels)[-1].load,
        failed=None if failure is None else failure.load,
        is_cliff=largest is not None and largest.is_cliff,
        passed_above=_passed_above(levels, failure),
        verification=checked.verification,
        confirmation=checked.confirmation,
        recovery=checked.recovery,
    )


def _limit(
    failure: LevelOutcome | None, steps: Sequence[Measured], end: RunEnd | None
) -> Limit | None:
    """What was broken above the capacity.

    A target that went away while loads were still tried was broken by a load that is in no step.
    """
    if failure is not None:
        return failure.limit
    is_gone = end is not None and end.reason is EndReason.TARGET_DOWN
    has_checked = any(step.purpose in _CHECKS for step in steps)
    return NOTHING_SUCCEEDED if is_gone and not has_checked else None


def _kind(
    limit: Limit | None, steps: Sequence[Measured], knee: Knee | NoKnee, last: LevelOutcome
) -> CapacityKind:
    if limit is not None:
        return CapacityKind.LIMITED
    has_levelled_off = isinstance(knee, Knee) or knee.reason is NoKneeReason.BELOW_RANGE
    if isinstance(knee, NoKnee) and knee.reason is NoKneeReason.OPEN_LOOP:
        has_levelled_off = last.best is not None and not has_kept_up(last.best)
    grows_no_more = any(
        not breach.rule.is_limit and breach.rule.action is Action.STOP
        for step in steps
        if step.is_usable
        for breach in step.breaches
    )
    if has_levelled_off or grows_no_more:
        return CapacityKind.SATURATED
    return CapacityKind.NO_FAILURE_IN_RANGE


def _passed_above(levels: Sequence[LevelOutcome], failure: LevelOutcome | None) -> tuple[Load, ...]:
    if failure is None:
        return ()
    return tuple(
        level.load
        for level in levels
        if level.load.level > failure.load.level and level.outcome is Outcome.PASSED
    )


def _no_capacity(levels: Sequence[LevelOutcome], end: RunEnd | None) -> NoCapacity:
    """What the least load lacked."""
    if not levels:
        return NoCapacity(NoCapacityReason.NO_STEP)
    first = levels[0]
    step, load = first.steps[0], first.load
    is_gone = end is not None and end.reason is EndReason.TARGET_DOWN and len(levels) == 1
    limit = NOTHING_SUCCEEDED if first.limit is None and is_gone else first.limit
    if limit is not None:
        return NoCapacity(NoCapacityReason.LIMIT_BROKEN, load, limit.text)
    reason, fact = _lacking(step)
    return NoCapacity(reason, load, fact)


def _lacking(step: Measured) -> tuple[NoCapacityReason, str]:
    match step.believed:
        case Believed.INVALID:
            return NoCapacityReason.NOT_BELIEVED, "; ".join(step.doubts)
        case Believed.CUT_SHORT:
            return NoCapacityReason.CUT_SHORT, ""
        case Believed.NOT_STEADY:
            return NoCapacityReason.NOT_STEADY, ""
        case Believed.NOT_JUDGED:
            facts = (f"{j.rule.text}: {j.reason}" for j in lost(step.judgements))
            return NoCapacityReason.NOT_JUDGED, "; ".join(facts)
        case Believed.YES:
            fact = "its throughput is not known" if step.qps is None else "no request ended in it"
            return NoCapacityReason.NOT_BELIEVED, fact
        case _:
            assert_never(step.believed)


def _exit_code(end: RunEnd | None, rules: Sequence[Rule], capacity: Capacity | NoCapacity) -> int:
    found = EXIT_OK if isinstance(capacity, Capacity) else EXIT_NO_CAPACITY
    if end is None:
        return found
    if end.reason is EndReason.METRICS_LOST:
        ended_by = (rule for rule in rules if rule.text == end.rule)
        if any(rule.on_missing is OnMissing.FAIL for rule in ended_by):
            return EXIT_METRICS_LOST
    return _EXIT_CODES.get(end.reason, found)
