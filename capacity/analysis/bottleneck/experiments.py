"""Which one test would tell the first two candidates apart? Offered, never made.

The table has what separates two classes, then what separates one from everything that was not
seen. A test that needs a second run of the same service is worth its trouble only for a question
that is open: a single candidate of high confidence needs none.
"""

from collections.abc import Mapping, Sequence

from capacity.model.bottleneck import Candidate, DiagnosisState, Experiment, Sentence
from capacity.model.confidence import Confidence

INSIDE = Experiment(
    "inside_and_outside",
    Sentence(
        "run the same ladder from inside the cluster, straight to the service, and compare the two",
        "在集群内绕过入口直接对服务运行同样的阶梯，然后比较两次结果",
    ),
    Sentence(
        "if the inner run carries more, the ingress or TLS is the limit; if both end alike, the "
        "service is",
        "如果内部运行承载更多，瓶颈在入口网关或 TLS；如果两者相同，瓶颈在服务",
    ),
)
STATIC = Experiment(
    "static_answer",
    Sentence(
        "run the same ladder against /healthz or a static answer of the same service",
        "对同一服务的 /healthz 或静态响应运行同样的阶梯",
    ),
    Sentence(
        "if it ends at the same load, the limit is in front of the code of this path",
        "如果在同样的负载处停止，极限在该路径的代码之前",
    ),
)
NO_DATABASE = Experiment(
    "without_database",
    Sentence(
        "run the same ladder against a path that does not use the database",
        "对不访问数据库的路径运行同样的阶梯",
    ),
    Sentence(
        "if it carries much more, the database is the limit; if not, the service itself is",
        "如果承载量大得多，瓶颈在数据库；否则在服务自身",
    ),
)
NO_STORE = Experiment(
    "without_cache",
    Sentence(
        "run the same ladder against a path that does not use Redis",
        "对不访问 Redis 的路径运行同样的阶梯",
    ),
    Sentence(
        "if it carries much more, Redis is the limit; if not, the service itself is",
        "如果承载量大得多，瓶颈在 Redis；否则在服务自身",
    ),
)
REPLICAS = Experiment(
    "twice_the_replicas",
    Sentence("double the replicas and run again", "把副本数加倍后重新运行"),
    Sentence(
        "if throughput doubles, the limit is in each pod; if it stays, in something they share",
        "如果吞吐量加倍，极限在每个 pod 内；如果不变，极限在它们共用的部分",
    ),
)
GENERATOR = Experiment(
    "second_generator",
    Sentence(
        "run with more generator threads, or from a second machine at the same time",
        "增加压测端线程，或同时从第二台机器施压",
    ),
    Sentence(
        "if throughput rises, the generator was the limit",
        "如果吞吐量上升，说明压测端曾是极限",
    ),
)
PAYLOAD = Experiment(
    "smaller_payload",
    Sentence("ask for a tenth of the payload", "把响应体缩小到十分之一"),
    Sentence(
        "if throughput rises nearly tenfold, the limit is bandwidth",
        "如果吞吐量提高近十倍，极限是带宽",
    ),
)
KEEP_ALIVE = Experiment(
    "keep_alive_off",
    Sentence("switch keep-alive off and run again", "关闭长连接后重新运行"),
    Sentence(
        "what throughput then loses is the cost of connections",
        "吞吐量由此减少的部分就是建立连接的代价",
    ),
)
CPU_LIMIT = Experiment(
    "twice_the_cpu",
    Sentence("double the CPU limit and run again", "把 CPU 限额加倍后重新运行"),
    Sentence(
        "if throughput rises with it, the CPU limit is the cause; if not, something behind it is",
        "如果吞吐量随之上升，原因是 CPU 限额；否则是其后的其他部分",
    ),
)
POOL_SIZE = Experiment(
    "twice_the_pool",
    Sentence(
        "double the pool, its threads or its workers, and run again",
        "把连接池、线程数或工作进程数加倍后重新运行",
    ),
    Sentence(
        "if the knee moves to twice the load, it is the pool; if it stays, what is behind it",
        "如果拐点移到两倍负载处，原因是池；如果不动，原因在其后",
    ),
)
MORE_ROOM = Experiment(
    "more_room",
    Sentence(
        "give the resource twice the room, or take half of its other users away, and run again",
        "把该资源的余量加倍，或移走一半的其他使用者，然后重新运行",
    ),
    Sentence(
        "if throughput rises with it, it is the cause; if not, something behind it is",
        "如果吞吐量随之上升，原因就是它；否则是其后的其他部分",
    ),
)
OTHER_IDENTITY = Experiment(
    "other_identity",
    Sentence(
        "run with two client identities or addresses at half of the load each",
        "用两个客户端身份或地址，各施加一半负载",
    ),
    Sentence(
        "if both together carry twice as much, the limit is set for each client",
        "如果两者合计承载量加倍，说明限制是按客户端设置的",
    ),
)

