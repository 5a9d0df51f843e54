"""Class 15: how much of an unloaded request goes into opening its connection?

A fact beside the others: it costs every caller time, and limits the capacity only where opening
connections is what the path runs out of.
"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.telling import tell
from capacity.analysis.bottleneck.thresholds import OPENING_RATIO
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.units import Unit

KIND = "path_overhead"
TITLE = Sentence("cost of opening connections", "建立连接的开销")
ADVICE = Sentence(
    "keep connections alive and resume TLS sessions",
    "启用长连接与 TLS 会话恢复",
)
# Without keep-alive most requests open a connection of their own.
_MOSTLY_OPENED_RATIO = 0.5


def judge(case: Case) -> tuple[Candidate, ...]:
    """High, because it is measured and not inferred; it says nothing about the limit.

    Told where connections are not reused and take more than a fifth of a request.
    """
    if not case.levels:
        return ()
    first = case.levels[0]
    opening_s, whole_s = _opening_s(first), _whole_s(first)
    if opening_s is None or whole_s is None or not _is_without_keep_alive(first):
        return ()
    if opening_s <= OPENING_RATIO * whole_s:
        return ()
    evidence = tell(
        case,
        "opening the connection took {opening} of the {whole} of a request {at}, because "
        "connections are not reused",
        "{at}，一个请求耗时 {whole}，其中 {opening} 用于建立连接，因为连接没有被复用",
        level=first.plan.load.level,
        figures=(
            Figure("opening", opening_s, Unit.SECONDS),
            Figure("whole", whole_s, Unit.SECONDS),
        ),
    )
    return (
        Candidate(
            KIND,
            TITLE,
            Subject(SubjectKind.PATH),
            Confidence.HIGH,
            Marks(),
            (evidence,),
            ADVICE,
            first.plan.load.level,
        ),
    )


def _opening_s(step: Step) -> float | None:
    """Median time of TCP and, where it is told apart, of TLS."""
    if step.connect is None:
        return None
    return step.connect.p50_s + (0.0 if step.tls is None else step.tls.p50_s)


def _whole_s(step: Step) -> float | None:
    """Median time of a request that opened its connection, from the connect on."""
    opening_s = _opening_s(step)
    if step.fresh_latency is not None:
        return step.fresh_latency.p50_s
    if step.latency is None or opening_s is None:
        return None
    return opening_s + step.latency.p50_s


def _is_without_keep_alive(step: Step) -> bool:
    return step.connections.opened >= _MOSTLY_OPENED_RATIO * max(step.counts.started, 1)


PATH_OVERHEAD = BottleneckClass(KIND, "15", TITLE, Tier.BESIDE, (), judge)
