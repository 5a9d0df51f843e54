"""Class 9: does something serialise, so that more load gives less throughput, or locks are held?

Few causes make throughput fall: errors, restarts and a generator at its end do, too, and are left
to their own classes. A metric of locks tells which it is.
"""

from dataclasses import dataclass

from capacity.analysis.bottleneck.answers import is_clean
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import cpu_ease
from capacity.analysis.bottleneck.marks import at_most, is_background, is_timed, score
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.thresholds import (
    CPU_FULL_RATIO,
    EVENTS_LEAST_PER_S,
    FALLEN_RATIO,
    GENERATOR_CPU_FULL_RATIO,
    LOCK_WAITS_SHARE,
    RETROGRADE_LEAST_P,
    WAITING_LEAST,
)
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceScope
from capacity.model.run import Step
from capacity.units import Unit

KIND = "contention"
TITLE = Sentence("lock contention: something serialises", "锁竞争：有环节被串行化")
ADVICE = Sentence(
    "shorten transactions and critical sections, share fewer hot rows and mutexes, shard; until "
    "then limit the concurrency to the peak",
    "缩短事务和临界区，减少共享的热点行与互斥锁，或做分片；在此之前把并发限制在峰值处",
)


@dataclass(frozen=True, slots=True)
class _Lock:
    """A metric of locks, from which value on it tells of waiting, and what it says."""

    name: str
    least: float
    en: str
    zh: str


_LOCKS = (
    _Lock(
        "postgresql.lock_waits",
        WAITING_LEAST,
        "{waiting} statements waited for a lock in {subject}",
        "{subject} 中有 {waiting} 条语句在等待锁",
    ),
    _Lock(
        "postgresql.deadlocks",
        EVENTS_LEAST_PER_S,
        "{subject} had {waiting} deadlocks",
        "{subject} 出现死锁 {waiting}",
    ),
    _Lock(
        "jvm.blocked_threads",
        2 * WAITING_LEAST,
        "{waiting} threads of {subject} waited for a lock",
        "{subject} 有 {waiting} 个线程在等待锁",
    ),
    _Lock(
        "go.mutex_wait",
        WAITING_LEAST,
        "on average {waiting} goroutines of {subject} waited for a mutex",
        "{subject} 平均有 {waiting} 个 goroutine 在等待互斥锁",
    ),
    _Lock(
        "postgresql.idle_in_transaction",
        2 * WAITING_LEAST,
        "{waiting} transactions in {subject} were held open while their client did something else",
        "{subject} 中有 {waiting} 个事务处于打开状态而客户端在做别的事",
    ),
)
# These say that somebody waits for a lock; the others only fit.
_TELLING = ("postgresql.lock_waits", "jvm.blocked_threads", "go.mutex_wait")


@dataclass(frozen=True, slots=True)
class _Fall:
    """From which level to which throughput fell, and by how much."""

    peak: Step
    low: Step
    ratio: float


def judge(case: Case) -> tuple[Candidate, ...]:
    """Medium by a falling curve, high with a metric of locks beside it or on a flat one.

    The fall is one of 10 %, over two levels. It is low where no CPU was seen, where one was at its
    limit, where the fitted curve makes a fall unlikely, or where on a flat curve the waiting came
    two levels or more beyond the turn.
    """
    fall = _fall(case)
    held = [(lock, point) for lock in _LOCKS if (point := _waiting(case, lock)) is not None]
    telling = [(lock, point) for lock, point in held if lock.name in _TELLING]
    if fall is None and not (telling and case.has_stopped_growth):
        return ()
    marks = _marks(case, fall, telling)
    evidence = [] if fall is None else [_fell(fall)]
    evidence += [_told(case, lock, point) for lock, point in held]
    first_level = None if fall is None else fall.peak.plan.load.level
    if first_level is None:
        place = case.series(telling[0][0].name).first_beyond(telling[0][0].least)
        first_level = case.level_at(place)
    return (
        Candidate(
            KIND,
            TITLE,
            _subject(telling),
            at_most(score(marks), _ceiling(case, fall, telling)),
            marks,
            tuple(evidence),
            ADVICE,
            first_level,
        ),
    )


def _marks(case: Case, fall: _Fall | None, telling: list[tuple[_Lock, Point]]) -> Marks:
    if not telling:
        return Marks(is_waited_for=True, has_stopped_growth=True)
    lock, point = telling[0]
    return Marks(
        is_used_up=fall is not None or _is_most(point),
        is_waited_for=True,
        is_timed=is_timed(case, case.series(lock.name), lock.least),
        has_stopped_growth=True,
    )


