"""Class 12b: does a limiter make requests wait, so that throughput is the same to the digit?

Requests wait while nothing works on them: fewer slots than one, a throughput that scatters less
than any service does, and a round number, because somebody typed it in.
"""

from capacity.analysis.bottleneck.answers import is_clean
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import Ease, EaseState, cpu_ease, ease_sentence
from capacity.analysis.bottleneck.marks import at_most, score
from capacity.analysis.bottleneck.plateau import (
    Plateau,
    is_latency_even,
    is_mostly_transfer,
    is_queueing,
    plateau_of,
)
from capacity.analysis.bottleneck.thresholds import (
    PACED_CV_RATIO,
    ROUND_RATIO,
    SLOTS_CLOSE_RATIO,
    SLOTS_OF_LIMITER,
    TRANSFER_MOST_RATIO,
)
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "pacing"
TITLE = Sentence("limiter that makes requests wait", "使请求排队的限速器")
ADVICE = Sentence(
    "look for a limiter that queues, at the edge, in a gateway or in a client library, or for a "
    "fixed interval between polls",
    "检查入口、网关或客户端库里会排队的限速器，或固定的轮询间隔",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """Medium with an idle CPU that was seen, low by the curve alone or if a pool fits exactly.

    Throughput scatters by less than 2 %. There is less than half a slot; or it is a round number to
    0.5 % that one user has already, or that no whole number of slots explains.
    """
    plateau, ease = plateau_of(case), cpu_ease(case)
    if plateau is None or ease.state is EaseState.BUSY or not _is_even(case, plateau):
        return ()
    is_seen = ease.state is EaseState.IDLE
    if not (_waits_for_nothing(plateau, ease) or (is_seen and _is_round_by_intent(plateau))):
        return ()
    if not is_seen and not is_latency_even(case.levels[0]):
        return ()
    marks = Marks(is_waited_for=is_queueing(case), has_stopped_growth=True)
    # A pool of 8 of 10 ms each carries a round number as well: then neither is clear.
    is_clear = is_seen and not plateau.has_exact_slots
    ceiling = Confidence.MEDIUM if is_clear else Confidence.LOW
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.PATH),
            at_most(score(marks), ceiling),
            marks,
            (_even(plateau), _slots(plateau), ease_sentence(ease)),
            ADVICE,
            case.level_at(case.turn),
        ),
    )


def _is_even(case: Case, plateau: Plateau) -> bool:
    """Every level has the same throughput, nothing fails, and answers are not slow to come in."""
    scatter = plateau.constancy_ratio
    return (
        scatter is not None
        and scatter < PACED_CV_RATIO
        and all(is_clean(step) for step in plateau.steps)
        and not is_mostly_transfer(case, TRANSFER_MOST_RATIO)
    )


def _waits_for_nothing(plateau: Plateau, ease: Ease) -> bool:
    """Fewer slots than one with an idle CPU, or the whole of a round number for a single caller."""
    is_small = plateau.slots is not None and plateau.slots < SLOTS_OF_LIMITER
    if is_small and ease.state is EaseState.IDLE:
        return True
    return _is_round(plateau) and (is_small or plateau.is_from_first)


def _is_round_by_intent(plateau: Plateau) -> bool:
    """A round number that no whole number of slots accounts for, or exactly a round number."""
    return plateau.is_set or (_is_round(plateau) and plateau.slots_off_ratio > SLOTS_CLOSE_RATIO)


def _is_round(plateau: Plateau) -> bool:
    return plateau.round_off_ratio <= ROUND_RATIO


def _even(plateau: Plateau) -> Sentence:
    first, last = (
        load_words(plateau.steps[0], "first"),
        load_words(plateau.steps[-1], "last"),
    )
    return Sentence(
        f"throughput was {{qps}} at every level from {first.en} to {last.en}, with a scatter of "
        "{scatter}: this points to a limiter",
        f"从{first.zh} 到{last.zh}，每级吞吐都是 {{qps}}，离散度仅 {{scatter}}：应是限速器所致",
        (
            Figure("qps", plateau.qps, Unit.PER_SECOND),
            Figure("scatter", plateau.constancy_ratio or 0.0, Unit.RATIO),
            first.figure,
            last.figure,
            load_words(plateau.typical).figure,
        ),
    )


def _slots(plateau: Plateau) -> Sentence:
    """How many requests are worked on at a time, or what the round number is."""
    figures = (
        Figure("qps", plateau.qps, Unit.PER_SECOND),
        Figure("unloaded", plateau.unloaded_s, Unit.SECONDS),
    )
    if plateau.slots is not None and plateau.slots < SLOTS_OF_LIMITER:
        return Sentence(
            "only {slots} requests are worked on at a time ({qps} x {unloaded}); the others wait",
            "同时真正处理的请求只有 {slots} 个（{qps} x {unloaded}），其余都在等待",
            (*figures, Figure("slots", plateau.slots, Unit.NUMBER)),
        )
    return Sentence(
        "it is within {off} of {round}, a number that somebody may have set",
        "它与 {round} 相差不到 {off}，很像人为设定的数值",
        (
            Figure("off", max(plateau.round_off_ratio, 0.001), Unit.RATIO),
            Figure("round", plateau.round_qps, Unit.PER_SECOND),
        ),
    )


PACING = BottleneckClass(KIND, "12b", TITLE, Tier.SCORED, (), judge)