_IN_EACH_POD = frozenset({"cpu_limit", "cpu_throttling", "one_core", "pauses", "memory"})
_SHARED = frozenset(
    {"database", "database_connections", "redis", "contention", "unobserved", "disk", "node_cpu"}
)
_LIMITERS = frozenset({"rate_limit", "concurrency_limit", "pacing"})
_EDGE = frozenset({"ingress", "path_overhead", "upstream_timeout"})
_ANYTHING: frozenset[str] = frozenset()

# Of two candidates one is in the first group and the other in the second; empty is any other.
_BETWEEN: Sequence[tuple[frozenset[str], frozenset[str], Experiment]] = (
    (frozenset({"pool"}), _LIMITERS, POOL_SIZE),
    (frozenset({"pool"}), _SHARED, POOL_SIZE),
    (frozenset({"bandwidth"}), _ANYTHING, PAYLOAD),
    (_EDGE, _ANYTHING, INSIDE),
    (_IN_EACH_POD, _SHARED, REPLICAS),
    (_LIMITERS, _ANYTHING, OTHER_IDENTITY),
)
# Of one candidate against what was not seen.
_ALONE: Mapping[str, Experiment] = {
    "generator": GENERATOR,
    "cpu_limit": CPU_LIMIT,
    "cpu_throttling": CPU_LIMIT,
    "one_core": REPLICAS,
    "node_cpu": REPLICAS,
    "memory": REPLICAS,
    "pauses": REPLICAS,
    "contention": REPLICAS,
    "pool": POOL_SIZE,
    "database": NO_DATABASE,
    "database_connections": NO_DATABASE,
    "redis": NO_STORE,
    "ingress": INSIDE,
    "upstream_timeout": INSIDE,
    "rate_limit": OTHER_IDENTITY,
    "concurrency_limit": OTHER_IDENTITY,
    "pacing": OTHER_IDENTITY,
    "connections": KEEP_ALIVE,
    "bandwidth": PAYLOAD,
    "unobserved": STATIC,
    "disk": MORE_ROOM,
    "own_resource": MORE_ROOM,
}


def experiment_for(state: DiagnosisState, candidates: Sequence[Candidate]) -> Experiment | None:
    """The test that answers most of what is open; None where nothing is open that one could."""
    if state is DiagnosisState.UNKNOWN:
        return STATIC
    if not candidates or state is DiagnosisState.NO_LIMIT:
        return None
    first = candidates[0]
    apart = _between(first.kind, candidates[1].kind) if len(candidates) > 1 else None
    is_settled = first.confidence is Confidence.HIGH and state is not DiagnosisState.GENERATOR
    return apart or (None if is_settled else _ALONE.get(first.kind))


def _between(first: str, second: str) -> Experiment | None:
    if first == second:
        return None
    for one, other in ((first, second), (second, first)):
        for group, against, experiment in _BETWEEN:
            if one in group and (not against or other in against):
                return experiment
    return None
