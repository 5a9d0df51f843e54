"""Class 10: is Redis at the end of its one thread, of its memory, or of its connections?"""

from collections.abc import Iterator

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import cpu_use
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.sight import (
    Naming,
    Sight,
    candidate,
    marks_of,
    place_of,
    see,
    see_own,
    waits_at,
)
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    CPU_BUSY_RATIO,
    EVENTS_LEAST_PER_S,
    REDIS_BUSY_RATIO,
    REDIS_MEMORY_FULL_RATIO,
    WAITING_LEAST,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "redis"
TITLE = Sentence("Redis", "Redis")
ADVICE = Sentence(
    "use pipelining, fewer and cheaper commands (look at its slow log), or several shards; where "
    "keys are evicted, more memory or a shorter time to live",
    "使用流水线，减少命令并改用开销更小的命令（查看慢日志），或分片；若有键被淘汰，"
    "请增加内存或缩短过期时间",
)
NAMING = Naming(KIND, TITLE, ADVICE)
_KIND = SubjectKind.CACHE
_THREADS = (
    (
        "redis.main_thread",
        "the main thread of {subject} was busy {value} of a core {at}",
        "{at}，{subject} 的主线程占用了一个核的 {value}",
    ),
    (
        "redis.busy",
        "{subject} worked on commands, one after the other, {value} of the time {at}",
        "{at}，{subject} 有 {value} 的时间在逐条执行命令",
    ),
    (
        "process_exporter.hot_thread",
        "the busiest thread of {subject} used {value} of a core {at}",
        "{at}，{subject} 最忙的线程占用了一个核的 {value}",
    ),
)

_Seen = tuple[Sight, Sentence | None]


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with its thread full, clients refused, or its memory full and keys evicted.

    Full are 90 % of a core, and 95 % of maxmemory with a hit rate that falls. Medium with its
    thread busy from 80 % on: over a window even a full one may have less.
    """
    threads = [*_busy_threads(case)]
    others = [*_cpu(case), *_refused(case), *_evicted(case)]
    seen = [*threads, *others]
    if not seen:
        return ()
    is_full = bool(others) or any(one.worst.value >= REDIS_BUSY_RATIO for one, _ in threads)
    sight = seen[0][0]
    waits = waits_at(case, place_of(case, sight.worst))
    found = candidate(
        case,
        NAMING,
        _KIND,
        sight,
        marks=marks_of(case, sight, is_used_up=is_full, is_waited_for=waits or None),
        by_rule=Confidence.HIGH if is_full else Confidence.MEDIUM,
        evidence=(*(sentence for _, sentence in seen), _commands(case, sight)),
    )
    return (found,)


def _busy_threads(case: Case) -> Iterator[_Seen]:
    for name, en, zh in _THREADS:
        sight = see_own(case, of_kind(case, name, _KIND), CPU_BUSY_RATIO)
        if sight is not None:
            yield sight, tell_point(case, sight.worst, en, zh)


def _cpu(case: Case) -> Iterator[_Seen]:
    """Of a container with less than a core, whose thread can never be at a whole one."""
    use = cpu_use(case, _KIND)
    if use is not None and use.is_full:
        yield use.sight, use.used
        if use.held_back is not None:
            yield use.sight, use.held_back


def _refused(case: Case) -> Iterator[_Seen]:
    sight = see(case, case.series("redis.rejected_connections"), WAITING_LEAST)
    if sight is not None:
        yield (
            sight,
            tell_point(
                case,
                sight.worst,
                "{subject} refused {value} connections {at}, because of its maxclients",
                "{at}，{subject} 因 maxclients 拒绝了 {value} 个连接",
            ),
        )


def _evicted(case: Case) -> Iterator[_Seen]:
    """Full memory alone is how a cache should be: keys must go that are then asked for."""
    full = see_own(case, case.series("redis.memory"), REDIS_MEMORY_FULL_RATIO)
    evictions = see(case, case.series("redis.evictions"), EVENTS_LEAST_PER_S)
    hits = [point.value for point in case.series("redis.hit_rate").read]
    if full is None or evictions is None or len(hits) < 2 or hits[-1] >= hits[0]:
        return
    figures = (Figure("first", hits[0], Unit.RATIO), Figure("last", hits[-1], Unit.RATIO))
    yield (
        evictions,
        tell_point(
            case,
            evictions.worst,
            "{subject} evicted {value} keys {at}, and its hit rate fell from {first} to {last}",
            "{at}，{subject} 以 {value} 的速率淘汰键，命中率从 {first} 降到 {last}",
            figures=figures,
        ),
    )


def _commands(case: Case, sight: Sight) -> Sentence | None:
    """How many commands that was."""
    commands = case.series("redis.commands").at(place_of(case, sight.worst))
    if commands is None:
        return None
    return tell_point(
        case,
        commands,
        "it ran commands at a rate of {value} {at}",
        "{at}，它处理命令的速率为 {value}",
    )


REDIS = BottleneckClass(
    KIND, "10", TITLE, Tier.SCORED, ("redis", "redis_memory", "redis_clients"), judge
)
