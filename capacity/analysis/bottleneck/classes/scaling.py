"""Class 20: did the number of replicas change while the service was loaded?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.foreign_words import both
from capacity.analysis.bottleneck.happenings import (
    ENDINGS,
    JOININGS,
    SCALINGS,
    Happening,
    happenings,
    places_of,
)
from capacity.analysis.bottleneck.roles import role_of
from capacity.analysis.bottleneck.sight import Naming, plain_candidate
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.model.bottleneck import (
    Candidate,
    Figure,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind

KIND = "scaling"
TITLE = Sentence("scaling while it was measured", "测量期间正在扩缩容")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "hold each load longer than the autoscaler needs (two to three minutes), or fix the number "
        "of replicas, then measure again",
        "让每级负载持续的时间长于自动扩缩容所需（两到三分钟），或固定副本数，然后重新测量",
    ),
)
_WORDS = {
    ChangeKind.SCALED: (
        "not steady: {subject} changed within the step {at} ({detail})",
        "不稳定：{at}，{subject} 发生变化（{detail_zh}）",
    ),
    ChangeKind.POD_JOINED: (
        "not steady: {subject} joined within the step {at}",
        "不稳定：{at}，{subject} 加入",
    ),
    ChangeKind.POD_LEFT: (
        "not steady: {subject} left within the step {at}",
        "不稳定：{at}，{subject} 离开",
    ),
}
_MOST_TOLD = 3
# Pods came or left, and anything happened, from the level on that counts.
_BY_RULE = {
    (True, True): Confidence.HIGH,
    (False, True): Confidence.MEDIUM,
    (False, False): Confidence.LOW,
}


def judge(case: Case) -> tuple[Candidate, ...]:
    """High when pods came or left where throughput no longer grew, or in the last two levels.

    Medium when they were scaled only, as an overloaded pod that is no longer ready is told, or when
    the levels had different numbers of ready pods and nobody saw the change itself. Before: low.
    """
    told = [one for one in happenings(case, SCALINGS) if role_of(one.change.subject) is not None]
    places = places_of(case, SCALINGS)
    if not told or not places:
        return _moved(case)
    first = case.turn if case.turn is not None else max(len(case.levels) - 2, 0)
    has_moved = any(place >= first for place in places_of(case, JOININGS))
    is_late = max(places) >= first
    found = plain_candidate(
        NAMING,
        Subject(SubjectKind.SERVICE, told[0].change.subject),
        confidence=_BY_RULE[has_moved, is_late],
        marks=Marks(has_stopped_growth=case.has_stopped_growth, is_unambiguous=has_moved),
        evidence=tuple(_sentence(case, one) for one in told[:_MOST_TOLD]),
        first_level=case.level_at(places[0]),
    )
    return (found,)


def _moved(case: Case) -> tuple[Candidate, ...]:
    """A change between two levels is in neither; a restart between them leaves its own traces."""
    ready = case.series("replicas").read
    other = next((point for point in ready if point.value != ready[0].value), None)
    if other is None or happenings(case, ENDINGS):
        return ()
    sentence = tell_point(
        case,
        other,
        "the loads had different replicas: {first} were ready at the first one, {value} {at}",
        "各级负载的副本数不同：第一级有 {first} 个就绪，{at}有 {value} 个",
        figures=(Figure("first", ready[0].value, other.reading.unit),),
    )
    found = plain_candidate(
        NAMING,
        Subject(SubjectKind.SERVICE),
        confidence=Confidence.MEDIUM,
        marks=Marks(has_stopped_growth=case.has_stopped_growth),
        evidence=(sentence,),
        first_level=other.level,
    )
    return (found,)


def _sentence(case: Case, one: Happening) -> Sentence:
    en, zh = _WORDS[one.change.kind]
    figures = (Figure("subject", one.change.subject), *both("detail", one.change.detail))
    return tell(case, en, zh, level=one.level, figures=figures)


SCALING = BottleneckClass(KIND, "20", TITLE, Tier.SCORED, (), judge)
