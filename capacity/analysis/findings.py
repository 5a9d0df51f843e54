"""What does a finished run say? The one entry point: a Run goes in, Findings come out."""

from capacity.analysis.knee import find_knee
from capacity.model.findings import Capacity, Findings, NoCapacity, NoKnee, NoKneeReason, Peak
from capacity.model.load import RateLadder
from capacity.model.rules import Action, StepRate
from capacity.model.run import EndReason, Run, Step, Trust

EXIT_OK = 0
EXIT_NOT_FINISHED = 1
EXIT_NO_CAPACITY = 4
EXIT_NOT_VALID = 5
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
    return not step.ended_early or _broken_limit(step) is not None


def _broken_limit(step: Step) -> str | None:
    """The first limit this step broke; timing proves nothing where the generator was the limit."""
    is_invalid = step.validity.trust is Trust.INVALID
    for judgement in step.breaches:
        rule = judgement.rule
        if rule.action is Action.STOP and not (is_invalid and rule.rests_on_timing):
            return rule.text
    return None


def _capacity(run: Run) -> Capacity | NoCapacity:
    """The last step before the first one that failed or cannot be believed."""
    passed: Step | None = None
    limited_by: str | None = None
    for step in run.steps:
        limited_by = _broken_limit(step)
        if limited_by is not None or step.validity.trust is Trust.INVALID:
            break
        if step.counts.ok == 0:
            limited_by = "no request succeeded"
            break
        if step.ended_early:
            break
        passed = step
    if limited_by is None and run.end.reason is EndReason.TARGET_DOWN:
        limited_by = "no request succeeded"
    if passed is None:
        return NoCapacity(_why_none(run, limited_by))
    return Capacity(
        load=passed.plan.load,
        qps=passed.qps,
        p99_s=None if passed.latency is None else passed.latency.p99_s,
        success_ratio=passed.counts.success_ratio,
        limited_by=limited_by,
    )


def _why_none(run: Run, limited_by: str | None) -> str:
    if not run.steps:
        return "no step was finished"
    first = run.steps[0]
    level = f"the first step, {first.plan.load.text},"
    if limited_by is None and first.validity.trust is Trust.INVALID:
        return f"{level} cannot be believed: {'; '.join(first.validity.reasons)}"
    if limited_by is not None:
        return f"{level} already broke a limit: {limited_by}"
    return f"{level} was cut short"


def _exit_code(run: Run, capacity: Capacity | NoCapacity) -> int:
    found = EXIT_OK if isinstance(capacity, Capacity) else EXIT_NO_CAPACITY
    return _EXIT_CODES.get(run.end.reason, found)
