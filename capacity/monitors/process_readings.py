"""What do the looks at a process say about one window of time?

Pure: looks in, readings out. The first and the last look are taken at the edges of the hold, so two
of them tell a counter's growth exactly; that is enough to stop a run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from capacity.model.resources import Member, Quantity, Reading, ReadingState
from capacity.monitors.process_cpu import growth_of_busiest
from capacity.monitors.process_looks import Basis
from capacity.monitors.process_window import ProcessWindow
from capacity.presets.local_process import (
    CORES,
    CPU,
    DESCRIPTORS,
    DESCRIPTORS_OF_LIMIT,
    HOT_THREAD,
    MEMORY,
    MEMORY_BYTES,
    RESTARTS,
    THREADS,
    THROTTLE,
    quantities,
)
from capacity.units import Unit, format_duration, format_ratio

# A process that was there for less of the window says too little about it.
_PRESENT_AT_LEAST = 0.75
_STOPS_FROM_COVERAGE = 0.5
# More processes of one tree are not listed one by one.
_MAX_MEMBERS = 20


@dataclass(frozen=True, slots=True)
class _Told:
    """A quantity's values by subject, how many looks they rest on, and how they were made."""

    values: Mapping[str, float]
    look_count: int
    made_of: str


@dataclass(frozen=True, slots=True)
class Untold:
    """Why there is no value."""

    state: ReadingState
    reason: str


def read_window(window: ProcessWindow, names: Sequence[str] | None = None) -> tuple[Reading, ...]:
    """A reading of every quantity, or of those with these names, in the catalogue's order."""
    return tuple(
        _reading(quantity, window)
        for quantity in quantities()
        if names is None or quantity.name in names
    )


def unread_window(window: ProcessWindow, untold: Untold) -> tuple[Reading, ...]:
    """Readings without values, all for the same reason."""
    return tuple(_without_value(quantity, window, untold, "") for quantity in quantities())


def _reading(quantity: Quantity, window: ProcessWindow) -> Reading:
    untold = _why_untold(window)
    if untold is not None:
        return _without_value(quantity, window, untold, "")
    told = _TELLS[quantity.name](window)
    if isinstance(told, Untold):
        return _without_value(quantity, window, told, window.last.subject)
    coverage_ratio = window.coverage_ratio
    may_stop = coverage_ratio >= _STOPS_FROM_COVERAGE
    age_s = max(window.end_unix_s - window.last.at_unix_s, 0.0)
    worst_first = sorted(told.values.items(), key=lambda item: -item[1])
    return quantity.reading(
        ReadingState.READ,
        "" if may_stop else f"the looks cover {format_ratio(coverage_ratio)} of the window",
        f"{window.last.subject}: {told.made_of}",
        span_unix_s=(window.start_unix_s, window.end_unix_s),
        over_s=window.over_s,
        members=tuple(
            Member(subject, value, told.look_count, age_s, coverage_ratio)
            for subject, value in worst_first[:_MAX_MEMBERS]
        ),
        may_stop=may_stop,
    )


def _without_value(
    quantity: Quantity, window: ProcessWindow, untold: Untold, query: str
) -> Reading:
    return quantity.reading(
        untold.state,
        untold.reason,
        query,
        span_unix_s=(window.start_unix_s, window.end_unix_s),
        over_s=window.over_s,
    )


def _why_untold(window: ProcessWindow) -> Untold | None:
    """What makes every quantity unknown in this window."""
    if window.absences and (
        not window.looks or window.absences[-1].at_unix_s > window.last.at_unix_s
    ):
        absence = window.absences[-1]
        seen_s = window.watched_s
        after = f", {format_duration(seen_s)} into the window" if window.looks else ""
        return _no_data(f"{absence.reason}{after}")
    if not window.pairs:
        return _no_data(f"looks at the process in the window: {len(window.looks)}; 2 are needed")
    away = window.absences or window.first.generation != window.last.generation
    if away and window.coverage_ratio < _PRESENT_AT_LEAST:
        share = format_ratio(window.coverage_ratio)
        return _no_data(f"the process was there for {share} of the window only")
    return None


def _no_data(reason: str) -> Untold:
    return Untold(ReadingState.NO_DATA, reason)


def _used_cores(window: ProcessWindow) -> float:
    used_s = sum(after.cpu_s - before.cpu_s for before, after in window.pairs)
    return used_s / window.watched_s


def _cpu(window: ProcessWindow) -> _Told:
    limits = window.last.limits
    of = f"{Unit.CORES.show(limits.cores)} ({limits.cores_basis})"
    return _whole_tree(window, _used_cores(window) / limits.cores, f"user and system time / {of}")


