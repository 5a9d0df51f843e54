"""Class 6: did the service end, or was it started again, while it was loaded?"""

from collections.abc import Iterator
from dataclasses import dataclass

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.foreign_words import both
from capacity.analysis.bottleneck.happenings import ENDINGS, happenings
from capacity.analysis.bottleneck.roles import role_of
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.sight import Naming, plain_candidate
from capacity.analysis.bottleneck.telling import AT, tell, tell_point
from capacity.analysis.bottleneck.thresholds import HAPPENED_COUNT, MEMORY_FULL_RATIO
from capacity.model.bottleneck import (
    Candidate,
    Figure,
    Marks,
    Sentence,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from capacity.model.run import EndReason, Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit

KIND = "restart"
TITLE = Sentence("restart or end of the service", "服务重启或退出")
ADVICE = Sentence(
    "read the logs of what ended; raise its memory or bound its queues and caches, and look at "
    "the timeouts of its liveness probe under load",
    "查看已退出容器的日志；提高内存，或限制队列和缓存的大小，并检查存活探针在负载下的超时设置",
)
_ADVICE_MEMORY = Sentence(
    "raise its memory limit or bound its queues and caches, and read its last logs",
    "提高内存限额，或限制队列和缓存的大小，并查看它最后的日志",
)
_WORDS = {
    ChangeKind.OOM_KILLED: (
        "{subject} was killed for want of memory in the step {at} ({detail})",
        "{at}，{subject} 因内存不足被杀死（{detail_zh}）",
    ),
    ChangeKind.RESTARTED: (
        "{subject} was started again in the step {at} ({detail})",
        "{at}，{subject} 被重新启动（{detail_zh}）",
    ),
    ChangeKind.PROCESS_ENDED: (
        "{subject} ended in the step {at} ({detail})",
        "{at}，{subject} 已退出（{detail_zh}）",
    ),
}
# The look at the end came late, so that nothing tells whether it was under this load.
_LATER = (" or within {later} after it", "或其后 {later} 内")
_COUNTED = {
    "restarts": (
        "{subject} was started again {at} (restarts counted: {value})",
        "{at}，{subject} 被重新启动（计数增加 {value}）",
    ),
    "pod.oom": (
        "the kernel ended processes of {subject} for want of memory {at} (times counted: {value})",
        "{at}，内核因内存不足杀死 {subject} 的进程（计数增加 {value}）",
    ),
}
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class _Told:
    """One ending in a sentence, with its step."""

    subject: str
    step: Step
    sentence: Sentence
    is_for_memory: bool


def judge(case: Case) -> tuple[Candidate, ...]:
    """High, unless a later step at that load or more was calm; medium where nobody answers."""
    # What only watches, such as an exporter, is nobody's bottleneck.
    told = [one for one in (*_changes(case), *_counts(case)) if role_of(one.subject) is not None]
    if not told:
        return _gone(case)
    # The want of memory tells the cause, so it goes first; then in the order of time.
    told.sort(key=lambda one: (not one.is_for_memory, one.step.plan.index))
    first = told[0]
    role = role_of(first.subject) or SubjectKind.SERVICE
    evidence = [one.sentence for one in told if one.subject == first.subject][:_MOST_TOLD]
    advice = _ADVICE_MEMORY if first.is_for_memory else ADVICE
    found = plain_candidate(
        Naming(KIND, TITLE, advice),
        Subject(role, first.subject),
        confidence=Confidence.MEDIUM if _was_calm_later(case, told) else Confidence.HIGH,
        marks=Marks(has_stopped_growth=case.has_stopped_growth, is_unambiguous=True),
        evidence=(*evidence, *_memory(case, first.subject)),
        first_level=min(one.step.plan.load.level for one in told),
    )
    return (found,)


def _changes(case: Case) -> Iterator[_Told]:
    """What a monitor noticed between the start and the end of a step."""
    for one in happenings(case, ENDINGS):
        en, zh = _WORDS[one.change.kind]
        figures = [Figure("subject", one.change.subject), *both("detail", one.change.detail)]
        if one.late_s is not None:
            en, zh = en.replace(AT, f"{AT}{_LATER[0]}"), zh.replace(AT, f"{AT}{_LATER[1]}")
            figures.append(Figure("later", one.late_s, Unit.SECONDS))
        sentence = tell(case, en, zh, level=one.level, figures=figures)
        is_for_memory = one.change.kind is ChangeKind.OOM_KILLED
        yield _Told(one.change.subject, one.step, sentence, is_for_memory)


def _counts(case: Case) -> Iterator[_Told]:
    """What a counter says of the steps in which no change was noticed."""
    changed = {one.step.plan.index for one in happenings(case, ENDINGS)}
    for step in case.run.steps:
        for reading in step.resources:
            if reading.name not in _COUNTED or reading.over_s is not None:
                continue
            for member in reading.members:
                if member.value >= HAPPENED_COUNT and step.plan.index not in changed:
                    en, zh = _COUNTED[reading.name]
                    point = Point(step.plan.load.level, member, reading)
                    sentence = tell_point(case, point, en, zh)
                    yield _Told(member.subject, step, sentence, reading.name == "pod.oom")


def _was_calm_later(case: Case, told: list[_Told]) -> bool:
    """Whether a later step at that load or more went by without: then it was not the load."""
    last = max(told, key=lambda one: one.step.plan.index).step
    restless = {one.step.plan.index for one in told}
    return any(
        step.plan.index > last.plan.index
        and step.plan.index not in restless
        and step.plan.load.level >= last.plan.load.level
        and type(step.plan.load) is type(last.plan.load)
        and step.ended_ok > 0
        for step in case.run.steps
    )


def _memory(case: Case, subject: str) -> tuple[Sentence, ...]:
    """How full its memory was, at most."""
    worst = case.series("mem").of_subject(subject).worst
    if worst is None or worst.value < MEMORY_FULL_RATIO:
        return ()
    return (
        tell_point(
            case,
            worst,
            "memory of {subject} had reached {value} of what it may use {at}",
            "{at}，{subject} 的内存达到可用量的 {value}",
        ),
    )


def _gone(case: Case) -> tuple[Candidate, ...]:
    """Nobody watched it, but after good answers all connections were refused: nobody listens."""
    last = case.run.steps[-1] if case.run.steps else None
    is_down = case.run.end.reason is EndReason.TARGET_DOWN
    if last is None or not is_down or not any(step.ended_ok for step in case.run.steps):
        return ()
    refused = last.counts.failures.get(FailureKind.CONN_REFUSED, 0)
    if 2 * refused <= sum(last.counts.failures.values()):
        return ()
    level = last.plan.load.level
    sentence = tell(
        case,
        "{refused} connections were refused in the step {at}, after good answers: nobody listens "
        "any more",
        "{at}有 {refused} 个连接被拒绝，而此前响应正常：已没有进程在监听",
        level=level,
        figures=(Figure("refused", refused),),
    )
    found = plain_candidate(
        Naming(KIND, TITLE, ADVICE),
        Subject(SubjectKind.SERVICE),
        confidence=Confidence.MEDIUM,
        marks=Marks(has_stopped_growth=case.has_stopped_growth),
        evidence=(sentence,),
        first_level=level,
    )
    return (found,)


RESTART = BottleneckClass(KIND, "6", TITLE, Tier.ANSWERED, ("service_restarts",), judge)
