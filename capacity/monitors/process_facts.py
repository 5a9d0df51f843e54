"""What is known of a watched process before any load?"""

import psutil

from capacity.model.resources import MonitorFacts
from capacity.monitors.process_limits import Allowance
from capacity.units import Unit, format_duration

# They take connections on the machine's port and hand them on to a service in a container.
_FORWARDERS = frozenset({"docker-proxy", "rootlessport", "slirp4netns", "pasta"})


def process_facts(
    subject: str, heads: tuple[int, ...], allowance: Allowance, *, look_s: float, every_s: float
) -> MonitorFacts:
    """The facts; a look takes `look_s` of CPU time and is made every `every_s`."""
    limits = allowance.limits
    cores, memory = Unit.CORES.show(limits.cores), Unit.BYTES.show(limits.memory_bytes)
    notes = [
        f"cpu is a share of {cores} ({limits.cores_basis}), "
        f"mem of {memory} ({limits.memory_basis})",
        f"a look takes {format_duration(look_s)} of CPU time, every {format_duration(every_s)}",
    ]
    if len(heads) > 1:
        others = ", ".join(str(pid) for pid in heads[1:])
        notes.append(f"watched with it, since they listen there too: pid {others}")
    if allowance.holds_for_us:
        notes.append("its limit holds for this program too: the load takes from the same share")
    name = subject.split(" ", 2)[2]
    if name in _FORWARDERS:
        notes.append(f"{name} only hands connections on; watch the service itself, by its id")
    return MonitorFacts(
        source=subject,
        version=f"psutil {psutil.__version__}",
        clock_offset_s=0.0,
        spacing_s=every_s,
        lag_s=0.0,
        subjects=tuple(f"pid {pid}" for pid in heads),
        notes=tuple(notes),
    )
