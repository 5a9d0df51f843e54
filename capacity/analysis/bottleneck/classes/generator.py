"""Class 16: was the load generator itself the limit, so that nothing is known of the service?

Only where it was: a step that cannot be believed above a limit that the service had clearly reached
takes nothing back. Where throughput still grew until the generator was at its end, what was
measured is a lower bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import GROWTH_LEAST_RATIO, Case
from capacity.analysis.bottleneck.full import full_resources
from capacity.analysis.bottleneck.thresholds import (
    CPU_MODERATE_RATIO,
    GENERATOR_CPU_AT_END_RATIO,
    GENERATOR_CPU_FULL_RATIO,
    GENERATOR_LAG_AT_END_RATIO,
    GENERATOR_LAG_AT_END_S,
    GENERATOR_LAG_LONG_S,
    GENERATOR_LAG_USUAL_S,
    GENERATOR_TAKEN_AT_END_RATIO,
    GENERATOR_WAIT_AT_END_RATIO,
)
from capacity.analysis.bottleneck.words import load_words
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind, Side
from capacity.units import Unit

KIND = "generator"
TITLE = Sentence("the load generator", "压测端自身")
_MORE_POWER = Sentence(
    "give the generator more: more threads, a second machine, or the native engine instead of "
    "aiohttp; until then the throughput is a lower bound",
    "加强压测端：增加线程、再用一台机器，或以 native 引擎代替 aiohttp；在此之前，吞吐只是下限",
)
_OWN_CORES = Sentence(
    "run the generator on cores of its own, without a quota and without other work beside it; "
    "until then the throughput is a lower bound",
    "让压测端独占 CPU 核，不设配额，也不与其他任务共用；在此之前，吞吐只是下限",
)
_MORE_DESCRIPTORS = Sentence(
    "raise the limit of open files (ulimit -n) of the generator, then repeat",
    "提高压测端的打开文件数上限（ulimit -n），然后重测",
)
_MORE_PORTS = Sentence(
    "let the service keep connections alive, or give the generator more source addresses, then "
    "repeat",
    "让服务保持长连接，或为压测端配置更多源地址，然后重测",
)
_LEVELS_AT_TURN = 2


@dataclass(frozen=True, slots=True)
class _Cause:
    """What the generator ran out of: how much of it, held against what is too much.

    `{value}` and the load go into the sentences.
    """

    value: Callable[[Step], float | None]
    limit: Callable[[Step], float]
    unit: Unit
    en: str
    zh: str
    advice: Sentence


def _load(name: str) -> Callable[[Step], float | None]:
    def value(step: Step) -> float | None:
        found: float | None = getattr(step.generator, name, None)
        return found

    return value


def _failed(kind: FailureKind) -> Callable[[Step], float | None]:
    return lambda step: float(step.counts.failures.get(kind, 0))


def _always(limit: float) -> Callable[[Step], float]:
    return lambda _step: limit


def _median_s(step: Step) -> float:
    served = step.service_latency or step.latency
    return 0.0 if served is None else served.p50_s


def _longest_lag_s(step: Step) -> float:
    return max(GENERATOR_LAG_AT_END_S, GENERATOR_LAG_AT_END_RATIO * _median_s(step))


_CAUSES = (
    _Cause(
        _failed(FailureKind.LOCAL_FD),
        _always(1.0),
        Unit.COUNT,
        "{value} requests failed {at} because the generator had no file descriptor left",
        "{at}，压测端的文件描述符耗尽，{value} 个请求因此失败",
        _MORE_DESCRIPTORS,
    ),
    _Cause(
        _failed(FailureKind.LOCAL_PORTS),
        _always(1.0),
        Unit.COUNT,
        "{value} requests failed {at} because the generator had no local port left",
        "{at}，压测端的本地端口耗尽，{value} 个请求因此失败",
        _MORE_PORTS,
    ),
    _Cause(
        _load("cpu_ratio"),
        _always(GENERATOR_CPU_AT_END_RATIO),
        Unit.RATIO,
        "a load thread of the generator used {value} of its core {at}",
        "{at}，压测端的一个线程用掉了所在核的 {value}",
        _MORE_POWER,
    ),
    _Cause(
        _load("throttled_ratio"),
        _always(GENERATOR_TAKEN_AT_END_RATIO),
        Unit.RATIO,
        "a CPU quota held the generator back {value} of the time {at}",
        "{at}，CPU 配额使压测端有 {value} 的时间被限流",
        _OWN_CORES,
    ),
    _Cause(
        _load("steal_ratio"),
        _always(GENERATOR_TAKEN_AT_END_RATIO),
        Unit.RATIO,
        "the hypervisor took {value} of the generator's CPU time {at}",
        "{at}，虚拟机管理程序占走了压测端 {value} 的 CPU 时间",
        _OWN_CORES,
    ),
    _Cause(
        _load("runqueue_wait_ratio"),
        _always(GENERATOR_WAIT_AT_END_RATIO),
        Unit.RATIO,
        "a load thread of the generator waited for a core {value} of the time {at}",
        "{at}，压测端的一个线程有 {value} 的时间在等待 CPU 核",
        _OWN_CORES,
    ),
    _Cause(
        _load("loop_lag_s"),
        _longest_lag_s,
        Unit.SECONDS,
        "a load thread of the generator woke up {value} late (P99) {at}",
        "{at}，压测端的一个线程唤醒延迟达 {value}（P99）",
        _MORE_POWER,
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High where it ended the climb, or had no core left when throughput stopped to grow.

    Medium where a thread used 80 % of its core there and was usually late, unless the service was
    seen to use more than 70 % of its own CPU, or something else of it was used up by then.
    """
    at_end = _at_end(case)
    if at_end is not None:
        return (_candidate(case, at_end, Confidence.HIGH),)
    at_turn = _at_turn(case)
    if at_turn is None:
        return ()
    is_at_end = _value(at_turn, "cpu_ratio") >= GENERATOR_CPU_AT_END_RATIO
    return (_candidate(case, at_turn, Confidence.HIGH if is_at_end else Confidence.MEDIUM),)


