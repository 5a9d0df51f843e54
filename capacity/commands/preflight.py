"""Can this run begin at all? Names, descriptors and one connection, before any load."""

import ipaddress
import resource
import socket

from capacity.engines.native import probe_target
from capacity.errors import MachineError, TargetError, UsageError
from capacity.model.load import Ladder, RateLadder
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
    target: Target,
    addresses: tuple[tuple[str, int], ...],
    source_addresses: tuple[str, ...],
) -> tuple[tuple[str, int], ...]:
    """The addresses of one family that answers; the first family's fault if none does.

    One family is used for the whole run: a mix would hide one family's delay in the other.
    """
    faults: list[TargetError] = []
    for version in dict.fromkeys(ipaddress.ip_address(a).version for a, _ in addresses):
        family = tuple(a for a in addresses if ipaddress.ip_address(a[0]).version == version)
        try:
            probe_target(target, family, source_addresses)
        except TargetError as error:
            faults.append(error)
        else:
            return family
    raise faults[0]


def usable_from(
    source_addresses: tuple[str, ...], addresses: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    """The target's addresses of the family of the source addresses; all of them without any.

    Raises MachineError for a source address that this machine does not have.
    """
    if not source_addresses:
        return addresses
    version = ipaddress.ip_address(source_addresses[0]).version
    for source in source_addresses:
        _refuse_foreign(source, socket.AF_INET if version == 4 else socket.AF_INET6)
    usable = tuple(a for a in addresses if ipaddress.ip_address(a[0]).version == version)
    if not usable:
        raise UsageError(
            f"the target has no IPv{version} address, and {source_addresses[0]} is one",
            hint="name source addresses of the target's family with --source-address",
        )
    return usable


def _refuse_foreign(source: str, family: socket.AddressFamily) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((source, 0))
        except OSError as error:
            raise MachineError(
                f"{source} is not an address that connections can come from here: "
                f"{error.strerror or error}",
                hint="`ip address` lists this machine's addresses; all of 127.0.0.0/8 is one's own",
            ) from None


def check_descriptors(plan: RunPlan) -> None:
    """Raise the soft limit to the hard one; MachineError if the highest step does not fit."""
    wanted = plan.ladder.max_in_flight
    needed = wanted + _SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise MachineError(
            f"{wanted} connections need {needed} open files, but this process may open {hard}",
            hint=f"run `ulimit -Hn {needed}` as root before, or allow at most "
            f"{max(1, hard - _SPARE_DESCRIPTORS)} with {_flag(plan.ladder)}",
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _flag(ladder: Ladder) -> str:
    return "--max-in-flight" if isinstance(ladder, RateLadder) else "--concurrency"
