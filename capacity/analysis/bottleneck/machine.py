"""Does the service share a machine with the load that is made?"""

import re

from capacity.analysis.bottleneck.case import Case

_LOOPBACK = re.compile(r"localhost|\[?::1\]?|127(\.[0-9]{1,3}){3}")


def is_on_this_machine(case: Case) -> bool:
    """Whether the requests went to a loopback address."""
    return _LOOPBACK.fullmatch(case.run.plan.target.host.lower()) is not None


def shared_cpu_count(case: Case) -> int | None:
    """The CPUs of the service's machine, where it is ours; None where it is another."""
    return case.run.environment.cpu_count if is_on_this_machine(case) else None
