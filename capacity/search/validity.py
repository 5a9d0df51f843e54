"""Is this step's measurement to be believed?

Pure. The generator's own limits are never blamed on the target: a step on which the generator was
the limit is INVALID, feeds no knee, and ends the climb with its own exit code.
"""

from capacity.model.run import Trust, Validity
from capacity.model.snapshot import Counts, GeneratorLoad, Side
from capacity.units import format_duration, format_ratio

# One thread that is this busy answers late, whatever the other cores do.
CPU_SUSPECT_RATIO = 0.85
CPU_INVALID_RATIO = 0.95
# Ready to run but not running: somebody else had the core.
RUNQUEUE_SUSPECT_RATIO = 0.05
RUNQUEUE_INVALID_RATIO = 0.20
# A Python loop that wakes up this late adds the delay to every latency it takes.
LOOP_LAG_SUSPECT_S = 0.005


def check_validity(counts: Counts, generator: GeneratorLoad | None) -> Validity:
    """Judge one finished step by its books and by the generator's own load."""
    invalid = [*_book_faults(counts), *_local_faults(counts)]
    suspect: list[str] = []
    if generator is None:
        suspect.append("the generator's own load is unknown")
    else:
        _check_generator(generator, invalid, suspect)
    if counts.judged == 0 and not invalid:
        invalid.append("no request that began in the hold has ended; hold longer")
    if invalid:
        return Validity(Trust.INVALID, tuple(invalid + suspect))
    if suspect:
        return Validity(Trust.SUSPECT, tuple(suspect))
    return Validity(Trust.VALID, ())


def is_generator_fault(counts: Counts, generator: GeneratorLoad | None) -> bool:
    """Whether an INVALID step must be blamed on our own machine or tool."""
    invalid = [*_book_faults(counts), *_local_faults(counts)]
    if generator is not None:
        _check_generator(generator, invalid, [])
    return bool(invalid)


def _book_faults(counts: Counts) -> list[str]:
    if counts.started == counts.ended:
        return []
    return [f"the books do not balance: {counts.started} started, {counts.ended} ended"]


def _local_faults(counts: Counts) -> list[str]:
    return [
        f"{count} requests failed on our own side: {kind.value}"
        for kind, count in sorted(counts.failures.items())
        if kind.side in (Side.LOCAL, Side.CONFIG) and count > 0
    ]


def _check_generator(load: GeneratorLoad, invalid: list[str], suspect: list[str]) -> None:
    busy = f"a load thread used {format_ratio(load.cpu_ratio)} of a core"
    if load.cpu_ratio > CPU_INVALID_RATIO:
        invalid.append(busy)
    elif load.cpu_ratio > CPU_SUSPECT_RATIO:
        suspect.append(busy)
    waited = f"a load thread waited for a core {format_ratio(load.runqueue_wait_ratio)} of the time"
    if load.runqueue_wait_ratio > RUNQUEUE_INVALID_RATIO:
        invalid.append(waited)
    elif load.runqueue_wait_ratio > RUNQUEUE_SUSPECT_RATIO:
        suspect.append(waited)
    if load.loop_lag_s is not None and load.loop_lag_s > LOOP_LAG_SUSPECT_S:
        suspect.append(f"the generator's loop was {format_duration(load.loop_lag_s)} late")
