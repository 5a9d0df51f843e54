"""Services whose CPU is what they lack."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.parts import kernel, watched
from tests.targets.target import Playing, Target


@contextmanager
def _cpu_limit(lab: Lab) -> Iterator[Playing]:
    """Half a core, 5 ms of it for each answer, and 10 ms of waiting so that one user has some."""
    with lab.replica(pod_name("shop"), "--work-ms", "5", "--wait-ms", "25") as replica:
        yield Playing(url=replica.url, monitor=watched(lab, "shop"), instruments=kernel(replica))


CPU_LIMIT = Target(
    "cpu-limit",
    "half a core, 5 ms for each answer",
    "cpu_limit",
    _cpu_limit,
    "1,2,4,8,16",
    why_not=why_no_limits,
)
TARGETS = (CPU_LIMIT,)
