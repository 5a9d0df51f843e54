"""Class 4: is it the node that has no CPU left, while the service is below its own limit?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import cpu_use
from capacity.analysis.bottleneck.machine import is_on_this_machine
from capacity.analysis.bottleneck.marks import at_most
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.sight import Naming, Sight, candidate, marks_of, place_of, see
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    CPU_BUSY_RATIO,
    CPU_EASY_RATIO,
    NODE_CPU_FULL_RATIO,
    PSI_CPU_RATIO,
    STEAL_RATIO,
)
from capacity.model.bottleneck import Candidate, Sentence, SubjectKind
from capacity.model.confidence import Confidence

KIND = "node_cpu"
TITLE = Sentence("CPU of the node", "节点的 CPU")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "use another node, request more CPU, or move its busy neighbours away; with steal, ask "
        "whoever owns the host",
        "换一个节点，提高 CPU request，或迁走繁忙的邻居；若有 steal，请联系宿主机的所有者",
    ),
)
_STEAL = "node.steal"
_TELLS = (
    (
        "node.cpu",
        NODE_CPU_FULL_RATIO,
        "node {subject} was {value} busy {at}",
        "{at}，节点 {subject} 的 CPU 使用率为 {value}",
    ),
    (
        _STEAL,
        STEAL_RATIO,
        "other virtual machines took {value} of the CPU time of {subject} {at}",
        "{at}，其他虚拟机占去了 {subject} 的 CPU 时间的 {value}",
    ),
    (
        "node.psi_cpu",
        PSI_CPU_RATIO,
        "tasks on {subject} waited for a CPU {value} of the time {at}",
        "{at}，{subject} 上的任务有 {value} 的时间在等待 CPU",
    ),
)
_SHARED = Sentence(
    "the load is made on the same machine, so a part of this is the load generator's own",
    "压测端与服务在同一台机器上，其中一部分是压测端自己占用的",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with the node full and the service seen below its limit; never where we share the node.

    Full is 90 %, or tasks that wait for a CPU 30 % of the time, or steal of 5 %, which alone is not
    ours wherever the load is made. Of several nodes nobody knows which one the service is on: then
    at most medium.
    """
    seen = {
        name: (sight, tell_point(case, sight.worst, en, zh))
        for name, threshold, en, zh in _TELLS
        if (sight := see(case, case.series(name), threshold)) is not None
    }
    own = cpu_use(case, SubjectKind.SERVICE)
    if not seen or (own is not None and own.is_full and not own.sight.is_late):
        return ()
    sight = next(iter(seen.values()))[0]
    service = of_kind(case, "cpu", SubjectKind.SERVICE).at(place_of(case, sight.worst))
    is_shared = is_on_this_machine(case) and _STEAL not in seen
    ceiling = _ceiling(service) if is_shared else Confidence.HIGH
    if sight.worst.reading.member_count > 1:
        ceiling = at_most(ceiling, Confidence.MEDIUM)
    marks = marks_of(case, sight, is_used_up="node.cpu" in seen, is_waited_for=_waits(seen))
    found = candidate(
        case,
        NAMING,
        SubjectKind.NODE,
        sight,
        marks=marks,
        by_rule=at_most(_by_service(service), ceiling),
        evidence=(
            *(sentence for _, sentence in seen.values()),
            None if service is None else _below(case, service),
            _SHARED if is_shared else None,
        ),
    )
    return (found,)


def _waits(seen: dict[str, tuple[Sight, Sentence]]) -> bool | None:
    """Tasks that waited, or whose CPU was taken away; else nothing is known of it."""
    return True if _STEAL in seen or "node.psi_cpu" in seen else None


def _by_service(service: Point | None) -> Confidence:
    is_below = service is not None and service.value < CPU_BUSY_RATIO
    return Confidence.HIGH if is_below else Confidence.MEDIUM


def _ceiling(service: Point | None) -> Confidence:
    """On a machine of ours: a service that hardly uses its CPU hardly misses any."""
    is_idle = service is not None and service.value < CPU_EASY_RATIO
    return Confidence.LOW if is_idle else Confidence.MEDIUM


def _below(case: Case, service: Point) -> Sentence:
    return tell_point(
        case,
        service,
        "{subject} used {value} of its own CPU limit {at}",
        "{at}，{subject} 只用了自己 CPU 限额的 {value}",
    )


NODE_CPU = BottleneckClass(KIND, "4", TITLE, Tier.SCORED, ("node_cpu",), judge)
