"""Class 1: does the service use all of the CPU that it is allowed?"""

from capacity.analysis.bottleneck.balance import uneven_levels
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import CpuUse, cpu_uses, qps_per_core
from capacity.analysis.bottleneck.happenings import JOININGS, places_of
from capacity.analysis.bottleneck.marks import at_most
from capacity.analysis.bottleneck.roles import members_of, of_kind, workload_of
from capacity.analysis.bottleneck.sight import Naming, Sight, candidate, marks_of, place_of, see_own
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import THROTTLED_MOSTLY_RATIO
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "cpu_limit"
TITLE = Sentence("CPU limit of the service", "服务的 CPU 限额")
ADVICE = Sentence(
    "raise the CPU limit or the number of replicas, then measure again",
    "提高 CPU 限额或增加副本数，然后重新测量",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High at 90 % of the limit and held back, medium from 80 % on.

    Held back is 25 % of the periods throttled, or tasks that wait for a CPU 30 % of the time. At
    most medium where it got full after throughput had stopped to grow, where one replica only is
    hot, or pods came or left since then: that tells more; or where one of several workloads was
    full from the first load on, perhaps by other work. Low where most answers were refused fast.
    Where shares of the limit were not read at all, half of the periods throttled tell of it.
    """
    found = tuple(_judge_one(case, use) for use in cpu_uses(case, SubjectKind.SERVICE))
    return found or _by_throttling_alone(case)


def _judge_one(case: Case, use: CpuUse) -> Candidate:
    is_unsteady = _is_unsteady(case, use.sight) or _may_do_other_work(case, use.sight)
    is_held_back = use.held_back is not None
    return candidate(
        case,
        Naming(KIND, TITLE, _advice(case, place_of(case, use.sight.worst))),
        SubjectKind.SERVICE,
        use.sight,
        marks=marks_of(case, use.sight, is_used_up=use.is_full, is_waited_for=is_held_back),
        by_rule=at_most(use.by_rule, Confidence.MEDIUM) if is_unsteady else use.by_rule,
        evidence=(use.used, use.held_back),
    )


def _is_unsteady(case: Case, sight: Sight) -> bool:
    """Whether one replica only is hot, or pods came or left since the first one was full."""
    workload = workload_of(sight.worst.subject)
    is_uneven = any(workload_of(one.hottest.subject) == workload for one in uneven_levels(case))
    return is_uneven or any(place >= sight.place for place in places_of(case, JOININGS))


def _may_do_other_work(case: Case, sight: Sight) -> bool:
    """Whether it was full before there was much load, and is not the only workload."""
    members = members_of(sight.worst.reading, SubjectKind.SERVICE, case.declared)
    own = workload_of(sight.worst.subject)
    return sight.place == 0 and any(workload_of(one.subject) != own for one in members)


def _by_throttling_alone(case: Case) -> tuple[Candidate, ...]:
    throttle = of_kind(case, "throttle", SubjectKind.SERVICE)
    sight = see_own(case, throttle, THROTTLED_MOSTLY_RATIO)
    if sight is None or case.series("cpu").read:
        return ()
    found = candidate(
        case,
        Naming(KIND, TITLE, ADVICE),
        SubjectKind.SERVICE,
        sight,
        marks=marks_of(case, sight, is_used_up=True, is_waited_for=True),
        by_rule=Confidence.MEDIUM,
        evidence=(
            tell_point(
                case,
                sight.worst,
                "{subject} had used up its CPU quota in {value} of the scheduler's periods {at}; "
                "its share of the limit was not read",
                "{at}，{subject} 在 {value} 的调度周期里用完了 CPU 配额；未读到它占限额的比例",
            ),
        ),
    )
    return (found,)


def _advice(case: Case, place: int) -> Sentence:
    """With what one core carries, so that the size can be chosen."""
    per_core_qps = qps_per_core(case, SubjectKind.SERVICE, place)
    if per_core_qps is None:
        return ADVICE
    return Sentence(
        "raise the CPU limit or the number of replicas (one core carries about {per_core}), "
        "then measure again",
        "提高 CPU 限额或增加副本数（每个核大约能承载 {per_core}），然后重新测量",
        (Figure("per_core", per_core_qps, Unit.QPS),),
    )


CPU_LIMIT = BottleneckClass(KIND, "1", TITLE, Tier.SCORED, ("service_cpu",), judge)
