"""Can this run begin at all? Names, descriptors and one connection, before any load."""

import ipaddress
import resource
import socket

from capacity.engines.native import probe_target
from capacity.errors import MachineError, TargetError
from capacity.model.plan import RunPlan, Target

# Files the tool itself needs: output, epoll, wake-ups, the interpreter's own.
_SPARE_DESCRIPTORS = 100


def resolve(target: Target) -> tuple[tuple[str, int], ...]:
    """All addresses of the target, in the resolver's order; TargetError when there is none."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise TargetError(
            f"{target.host} has no address: {error.strerror}",
            hint="check the spelling of the host name and this machine's resolver",
        ) from None
    return tuple(dict.fromkeys((str(row[4][0]), target.port) for row in found))


def reachable(
    target: Target, addresses: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    """The addresses of one family that answers; the first family's fault if none does.

    One family is used for the whole run: a mix would hide one family's delay in the other.
    """
    faults: list[TargetError] = []
    for version in dict.fromkeys(ipaddress.ip_address(a).version for a, _ in addresses):
        family = tuple(a for a in addresses if ipaddress.ip_address(a[0]).version == version)
        try:
            probe_target(target, family)
        except TargetError as error:
            faults.append(error)
        else:
            return family
    raise faults[0]


def check_descriptors(plan: RunPlan) -> None:
    """Raise the soft limit to the hard one; MachineError if the highest step does not fit."""
    wanted = plan.ladder.max_in_flight
    needed = wanted + _SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise MachineError(
            f"{wanted} connections need {needed} open files, but this process may open {hard}",
            hint=f"run `ulimit -Hn {needed}` as root before, or end the ladder at "
            f"{max(1, hard - _SPARE_DESCRIPTORS)} with --concurrency",
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
