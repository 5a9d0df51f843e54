"""Class 13: do requests fail, or wait, before they have a connection?

Refused connections after a restart belong to that; here the service goes on answering others. A
connection request that is lost is sent again after one second and after two more, so that times to
connect gather there.
"""

from dataclasses import dataclass

from capacity.analysis.bottleneck.answers import (
    every_step,
    failed_count,
    failed_ratio,
    kinds_count,
)
from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.marks import at_most, is_background, score
from capacity.analysis.bottleneck.series import Point
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import (
    CONNTRACK_FULL_RATIO,
    DESCRIPTORS_FULL_RATIO,
    EVENTS_LEAST_PER_S,
    FAILED_LEAST_RATIO,
    SYN_AGAIN_S,
)
from capacity.model.bottleneck import Candidate, Figure, Marks, Sentence, Subject, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ResourceScope
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit

KIND = "connections"
TITLE = Sentence("limit of connections", "连接数限制")
ADVICE = Sentence(
    "keep connections alive, lengthen the listen backlog, raise the limits of file descriptors and "
    "connection tracking, let more workers accept",
    "启用长连接，加大监听队列（backlog），提高文件描述符与连接跟踪的上限，增加接受连接的工作进程",
)
# Refusals of a service that is there go on for most of the hold.
_SPREAD_RATIO = 0.5
_CONNECT_KINDS = (
    FailureKind.CONN_REFUSED,
    FailureKind.CONN_RESET_EARLY,
    FailureKind.CONN_TIMEOUT,
    FailureKind.CONN_UNREACHABLE,
    FailureKind.TLS_TIMEOUT,
)


@dataclass(frozen=True, slots=True)
class _Counter:
    """A metric of connections that were not made, and from which value on it says so."""

    name: str
    least: float
    en: str
    zh: str


