"""What does a finished run say? The one entry point: a Run goes in, Findings come out."""

from collections.abc import Sequence

from capacity.analysis.knee import find_knee
from capacity.analysis.measure import lost, measure
from capacity.analysis.outcomes import (
    JUDGED_PURPOSES,
    NOTHING_SUCCEEDED,
    Limit,
    first_failure,
    operating_point,
    outcomes,
)
from capacity.analysis.throughput import Observation, observe
from capacity.model.findings import (
    Capacity,
    Findings,
    Knee,
    NoCapacity,
    NoCapacityReason,
    NoKnee,
    NoKneeReason,
    Peak,
)
from capacity.model.load import RateLadder
from capacity.model.measured import Measured
from capacity.model.rules import OnMissing
from capacity.model.run import EndReason, Run, Trust

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


def analyze(run: Run) -> Findings:
    """Draw capacity, knee, peak and exit code from the believable steps of a run."""
    steps = tuple(measure(step) for step in run.steps)
    usable = (step for step in steps if step.is_usable and step.purpose in JUDGED_PURPOSES)
    observations = [seen for step in usable if (seen := observe(step)) is not None]
    capacity = _capacity(run, steps)
    return Findings(
        peak=_peak(steps),
        knee=_knee(run, observations),
        capacity=capacity,
        exit_code=_exit_code(run, capacity),
    )


def _knee(run: Run, observations: Sequence[Observation]) -> Knee | NoKnee:
    if isinstance(run.plan.ladder, RateLadder):
        return _NO_KNEE_OF_RATES
    return find_knee(observations)


def _peak(steps: Sequence[Measured]) -> Peak | None:
    known = [
        Peak(step.load, step.qps)
        for step in steps
        if step.is_usable and step.qps and step.purpose in JUDGED_PURPOSES
    ]
    return max(known, key=lambda peak: peak.qps, default=None)


def _capacity(run: Run, steps: Sequence[Measured]) -> Capacity | NoCapacity:
    """The least load that gives all that the service has within the limits."""
    levels = outcomes(steps, recheck=False)
    point, failure = operating_point(levels), first_failure(levels)
    limit = None if failure is None else failure.limit
    if limit is None and run.end.reason is EndReason.TARGET_DOWN:
        limit = NOTHING_SUCCEEDED
    if point is None or point.best is None or point.best.qps is None:
        return _no_capacity(run, limit)
    best = point.best
    return Capacity(
        load=point.load,
        qps=point.best.qps,
        p99_s=None if best.latency is None else best.latency.p99_s,
        success_ratio=best.success_ratio,
        limited_by=None if limit is None else limit.text,
        limit_kind=None if limit is None else limit.kind,
        not_judged=tuple(j.rule.text for j in best.judgements if j.is_lost),
        step_index=best.index,
        failed=None if failure is None else failure.load,
    )


def _no_capacity(run: Run, limit: Limit | None) -> NoCapacity:
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
    judgement = lost(first)[0]
    fact = f"{judgement.rule.text}: {judgement.reason}"
    return NoCapacity(NoCapacityReason.NOT_JUDGED, load, fact)


def _exit_code(run: Run, capacity: Capacity | NoCapacity) -> int:
    found = EXIT_OK if isinstance(capacity, Capacity) else EXIT_NO_CAPACITY
    if run.end.reason is EndReason.METRICS_LOST:
        ended_by = (rule for rule in run.plan.rules if rule.text == run.end.rule)
        if any(rule.on_missing is OnMissing.FAIL for rule in ended_by):
            return EXIT_METRICS_LOST
    return _EXIT_CODES.get(run.end.reason, found)
