"""Can this run begin at all? Names, descriptors and one connection, before any load."""

import ipaddress
import queue
import resource
import socket
import threading

from capacity.engines.native import probe_target
from capacity.errors import MachineError, TargetError, UsageError
from capacity.model.load import Ladder, RateLadder
from capacity.model.plan import RunPlan, Target

# Files the tool itself needs: output, epoll, wake-ups, the interpreter's own.
SPARE_DESCRIPTORS = 100


def resolve(target: Target) -> tuple[tuple[str, int], ...]:
    """All addresses of the target, in the resolver's order. They hold for the whole run.

    Raises UsageError for a name that does not exist, TargetError when there is no answer.
    """
    answer = _look_up(target)
    if isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_NONAME:
        raise UsageError(
            f"dns.nxdomain: {target.host} does not exist: {answer.strerror}",
            hint="check the spelling of the host name",
        )
    if isinstance(answer, socket.gaierror) and answer.errno != socket.EAI_NODATA:
        raise TargetError(
            f"dns.servfail: {target.host} could not be looked up: {answer.strerror}",
            hint="check this machine's resolver, or name the target by its address",
        )
    if isinstance(answer, socket.gaierror) or not answer:
        raise TargetError(
            f"dns.nodata: {target.host} exists, but has no address",
            hint="check the A and AAAA records of the name",
        )
    return tuple(dict.fromkeys((address, target.port) for address in answer))


def _look_up(target: Target) -> list[str] | socket.gaierror:
    """What the resolver says within the time that a connection may take."""
    answers: queue.SimpleQueue[list[str] | socket.gaierror] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            answers.put(error)
        except UnicodeError as error:  # a label that no name can have
            answers.put(socket.gaierror(socket.EAI_NONAME, str(error)))
        else:
            answers.put([str(row[4][0]) for row in found])

    # A look-up cannot be ended; as a daemon it does not hold up the end of the process.
    threading.Thread(target=ask, name="resolver", daemon=True).start()
    limit_s = target.timeouts.connect_s
    try:
        return answers.get(timeout=limit_s)
    except queue.Empty:
        raise TargetError(
            f"dns.timeout: no answer about {target.host} within {limit_s:g}s",
            hint="check this machine's resolver, or name the target by its address",
        ) from None


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
    needed = wanted + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise MachineError(
            f"{wanted} connections need {needed} open files, but this process may open {hard}",
            hint=f"run `ulimit -Hn {needed}` as root before, or allow at most "
            f"{max(1, hard - SPARE_DESCRIPTORS)} with {_flag(plan.ladder)}",
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _flag(ladder: Ladder) -> str:
    return "--max-in-flight" if isinstance(ladder, RateLadder) else "--concurrency"
