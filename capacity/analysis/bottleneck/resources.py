"""Which resources can run out, which quantities tell of each, and from which value on is it full?

The one table of them. A class of bottleneck names the resources that it looks at, charts draw the
value at which one is full, and what was seen of each clears it or does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from capacity.analysis.bottleneck import thresholds as at
from capacity.model.bottleneck import Sentence, SubjectKind


@dataclass(frozen=True, slots=True)
class Tell:
    """A quantity that tells of a resource, and the value from which on that is full.

    `full_at` is in the quantity's base unit, None where no value alone says so. With `clears` a
    value far from it says that the resource is at ease; the others can only accuse.
    """

    quantity: str
    full_at: float | None
    clears: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can run out: its stable name, whose it is, and what tells of it.

    The quantity that tells most comes first. `blamed_by` are the classes of bottleneck that name
    this resource as the cause.
    """

    name: str
    title: Sentence
    subject: SubjectKind
    tells: tuple[Tell, ...]
    blamed_by: tuple[str, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of what tells of it, the most telling first."""
        return tuple(tell.quantity for tell in self.tells)

    @property
    def full_at(self) -> float | None:
        """The value of its first quantity at which it is full."""
        return self.tells[0].full_at


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "service_cpu",
        Sentence("CPU of the service", "服务的 CPU"),
        SubjectKind.SERVICE,
        (
            Tell("cpu", at.CPU_FULL_RATIO),
            Tell("jvm.cpu", at.CPU_FULL_RATIO),
            Tell("pod.psi_cpu", at.PSI_CPU_RATIO, clears=False),
        ),
        ("cpu_limit",),
    ),
    Resource(
        "service_throttling",
        Sentence("CPU throttling of the service", "服务的 CPU 限流"),
        SubjectKind.SERVICE,
        (Tell("throttle", at.THROTTLED_SOME_RATIO),),
        ("cpu_throttling", "cpu_limit"),
    ),
    Resource(
        "service_thread",
        Sentence("busiest thread of the service", "服务最忙的线程"),
        SubjectKind.SERVICE,
        (
            Tell("process.hot_thread", at.HOT_THREAD_RATIO),
            Tell("process_exporter.hot_thread", at.HOT_THREAD_RATIO),
        ),
        ("one_core",),
    ),
    Resource(
        "service_memory",
        Sentence("memory of the service", "服务的内存"),
        SubjectKind.SERVICE,
        (
            Tell("mem", at.MEMORY_FULL_RATIO),
            Tell("pod.psi_memory_stalled", at.PSI_MEMORY_STALLED_RATIO, clears=False),
        ),
        ("memory", "restart"),
    ),
    Resource(
        "service_restarts",
        Sentence("restarts of the service", "服务的重启"),
        SubjectKind.SERVICE,
        (Tell("restarts", at.RESTARTS_LEAST), Tell("pod.oom", at.RESTARTS_LEAST, clears=False)),
        ("restart",),
    ),
    Resource(
        "service_threads_pool",
        Sentence("threads or workers of the service", "服务的线程池或工作进程"),
        SubjectKind.SERVICE,
        (Tell("jvm.tomcat_threads", at.POOL_FULL_RATIO),),
        ("pool",),
    ),
    Resource(
        "service_connection_pool",
        Sentence("connection pool of the service", "服务的连接池"),
        SubjectKind.SERVICE,
        (
            Tell("jvm.pool", at.POOL_FULL_RATIO),
            Tell("jvm.pool_waiting", at.WAITING_LEAST),
            Tell("jvm.pool_timeouts", at.WAITING_LEAST, clears=False),
        ),
        ("pool",),
    ),
    Resource(
        "service_locks",
        Sentence("locks inside the service", "服务内部的锁"),
        SubjectKind.SERVICE,
        (
            Tell("jvm.blocked_threads", at.WAITING_LEAST),
            Tell("go.mutex_wait", at.WAITING_LEAST),
        ),
        ("contention",),
    ),
    Resource(
        "runtime_pauses",
        Sentence("pauses of the runtime", "运行时停顿"),
        SubjectKind.SERVICE,
        (
            Tell("jvm.gc", at.PAUSES_RATIO),
            Tell("go.gc", at.PAUSES_RATIO),
            Tell("jvm.heap", at.MEMORY_FULL_RATIO, clears=False),
        ),
        ("pauses",),
    ),
    Resource(
        "file_descriptors",
        Sentence("file descriptors of the service", "服务的文件描述符"),
        SubjectKind.SERVICE,
        (
            Tell("process.fds_of_limit", at.DESCRIPTORS_FULL_RATIO),
            Tell("process_exporter.fds", at.DESCRIPTORS_FULL_RATIO),
            Tell("go.fds", at.DESCRIPTORS_FULL_RATIO),
            Tell("python.fds", at.DESCRIPTORS_FULL_RATIO),
        ),
        ("connections",),
    ),
    Resource(
        "database_cpu",
        Sentence("CPU of the database", "数据库的 CPU"),
        SubjectKind.DATABASE,
        (Tell("cpu", at.CPU_FULL_RATIO), Tell("pod.psi_cpu", at.PSI_CPU_RATIO, clears=False)),
        ("database",),
    ),
    Resource(
        "database_memory",
        Sentence("memory of the database", "数据库的内存"),
        SubjectKind.DATABASE,
        (
            Tell("mem", at.MEMORY_FULL_RATIO),
            Tell("pod.psi_memory_stalled", at.PSI_MEMORY_STALLED_RATIO, clears=False),
        ),
        ("memory", "restart"),
    ),
    Resource(
        "database_connections",
        Sentence("connections of the database", "数据库的连接数"),
        SubjectKind.DATABASE,
        (
            Tell("postgresql.user_connections", at.DATABASE_CONNECTIONS_FULL_RATIO),
            Tell("postgresql.connections", at.DATABASE_CONNECTIONS_FULL_RATIO),
            Tell("postgresql.up", at.REFUSED_ONCE, clears=False),
        ),
        ("database_connections",),
    ),
    Resource(
        "database_locks",
        Sentence("locks in the database", "数据库的锁"),
        SubjectKind.DATABASE,
        (
            Tell("postgresql.lock_waits", at.WAITING_LEAST),
            Tell("postgresql.deadlocks", at.EVENTS_LEAST_PER_S, clears=False),
        ),
        ("contention",),
    ),
    Resource(
        "database_cache",
        Sentence("cache of the database", "数据库的缓存命中"),
        SubjectKind.DATABASE,
        (Tell("postgresql.cache_hits", at.DATABASE_CACHE_HITS_LEAST_RATIO),),
        ("database",),
    ),
    Resource(
        "redis",
        Sentence("main thread of Redis", "Redis 主线程"),
        SubjectKind.CACHE,
        (
            Tell("redis.main_thread", at.REDIS_BUSY_RATIO),
            Tell("redis.busy", at.REDIS_BUSY_RATIO),
            Tell("cpu", at.CPU_FULL_RATIO, clears=False),
        ),
        ("redis",),
    ),
    Resource(
        "redis_memory",
        Sentence("memory of Redis", "Redis 的内存"),
        SubjectKind.CACHE,
        (
            Tell("redis.memory", at.REDIS_MEMORY_FULL_RATIO),
            Tell("redis.evictions", at.EVENTS_LEAST_PER_S, clears=False),
        ),
        ("redis",),
    ),
    Resource(
        "redis_clients",
        Sentence("client connections of Redis", "Redis 的客户端连接"),
        SubjectKind.CACHE,
        (
            Tell("redis.clients", at.POOL_FULL_RATIO),
            Tell("redis.rejected_connections", at.WAITING_LEAST, clears=False),
        ),
        ("redis",),
    ),
    Resource(
        "ingress",
        Sentence("ingress or proxy", "入口网关或代理"),
        SubjectKind.INGRESS,
        (Tell("cpu", at.CPU_FULL_RATIO), Tell("throttle", at.THROTTLED_SOME_RATIO, clears=False)),
        ("ingress",),
    ),
    Resource(
        "node_cpu",
        Sentence("CPU of the node", "节点的 CPU"),
        SubjectKind.NODE,
        (
            Tell("node.cpu", at.NODE_CPU_FULL_RATIO),
            Tell("node.psi_cpu", at.PSI_CPU_RATIO, clears=False),
            Tell("node.steal", at.STEAL_RATIO, clears=False),
        ),
        ("node_cpu",),
    ),
    Resource(
        "node_memory",
        Sentence("memory of the node", "节点的内存"),
        SubjectKind.NODE,
        (
            Tell("node.memory", at.MEMORY_FULL_RATIO),
            Tell("node.psi_memory_stalled", at.PSI_MEMORY_STALLED_RATIO, clears=False),
        ),
        ("memory",),
    ),
    Resource(
        "node_disk",
        Sentence("disk of the node", "节点的磁盘"),
        SubjectKind.NODE,
        (
            Tell("node.disk", at.DISK_BUSY_RATIO),
            Tell("node.disk_queue", at.DISK_QUEUE_LONG),
            Tell("node.psi_io_stalled", at.PSI_IO_STALLED_RATIO, clears=False),
        ),
        ("disk", "database"),
    ),
    Resource(
        "volume",
        Sentence("space on the volumes", "卷的剩余空间"),
        SubjectKind.NODE,
        (
            Tell("pod.volume", at.VOLUME_FULL_RATIO),
            Tell("pod.volume_inodes", at.VOLUME_FULL_RATIO, clears=False),
        ),
        ("disk",),
    ),
    Resource(
        "network",
        Sentence("network of the node", "节点的网络"),
        SubjectKind.NODE,
        (
            Tell("node.network_transmit_share", at.NETWORK_FULL_RATIO),
            Tell("node.network_receive_share", at.NETWORK_FULL_RATIO),
            Tell("node.tcp_retransmitted", at.RETRANSMITTED_RATIO, clears=False),
        ),
        ("bandwidth",),
    ),
    Resource(
        "tcp_connections",
        Sentence("accept queue and connection tracking", "TCP 监听队列与连接跟踪"),
        SubjectKind.NODE,
        (
            Tell("node.tcp_listen_overflows", at.EVENTS_LEAST_PER_S),
            Tell("node.tcp_listen_drops", at.EVENTS_LEAST_PER_S, clears=False),
            Tell("node.conntrack", at.CONNTRACK_FULL_RATIO, clears=False),
            Tell("node.conntrack_drops", at.EVENTS_LEAST_PER_S, clears=False),
        ),
        ("connections",),
    ),
    Resource(
        "generator",
        Sentence("load generator", "压测端"),
        SubjectKind.GENERATOR,
        (
            Tell("generator.cpu", at.GENERATOR_CPU_FULL_RATIO),
            Tell("generator.loop_lag", at.GENERATOR_LAG_LONG_S, clears=False),
        ),
        ("generator",),
    ),
)


RESOURCE_BY_NAME: Mapping[str, Resource] = {one.name: one for one in RESOURCES}
