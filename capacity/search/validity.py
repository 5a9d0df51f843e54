"""Is this step's measurement to be believed?

Pure. The generator's own limits are never blamed on the target: a step on which the generator was
the limit is INVALID, feeds no knee, and ends the climb with its own exit code. Every reason names
the number and the limit it was held against; what is not known gives no reason.
"""

from collections.abc import Mapping, Sequence

from capacity.histogram import LEAST_ABOVE
from capacity.model.resources import Change, ChangeKind
from capacity.model.rules import Judgement
from capacity.model.run import Step, Trust, Validity
from capacity.model.snapshot import GeneratorLoad, Side
from capacity.units import format_duration, format_ratio

# One thread that is this busy answers late, whatever the other cores do.
CPU_SUSPECT_RATIO = 0.85
CPU_INVALID_RATIO = 0.95
# Ready to run but not running: somebody else had the core.
RUNQUEUE_SUSPECT_RATIO = 0.05
RUNQUEUE_INVALID_RATIO = 0.20
# A loop that wakes up late adds its delay to every latency it takes, so what matters is the delay
# against the latency; below the floors it is the clock's and the kernel's own grain.
LAG_SUSPECT_FLOOR_S = 0.001
LAG_SUSPECT_RATIO = 0.05
LAG_INVALID_FLOOR_S = 0.005
LAG_INVALID_RATIO = 0.20
# Slots that stand idle although nothing failed are load that was promised and not made.
RUNNING_LEAST_RATIO = 0.99
# What remains when count, clock and window belong together: the histogram's grain.
LITTLE_TOLERANCE_RATIO = 0.005
STEAL_SUSPECT_RATIO = 0.02
# Time taken from us by a hypervisor or a CPU quota.
TAKEN_INVALID_RATIO = 0.05
LATE_STARTS_INVALID_RATIO = 0.01
P99_LEAST_SAMPLES = 100 * LEAST_ABOVE
# So many changes of a step are named, the others counted.
_CHANGES_NAMED = 3
_HAPPENED: Mapping[ChangeKind, str] = {
    ChangeKind.POD_JOINED: "joined",
    ChangeKind.POD_LEFT: "left",
    ChangeKind.RESTARTED: "restarted",
    ChangeKind.PROCESS_ENDED: "ended",
    ChangeKind.OOM_KILLED: "was killed for want of memory",
    ChangeKind.SCALED: "was scaled",
    ChangeKind.IMAGE_CHANGED: "changed its image",
    ChangeKind.LIMIT_CHANGED: "changed its limit",
}


class _Doubts:
    """Reasons found so far; `own` are the INVALID ones that are our own machine's or tool's."""

    def __init__(self) -> None:
        self.own: list[str] = []
        self.suspect: list[str] = []

    def grade(
        self, sentence: str, value: float, *, suspect_above: float, invalid_above: float
    ) -> None:
        """Hold a share against its two limits."""
        if value > invalid_above:
            self.own.append(f"{sentence} (limit {format_ratio(invalid_above)})")
        elif value > suspect_above:
            self.suspect.append(f"{sentence} (limit {format_ratio(suspect_above)})")


def check_validity(step: Step, lost: Sequence[Judgement] = ()) -> Validity:
    """Judge one finished step by its books, its slots and the generator's own load.

    `lost` are the rules on resources that will not be judged any more for want of data.
    """
    doubts = _doubts(step)
    doubts.suspect += [f"{j.rule.text} could not be judged: {j.reason}" for j in lost]
    invalid = doubts.own
    if step.counts.judged == 0 and not invalid:
        invalid = ["no request that began in the hold has ended; hold longer"]
    if invalid:
        return Validity(Trust.INVALID, tuple(invalid + doubts.suspect))
    if doubts.suspect:
        return Validity(Trust.SUSPECT, tuple(doubts.suspect))
    return Validity(Trust.VALID, ())


def is_generator_fault(step: Step) -> bool:
    """Whether an INVALID step must be blamed on our own machine or tool."""
    return bool(_doubts(step).own)


def _doubts(step: Step) -> _Doubts:
    doubts = _Doubts()
    _check_books(step, doubts)
    _check_local_failures(step, doubts)
    if step.generator is None:
        doubts.suspect.append("the generator's own load is unknown")
    else:
        _check_threads(step.generator, doubts)
        _check_machine(step.generator, doubts)
        _check_lag("a load thread woke up", step.generator.loop_lag_s, step, doubts)
    _check_slots(step, doubts)
    _check_littles_law(step, doubts)
    _check_schedule(step, doubts)
    _check_samples(step, doubts)
    _check_steadiness(step.changes, doubts)
    return doubts


def _check_books(step: Step, doubts: _Doubts) -> None:
    counts, schedule = step.counts, step.schedule
    if counts.started != counts.ended:
        doubts.own.append(
            f"the books do not balance: {counts.started} started, {counts.ended} ended"
        )
    if schedule is not None:
        dropped = schedule.dropped_no_slot + schedule.dropped_late + schedule.not_started
        if schedule.planned != counts.started + dropped:
            doubts.own.append(
                f"the schedule does not balance: {schedule.planned} planned, "
                f"{counts.started} started, {dropped} not started"
            )


def _check_local_failures(step: Step, doubts: _Doubts) -> None:
    for kind, count in sorted(step.counts.failures.items()):
        if kind.side in (Side.LOCAL, Side.CONFIG) and count > 0:
            doubts.own.append(f"{count} requests failed on our own side: {kind.value} (limit 0)")


