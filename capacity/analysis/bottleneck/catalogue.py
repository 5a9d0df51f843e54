"""Which classes of bottleneck are there? Of equal ones the earlier goes first."""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass
from capacity.analysis.bottleneck.classes.bandwidth import BANDWIDTH
from capacity.analysis.bottleneck.classes.concurrency_limit import CONCURRENCY_LIMIT
from capacity.analysis.bottleneck.classes.connections import CONNECTIONS
from capacity.analysis.bottleneck.classes.contention import CONTENTION
from capacity.analysis.bottleneck.classes.cpu_limit import CPU_LIMIT
from capacity.analysis.bottleneck.classes.cpu_throttling import CPU_THROTTLING
from capacity.analysis.bottleneck.classes.database import DATABASE
from capacity.analysis.bottleneck.classes.database_connections import DATABASE_CONNECTIONS
from capacity.analysis.bottleneck.classes.disk import DISK
from capacity.analysis.bottleneck.classes.generator import GENERATOR
from capacity.analysis.bottleneck.classes.imbalance import IMBALANCE
from capacity.analysis.bottleneck.classes.ingress import INGRESS
from capacity.analysis.bottleneck.classes.memory import MEMORY
from capacity.analysis.bottleneck.classes.no_limit import NO_LIMIT
from capacity.analysis.bottleneck.classes.node_cpu import NODE_CPU
from capacity.analysis.bottleneck.classes.one_core import ONE_CORE
from capacity.analysis.bottleneck.classes.own_resource import OWN_RESOURCE
from capacity.analysis.bottleneck.classes.pacing import PACING
from capacity.analysis.bottleneck.classes.path_overhead import PATH_OVERHEAD
from capacity.analysis.bottleneck.classes.pauses import PAUSES
from capacity.analysis.bottleneck.classes.pool import POOL
from capacity.analysis.bottleneck.classes.rate_limit import RATE_LIMIT
from capacity.analysis.bottleneck.classes.redis import REDIS
from capacity.analysis.bottleneck.classes.restart import RESTART
from capacity.analysis.bottleneck.classes.scaling import SCALING
from capacity.analysis.bottleneck.classes.unobserved import UNOBSERVED
from capacity.analysis.bottleneck.classes.upstream_timeout import UPSTREAM_TIMEOUT

# In the order of docs/bottlenecks.md.
CLASSES: tuple[BottleneckClass, ...] = (
    CPU_LIMIT,
    CPU_THROTTLING,
    ONE_CORE,
    NODE_CPU,
    MEMORY,
    RESTART,
    POOL,
    DATABASE,
    DATABASE_CONNECTIONS,
    CONTENTION,
    REDIS,
    INGRESS,
    RATE_LIMIT,
    CONCURRENCY_LIMIT,
    PACING,
    CONNECTIONS,
    BANDWIDTH,
    PATH_OVERHEAD,
    GENERATOR,
    PAUSES,
    UNOBSERVED,
    DISK,
    SCALING,
    IMBALANCE,
    UPSTREAM_TIMEOUT,
    NO_LIMIT,
    OWN_RESOURCE,
)
