"""Class 7: is a fixed number of requests served at a time: a pool, threads or workers?

A pool's own metric says so outright. Without one, throughput that stops at a whole number of slots
fits a pool, as it fits so many cores at work: only an idle CPU that was seen tells them apart, and
from five slots on the whole number proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.bottleneck.answers import is_clean
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import EaseState, cpu_ease, ease_sentence
from capacity.analysis.bottleneck.marks import at_most, is_background, is_timed, score
from capacity.analysis.bottleneck.own_resources import own_resources
from capacity.analysis.bottleneck.plateau import (
    Plateau,
    is_latency_even,
    is_mostly_transfer,
    is_queueing,
    plateau_of,
    steadiness_sentence,
)
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.sight import confidence_of, is_over, sight_from
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    CONSTANT_CV_RATIO,
    PACED_CV_RATIO,
    POOL_FULL_RATIO,
    SLOTS_CLOSE_RATIO,
    SLOTS_NEAR_RATIO,
    SLOTS_PROVE_NOTHING,
    TRANSFER_MOST_RATIO,
    WAITING_LEAST,
)
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceRole
from capacity.units import Unit

KIND = "pool"
TITLE = Sentence("pool, threads or workers of the service", "服务的连接池、线程或工作进程")
ADVICE = Sentence(
    "compare with the sizes of pools, threads and workers, and raise them only as far as what "
    "stands behind them can carry",
    "对照连接池、线程池和工作进程的配置大小，并且只提高到下游能承受的程度",
)
# A pool's share in use, and how many wait for it where that is told, too.
_METRICS: tuple[tuple[str, str | None], ...] = (
    ("jvm.pool", "jvm.pool_waiting"),
    ("jvm.tomcat_threads", None),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with a pool's own metric; by the curve at most medium, and low without a CPU seen.

    The metric is full and waited for; beside a busy CPU it is a symptom, and low. The curve has
    slots within 10 % of a whole number, its knee there, and throughput within 5 %; from five slots
    on 2 %, and a CPU that was seen. Unseen, slots must be within 5 % and latencies even. A pool
    that fills up two levels or more beyond the turn is low: so do those behind a slow part.
    """
    by_metric = tuple(found for pool in _pools(case) if (found := _by_metric(case, pool)))
    return by_metric or _by_curve(case)


@dataclass(frozen=True, slots=True)
class _Pool:
    """A pool with a metric of its own, full at a value, or once more wait for it than at first.

    `name` is what the profile calls it, empty where it is called by its member.
    """

    name: str
    used: Series
    full_at: float | None
    waiting: Series | None
    grown_from: int | None = None

    @property
    def place(self) -> int | None:
        """The place of the first level at which it was full."""
        if self.full_at is not None:
            is_full_all_along = is_background(self.used, self.full_at)
            return None if is_full_all_along else self.used.lasting_beyond(self.full_at)
        return self.grown_from

    def called(self, point: Point) -> str:
        """What a sentence calls it."""
        return self.name or point.subject


def _pools(case: Case) -> tuple[_Pool, ...]:
    """Those that the profile names, then those that a preset knows."""
    own = tuple(
        _Pool(one.resource.name, one.series, one.resource.full_at, None, one.full_from)
        for one in own_resources(case, ResourceRole.POOL)
    )
    preset = tuple(
        _Pool(
            "",
            case.series(name),
            POOL_FULL_RATIO,
            None if waiting is None else case.series(waiting),
        )
        for name, waiting in _METRICS
    )
    return own + preset


def _by_metric(case: Case, pool: _Pool) -> Candidate | None:
    """A pool that is full; for a CPU's sake, or long after the turn, it is a symptom."""
    place = pool.place
    sight = sight_from(case, pool.used, place)
    if sight is None or (pool.full_at is not None and is_over(case, pool.used, pool.full_at)):
        return None
    worst = sight.worst
    waited = [] if pool.waiting is None else [p for p in pool.waiting.read if _waits(p)]
    marks = Marks(
        is_used_up=True,
        is_waited_for=bool(waited) or is_queueing(case),
        is_timed=None if pool.full_at is None else is_timed(case, pool.used, pool.full_at),
        has_stopped_growth=case.has_stopped_growth,
    )
    is_symptom = cpu_ease(case).state is EaseState.BUSY
    ceiling = Confidence.LOW if is_symptom else Confidence.HIGH
    told = (_used(case, pool, worst), *(_waiting(case, point) for point in waited[-1:]))
    return Candidate(
        KIND,
        TITLE,
        Subject(SubjectKind.SERVICE, pool.called(worst)),
        confidence_of(sight, marks, ceiling),
        marks,
        (*told, *_slots(case)),
        ADVICE,
        case.level_at(place),
    )


