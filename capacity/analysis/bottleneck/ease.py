"""Was the CPU of the service seen where throughput no longer grew, and was it at ease there?

A share of a limit tells most. Where there is no limit, a service that uses less than half a core is
at ease; one that uses more may be busy or not. A thread at its core, or a quota that runs out, is
busy whatever the mean says. No reading is never an idle CPU, and neither is that of its database.
"""

from dataclasses import dataclass
from enum import StrEnum

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.numbers import CPU_CORES
from capacity.analysis.bottleneck.roles import of_kind
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.thresholds import (
    CPU_EASY_RATIO,
    HOT_THREAD_RATIO,
    REDIS_BUSY_RATIO,
    THROTTLED_RATIO,
)
from capacity.model.bottleneck import Figure, Sentence, SubjectKind
from capacity.units import Unit

# Shares of all the CPU that the service may use, and what accuses whatever those say.
_SHARES = ("cpu", "jvm.cpu")
_ACCUSERS = (
    ("process.hot_thread", HOT_THREAD_RATIO),
    ("process_exporter.hot_thread", HOT_THREAD_RATIO),
    ("redis.main_thread", REDIS_BUSY_RATIO),
    ("throttle", THROTTLED_RATIO),
)
# Without a limit: less than half of one core.
_EASY_CORES = 0.5


class EaseState(StrEnum):
    """What is known of the CPU beyond the turn."""

    IDLE = "idle"
    BUSY = "busy"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Ease:
    """The state, and the highest value seen that tells so; None where nothing was seen."""

    state: EaseState
    point: Point | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it was seen on enough samples to make another claim sure."""
        point = self.point
        return point is not None and not point.has_few_samples and point.reading.may_stop


def cpu_ease(case: Case) -> Ease:
    """What is known of the service's CPU from the turn on; without a turn, at the last level."""
    for name, threshold in _ACCUSERS:
        point = _highest(case, name)
        if point is not None and point.value >= threshold:
            return Ease(EaseState.BUSY, point)
    shares = [point for name in _SHARES if (point := _highest(case, name)) is not None]
    most = max(shares, key=lambda point: point.value, default=None)
    if most is not None and most.value >= CPU_EASY_RATIO:
        return Ease(EaseState.BUSY, most)
    own = [point for name in _SHARES if (point := _highest(case, name, is_own=True)) is not None]
    if own:
        return Ease(EaseState.IDLE, max(own, key=lambda point: point.value))
    cores = [p for name in CPU_CORES if (p := _highest(case, name, is_own=True)) is not None]
    if cores and max(point.value for point in cores) < _EASY_CORES:
        return Ease(EaseState.IDLE, max(cores, key=lambda point: point.value))
    return Ease(EaseState.UNSEEN)


def ease_sentence(ease: Ease) -> Sentence:
    """The evidence that it was at ease, or that nothing is known of it."""
    if ease.point is None:
        return Sentence(
            "the CPU of the service was not observed, so this rests on the curve alone",
            "未观测服务的 CPU，因此该判断只依据曲线",
        )
    point = ease.point
    return Sentence(
        "{subject} used at most {cpu} of its CPU meanwhile"
        if point.reading.unit is Unit.RATIO
        else "{subject} used at most {cpu} meanwhile",
        "此时 {subject} 的 CPU 最多只用到 {cpu}",
        (Figure("subject", point.subject), Figure("cpu", point.value, point.reading.unit)),
        point.source,
    )


def busiest_below(case: Case, level: float) -> float | None:
    """The highest share of its CPU that the service used at lower loads; None where it is unseen.

    Refusing is work as well, so that beyond a limit the CPU tells of the refusals.
    """
    read = [point for name in _SHARES for point in case.series(name).read if point.level < level]
    return max((point.value for point in read), default=None)


def _highest(case: Case, name: str, *, is_own: bool = False) -> Point | None:
    """The highest value at the levels that count, of the service alone if it is its own."""
    first = len(case.levels) - 1 if case.turn is None else case.turn
    series = of_kind(case, name, SubjectKind.SERVICE) if is_own else case.series(name)
    read = [point for point in series.points[max(first, 0) :] if point is not None]
    return max(read, key=lambda point: point.value, default=None)
