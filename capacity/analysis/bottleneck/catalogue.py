"""Which classes of bottleneck are there? Of equal ones the earlier goes first."""

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass
from capacity.analysis.bottleneck.classes.cpu_limit import CPU_LIMIT
from capacity.analysis.bottleneck.classes.cpu_throttling import CPU_THROTTLING
from capacity.analysis.bottleneck.classes.one_core import ONE_CORE

CLASSES: tuple[BottleneckClass, ...] = (CPU_LIMIT, CPU_THROTTLING, ONE_CORE)