def _waits(point: Point) -> bool:
    return point.value >= WAITING_LEAST


def _by_curve(case: Case) -> tuple[Candidate, ...]:
    """Whole slots, a sharp knee there, even throughput, and a CPU that is not the reason."""
    plateau, ease = plateau_of(case), cpu_ease(case)
    if plateau is None or not _fits(case, plateau) or ease.state is EaseState.BUSY:
        return ()
    is_seen = ease.state is EaseState.IDLE
    if not is_seen and not _fits_blindly(case, plateau):
        return ()
    if plateau.whole_slots >= SLOTS_PROVE_NOTHING and not (is_seen and _is_even(plateau)):
        return ()
    marks = Marks(is_waited_for=is_queueing(case), has_stopped_growth=True)
    is_clear = is_seen and plateau.is_sharp and not plateau.is_set
    ceiling = Confidence.MEDIUM if is_clear else Confidence.LOW
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.SERVICE),
            at_most(score(marks), ceiling),
            marks,
            (*_slots(case), ease_sentence(ease), *_steady(plateau)),
            ADVICE,
            case.level_at(case.turn),
        ),
    )


def _fits(case: Case, plateau: Plateau) -> bool:
    """What every pool shows."""
    is_even = plateau.constancy_ratio is None or plateau.constancy_ratio < CONSTANT_CV_RATIO
    return (
        plateau.whole_slots >= 2
        and plateau.slots_off_ratio <= SLOTS_NEAR_RATIO
        and is_even
        and _is_mostly_clean(plateau)
        and not is_mostly_transfer(case, TRANSFER_MOST_RATIO)
    )


def _is_mostly_clean(plateau: Plateau) -> bool:
    """Who waits for a place is not refused; in the end a rule on errors may have been broken."""
    clean = [is_clean(step) for step in plateau.steps]
    return clean[0] and 2 * sum(clean) > len(clean)


def _fits_blindly(case: Case, plateau: Plateau) -> bool:
    """What it must show beside that where no CPU was seen: a quota looks alike from afar."""
    return (
        plateau.slots_off_ratio <= SLOTS_CLOSE_RATIO
        and plateau.is_sharp
        and all(is_latency_even(step) for step in (case.levels[0], plateau.steps[0]))
    )


def _is_even(plateau: Plateau) -> bool:
    scatter = plateau.constancy_ratio
    return plateau.is_sharp and scatter is not None and scatter < PACED_CV_RATIO


def _used(case: Case, pool: _Pool, worst: Point) -> Sentence:
    if pool.full_at is None:
        en, zh = "{value} waited for {pool} {at}", "{at}，{pool} 的等待数为 {value}"
    else:
        en, zh = "{value} of {pool} was in use {at}", "{at}，{pool} 的占用为 {value}"
    return tell_point(case, worst, en, zh, figures=(Figure("pool", pool.called(worst)),))


def _waiting(case: Case, point: Point) -> Sentence:
    return tell_point(case, point, "{value} waited for it {at}", "{at}，有 {value} 个在等待它")


def _slots(case: Case) -> Sequence[Sentence]:
    """How many are served at a time, by throughput and the unloaded latency."""
    plateau = plateau_of(case)
    if plateau is None or plateau.slots is None or plateau.whole_slots < 1:
        return ()
    words = load_words(plateau.typical)
    return (
        Sentence(
            "about {whole} requests are served at a time ({qps} x {unloaded} = {slots}): a pool of "
            "{whole} fits",
            "约 {whole} 个请求同时被处理（{qps} x {unloaded} = {slots}）：符合大小为 {whole} 的池",
            (
                Figure("whole", float(plateau.whole_slots)),
                Figure("qps", plateau.qps, Unit.PER_SECOND),
                Figure("unloaded", plateau.unloaded_s, Unit.SECONDS),
                Figure("slots", plateau.slots, Unit.NUMBER),
                words.figure,
            ),
        ),
    )


def _steady(plateau: Plateau) -> Sequence[Sentence]:
    sentence = steadiness_sentence(plateau)
    return () if sentence is None else (sentence,)


POOL = BottleneckClass(
    KIND, "7", TITLE, Tier.SCORED, ("service_connection_pool", "service_threads_pool"), judge
)
