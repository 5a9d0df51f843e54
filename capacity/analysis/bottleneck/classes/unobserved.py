"""Class 18: is the time spent in something that nobody measures?

By elimination, and never more than low: the CPU of the service was seen and idle, requests wait all
the same, and no other class has a name for it. Where nothing was seen, nothing is eliminated.
"""

from capacity.analysis.bottleneck.answers import is_clean
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.ease import EaseState, cpu_ease, ease_sentence
from capacity.analysis.bottleneck.plateau import is_queueing
from capacity.analysis.bottleneck.telling import tell
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.units import Unit

KIND = "unobserved"
TITLE = Sentence("something that is not measured", "未被观测的环节")
ADVICE = Sentence(
    "add metrics of databases, caches and clients, or traces, then measure again",
    "补充数据库、缓存和客户端的指标，或链路追踪，然后重新测量",
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """Low: throughput stopped to grow, requests wait, and the CPU that was seen is idle."""
    ease = cpu_ease(case)
    if case.turn is None or ease.state is not EaseState.IDLE or not is_queueing(case):
        return ()
    if not is_clean(case.levels[case.turn]):
        return ()
    marks = Marks(is_waited_for=True, has_stopped_growth=True)
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.DOWNSTREAM),
            Confidence.LOW,
            marks,
            (_waits(case), ease_sentence(ease)),
            ADVICE,
            case.level_at(case.turn),
        ),
    )


def _waits(case: Case) -> Sentence:
    """How much longer a request takes, and that it waits for its first byte."""
    first, last = case.levels[0], case.levels[-1]
    return tell(
        case,
        "a request took {loaded} {at}, {unloaded} without load: its time is spent waiting for "
        "something that is not measured",
        "{at}，一个请求耗时 {loaded}，无负载时为 {unloaded}：时间花在等待某个未被观测的环节上",
        level=last.plan.load.level,
        figures=(
            Figure("loaded", _median_s(last), Unit.SECONDS),
            Figure("unloaded", _median_s(first), Unit.SECONDS),
        ),
    )


def _median_s(step: Step) -> float:
    """Both levels have one, or their queueing were not known."""
    return 0.0 if step.latency is None else step.latency.p50_s


UNOBSERVED = BottleneckClass(KIND, "18", TITLE, Tier.LAST_RESORT, ("service_cpu",), judge)
