"""How does a test get a diagnosis, or a part of one, in one line?"""

from dataclasses import replace

from capacity.model.bottleneck import (
    Candidate,
    Diagnosis,
    DiagnosisState,
    Exonerated,
    Experiment,
    Figure,
    Marks,
    Movement,
    Mover,
    NotObserved,
    Sentence,
    Source,
    StepNumbers,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.units import Unit
from tests.unit.resource_builders import HOLD_END_UNIX_S, HOLD_START_UNIX_S, POD


def a_sentence(
    en: str = "{pod} used {cpu} of its CPU limit at {level} concurrent",
    zh: str = "并发 {level} 时，{pod} 用掉了 CPU 限额的 {cpu}",
    *figures: Figure,
    query: str | None = None,
    sample_count: int | None = 12,
) -> Sentence:
    """A sentence, by default one on the CPU of the pod of the other builders."""
    source = None
    if query is not None:
        source = Source(query, HOLD_START_UNIX_S, HOLD_END_UNIX_S, sample_count)
    used = (Figure("pod", POD), Figure("cpu", 0.98, Unit.RATIO), Figure("level", 8.0))
    return Sentence(en, zh, figures or used, source)


HELD_BACK = a_sentence(
    "it was held back in {held} of the scheduler's periods at {level} concurrent",
    "并发 {level} 时，{held} 的调度周期被限流",
    Figure("held", 0.31, Unit.RATIO),
    Figure("level", 8.0),
    query="query_of_throttle",
    sample_count=None,
)
CPU = Candidate(
    kind="cpu_limit",
    title=Sentence("CPU limit of the service", "服务的 CPU 限额"),
    subject=Subject(SubjectKind.SERVICE, POD),
    confidence=Confidence.HIGH,
    marks=Marks(
        is_used_up=True,
        is_waited_for=True,
        is_timed=None,
        has_stopped_growth=True,
    ),
    evidence=(a_sentence(query="query_of_cpu"), HELD_BACK),
    advice=Sentence(
        "raise the CPU limit or the number of replicas, then measure again",
        "提高 CPU 限额或增加副本数，然后重新测量",
    ),
    first_level=8.0,
)
POOL = Candidate(
    kind="pool",
    title=Sentence("pool of the service", "服务的池"),
    subject=Subject(SubjectKind.SERVICE),
    confidence=Confidence.MEDIUM,
    marks=Marks(is_used_up=False, is_waited_for=True, is_timed=False, has_stopped_growth=True),
    evidence=(
        a_sentence(
            "about {slots} requests are served at a time",
            "同时约处理 {slots} 个请求",
            Figure("slots", 3.9),
        ),
    ),
    advice=Sentence("compare with the configured pool sizes", "与配置的池大小对照"),
)
PATH = Candidate(
    kind="path_overhead",
    title=Sentence("cost of the path", "路径开销"),
    subject=Subject(SubjectKind.PATH),
    confidence=Confidence.LOW,
    marks=Marks(),
    evidence=(
        a_sentence(
            "{spent} of {all} are connect and TLS",
            "{all} 中有 {spent} 用于建立连接和 TLS",
            Figure("spent", 0.062, Unit.SECONDS),
            Figure("all", 0.080, Unit.SECONDS),
        ),
    ),
    advice=Sentence("reuse connections", "复用连接"),
)
MOVERS = (
    Mover(
        "cpu",
        Sentence("CPU of the service", "服务的 CPU"),
        Movement.FIRST,
        4.0,
        a_sentence("it passed {value}", "超过 {value}", Figure("value", 0.8, Unit.RATIO)),
    ),
    Mover(
        "p99",
        Sentence("P99", "P99"),
        Movement.LATER,
        8.0,
        a_sentence("it rose to {value}", "升至 {value}", Figure("value", 0.02, Unit.SECONDS)),
    ),
    Mover(
        "mem",
        Sentence("memory", "内存"),
        Movement.BACKGROUND,
        1.0,
        a_sentence("{value} at every load", "每个负载下均为 {value}",
                   Figure("value", 0.91, Unit.RATIO)),
    ),
)  # fmt: skip
EXONERATED = Exonerated(
    resource="database_cpu",
    title=Sentence("CPU of the database", "数据库的 CPU"),
    quantity="postgres.cpu",
    highest=0.31,
    unit=Unit.RATIO,
    subject="shop/db-0",
    level=32.0,
    full_at=0.9,
    source=Source("query_of_postgres_cpu", HOLD_START_UNIX_S, HOLD_END_UNIX_S, 6),
)
NOT_OBSERVED = NotObserved(
    "redis",
    Sentence("Redis", "Redis"),
    Sentence("no metrics of it were asked for", "没有查询它的指标"),
)
EXPERIMENT = Experiment(
    "replicas",
    Sentence("double the replicas", "将副本数加倍"),
    Sentence(
        "twice the throughput: the limit is each pod's own; the same: it is shared",
        "吞吐翻倍：极限属于每个 pod；不变：极限是共享的",
    ),
)


def some_numbers(level: float, qps: float, *, index: int = 0) -> StepNumbers:
    """What follows from a step of the default curve, nothing of it missing."""
    return StepNumbers(
        level=level,
        step_index=index,
        qps=qps,
        slots=qps * 0.0095,
        queueing_ratio=0.25,
        cpu_s_per_request=0.0021,
        tail_ratio=2.1,
        error_speed_ratio=0.4,
        littles_ratio=1.001,
    )


NOTHING_KNOWN = StepNumbers(64.0, 6, 800.0, None, None, None, None, None, None)
CURVE_NUMBERS = (
    *(
        some_numbers(n, min(100.0 * n, 800.0), index=i)
        for i, n in enumerate((1.0, 2.0, 4.0, 8.0, 16.0, 32.0))
    ),
    NOTHING_KNOWN,
)


def a_diagnosis(
    *candidates: Candidate, state: DiagnosisState = DiagnosisState.NAMED, **parts: object
) -> Diagnosis:
    """A diagnosis with these candidates and nothing else but what is given by name."""
    bare = Diagnosis(
        state=state,
        candidates=candidates,
        accompanying=(),
        movers=(),
        exonerated=(),
        not_observed=(),
        experiment=None,
        numbers=(),
        turn_level=8.0,
        constancy_ratio=None,
    )
    return replace(bare, **parts)  # type: ignore[arg-type] # the fields of Diagnosis, by name


def a_full_diagnosis() -> Diagnosis:
    """A diagnosis in which nothing is absent."""
    return a_diagnosis(
        CPU,
        POOL,
        accompanying=(PATH,),
        movers=MOVERS,
        exonerated=(EXONERATED,),
        not_observed=(NOT_OBSERVED,),
        experiment=EXPERIMENT,
        numbers=CURVE_NUMBERS,
        constancy_ratio=0.004,
    )
