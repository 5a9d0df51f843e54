"""Class 5: is memory running out?"""

from collections.abc import Sequence

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import spearman
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.sight import Naming, candidate, marks_of, place_of, see, see_own
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    MEMORY_FULL_RATIO,
    MEMORY_RISE_RATIO,
    PSI_MEMORY_STALLED_RATIO,
    RISES_SPEARMAN,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "memory"
TITLE = Sentence("memory", "内存")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "look at heap and cache sizes first, and for a leak if it grows at a constant load; raise "
        "the limit only once the working set is known",
        "先检查堆和缓存的大小；若负载不变而内存仍在增长，请排查泄漏；弄清工作集之后再提高限额",
    ),
)
_LOOKS_AT = ("service_memory", "database_memory", "node_memory")
# Whose memory, how full it is, and how long everything waited for it.
_ROWS = (
    (SubjectKind.SERVICE, "mem", "pod.psi_memory_stalled"),
    (SubjectKind.DATABASE, "mem", "pod.psi_memory_stalled"),
    (SubjectKind.NODE, "node.memory", "node.psi_memory_stalled"),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """Medium when it is full and rose until then, or when everything waited for it.

    Full is 90 %, a rise 5 % of the limit, and waiting 5 % of the time.
    """
    found = (
        _judge_one(case, kind, of_kind(case, used, kind), of_kind(case, stalled, kind))
        for kind, used, stalled in _ROWS
    )
    return tuple(one for one in found if one is not None)


def _judge_one(case: Case, kind: SubjectKind, used: Series, stalled: Series) -> Candidate | None:
    full = see(case, used, MEMORY_FULL_RATIO)
    if full is not None and not _rises(case, used.read):
        full = None
    waits = see_own(case, stalled, PSI_MEMORY_STALLED_RATIO)
    sight = full or waits
    if sight is None:
        return None
    return candidate(
        case,
        NAMING,
        kind,
        sight,
        marks=marks_of(
            case, sight, is_used_up=full is not None, is_waited_for=True if waits else None
        ),
        by_rule=Confidence.MEDIUM,
        evidence=(
            None if full is None else _reached(case, full.worst, used.read[0]),
            None if waits is None else _stalled(case, waits.worst),
        ),
    )


def _rises(case: Case, points: Sequence[Point]) -> bool:
    """With the load, or with the time if the levels were not run in their order."""
    by_time = sorted(points, key=lambda point: case.levels[place_of(case, point)].plan.index)
    values = [point.value for point in points]
    if max(values) - min(values) < MEMORY_RISE_RATIO:
        return False
    return _goes_up(values) or _goes_up([point.value for point in by_time])


def _goes_up(values: list[float]) -> bool:
    correlation = spearman(values)
    return values[-1] > values[0] if correlation is None else correlation >= RISES_SPEARMAN


def _reached(case: Case, worst: Point, first: Point) -> Sentence:
    return tell_point(
        case,
        worst,
        "memory of {subject} reached {value} of what it may use {at}, from {first} at the first "
        "load",
        "{at}，{subject} 的内存达到可用量的 {value}，第一级负载时为 {first}",
        figures=(Figure("first", first.value, Unit.RATIO),),
    )


def _stalled(case: Case, worst: Point) -> Sentence:
    return tell_point(
        case,
        worst,
        "every task of {subject} waited for memory {value} of the time {at}",
        "{at}，{subject} 的所有任务有 {value} 的时间在等待内存",
    )


MEMORY = BottleneckClass(KIND, "5", TITLE, Tier.SCORED, _LOOKS_AT, judge)
