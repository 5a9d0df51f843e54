"""Looks at a process that no test has to make by hand."""

from dataclasses import replace
from typing import Any

from capacity.monitors.process_cpu import ThreadKey
from capacity.monitors.process_looks import Absence, Basis, Descriptors, Limits, Look

MIB = 1 << 20
KEY: ThreadKey = ((7, 1.0), 7)
LIMITS = Limits(2.0, Basis.AFFINITY, 1000 * MIB, Basis.MACHINE)


def a_look(at_unix_s: float, **changes: Any) -> Look:
    """A process on two cores that has used no CPU yet."""
    look = Look(
        at_unix_s=at_unix_s,
        generation=0,
        subject="pid 7 api",
        cpu_s=0.0,
        thread_count=1,
        threads={KEY: 0.0},
        names={KEY: "api"},
        memory_bytes=100 * MIB,
        charged_bytes=100 * MIB,
        descriptors=(Descriptors("pid 7 api", 10, 1000),),
        periods=None,
        oom_kills=None,
        limits=LIMITS,
        denied={},
    )
    return replace(look, **changes)


def an_absence(at_unix_s: float, generation: int = 0) -> Absence:
    """The same process, gone."""
    return Absence(at_unix_s, generation, "pid 7 api", "pid 7 api has ended")
