"""What can be read of a process of this machine, without Prometheus?

The process is watched with its children, as one tree. A share of a limit needs no limit of its own
here: without a quota the process may use the CPUs it may run on, and the machine's memory.
"""

from capacity.model.resources import Aspect, Direction, EmptyMeans, Quantity, ResourceScope
from capacity.units import Unit

PRESET = "process"

CPU = "cpu"
THROTTLE = "throttle"
MEMORY = "mem"
DESCRIPTORS = "fds"
THREADS = "threads"
RESTARTS = "restarts"
CORES = "process.cores"
HOT_THREAD = "process.hot_thread"
MEMORY_BYTES = "process.memory"
DESCRIPTORS_OF_LIMIT = "process.fds_of_limit"

_ROWS = (
    (CPU, Unit.RATIO, Aspect.UTILISATION, "CPU time used, as a share of the CPU it may use"),
    (THROTTLE, Unit.RATIO, Aspect.SATURATION, "share of CFS periods in which its quota ran out"),
    (MEMORY, Unit.RATIO, Aspect.UTILISATION, "memory, as a share of its limit or the machine's"),
    (DESCRIPTORS, Unit.COUNT, Aspect.INFORMATION, "open descriptors of the process with the most"),
    (THREADS, Unit.COUNT, Aspect.INFORMATION, "threads of all its processes"),
    (RESTARTS, Unit.COUNT, Aspect.ERRORS, "new processes that took the port over"),
    (CORES, Unit.CORES, Aspect.INFORMATION, "CPU time used per second"),
    (HOT_THREAD, Unit.RATIO, Aspect.UTILISATION, "busiest thread, as a share of one core"),
    (MEMORY_BYTES, Unit.BYTES, Aspect.INFORMATION, "resident memory, shared pages once if told"),
    (DESCRIPTORS_OF_LIMIT, Unit.RATIO, Aspect.UTILISATION, "open descriptors / their soft limit"),
)


def quantities() -> tuple[Quantity, ...]:
    """Every number that the monitor of a process reads, in the order of its readings."""
    return tuple(
        Quantity(
            name=name,
            unit=unit,
            scope=ResourceScope.PROCESS,
            aspect=aspect,
            direction=Direction.HIGH_IS_BAD,
            source=None,
            empty_means=EmptyMeans.NO_LIMIT if name == THROTTLE else EmptyMeans.NO_DATA,
            preset=PRESET,
            meaning=meaning,
        )
        for name, unit, aspect, meaning in _ROWS
    )
