"""What did one look at a tree of processes find?

A field of None was not told; `denied` says in words why, by the name of the quantity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from capacity.cgroups import Periods
from capacity.monitors.process_cpu import ThreadKey


class Basis(StrEnum):
    """Where a limit comes from."""

    QUOTA = "cgroup quota"
    AFFINITY = "CPUs it may run on"
    MEMORY_LIMIT = "cgroup limit"
    MACHINE = "memory of the machine"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may use, and who says so."""

    cores: float
    cores_basis: Basis
    memory_bytes: int
    memory_basis: Basis


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open descriptors of one process, and its soft limit; None is none."""

    subject: str
    open: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """The tree at one time.

    `cpu_s` counts from the first look. `threads` has the CPU time of each thread and `names` the
    words for each. `memory_bytes` is what the tree occupies, `charged_bytes` what counts against
    the memory limit. `generation` rises when another process took the port over. `periods` and
    `oom_kills` are those of the control groups that set the limits.
    """

    at_unix_s: float
    generation: int
    subject: str
    cpu_s: float
    thread_count: int
    threads: Mapping[ThreadKey, float]
    names: Mapping[ThreadKey, str]
    memory_bytes: int | None
    charged_bytes: int | None
    descriptors: tuple[Descriptors, ...]
    periods: Periods | None
    limits: Limits
    oom_kills: int | None
    denied: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Absence:
    """At this time the process named was no longer there; `reason` says so in words."""

    at_unix_s: float
    generation: int
    subject: str
    reason: str


Sight = Look | Absence
