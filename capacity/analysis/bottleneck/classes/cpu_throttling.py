"""Class 2: is the service held back by its CPU quota although its mean CPU is below it?"""

from dataclasses import replace

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.cpu_use import cpu_use, same_member
from capacity.analysis.bottleneck.marks import spearman
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.sight import Naming, candidate, marks_of, place_of, see_own
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import (
    CPU_BUSY_RATIO,
    RISES_SPEARMAN,
    THROTTLED_RATIO,
    THROTTLED_SOME_RATIO,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "cpu_throttling"
TITLE = Sentence("CPU throttling below the limit", "CPU 未满限额却被限流")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "raise the CPU limit, or make the bursts smaller (fewer threads for each pod); more "
        "replicas help less than a higher limit for each",
        "提高 CPU 限额，或减小突发（减少每个 Pod 的线程数）；增加副本不如提高每个 Pod 的限额有效",
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High if P99 rises with the throttled periods, else medium; never with CPU at its limit.

    It takes 10 % of the periods, of a container that uses less than 80 % of its limit.
    """
    throttle = _below_limit(case)
    sight = see_own(case, throttle, THROTTLED_SOME_RATIO)
    use = cpu_use(case, SubjectKind.SERVICE)
    if sight is None or (use is not None and not use.sight.is_late):
        return ()
    rise = _rise_of_p99(case, throttle)
    # What is used up is the quota of single periods, not the limit on the mean.
    is_used_up = sight.worst.value >= THROTTLED_RATIO
    found = candidate(
        case,
        NAMING,
        SubjectKind.SERVICE,
        sight,
        marks=marks_of(case, sight, is_used_up=is_used_up, is_waited_for=True),
        by_rule=Confidence.MEDIUM if rise is None else Confidence.HIGH,
        evidence=(_throttled(case, sight.worst), rise),
    )
    return (found,)


def _below_limit(case: Case) -> Series:
    """The throttled periods where the same member's CPU was read, and was below its limit."""
    throttle = of_kind(case, "throttle", SubjectKind.SERVICE)
    points = tuple(
        point if point is not None and _is_below(case, point) else None for point in throttle.points
    )
    return replace(throttle, points=points)


def _is_below(case: Case, point: Point) -> bool:
    cpu = same_member(case, "cpu", point)
    return cpu is not None and cpu.value < CPU_BUSY_RATIO


def _throttled(case: Case, worst: Point) -> Sentence:
    cpu = same_member(case, "cpu", worst)
    figures = () if cpu is None else (Figure("cpu", cpu.value, Unit.RATIO),)
    return tell_point(
        case,
        worst,
        "{value} of the scheduler's periods of {subject} were throttled {at} though its mean CPU "
        "was {cpu} of the limit: bursts exceed the quota",
        "{at}，{subject} 的平均 CPU 只有限额的 {cpu}，却有 {value} 的调度周期被限流："
        "突发超出了配额",
        figures=figures,
    )


def _rise_of_p99(case: Case, throttle: Series) -> Sentence | None:
    """Whether P99 goes with the throttled periods, from the first level that has both."""
    pairs = [
        (point, latency.p99_s)
        for point in throttle.read
        if (latency := case.levels[place_of(case, point)].latency) is not None
        and latency.p99_s is not None
    ]
    by_throttling = sorted(pairs, key=lambda pair: pair[0].value)
    correlation = spearman([p99_s for _, p99_s in by_throttling])
    if correlation is None or correlation < RISES_SPEARMAN:
        return None
    (least, least_p99_s), (most, most_p99_s) = by_throttling[0], by_throttling[-1]
    if most.value - least.value < THROTTLED_SOME_RATIO:
        return None
    figures = (
        Figure("first", least_p99_s, Unit.SECONDS),
        Figure("p99", most_p99_s, Unit.SECONDS),
        Figure("least", least.value, Unit.RATIO),
        Figure("most", most.value, Unit.RATIO),
    )
    return tell(
        case,
        "P99 rose with it: {first} with {least} of the periods throttled, {p99} with {most} {at}",
        "P99 随之上升：限流周期占 {least} 时为 {first}，{at}占 {most} 为 {p99}",
        level=most.level,
        figures=figures,
    )


CPU_THROTTLING = BottleneckClass(KIND, "2", TITLE, Tier.SCORED, ("service_throttling",), judge)
