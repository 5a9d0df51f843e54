"""From which addresses of this machine do connections come?

Only the form is checked here; whether this machine has the address is known when a socket is bound.
"""

import ipaddress

from capacity.model.plan import EngineName
from capacity.profile.problems import InputError, Problems
from capacity.profile.schema import ProfileFile

_EXAMPLE = "write an address of this machine, like 127.0.0.2 or 10.0.0.5"


def build_source_addresses(
    profile: ProfileFile, engine: EngineName, problems: Problems
) -> tuple[str, ...]:
    """The addresses in one spelling, each once and all of one family."""
    seen: dict[str, int] = {}
    for index, given in enumerate(profile.source_addresses):
        path = ("source_addresses", index)
        address = problems.read(path, parse_source_address, given, "")
        if not address:
            continue
        if address in seen:
            problems.add(path, InputError(f"{address} is repeated", "name each address once"))
        elif _version(address) != _version(next(iter(seen), address)):
            problems.add(
                path,
                InputError(
                    f"{address} is not of the same family as {next(iter(seen))}",
                    "name addresses of the target's family only",
                ),
            )
        seen.setdefault(address, index)
    if seen and engine is EngineName.AIOHTTP:
        problems.add(
            ("source_addresses",),
            InputError(
                "the aiohttp engine leaves the choice of a source address to the kernel",
                "use the native engine, or leave the source addresses out",
            ),
        )
    return tuple(seen)


def parse_source_address(text: str) -> str:
    """One numeric address that a socket of this machine could be bound to."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise InputError(f"{text!r} is not a numeric address", _EXAMPLE) from error
    if address.is_unspecified or address.is_multicast or "%" in str(address):
        raise InputError(f"{address} cannot be the source of a connection", _EXAMPLE)
    return str(address)


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version
