"""Class 17: does everything in the service stand still again and again, as for garbage collection?

The runtime tells it by its share of time, callers by stretches in which nothing is answered. A CPU
quota that runs out looks alike to callers, but never stops longer than its period of 100 ms.
"""

from dataclasses import dataclass

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.happenings import ENDINGS
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.sight import (
    Naming,
    Sight,
    candidate,
    marks_of,
    place_of,
    plain_candidate,
    see_own,
)
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import (
    MEMORY_FULL_RATIO,
    PAUSE_GROWTH_RATIO,
    PAUSE_LEAST_TIMES,
    PAUSE_LONG_S,
    PAUSE_MUCH_RATIO,
    PAUSE_SHARE_RATIO,
    PAUSE_SHORT_S,
    PAUSE_TAIL_RATIO,
    PAUSES_RATIO,
    PAUSES_SURE_RATIO,
    THROTTLED_SOME_RATIO,
)
from capacity.model.bottleneck import (
    Candidate,
    Figure,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.run import Stalls, Step
from capacity.units import Unit

KIND = "pauses"
TITLE = Sentence("pauses of the runtime", "运行时停顿")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "look at heap size, allocation rate and the settings of the collector; a profile of "
        "allocations tells who makes the garbage",
        "检查堆大小、分配速率和垃圾回收器的设置；对内存分配做性能剖析可以找出是谁产生了垃圾",
    ),
)
_COLLECTORS = ("jvm.gc", "go.gc")
# As long as so many medians, a stretch without answers counts as a stall (search/slots.py).
_SEEN_MEDIANS = 5


@dataclass(frozen=True, slots=True)
class _Stalled:
    """A level at which nothing was answered for a while, several times."""

    step: Step
    stalls: Stalls


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with the collector at work for 20 % of the time, or 10 % and callers who feel it.

    Medium with 10 % alone, and where callers alone tell of long pauses: of 120 ms, several times,
    5 % of the time. Low of short ones, from 50 ms on, where throughput grew beyond them.
    """
    stalled = _stalled_levels(case)
    for name in _COLLECTORS:
        sight = see_own(case, of_kind(case, name, SubjectKind.SERVICE), PAUSES_RATIO)
        if sight is not None:
            return (_by_collector(case, sight, stalled),)
    return (_by_callers(case, stalled),) if stalled else ()


def _by_collector(case: Case, sight: Sight, stalled: tuple[_Stalled, ...]) -> Candidate:
    is_sure = sight.worst.value >= PAUSES_SURE_RATIO or bool(stalled)
    heap = case.series("jvm.heap").at(place_of(case, sight.worst))
    return candidate(
        case,
        NAMING,
        SubjectKind.SERVICE,
        sight,
        # While the collector works everything else waits for it.
        marks=marks_of(case, sight, is_used_up=True, is_waited_for=True),
        by_rule=Confidence.HIGH if is_sure else Confidence.MEDIUM,
        evidence=(
            tell_point(
                case,
                sight.worst,
                "{subject} stood still for its collector {value} of the time {at}",
                "{at}，{subject} 有 {value} 的时间因垃圾回收而停顿",
            ),
            _felt(case, stalled) if stalled else None,
            tell_point(
                case,
                heap,
                "its heap was {value} full {at}",
                "{at}，它的堆已用 {value}",
            )
            if heap is not None and heap.value >= MEMORY_FULL_RATIO
            else None,
        ),
    )


def _by_callers(case: Case, stalled: tuple[_Stalled, ...]) -> Candidate:
    longest_s = max(one.stalls.longest_gap_s for one in stalled)
    is_sure = _throttled(case) is not None or longest_s >= PAUSE_LONG_S
    return plain_candidate(
        NAMING,
        Subject(SubjectKind.SERVICE),
        confidence=Confidence.MEDIUM if is_sure else Confidence.LOW,
        marks=Marks(is_waited_for=True, has_stopped_growth=case.has_stopped_growth),
        evidence=(_felt(case, stalled),),
        first_level=stalled[0].step.plan.load.level,
    )


def _felt(case: Case, stalled: tuple[_Stalled, ...]) -> Sentence:
    most = max(stalled, key=lambda one: one.stalls.gap_ratio)
    figures = (
        Figure("longest", most.stalls.longest_gap_s, Unit.SECONDS),
        Figure("share", most.stalls.gap_ratio, Unit.RATIO),
        Figure("count", len(stalled)),
    )
    return tell(
        case,
        "nothing was answered for up to {longest} again and again, {share} of the time {at}; so it "
        "was at {count} loads",
        "{at}，反复停顿，最长 {longest}，其间没有响应，占 {share} 的时间；共 {count} 级负载如此",
        level=most.step.plan.load.level,
        figures=figures,
    )


def _stalled_levels(case: Case) -> tuple[_Stalled, ...]:
    """The levels with pauses, if they are two at least, and no fewer than those without.

    A level whose answers take long cannot show that it has none.
    """
    found = tuple(
        _Stalled(step, step.stalls)
        for place, step in enumerate(case.levels)
        if step.stalls is not None and _recur(step, step.stalls) and _is_no_quota(case, place)
    )
    if len(found) < 2:
        return ()
    longest_s = max(one.stalls.longest_gap_s for one in found)
    smooth = [
        step
        for step in case.levels
        if step.latency is not None
        and _SEEN_MEDIANS * step.latency.p50_s < longest_s
        and (step.stalls is None or not _recur(step, step.stalls))
    ]
    return found if len(found) >= len(smooth) else ()


def _recur(step: Step, stalls: Stalls) -> bool:
    """Several times, a part of the time that counts, and a tail that shows it."""
    latency = step.latency
    if latency is None or any(change.kind in ENDINGS for change in step.changes):
        return False
    times = stalls.overlapping / max(round(step.mean_in_flight or step.plan.load.level), 1)
    tail_s = latency.max_s if latency.p99_s is None else latency.p99_s
    return (
        stalls.longest_gap_s >= PAUSE_SHORT_S
        and stalls.gap_ratio >= PAUSE_SHARE_RATIO
        and times >= PAUSE_LEAST_TIMES
        and tail_s >= PAUSE_TAIL_RATIO * latency.p50_s
    )


def _is_no_quota(case: Case, place: int) -> bool:
    """Whether the stalls of a level cannot be those of a CPU quota that has run out.

    One that has is used up, so that throughput does not grow any more.
    """
    throttled = _throttled(case)
    if throttled is not None:
        return throttled < THROTTLED_SOME_RATIO
    step = case.levels[place]
    if step.stalls is None or step.stalls.longest_gap_s >= PAUSE_LONG_S:
        return step.stalls is not None
    most_qps = max(later.qps for later in case.levels[place:])
    return step.stalls.gap_ratio >= PAUSE_MUCH_RATIO and most_qps >= PAUSE_GROWTH_RATIO * step.qps


def _throttled(case: Case) -> float | None:
    worst = of_kind(case, "throttle", SubjectKind.SERVICE).worst
    return None if worst is None else worst.value


PAUSES = BottleneckClass(KIND, "17", TITLE, Tier.SCORED, ("runtime_pauses",), judge)
