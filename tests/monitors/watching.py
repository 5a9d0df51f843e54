"""Looks at real processes, made by the test alone, and what came of them."""

import time
from collections.abc import Sequence

from capacity.model.plan import ProcessSource
from capacity.model.resources import ChangeKind, Reading, ResourceNews
from capacity.monitors.process_schedule import ProcessSchedule
from capacity.monitors.process_tree import ProcessTree


def watching(*, pid: int | None = None, port: int | None = None) -> ProcessSchedule:
    """Looks at real processes, made by the test alone: no thread, no pause."""
    tree = ProcessTree(ProcessSource(pid, port))
    return ProcessSchedule(
        lambda with_limits: tree.look(with_limits=with_limits), time.thread_time, ()
    )


def ended(watch: ProcessSchedule) -> ResourceNews:
    """The news of the hold that ends now."""
    news = watch.end(time.time())
    assert news is not None
    return news


def reading(news: ResourceNews, name: str) -> Reading:
    """The reading of one quantity."""
    (found,) = [one for one in news.readings if one.name == name]
    return found


def value(news: ResourceNews, name: str) -> float:
    """The value that decides."""
    worst = reading(news, name).worst
    assert worst is not None, reading(news, name).reason
    return worst.value


def used_s(news: ResourceNews) -> float:
    """The CPU time of the whole hold, from the rate and the time between the edges."""
    one = reading(news, "process.cores")
    (member,) = one.members
    span_s = one.window_end_unix_s - one.window_start_unix_s
    assert member.coverage_ratio is not None
    return member.value * member.coverage_ratio * span_s


def kinds(news: ResourceNews) -> Sequence[ChangeKind]:
    """What happened, in order."""
    return [change.kind for change in news.changes]
