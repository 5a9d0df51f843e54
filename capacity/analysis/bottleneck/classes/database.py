"""Class 8a: is the database's CPU used up, or do more statements run than it has cores?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import CpuUse, cpu_use
from capacity.analysis.bottleneck.machine import shared_cpu_count
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.sight import (
    Naming,
    candidate,
    marks_of,
    place_of,
    see,
)
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    ACTIVE_PER_CORE,
    CPU_EASY_RATIO,
    DATABASE_CACHE_HITS_LEAST_RATIO,
    MOST_OF_MACHINE_RATIO,
    NODE_CPU_FULL_RATIO,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "database"
TITLE = Sentence("the database", "数据库")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "find the statements that cost most, add indexes or a cache, use read replicas; then give "
        "the database more CPU",
        "找出开销最大的语句，增加索引或缓存，使用只读副本；然后再给数据库更多 CPU",
    ),
)
_ACTIVE = "postgresql.active"
_LOOKS_AT = ("database_cpu", "database_cache")


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with its CPU at the limit and statements that wait for it, medium with one of them.

    The limit is reached at 90 %. They wait where it is held back, or where more than twice as many
    run as it has cores, if not for locks. Without a limit it must have half of a full machine.
    """
    use = cpu_use(case, SubjectKind.DATABASE)
    if use is not None:
        return (_by_limit(case, use),)
    return _by_machine(case) or _by_statements(case)


def _by_limit(case: Case, use: CpuUse) -> Candidate:
    place = place_of(case, use.sight.worst)
    crowd = _crowd(case, place)
    waits = use.held_back is not None or crowd is not None
    marks = marks_of(case, use.sight, is_used_up=use.is_full, is_waited_for=waits)
    return candidate(
        case,
        NAMING,
        SubjectKind.DATABASE,
        use.sight,
        marks=marks,
        by_rule=Confidence.HIGH if use.is_full and waits else Confidence.MEDIUM,
        evidence=(use.used, crowd, use.held_back, _cache(case, place)),
    )


def _by_machine(case: Case) -> tuple[Candidate, ...]:
    """Without a limit of its own: it has most of a machine that is full."""
    cpu_count = shared_cpu_count(case)
    if cpu_count is None:
        return ()
    cores = of_kind(case, "process_exporter.cores", SubjectKind.DATABASE)
    sight = see(case, cores, MOST_OF_MACHINE_RATIO * cpu_count)
    if sight is None:
        return ()
    place = place_of(case, sight.worst)
    node = case.series("node.cpu").at(place)
    if node is None or node.value < NODE_CPU_FULL_RATIO:
        return ()
    crowd = _crowd(case, place)
    marks = marks_of(case, sight, is_used_up=True, is_waited_for=True if crowd else None)
    found = candidate(
        case,
        NAMING,
        SubjectKind.DATABASE,
        sight,
        marks=marks,
        by_rule=Confidence.MEDIUM,
        evidence=(
            tell_point(
                case,
                sight.worst,
                "{subject} used {value} of {cpus} CPUs {at}, and the machine was {node} busy",
                "{at}，{subject} 用了 {cpus} 个 CPU 中的 {value}，整机使用率为 {node}",
                figures=(
                    Figure("cpus", cpu_count),
                    Figure("node", node.value, Unit.RATIO),
                ),
            ),
            crowd,
        ),
    )
    return (found,)


def _by_statements(case: Case) -> tuple[Candidate, ...]:
    """Statements that run beside each other, of a database whose CPU is not seen at ease.

    Those that wait for a lock run as well, as PostgreSQL counts; unless it tells how many they are,
    this is little.
    """
    cores = _database_cores(case, None)
    cpu = of_kind(case, "cpu", SubjectKind.DATABASE).worst
    if cores is None or (cpu is not None and cpu.value < CPU_EASY_RATIO):
        return ()
    sight = see(case, case.series(_ACTIVE), ACTIVE_PER_CORE * cores)
    crowd = None if sight is None else _crowd(case, place_of(case, sight.worst))
    if sight is None or crowd is None:
        return ()
    tells_locks = case.series("postgresql.lock_waits").at(place_of(case, sight.worst)) is not None
    found = candidate(
        case,
        NAMING,
        SubjectKind.DATABASE,
        sight,
        marks=marks_of(case, sight, is_used_up=False, is_waited_for=True),
        by_rule=Confidence.MEDIUM if tells_locks else Confidence.LOW,
        evidence=(crowd, _cache(case, place_of(case, sight.worst))),
    )
    return (found,)


def _crowd(case: Case, place: int) -> Sentence | None:
    """More statements that run than twice the cores; not those that mostly wait for locks."""
    active = case.series(_ACTIVE).at(place)
    cores = _database_cores(case, place)
    if active is None or cores is None or active.value <= ACTIVE_PER_CORE * cores:
        return None
    waits = case.series("postgresql.lock_waits").at(place)
    if waits is not None and 2 * waits.value >= active.value:
        return None
    return tell_point(
        case,
        active,
        "{value} statements ran at the same time on {cores} {at}",
        "{at}，{cores}上同时运行着 {value} 条语句",
        figures=(Figure("cores", cores, Unit.CORES),),
    )


def _database_cores(case: Case, place: int | None) -> float | None:
    """What it may use: by its own cores and their share of the limit, else the machine's."""
    places = range(len(case.levels)) if place is None else (place,)
    for one in places:
        share = of_kind(case, "cpu", SubjectKind.DATABASE).at(one)
        cores = None if share is None else _cores_of(case, share, one)
        if share is not None and cores is not None and share.value > 0 and cores.value > 0:
            return cores.value / share.value
    return shared_cpu_count(case)


def _cores_of(case: Case, share: Point, place: int) -> Point | None:
    return case.series("pod.cores").of_subject(share.subject).at(place)


def _cache(case: Case, place: int) -> Sentence | None:
    hits = case.series("postgresql.cache_hits").at(place)
    if hits is None or hits.value >= DATABASE_CACHE_HITS_LEAST_RATIO:
        return None
    return tell_point(
        case,
        hits,
        "only {value} of the blocks were found in the buffers of {subject} {at}",
        "{at}，{subject} 的缓冲区命中率只有 {value}",
    )


DATABASE = BottleneckClass(KIND, "8a", TITLE, Tier.SCORED, _LOOKS_AT, judge)
