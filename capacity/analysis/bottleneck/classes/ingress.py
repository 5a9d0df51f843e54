"""Class 11: is it the ingress or proxy before the service?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import CpuUse, cpu_use
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.sight import (
    Naming,
    Sight,
    candidate,
    marks_of,
    place_of,
    see_own,
    waits_at,
)
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    EDGE_ERRORS_RATIO,
    EDGE_GROWTH_RATIO,
    EDGE_SHARE_RATIO,
    HOT_THREAD_RATIO,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "ingress"
TITLE = Sentence("ingress or proxy", "入口网关或代理")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "give the controller more CPU or replicas, keep its connections to the service alive, and "
        "look at worker_connections and TLS resumption",
        "增加网关的 CPU 或副本数，保持它到服务的长连接，并检查 worker_connections 和 TLS 会话复用",
    ),
)
_KIND = SubjectKind.INGRESS
_EDGE = "ingress_nginx.request_mean"
_UPSTREAM = "ingress_nginx.upstream_mean"
_ERRORS = (
    (
        "ingress_nginx.status_502",
        "the edge answered {value} of the requests with 502 {at}",
        "{at}，网关对 {value} 的请求返回 502",
    ),
    (
        "ingress_nginx.status_499",
        "clients gave up {value} of the requests at the edge (499) {at}",
        "{at}，{value} 的请求在网关处被客户端放弃（499）",
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with its CPU at the limit and held back, medium by what it adds to each request.

    The limit is reached at 90 %, of a core for one thread. What it adds must be 30 % of a request,
    and twice what it was at first.
    """
    use = cpu_use(case, _KIND)
    if use is not None:
        return (_by_cpu(case, use),)
    return _by_thread(case) or _by_overhead(case)


def _by_cpu(case: Case, use: CpuUse) -> Candidate:
    marks = marks_of(
        case, use.sight, is_used_up=use.is_full, is_waited_for=use.held_back is not None
    )
    return candidate(
        case,
        NAMING,
        _KIND,
        use.sight,
        marks=marks,
        by_rule=use.by_rule,
        evidence=(use.used, use.held_back, *_beside(case, use.sight)),
    )


def _by_thread(case: Case) -> tuple[Candidate, ...]:
    """A worker of a proxy is one thread."""
    series = of_kind(case, "process_exporter.hot_thread", _KIND)
    sight = see_own(case, series, HOT_THREAD_RATIO)
    if sight is None:
        return ()
    waits = waits_at(case, place_of(case, sight.worst))
    sentence = tell_point(
        case,
        sight.worst,
        "the busiest thread of {subject} used {value} of a core {at}",
        "{at}，{subject} 最忙的线程占用了一个核的 {value}",
    )
    marks = marks_of(case, sight, is_used_up=True, is_waited_for=waits or None)
    evidence = (sentence, *_beside(case, sight))
    found = candidate(
        case, NAMING, _KIND, sight, marks=marks, by_rule=Confidence.HIGH, evidence=evidence
    )
    return (found,)


def _by_overhead(case: Case) -> tuple[Candidate, ...]:
    """A part of each request that is not the service's, large and grown."""
    places = [place for place in range(len(case.levels)) if _added_s(case, place) is not None]
    if len(places) < 2:
        return ()
    first_s = _added_s(case, places[0]) or 0.0
    for place in places[1:]:
        edge, added_s = case.series(_EDGE).at(place), _added_s(case, place) or 0.0
        if edge is None or not 0 < EDGE_SHARE_RATIO * edge.value <= added_s:
            continue
        if added_s >= EDGE_GROWTH_RATIO * first_s:
            sight = _sight(case, place, edge)
            found = candidate(
                case,
                NAMING,
                _KIND,
                sight,
                marks=marks_of(case, sight, is_used_up=False, is_waited_for=True),
                by_rule=Confidence.MEDIUM,
                evidence=_beside(case, sight),
            )
            return (found,)
    return ()


def _sight(case: Case, place: int, edge: Point) -> Sight:
    limit = case.limit_place
    is_timed = None if limit is None else place in (limit - 1, limit)
    is_late = case.turn is not None and place > case.turn + 1
    return Sight(place=place, worst=edge, is_timed=is_timed, is_late=is_late)


def _added_s(case: Case, place: int) -> float | None:
    """What the edge takes of a request beyond the service's answer."""
    edge, upstream = (case.series(name).at(place) for name in (_EDGE, _UPSTREAM))
    return None if edge is None or upstream is None else edge.value - upstream.value


def _beside(case: Case, sight: Sight) -> tuple[Sentence | None, ...]:
    """What the edge itself tells of its requests at that load."""
    place = place_of(case, sight.worst)
    return (_overhead(case, place), *(_error(case, place, *row) for row in _ERRORS))


def _overhead(case: Case, place: int) -> Sentence | None:
    edge, upstream = (case.series(name).at(place) for name in (_EDGE, _UPSTREAM))
    if edge is None or upstream is None or edge.value <= upstream.value:
        return None
    figures = (
        Figure("added", edge.value - upstream.value, Unit.SECONDS),
        Figure("upstream", upstream.value, Unit.SECONDS),
    )
    return tell_point(
        case,
        edge,
        "the edge adds {added} {at}; the service itself answers it in {upstream}",
        "{at}，网关增加了 {added}，而服务自身只用 {upstream}",
        figures=figures,
    )


def _error(case: Case, place: int, name: str, en: str, zh: str) -> Sentence | None:
    point = case.series(name).at(place)
    if point is None or point.value < EDGE_ERRORS_RATIO:
        return None
    return tell_point(case, point, en, zh)


INGRESS = BottleneckClass(KIND, "11", TITLE, Tier.SCORED, ("ingress",), judge)
