"""Class 3: does the service use one core and no more, though it is allowed several?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.machine import shared_cpu_count
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.sight import (
    Naming,
    candidate,
    marks_of,
    place_of,
    refuses_at,
    see_own,
    waits_at,
)
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    CPU_FULL_RATIO,
    ONE_CORE_FROM,
    ONE_CORE_TO,
    SEVERAL_CORES,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ReadingState
from capacity.units import Unit

KIND = "one_core"
TITLE = Sentence("one core of several", "只用一个 CPU 核")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "run more worker processes or replicas, and move blocking work out of the event loop; a "
        "higher CPU limit will not help",
        "增加工作进程或副本数，并把阻塞的工作移出事件循环；提高 CPU 限额不会有帮助",
    ),
)
_THREADS = ("process.hot_thread", "process_exporter.hot_thread")
_CORES = ("process.cores", "pod.cores", "process_exporter.cores", "python.cores", "go.cores")


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with one thread that fills a core, medium with one core in use wherever it is flat.

    Full is 90 %; one core is 0.9 to 1.1 of at least 1.5 that it may use. Low where most answers
    were refused fast. Never with CPU at the limit: that is class 1.
    """
    cores = _one_core(case)
    for name in _THREADS:
        series = of_kind(case, name, SubjectKind.SERVICE)
        found = _claim(case, series, Confidence.HIGH, (_hot_thread(case, series), cores))
        if found is not None:
            return (found,)
    for name in _CORES:
        series = of_kind(case, name, SubjectKind.SERVICE)
        found = _claim(case, series, Confidence.MEDIUM, (cores,)) if cores is not None else None
        if found is not None:
            return (found,)
    return ()


def _claim(
    case: Case, series: Series, by_rule: Confidence, evidence: tuple[Sentence | None, ...]
) -> Candidate | None:
    sight = see_own(case, series, ONE_CORE_FROM)
    if sight is None or _is_at_limit(case, sight.worst):
        return None
    place = place_of(case, sight.worst)
    waits = waits_at(case, place)
    if refuses_at(case, place):
        by_rule = Confidence.LOW
    marks = marks_of(case, sight, is_used_up=True, is_waited_for=waits or None)
    kind = SubjectKind.SERVICE
    return candidate(case, NAMING, kind, sight, marks=marks, by_rule=by_rule, evidence=evidence)


def _is_at_limit(case: Case, point: Point) -> bool:
    share = _share(case, point)
    return share is not None and share >= CPU_FULL_RATIO


def _share(case: Case, point: Point) -> float | None:
    """The share of its limit at that load: of the same member, or of the only one there is."""
    cpu = of_kind(case, "cpu", SubjectKind.SERVICE).at(place_of(case, point))
    if cpu is None:
        return None
    shares = {member.subject: member.value for member in cpu.reading.members}
    return shares.get(point.subject, cpu.value if len(shares) == 1 else None)


def _hot_thread(case: Case, series: Series) -> Sentence | None:
    if series.worst is None:
        return None
    return tell_point(
        case,
        series.worst,
        "one thread ({subject}) was busy {value} of a core {at}; a thread cannot use more than one",
        "{at}，一个线程（{subject}）占用了一个核的 {value}，而一个线程最多只能用一个核",
    )


def _one_core(case: Case) -> Sentence | None:
    """One core at every level without growth, of at least one and a half that it may use."""
    for name in _CORES:
        series = of_kind(case, name, SubjectKind.SERVICE)
        flat = [] if case.turn is None else [p for p in series.points[case.turn :] if p is not None]
        if not flat or not all(ONE_CORE_FROM <= point.value <= ONE_CORE_TO for point in flat):
            continue
        worst = max(flat, key=lambda point: point.value)
        allowed = _allowed_cores(case, worst)
        if allowed is None and not _has_no_limit(case):
            continue
        if allowed is None:
            return tell_point(
                case,
                worst,
                "{subject} used {value} {at} and no more beyond, though it has no CPU limit",
                "{at}，{subject} 用了 {value}，之后不再增加，而它没有 CPU 限额",
            )
        if allowed >= SEVERAL_CORES:
            return tell_point(
                case,
                worst,
                "{subject} used {value} of {allowed} {at} and cannot use more",
                "{at}，{subject} 只用了 {allowed}中的 {value}，无法再用更多",
                figures=(Figure("allowed", allowed, Unit.CORES),),
            )
    return None


def _allowed_cores(case: Case, point: Point) -> float | None:
    """What it may use, from the share of its limit at the same load, or of the machine."""
    share = _share(case, point)
    if share is not None and share > 0:
        return point.value / share
    return shared_cpu_count(case)


def _has_no_limit(case: Case) -> bool:
    return any(
        reading.name == "cpu" and reading.state is ReadingState.NO_LIMIT
        for step in case.levels
        for reading in step.resources
    )


ONE_CORE = BottleneckClass(KIND, "3", TITLE, Tier.SCORED, ("service_thread",), judge)
