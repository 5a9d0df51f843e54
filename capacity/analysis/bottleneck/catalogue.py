"""Which classes of bottleneck are there? Of equal ones the earlier goes first."""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass
from capacity.analysis.bottleneck.classes.cpu_limit import CPU_LIMIT

CLASSES: tuple[BottleneckClass, ...] = (CPU_LIMIT,)
