"""Which classes of bottleneck are there? Of equal ones the earlier goes first."""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass
from capacity.analysis.bottleneck.classes.bandwidth import BANDWIDTH
from capacity.analysis.bottleneck.classes.concurrency_limit import CONCURRENCY_LIMIT
from capacity.analysis.bottleneck.classes.connections import CONNECTIONS
from capacity.analysis.bottleneck.classes.contention import CONTENTION
from capacity.analysis.bottleneck.classes.cpu_limit import CPU_LIMIT
from capacity.analysis.bottleneck.classes.cpu_throttling import CPU_THROTTLING
from capacity.analysis.bottleneck.classes.generator import GENERATOR
from capacity.analysis.bottleneck.classes.no_limit import NO_LIMIT
from capacity.analysis.bottleneck.classes.one_core import ONE_CORE
from capacity.analysis.bottleneck.classes.pacing import PACING
from capacity.analysis.bottleneck.classes.path_overhead import PATH_OVERHEAD
from capacity.analysis.bottleneck.classes.pool import POOL
from capacity.analysis.bottleneck.classes.rate_limit import RATE_LIMIT
from capacity.analysis.bottleneck.classes.unobserved import UNOBSERVED
from capacity.analysis.bottleneck.classes.upstream_timeout import UPSTREAM_TIMEOUT

# In the order of docs/bottlenecks.md.
CLASSES: tuple[BottleneckClass, ...] = (
    CPU_LIMIT,
    CPU_THROTTLING,
    ONE_CORE,
    POOL,
    CONTENTION,
    RATE_LIMIT,
    CONCURRENCY_LIMIT,
    PACING,
    CONNECTIONS,
    BANDWIDTH,
    PATH_OVERHEAD,
    GENERATOR,
    UNOBSERVED,
    UPSTREAM_TIMEOUT,
    NO_LIMIT,
)
