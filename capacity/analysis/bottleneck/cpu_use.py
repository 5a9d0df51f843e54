"""How much of its CPU limit does a part of the path use, and is it held back by it?

One answer for the service, its database, its cache and its ingress alike.
"""

from dataclasses import dataclass

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.roles import members_of, of_kind, workload_of
from capacity.analysis.bottleneck.series import Point, Series
from capacity.analysis.bottleneck.sight import Sight, place_of, refuses_at, see_own
from capacity.analysis.bottleneck.telling import tell_point
from capacity.analysis.bottleneck.thresholds import (
    CPU_BUSY_RATIO,
    CPU_FULL_RATIO,
    PSI_CPU_RATIO,
    THROTTLED_RATIO,
)
from capacity.model.bottleneck import Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceScope
from capacity.units import Unit

_HOLDS_BACK = (
    (
        "throttle",
        THROTTLED_RATIO,
        "{subject} was held back in {value} of the scheduler's periods {at}",
        "{at}，{subject} 在 {value} 的调度周期里被限流",
    ),
    (
        "pod.psi_cpu",
        PSI_CPU_RATIO,
        "tasks of {subject} waited for a CPU {value} of the time {at}",
        "{at}，{subject} 的任务有 {value} 的时间在等待 CPU",
    ),
)


@dataclass(frozen=True, slots=True)
class CpuUse:
    """The CPU of one kind of member near its limit, in sentences."""

    sight: Sight
    used: Sentence
    held_back: Sentence | None
    is_for_refusals: bool
    is_full_late: bool

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached, and not only near."""
        return self.sight.worst.value >= CPU_FULL_RATIO

    @property
    def by_rule(self) -> Confidence:
        """High at the limit and held back, else medium; low where it went into refusing.

        Medium, too, where it was only near while throughput stopped to grow.
        """
        if self.is_for_refusals:
            return Confidence.LOW
        is_sure = self.is_full and self.held_back and not self.is_full_late
        return Confidence.HIGH if is_sure else Confidence.MEDIUM


def cpu_use(case: Case, kind: SubjectKind) -> CpuUse | None:
    """The member of a kind that is nearest to its limit; None when none is near."""
    return _use_of(case, of_kind(case, "cpu", kind))


def cpu_uses(case: Case, kind: SubjectKind) -> tuple[CpuUse, ...]:
    """The same for each workload of a kind, the fullest first: one says nothing of another."""
    series = of_kind(case, "cpu", kind)
    names = {
        workload_of(member.subject)
        for point in series.read
        for member in members_of(point.reading, kind, case.declared)
    }
    found = (_use_of(case, _of_workload(case, series, kind, name)) for name in sorted(names))
    uses = [one for one in found if one is not None]
    return tuple(sorted(uses, key=lambda use: -use.sight.worst.value))


def _of_workload(case: Case, series: Series, kind: SubjectKind, name: str) -> Series:
    return series.of_members(
        lambda reading: [
            one
            for one in members_of(reading, kind, case.declared)
            if workload_of(one.subject) == name
        ]
    )


def _use_of(case: Case, series: Series) -> CpuUse | None:
    sight = see_own(case, series, CPU_BUSY_RATIO)
    if sight is None:
        return None
    worst = sight.worst
    refuses = refuses_at(case, place_of(case, worst))
    full_from = series.lasting_beyond(CPU_FULL_RATIO)
    is_late = case.turn is not None and full_from is not None and full_from > case.turn + 1
    return CpuUse(sight, _used(case, worst), held_back(case, worst), refuses, is_late)


def held_back(case: Case, point: Point) -> Sentence | None:
    """Throttled periods of the same member, or that its tasks waited for a CPU, at that load."""
    for name, least, en, zh in _HOLDS_BACK:
        held = same_member(case, name, point)
        if held is not None and held.value >= least:
            return tell_point(case, held, en, zh)
    return None


def same_member(case: Case, name: str, point: Point) -> Point | None:
    """Another quantity of the member of a point, at the same level."""
    return case.series(name).of_subject(point.subject).at(place_of(case, point))


def _used(case: Case, worst: Point) -> Sentence:
    """With its cores where they were read, and the throughput that came of it."""
    figures: list[Figure] = []
    en, zh = "{subject} used {value} of its CPU limit", "{subject} 用掉了 CPU 限额的 {value}"
    if worst.reading.scope is ResourceScope.PROCESS:
        en = "{subject} used {value} of the CPU that it may use"
        zh = "{subject} 用掉了可用 CPU 的 {value}"
    cores = _cores(case, worst)
    if cores is not None:
        figures.append(Figure("cores", cores.value, Unit.CORES))
        figures.append(Figure("limit", cores.value / worst.value, Unit.CORES))
        en, zh = f"{en} ({{cores}} of {{limit}})", f"{zh}（{{limit}}中的 {{cores}}）"
    en, zh = f"{en} {{at}}", f"{{at}}，{zh}"
    if case.turn is not None:
        figures.append(Figure("qps", case.levels[case.turn].qps, Unit.QPS))
        en, zh = f"{en}; throughput stopped at {{qps}}", f"{zh}；吞吐量停在 {{qps}}"
    return tell_point(case, worst, en, zh, figures=figures)


def _cores(case: Case, worst: Point) -> Point | None:
    """Its cores; a process that is watched has one member only, however its quantities name it."""
    if worst.reading.scope is ResourceScope.PROCESS:
        return case.series("process.cores").at(place_of(case, worst))
    return same_member(case, "pod.cores", worst)


def qps_per_core(case: Case, kind: SubjectKind, place: int) -> float | None:
    """Good answers for each core that all members of a kind used; None when not all are known."""
    for name in ("pod.cores", "process.cores"):
        point = case.series(name).at(place)
        if point is None or point.reading.population is not None:
            continue
        cores = sum(member.value for member in members_of(point.reading, kind, case.declared))
        if cores > 0:
            return case.levels[place].qps / cores
    return None
