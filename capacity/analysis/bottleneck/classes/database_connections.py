"""Class 8b: are all connections of the database in use?"""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.sight import Naming, candidate, marks_of, place_of, see, waits_at
from capacity.analysis.bottleneck.telling import tell, tell_point
from capacity.analysis.bottleneck.thresholds import (
    DATABASE_CONNECTIONS_FULL_RATIO,
    FAILURES_RATIO,
    HAPPENED_COUNT,
)
from capacity.model.bottleneck import Candidate, Figure, Sentence, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import Side
from capacity.units import Unit

KIND = "database_connections"
TITLE = Sentence("connections of the database", "数据库的连接数")
NAMING = Naming(
    KIND,
    TITLE,
    Sentence(
        "put a pool in front of the database (such as pgbouncer), or make the pools of the "
        "replicas smaller: replicas times pool size must stay below the usable slots",
        "在数据库前加连接池（例如 pgbouncer），或减小每个副本的连接池：副本数乘以池大小"
        "必须小于可用的连接数",
    ),
)
_SHARES = (
    (
        "postgresql.user_connections",
        "{value} of the connections that {subject} has for users were in use {at}",
        "{at}，{subject} 可供用户使用的连接用掉了 {value}",
    ),
    (
        "postgresql.connections",
        "{value} of the connections of {subject} were in use {at}",
        "{at}，{subject} 的连接用掉了 {value}",
    ),
)


def judge(case: Case) -> tuple[Candidate, ...]:
    """High with all connections in use and answers that fail, medium without failures.

    All are 95 %, and 1 % of the answers fail. Low where the exporter alone was refused, since it
    may have had other reasons.
    """
    seen = [
        (sight, tell_point(case, sight.worst, en, zh))
        for name, en, zh in _SHARES
        if (sight := see(case, case.series(name), DATABASE_CONNECTIONS_FULL_RATIO)) is not None
    ]
    if not seen:
        return _by_exporter(case)
    sight = seen[0][0]
    failures = _failures(case, sight.place)
    waits = failures is not None or waits_at(case, place_of(case, sight.worst))
    found = candidate(
        case,
        NAMING,
        SubjectKind.DATABASE,
        sight,
        marks=marks_of(case, sight, is_used_up=True, is_waited_for=waits or None),
        by_rule=Confidence.MEDIUM if failures is None else Confidence.HIGH,
        evidence=(*(sentence for _, sentence in seen), failures, _refused(case)),
    )
    return (found,)


def _by_exporter(case: Case) -> tuple[Candidate, ...]:
    up = case.series("postgresql.up")
    sight = see(case, up, HAPPENED_COUNT)
    first = up.points[0] if up.points else None
    if sight is None or first is None or up.is_beyond(first, HAPPENED_COUNT):
        return ()
    found = candidate(
        case,
        NAMING,
        SubjectKind.DATABASE,
        sight,
        marks=marks_of(case, sight, is_used_up=False, is_waited_for=None),
        by_rule=Confidence.LOW,
        evidence=(_refused(case),),
    )
    return (found,)


def _refused(case: Case) -> Sentence | None:
    """The exporter needs a connection, too."""
    up = case.series("postgresql.up")
    place = up.first_beyond(HAPPENED_COUNT)
    point = up.at(place)
    if place in (None, 0) or point is None:
        return None
    return tell_point(
        case,
        point,
        "the exporter of {subject} was refused by the database {at}, and was not before",
        "{at}，数据库拒绝了 {subject} 的 exporter，而此前没有",
    )


def _failures(case: Case, place: int) -> Sentence | None:
    """The first level from there on at which answers failed."""
    for step in case.levels[place:]:
        ratio = _failed_ratio(step)
        if ratio >= FAILURES_RATIO:
            return tell(
                case,
                "{failed} of the answers were failures {at}",
                "{at}，{failed} 的请求失败",
                level=step.plan.load.level,
                figures=(Figure("failed", ratio, Unit.RATIO),),
            )
    return None


def _failed_ratio(step: Step) -> float:
    judged = step.counts.judged
    return step.counts.failed_on(Side.TARGET) / judged if judged else 0.0


DATABASE_CONNECTIONS = BottleneckClass(
    KIND, "8b", TITLE, Tier.SCORED, ("database_connections",), judge
)