def _at_end(case: Case) -> Step | None:
    """The first step above all believed ones that the generator spoilt, if nothing else was found.

    With a turn below it the service's limit stands, unless throughput went on growing all the same;
    so it does where throughput fell behind the load while a resource of the service was used up.
    """
    highest = case.levels[-1].plan.load.level if case.levels else 0.0
    above = [s for s in case.disbelieved if s.plan.load.level > highest and _is_own(s)]
    if not above:
        return None
    best_qps = max((step.qps for step in case.levels), default=0.0)
    grew_on = max(step.qps for step in above) > (1.0 + GROWTH_LEAST_RATIO) * best_qps
    has_limit = case.turn is not None or (case.has_stopped_growth and full_resources(case))
    return above[0] if grew_on or not has_limit else None


def _is_own(step: Step) -> bool:
    """Whether a step that is not believed is so for the generator's sake.

    A hold in which no request ended, or a wrong address, says nothing about the generator.
    """
    if step.counts.failed_on(Side.CONFIG):
        return False
    return step.counts.judged > 0 or step.counts.failed_on(Side.LOCAL) > 0


def _at_turn(case: Case) -> Step | None:
    """The level where growth stopped, if the generator was busy there and later, and nothing else.

    Busy in the tail alone is a noisy neighbour: its usual wake-up must be late, too.
    """
    flat = case.plateau[:_LEVELS_AT_TURN]
    if not flat or not all(_is_busy(step) for step in flat):
        return None
    cpu = [point for name in ("cpu", "jvm.cpu") for point in case.series(name).read]
    is_taken = any(point.value > CPU_MODERATE_RATIO for point in cpu) or _is_used_up_by_turn(case)
    return None if is_taken else flat[0]


def _is_used_up_by_turn(case: Case) -> bool:
    """Whether something of the service was; a node may be full of the generator itself."""
    return case.turn is not None and any(
        one.resource.subject is not SubjectKind.NODE
        and any(seen.full_from is not None and seen.full_from <= case.turn + 1 for seen in one.seen)
        for one in full_resources(case)
    )


def _is_busy(step: Step) -> bool:
    cpu_ratio = _value(step, "cpu_ratio")
    is_late = _value(step, "loop_lag_p50_s") >= GENERATOR_LAG_USUAL_S
    lag_s = max(GENERATOR_LAG_LONG_S, 0.1 * _median_s(step))
    is_very_late = is_late and _value(step, "loop_lag_s") > lag_s
    return (
        cpu_ratio >= GENERATOR_CPU_AT_END_RATIO
        or (cpu_ratio >= GENERATOR_CPU_FULL_RATIO and is_late)
        or is_very_late
    )


def _value(step: Step, name: str) -> float:
    """What is not known is no sign of being busy."""
    return _load(name)(step) or 0.0


def _candidate(case: Case, step: Step, confidence: Confidence) -> Candidate:
    cause, evidence = _cause(step)
    marks = Marks(
        is_used_up=True,
        has_stopped_growth=case.has_stopped_growth,
        is_unambiguous=confidence is Confidence.HIGH,
    )
    return Candidate(
        KIND,
        TITLE,
        Subject(SubjectKind.GENERATOR),
        confidence,
        marks,
        (evidence, *_lower_bound(case)),
        _MORE_POWER if cause is None else cause.advice,
        step.plan.load.level,
    )


def _cause(step: Step) -> tuple[_Cause | None, Sentence]:
    """What was furthest beyond its limit, in words."""
    words = load_words(step)
    shares = [((cause.value(step) or 0.0) / cause.limit(step), cause) for cause in _CAUSES]
    share, cause = max(shares, key=lambda pair: pair[0])
    if share < GENERATOR_CPU_FULL_RATIO:
        return None, Sentence(
            f"the step at {words.en} cannot be believed, for reasons of the generator's own",
            f"{words.zh} 的一级因压测端自身的原因不可信",
            (words.figure,),
        )
    return cause, Sentence(
        cause.en.replace("{at}", f"at {words.en}"),
        cause.zh.replace("{at}", f"{words.zh} 时"),
        (Figure("value", cause.value(step) or 0.0, cause.unit), words.figure),
    )


def _lower_bound(case: Case) -> tuple[Sentence, ...]:
    """The best that was measured all the same."""
    best = max(case.levels, key=lambda step: step.qps, default=None)
    if best is None or best.qps <= 0:
        return ()
    words = load_words(best)
    return (
        Sentence(
            f"the service carries at least {{qps}}, as it did at {words.en}",
            f"服务至少能承受 {{qps}}，即{words.zh} 时的实测值",
            (Figure("qps", best.qps, Unit.PER_SECOND), words.figure),
        ),
    )


GENERATOR = BottleneckClass(KIND, "16", TITLE, Tier.GENERATOR, ("generator",), judge)
