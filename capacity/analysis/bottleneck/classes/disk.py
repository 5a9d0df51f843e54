"""Class 19: is a disk busy all the time, or a volume full?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.sight import Naming, Sight, candidate, marks_of, see
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    DISK_BUSY_RATIO,
    DISK_QUEUE_LONG,
    FAILURES_RATIO,
    PSI_IO_STALLED_RATIO,
    VOLUME_FULL_RATIO,
)
from capacity.model.bottleneck import Candidate, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import Side

KIND = "disk"
TITLE = Sentence("disk or volume", "磁盘或卷")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "use a faster volume, sync less often, write in batches or cache; free space where it is "
        "full",
        "换用更快的卷，减少 sync，批量写入或使用缓存；空间已满时请清理",
    ),
)
_BUSY = (
    "node.disk",
    DISK_BUSY_RATIO,
    "disk {subject} was busy {value} of the time {at}",
    "{at}，磁盘 {subject} 有 {value} 的时间在忙",
)
_WAITS = (
    (
        "node.disk_queue",
        DISK_QUEUE_LONG,
        "{value} requests waited at disk {subject} {at}, on average",
        "{at}，磁盘 {subject} 上平均有 {value} 个请求在排队",
    ),
    (
        "pod.psi_io_stalled",
        PSI_IO_STALLED_RATIO,
        "every task of {subject} waited for disks {value} of the time {at}",
        "{at}，{subject} 的所有任务有 {value} 的时间在等待磁盘",
    ),
    (
        "node.psi_io_stalled",
        PSI_IO_STALLED_RATIO,
        "every task of node {subject} waited for disks {value} of the time {at}",
        "{at}，节点 {subject} 上的所有任务有 {value} 的时间在等待磁盘",
    ),
)
_FULL = (
    (
        "pod.volume",
        VOLUME_FULL_RATIO,
        "volume {subject} was {value} full {at}",
        "{at}，卷 {subject} 已用 {value}",
    ),
    (
        "pod.volume_inodes",
        VOLUME_FULL_RATIO,
        "volume {subject} had used {value} of its inodes {at}",
        "{at}，卷 {subject} 的 inode 已用 {value}",
    ),
)

_Row = tuple[str, float, str, str]
_Seen = tuple[Sight, Sentence]


def judge(case: Case) -> tuple[Candidate, ...]:
    """Medium when busy or full and waited for, low with one of them; high when full and failing.

    Busy is 90 % of the time, full 95 %; a queue of 10 waits, or all tasks for 10 % of the time.
    """
    busy = _seen(case, _BUSY)
    waits = [seen for row in _WAITS if (seen := _seen(case, row)) is not None]
    full = [seen for row in _FULL if (seen := _seen(case, row)) is not None]
    every = [*full, *([] if busy is None else [busy]), *waits]
    if not every:
        return ()
    sight = every[0][0]
    fails = bool(full) and _fails(case, sight.place)
    by_rule = Confidence.LOW
    if fails:
        by_rule = Confidence.HIGH
    elif full or (busy is not None and waits):
        by_rule = Confidence.MEDIUM
    found = candidate(
        case,
        NAMING,
        SubjectKind.NODE,
        sight,
        marks=marks_of(
            case,
            sight,
            is_used_up=bool(full) or busy is not None,
            is_waited_for=True if waits or fails else None,
        ),
        by_rule=by_rule,
        evidence=tuple(sentence for _, sentence in every),
    )
    return (found,)


def _seen(case: Case, row: _Row) -> _Seen | None:
    name, threshold, en, zh = row
    sight = see(case, case.series(name), threshold)
    return None if sight is None else (sight, tell_point(case, sight.worst, en, zh))


def _fails(case: Case, place: int) -> bool:
    """Whether answers failed from then on, and not for what the caller has asked."""
    return any(
        _errors(step) >= FAILURES_RATIO * step.counts.judged > 0 for step in case.levels[place:]
    )


def _errors(step: Step) -> int:
    """Failures but those by a status below 500, such as 429."""
    refused = sum(n for status, n in step.counts.statuses.items() if 400 <= status < 500)
    return step.counts.failed_on(Side.TARGET) - refused


DISK = BottleneckClass(KIND, "19", TITLE, Tier.SCORED, ("node_disk", "volume"), judge)