def _check_threads(load: GeneratorLoad, doubts: _Doubts) -> None:
    doubts.grade(
        f"a load thread used {format_ratio(load.cpu_ratio)} of a core",
        load.cpu_ratio,
        suspect_above=CPU_SUSPECT_RATIO,
        invalid_above=CPU_INVALID_RATIO,
    )
    if load.runqueue_wait_ratio is not None:
        waited = format_ratio(load.runqueue_wait_ratio)
        doubts.grade(
            f"a load thread waited for a core {waited} of the time",
            load.runqueue_wait_ratio,
            suspect_above=RUNQUEUE_SUSPECT_RATIO,
            invalid_above=RUNQUEUE_INVALID_RATIO,
        )


def _check_machine(load: GeneratorLoad, doubts: _Doubts) -> None:
    if load.suspended_s is not None and load.suspended_s > 0:
        slept = format_duration(load.suspended_s)
        doubts.own.append(f"the machine was suspended for {slept} within the hold (limit 0s)")
    if load.steal_ratio is not None:
        doubts.grade(
            f"the hypervisor took {format_ratio(load.steal_ratio)} of this machine's CPU time",
            load.steal_ratio,
            suspect_above=STEAL_SUSPECT_RATIO,
            invalid_above=TAKEN_INVALID_RATIO,
        )
    if load.throttled_ratio is not None:
        doubts.grade(
            f"a CPU quota held this machine back {format_ratio(load.throttled_ratio)} of the time",
            load.throttled_ratio,
            suspect_above=0.0,
            invalid_above=TAKEN_INVALID_RATIO,
        )


def _check_lag(what: str, lag_s: float | None, step: Step, doubts: _Doubts) -> None:
    """Hold a P99 of lateness against the median latency; without one against the floors."""
    if lag_s is None:
        return
    # In an open loop the latency counts from the planned start, and a queue would excuse us.
    served = step.service_latency or step.latency
    median_s = 0.0 if served is None else served.p50_s
    suspect_s = max(LAG_SUSPECT_FLOOR_S, LAG_SUSPECT_RATIO * median_s)
    invalid_s = max(LAG_INVALID_FLOOR_S, LAG_INVALID_RATIO * median_s)
    late = f"{what} {format_duration(lag_s)} late (P99; limit"
    if lag_s > invalid_s:
        doubts.own.append(f"{late} {format_duration(invalid_s)})")
    elif lag_s > suspect_s:
        doubts.suspect.append(f"{late} {format_duration(suspect_s)})")


def _check_slots(step: Step, doubts: _Doubts) -> None:
    """Hold the achieved concurrency against the planned one.

    In a hold that was cut short the load ended before it did. Slots that wait after failures of
    the target or the network hold back on purpose, which is never the generator's fault.
    """
    ratio = step.running_ratio
    if ratio is None or step.ended_early or ratio >= RUNNING_LEAST_RATIO:
        return
    running = f"{format_ratio(ratio)} of the slots were running at {step.plan.load.text}"
    has_failed = step.counts.failed_on(Side.TARGET, Side.NETWORK) > 0
    if has_failed or step.connections.attempts_failed > 0:
        doubts.suspect.append(f"{running}: the others waited after failures")
    else:
        doubts.own.append(f"{running} (limit {format_ratio(RUNNING_LEAST_RATIO)})")


def _check_littles_law(step: Step, doubts: _Doubts) -> None:
    law = step.littles_law
    if law is not None and law.deviation_ratio > LITTLE_TOLERANCE_RATIO:
        doubts.own.append(
            f"bookkeeping: {law.expected:.4g} slots ran, but X * (R + G) is {law.low:.4g} to "
            f"{law.high:.4g}, {format_ratio(law.deviation_ratio)} off "
            f"(limit {format_ratio(LITTLE_TOLERANCE_RATIO)})"
        )


def _check_schedule(step: Step, doubts: _Doubts) -> None:
    """Starts that came late or not at all because of us; a slot that was missing is no such."""
    if step.send_lag is not None:
        _check_lag("requests were sent", step.send_lag.p99_s, step, doubts)
    schedule = step.schedule
    if schedule is not None and schedule.planned > 0:
        ratio = schedule.dropped_late / schedule.planned
        doubts.grade(
            f"{format_ratio(ratio)} of the planned starts were dropped because we were too late",
            ratio,
            suspect_above=0.0,
            invalid_above=LATE_STARTS_INVALID_RATIO,
        )


def _check_samples(step: Step, doubts: _Doubts) -> None:
    if step.latency is not None and step.latency.count < P99_LEAST_SAMPLES:
        doubts.suspect.append(
            f"P99 needs {P99_LEAST_SAMPLES:,} samples, has {step.latency.count:,}"
        )


def _check_steadiness(changes: Sequence[Change], doubts: _Doubts) -> None:
    """A service that was another one at the end of the hold has no one throughput."""
    named = [_change_words(change) for change in changes[:_CHANGES_NAMED]]
    if len(changes) > _CHANGES_NAMED:
        named.append(f"{len(changes) - _CHANGES_NAMED} more changes")
    if named:
        doubts.suspect.append(f"not steady: {', '.join(named)}")


def _change_words(change: Change) -> str:
    words = f"{change.subject} {_HAPPENED[change.kind]}".strip()
    return f"{words} ({change.detail})" if change.detail else words