def _cores(window: ProcessWindow) -> _Told:
    return _whole_tree(window, _used_cores(window), "user and system time per second")


def _throttle(window: ProcessWindow) -> _Told | Untold:
    pairs = [
        (before.periods, after.periods)
        for before, after in window.pairs
        if before.periods is not None and after.periods is not None
    ]
    if not pairs and window.last.limits.cores_basis is Basis.AFFINITY:
        return Untold(ReadingState.NO_LIMIT, "no CPU quota is set")
    if not pairs:
        return _no_data("the cpu.stat of its quota cannot be read")
    periods = sum(max(after.all - before.all, 0) for before, after in pairs)
    throttled = sum(max(after.throttled - before.throttled, 0) for before, after in pairs)
    if periods == 0:
        return _no_data("the group of the quota used no CPU in the window")
    return _whole_tree(window, throttled / periods, f"nr_throttled / nr_periods ({periods})")


def _memory(window: ProcessWindow) -> _Told | Untold:
    limits = window.last.limits
    of = f"{Unit.BYTES.show(limits.memory_bytes)} ({limits.memory_basis})"
    return _largest(
        window,
        (
            None if look.charged_bytes is None else look.charged_bytes / look.limits.memory_bytes
            for look in window.looks
        ),
        f"most memory / {of}",
    )


def _memory_bytes(window: ProcessWindow) -> _Told | Untold:
    note = window.last.denied.get(MEMORY_BYTES)
    made_of = "most resident memory" if note is None else f"most resident memory; {note}"
    return _largest(window, (look.memory_bytes for look in window.looks), made_of)


def _threads(window: ProcessWindow) -> _Told | Untold:
    return _largest(window, (look.thread_count for look in window.looks), "most threads")


def _restarts(window: ProcessWindow) -> _Told:
    count = window.last.generation - window.first.generation
    return _whole_tree(window, count, "processes that took the port over")


def _descriptors(window: ProcessWindow) -> _Told | Untold:
    return _most_by_process(window, lambda open_, _: open_, "most open descriptors")


def _descriptors_of_limit(window: ProcessWindow) -> _Told | Untold:
    return _most_by_process(
        window,
        lambda open_, limit: open_ / limit if limit else None,
        "most open descriptors / soft limit",
    )


def _hot_thread(window: ProcessWindow) -> _Told | Untold:
    """Over the looks at the process that is there now; threads of a former one have ended."""
    last = window.last
    looks = [look for look in window.looks if look.generation == last.generation]
    elapsed_s = last.at_unix_s - looks[0].at_unix_s
    busiest = growth_of_busiest(looks[0].threads, last.threads)
    if busiest is None or not looks[0].threads or elapsed_s <= 0:
        reason = last.denied.get(HOT_THREAD, "its threads were looked at once; 2 are needed")
        return _no_data(reason)
    key, used_s = busiest
    (pid, _), thread_id = key
    subject = f"pid {pid} thread {thread_id} {last.names[key]}"
    return _Told({subject: used_s / elapsed_s}, len(looks), "busiest thread's time per second")


def _whole_tree(window: ProcessWindow, value: float, made_of: str) -> _Told:
    return _Told({window.last.subject: value}, len(window.looks), made_of)


def _largest(window: ProcessWindow, values: Iterable[float | None], made_of: str) -> _Told | Untold:
    """The largest of what the looks have told; some leave a costly number to the next one."""
    told = [value for value in values if value is not None]
    if not told:
        return _no_data("no look in the window has told it")
    return _Told({window.last.subject: max(told)}, len(told), made_of)


def _most_by_process(
    window: ProcessWindow, value: Callable[[int, int | None], float | None], made_of: str
) -> _Told | Untold:
    """The largest value of each process; all of them, or there is none."""
    denied = window.last.denied.get(DESCRIPTORS)
    if denied is not None:
        return Untold(ReadingState.ERROR, denied)
    most: dict[str, float] = {}
    for look in window.looks:
        for process in look.descriptors:
            told = value(process.open, process.limit)
            if told is not None:
                most[process.subject] = max(told, most.get(process.subject, 0.0))
    if not most:
        return _no_data("no process of the tree has a limit of descriptors")
    return _Told(most, len(window.looks), made_of)


_TELLS: Mapping[str, Callable[[ProcessWindow], _Told | Untold]] = {
    CPU: _cpu,
    THROTTLE: _throttle,
    MEMORY: _memory,
    DESCRIPTORS: _descriptors,
    THREADS: _threads,
    RESTARTS: _restarts,
    CORES: _cores,
    HOT_THREAD: _hot_thread,
    MEMORY_BYTES: _memory_bytes,
    DESCRIPTORS_OF_LIMIT: _descriptors_of_limit,
}