def _ceiling(case: Case, fall: _Fall | None, telling: list[tuple[_Lock, Point]]) -> Confidence:
    """High takes a metric with enough samples, and no CPU at its limit that explains as much.

    Waiting that came well after throughput had stopped to grow followed something else.
    """
    cpu = cpu_ease(case).point
    is_full = cpu is not None and cpu.reading.unit is Unit.RATIO and cpu.value >= CPU_FULL_RATIO
    if telling and _is_late(case, telling[0][0]):
        return Confidence.LOW if fall is None else Confidence.MEDIUM
    if telling:
        is_weak = is_full or telling[0][1].has_few_samples
        return Confidence.MEDIUM if is_weak else Confidence.HIGH
    fit = case.knee.fit
    is_unlikely = fit is not None and fit.p_retrograde < RETROGRADE_LEAST_P
    # A CPU that nobody saw may be what falls: memory that thrashes, or a quota.
    return Confidence.LOW if cpu is None or is_full or is_unlikely else Confidence.MEDIUM


def _is_late(case: Case, lock: _Lock) -> bool:
    place = case.series(lock.name).lasting_beyond(lock.least)
    return case.turn is not None and place is not None and place > case.turn + 1


def _fall(case: Case) -> _Fall | None:
    """A fall that holds for two levels, and that no failure or busy generator has made."""
    if len(case.levels) < 3:
        return None
    peak = max(case.levels, key=lambda step: (step.qps, -step.plan.load.level))
    after = [step for step in case.levels if step.plan.load.level > peak.plan.load.level]
    after = [step for step in after if _is_its_own(step)]
    fallen = [step for step in after if step.qps <= (1.0 - FALLEN_RATIO) * peak.qps]
    if peak.qps <= 0 or len(fallen) < 2 or fallen[-1] is not after[-1]:
        return None
    low = min(fallen, key=lambda step: step.qps)
    return _Fall(peak, low, 1.0 - low.qps / peak.qps)


def _is_its_own(step: Step) -> bool:
    """Whether a step's throughput is the service's own doing."""
    generator = step.generator
    is_free = generator is None or generator.cpu_ratio < GENERATOR_CPU_FULL_RATIO
    return is_free and is_clean(step) and not step.changes


def _waiting(case: Case, lock: _Lock) -> Point | None:
    """The highest value of a lock's metric, if it is beyond its least and was not all along.

    One that enough samples tell of goes before a higher one of a step that was cut short.
    """
    series = case.series(lock.name)
    if is_background(series, lock.least) or not _rises(series):
        return None
    beyond = [point for point in series.read if point.value >= lock.least]
    return max(beyond, key=lambda one: (not one.has_few_samples, one.value), default=None)


def _rises(series: Series) -> bool:
    return len(series.read) < 2 or series.read[-1].value > series.read[0].value


def _is_most(point: Point) -> bool:
    return point.value >= max(2.0, LOCK_WAITS_SHARE * point.level)


def _fell(fall: _Fall) -> Sentence:
    peak, low = load_words(fall.peak, "peak"), load_words(fall.low, "low")
    return Sentence(
        f"throughput peaked at {peak.en} ({{qps}}) and fell by {{fall}} until {low.en}: "
        "something serialises",
        f"吞吐在{peak.zh} 时达到峰值（{{qps}}），到{low.zh} 时下降了 {{fall}}：有环节被串行化",
        (
            Figure("qps", fall.peak.qps, Unit.PER_SECOND),
            Figure("fall", fall.ratio, Unit.RATIO),
            peak.figure,
            low.figure,
        ),
    )


def _told(case: Case, lock: _Lock, point: Point) -> Sentence:
    step = next(step for step in case.levels if step.plan.load.level == point.level)
    words = load_words(step)
    return Sentence(
        f"{lock.en} at {words.en}",
        f"{words.zh} 时，{lock.zh}",
        (
            Figure("waiting", point.value, point.reading.unit),
            Figure("subject", point.subject),
            words.figure,
        ),
        point.source,
    )


def _subject(telling: list[tuple[_Lock, Point]]) -> Subject:
    if not telling:
        return Subject(SubjectKind.SERVICE)
    point = telling[0][1]
    is_database = point.reading.scope is ResourceScope.DATABASE
    kind = SubjectKind.DATABASE if is_database else SubjectKind.SERVICE
    return Subject(kind, point.subject)


CONTENTION = BottleneckClass(
    KIND, "9", TITLE, Tier.SCORED, ("database_locks", "service_locks"), judge
)
