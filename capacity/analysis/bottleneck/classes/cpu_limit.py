"""Class 1: does the service use all of the CPU that it is allowed?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import at_most, is_background, is_timed, score
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.thresholds import (
    CPU_BUSY_RATIO,
    CPU_FULL_RATIO,
    PSI_CPU_RATIO,
    THROTTLED_RATIO,
)
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.units import Unit

KIND = "cpu_limit"
TITLE = Sentence("CPU limit of the service", "服务的 CPU 限额")
ADVICE = Sentence(
    "raise the CPU limit or the number of replicas, then measure again",
    "提高 CPU 限额或增加副本数，然后重新测量",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with CPU at its limit and tasks held back, medium from 80 % on."""
    cpu = case.series("cpu")
    if is_background(cpu, CPU_BUSY_RATIO):
        return ()
    place = cpu.first_beyond(CPU_BUSY_RATIO)
    worst = cpu.worst
    if place is None or worst is None:
        return ()
    held_back = _held_back(case, worst)
    is_full = worst.value >= CPU_FULL_RATIO
    marks = Marks(
        is_used_up=is_full,
        is_waited_for=held_back is not None,
        is_timed=is_timed(case, cpu, CPU_BUSY_RATIO),
        has_stopped_growth=case.has_stopped_growth,
    )
    by_rule = Confidence.HIGH if is_full and held_back is not None else Confidence.MEDIUM
    confidence = at_most(by_rule, score(marks))
    if worst.has_few_samples:
        confidence = at_most(confidence, Confidence.MEDIUM)
    evidence = (_used(worst), *(() if held_back is None else (held_back,)))
    subject = Subject(SubjectKind.SERVICE, worst.subject)
    level = case.level_at(place)
    return (Candidate(KIND, TITLE, subject, confidence, marks, evidence, ADVICE, level),)


def _used(worst: Point) -> Sentence:
    figures = (
        Figure("pod", worst.subject),
        Figure("cpu", worst.value, Unit.RATIO),
        Figure("level", worst.level),
    )
    return Sentence(
        "{pod} used {cpu} of its CPU limit at {level} concurrent",
        "并发 {level} 时，{pod} 用掉了 CPU 限额的 {cpu}",
        figures,
        worst.source,
    )


def _held_back(case: Case, worst: Point) -> Sentence | None:
    """Throttled periods, or tasks that waited for a CPU, where the CPU was used most."""
    for name, least in (("throttle", THROTTLED_RATIO), ("pod.psi_cpu", PSI_CPU_RATIO)):
        for point in case.series(name).read:
            if point.level == worst.level and point.value >= least:
                figures = (Figure("held", point.value, Unit.RATIO), Figure("level", point.level))
                return Sentence(
                    "it was held back in {held} of the scheduler's periods at {level} concurrent"
                    if name == "throttle"
                    else "tasks waited for a CPU {held} of the time at {level} concurrent",
                    "并发 {level} 时，{held} 的调度周期被限流"
                    if name == "throttle"
                    else "并发 {level} 时，任务有 {held} 的时间在等待 CPU",
                    figures,
                    point.source,
                )
    return None


CPU_LIMIT = BottleneckClass(KIND, "1", TITLE, Tier.SCORED, ("service_cpu",), judge)