_COUNTERS = (
    _Counter(
        "node.tcp_listen_overflows",
        EVENTS_LEAST_PER_S,
        "the accept queue of {subject} overflowed {value} {at}",
        "{at}，{subject} 的接受队列溢出 {value}",
    ),
    _Counter(
        "node.tcp_listen_drops",
        EVENTS_LEAST_PER_S,
        "{subject} dropped {value} of the connections that arrived {at}",
        "{at}，{subject} 丢弃新到的连接 {value}",
    ),
    _Counter(
        "node.conntrack",
        CONNTRACK_FULL_RATIO,
        "the connection tracking of {subject} was {value} full {at}",
        "{at}，{subject} 的连接跟踪表已占用 {value}",
    ),
    _Counter(
        "node.conntrack_drops",
        EVENTS_LEAST_PER_S,
        "the connection tracking of {subject} dropped {value} packets {at}",
        "{at}，{subject} 的连接跟踪丢弃数据包 {value}",
    ),
    *(
        _Counter(
            name,
            DESCRIPTORS_FULL_RATIO,
            "{subject} had {value} of its file descriptors open {at}",
            "{at}，{subject} 已打开文件描述符上限的 {value}",
        )
        for name in ("process.fds_of_limit", "process_exporter.fds", "go.fds", "python.fds")
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with failures and a counter, medium with failures that are no refusals, else low.

    Half of the failures come before there is a connection. Without failures a P99 to connect of a
    second is medium with a counter, low by itself.
    """
    failed = next((step for step in every_step(case) if _fails_to_connect(step)), None)
    late = None if failed is not None else _connects_late(case)
    seen = failed or late
    if seen is None:
        return ()
    counted = [(one, point) for one in _COUNTERS if (point := _counted(case, one)) is not None]
    marks = Marks(
        is_used_up=bool(counted) or None,
        is_waited_for=True,
        has_stopped_growth=case.has_stopped_growth,
        is_unambiguous=failed is not None and bool(counted),
    )
    first = _fails(case, failed) if failed is not None else _late(case, seen)
    told = tuple(tell_point(case, point, one.en, one.zh) for one, point in counted)
    return (
        Candidate(
            KIND,
            TITLE,
            _subject(counted),
            at_most(score(marks), _ceiling(failed, counted)),
            marks,
            (first, *told),
            ADVICE,
            seen.plan.load.level,
        ),
    )


def _ceiling(failed: Step | None, counted: list[tuple[_Counter, Point]]) -> Confidence:
    """A refusal alone may be a service that is not there; a lost packet takes two signs."""
    if failed is None:
        return Confidence.MEDIUM if counted else Confidence.LOW
    if counted:
        return Confidence.MEDIUM if counted[0][1].has_few_samples else Confidence.HIGH
    return Confidence.LOW if _is_refusal(failed) else Confidence.MEDIUM


def _is_refusal(step: Step) -> bool:
    """Whether most of what failed before there was a connection was refused."""
    refused = step.counts.failures.get(FailureKind.CONN_REFUSED, 0)
    return 2 * refused >= kinds_count(step, _CONNECT_KINDS)


def _came_at_once(step: Step) -> bool:
    """Whether refusals came in a short part of the hold only: then the service was away."""
    spans_s = [
        trace.last_s - trace.first_s
        for trace in step.failure_traces
        if trace.kind is FailureKind.CONN_REFUSED
    ]
    return sum(spans_s) < _SPREAD_RATIO * step.hold_s


def _fails_to_connect(step: Step) -> bool:
    """Whether at least half of the failures came before there was a connection.

    Not in a step in which nothing was answered, for a while or at all, or the service changed.
    """
    count = kinds_count(step, _CONNECT_KINDS)
    is_most = failed_ratio(step) >= FAILED_LEAST_RATIO and 2 * count >= failed_count(step)
    is_there = step.counts.ok > 0 and not step.changes and not _was_out(step)
    return is_most and is_there and not (_is_refusal(step) and _came_at_once(step))


def _was_out(step: Step) -> bool:
    """Whether for a whole interval nothing was answered well, though usually much is."""
    return step.qps >= 1.0 and any(one.ended_ok == 0 for one in step.intervals if one.span_s >= 0.5)


def _connects_late(case: Case) -> Step | None:
    """The first level at which one connect in a hundred took as long as a second attempt does."""
    late = [step for step in case.levels if _connect_p99_s(step) >= SYN_AGAIN_S]
    is_new = bool(late) and late[0] is not case.levels[0]
    return late[0] if is_new else None


def _connect_p99_s(step: Step) -> float:
    """0 where too few connections were opened for a P99."""
    connect = step.connect
    return 0.0 if connect is None or connect.p99_s is None else connect.p99_s


def _counted(case: Case, counter: _Counter) -> Point | None:
    series = case.series(counter.name)
    worst = series.worst
    if worst is None or is_background(series, counter.least):
        return None
    return worst if worst.value >= counter.least else None


def _fails(case: Case, step: Step) -> Sentence:
    figures = (
        Figure(
            "connects", kinds_count(step, _CONNECT_KINDS) / max(failed_count(step), 1), Unit.RATIO
        ),
        Figure("failed", failed_ratio(step), Unit.RATIO),
    )
    return tell(
        case,
        "{connects} of the failures happened before there was a connection, {failed} of the "
        "requests failed {at}",
        "{at}，{failed} 的请求失败，其中 {connects} 发生在连接建立之前",
        level=step.plan.load.level,
        figures=figures,
    )


def _late(case: Case, step: Step) -> Sentence:
    return tell(
        case,
        "one connect in a hundred took {connect} or more {at}: the request for a connection was "
        "lost and sent again",
        "{at}，百分之一的建连耗时达到 {connect} 以上：连接请求丢失后被重发",
        level=step.plan.load.level,
        figures=(Figure("connect", _connect_p99_s(step), Unit.SECONDS),),
    )


def _subject(counted: list[tuple[_Counter, Point]]) -> Subject:
    if not counted:
        return Subject(SubjectKind.SERVICE)
    point = counted[0][1]
    is_node = point.reading.scope is ResourceScope.NODE
    return Subject(SubjectKind.NODE if is_node else SubjectKind.SERVICE, point.subject)


CONNECTIONS = BottleneckClass(
    KIND, "13", TITLE, Tier.SCORED, ("tcp_connections", "file_descriptors"), judge
)
