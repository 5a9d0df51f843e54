"""A resource of the profile: is it full, or does more and more wait for it?

Whoever wrote `monitor.bottlenecks` knows what it means, so it is named as it is called there. Pools
are left to their own class, which knows more of them.
"""

from dataclasses import replace

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.own_resources import OwnSeries, own_resources
from capacity.analysis.bottleneck.sight import (
    Naming,
    Sight,
    candidate,
    marks_of,
    place_of,
    see,
    see_own,
    sight_from,
    waits_at,
)
from capacity.analysis.bottleneck.telling import tell_point
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceRole

KIND = "own_resource"
TITLE = Sentence("a resource that the profile names", "配置中声明的资源")
_SUBJECTS = {
    ResourceRole.SERVICE: SubjectKind.SERVICE,
    ResourceRole.LOCKS: SubjectKind.SERVICE,
    ResourceRole.DATABASE: SubjectKind.DATABASE,
    ResourceRole.CACHE: SubjectKind.CACHE,
    ResourceRole.INGRESS: SubjectKind.INGRESS,
    ResourceRole.NODE: SubjectKind.NODE,
    ResourceRole.DOWNSTREAM: SubjectKind.DOWNSTREAM,
}
# Presets' own quantities have classes that know more of them.
_QUANTITIES_OF_USERS = "prom."


def judge(case: Case) -> tuple[Candidate, ...]:
    """High when it got full and requests waited, medium when either is so."""
    found = (_judge_one(case, own) for own in own_resources(case, *_SUBJECTS))
    return tuple(one for one in found if one is not None)


def _judge_one(case: Case, own: OwnSeries) -> Candidate | None:
    if not own.resource.quantity.startswith(_QUANTITIES_OF_USERS):
        return None
    sight = _sight(case, own)
    if sight is None:
        return None
    is_full = own.resource.full_at is not None
    waits = not is_full or waits_at(case, place_of(case, sight.worst))
    found = candidate(
        case,
        _naming(own),
        _SUBJECTS[own.resource.role],
        sight,
        marks=marks_of(case, sight, is_used_up=is_full, is_waited_for=waits or None),
        by_rule=Confidence.HIGH if is_full and waits else Confidence.MEDIUM,
        evidence=(_full(case, own, sight) if is_full else _grown(case, own, sight),),
    )
    if found.subject.name:
        return found
    return replace(found, subject=replace(found.subject, name=own.resource.name))


def _sight(case: Case, own: OwnSeries) -> Sight | None:
    """Others than the service may use a node; the rest is its own."""
    if own.resource.full_at is None:
        return sight_from(case, own.series, own.full_from)
    look = see if own.resource.role is ResourceRole.NODE else see_own
    return look(case, own.series, own.resource.full_at)


def _naming(own: OwnSeries) -> Naming:
    name = (Figure("name", own.resource.name),)
    advice = Sentence(
        "give {name} more room, or find out what uses it up",
        "为 {name} 增加余量，或找出是什么耗尽了它",
        name,
    )
    return Naming(KIND, Sentence("{name}", "{name}", name), advice)


def _full(case: Case, own: OwnSeries, sight: Sight) -> Sentence:
    unit = sight.worst.reading.unit
    return tell_point(
        case,
        sight.worst,
        "{name} was at {value} {at}; by the profile it is full at {full}",
        "{at}，{name} 为 {value}；按配置，达到 {full} 即为饱和",
        figures=(
            Figure("name", own.resource.name),
            Figure("full", own.resource.full_at or 0.0, unit),
        ),
    )


def _grown(case: Case, own: OwnSeries, sight: Sight) -> Sentence:
    first = own.series.read[0]
    return tell_point(
        case,
        sight.worst,
        "{name} grew from {first} to {value} {at}",
        "{at}，{name} 从 {first} 增长到 {value}",
        figures=(
            Figure("name", own.resource.name),
            Figure("first", first.value, first.reading.unit),
        ),
    )


OWN_RESOURCE = BottleneckClass(KIND, "own", TITLE, Tier.SCORED, (), judge)
