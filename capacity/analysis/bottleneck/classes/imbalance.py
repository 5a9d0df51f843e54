"""Class 20: does one replica of the service do the work of several?"""

from capacity.analysis.bottleneck.balance import Unevenness, uneven_levels
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import is_there_anyway
from capacity.analysis.bottleneck.sight import Naming, place_of, plain_candidate
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import CPU_FULL_RATIO
from capacity.model.bottleneck import (
    Candidate,
    Figure,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "imbalance"
TITLE = Sentence("uneven replicas", "副本负载不均")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "make more connections, or use a balancer that chooses for each request: connections that "
        "stay open keep callers at one replica",
        "增加连接数，或改用按请求分配的负载均衡：长连接会把调用方固定在同一个副本上",
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with the hottest replica at its limit, else medium; low while it limits nothing yet.

    It must use half as much again as the mean of its workload, at most levels that count. At its
    limit, from 90 % on, it can take no more, whether throughput was seen to stop for it or not; one
    that was so at every load while throughput grew has other work, and is low.
    """
    uneven = uneven_levels(case)
    if not uneven:
        return ()
    worst = max(uneven, key=lambda one: one.hottest.value)
    point = worst.hottest
    is_full = point.reading.unit is Unit.RATIO and point.value >= CPU_FULL_RATIO
    confidence = Confidence.MEDIUM if case.has_stopped_growth else Confidence.LOW
    if is_full:
        is_thin = point.has_few_samples or not point.reading.may_stop
        confidence = Confidence.MEDIUM if is_thin else Confidence.HIGH
    own = case.series("cpu").of_subject(point.subject)
    if is_full and is_there_anyway(case, own, CPU_FULL_RATIO):
        confidence = Confidence.LOW
    found = plain_candidate(
        NAMING,
        Subject(SubjectKind.SERVICE, point.subject),
        confidence=confidence,
        marks=Marks(is_used_up=is_full, has_stopped_growth=case.has_stopped_growth),
        evidence=(_uneven(case, worst),),
        first_level=case.level_at(place_of(case, uneven[0].hottest)),
    )
    return (found,)


def _uneven(case: Case, worst: Unevenness) -> Sentence:
    figures = (
        Figure("mean", worst.mean, worst.hottest.reading.unit),
        Figure("count", worst.replica_count),
    )
    is_share = worst.hottest.reading.unit is Unit.RATIO
    return tell_point(
        case,
        worst.hottest,
        "uneven: {subject} used {value} of its CPU limit {at}, its {count} replicas {mean} on "
        "average"
        if is_share
        else "uneven: {subject} used {value} {at}, its {count} replicas {mean} on average",
        "不均：{at}，{subject} 用了 CPU 限额的 {value}，而 {count} 个副本平均为 {mean}"
        if is_share
        else "不均：{at}，{subject} 用了 {value}，而 {count} 个副本平均为 {mean}",
        figures=figures,
    )


IMBALANCE = BottleneckClass(KIND, "20", TITLE, Tier.SCORED, ("service_cpu",), judge)
