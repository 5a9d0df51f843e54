"""May this host be loaded?

Loopback needs no question. Any other host must be named by the user: in the profile's allow list,
by --yes-target, or by typing its name. There is no bare `--yes`, so that a copied command line
cannot hit another target.
"""

import ipaddress
import sys

import click

from capacity.errors import ConsentError


def ask_consent(
    host: str,
    addresses: tuple[tuple[str, int], ...],
    *,
    allow_hosts: tuple[str, ...],
    yes_target: str | None,
) -> None:
    """Return when load on `host` is allowed; raise ConsentError before any packet if not."""
    if is_allowed(host, addresses, allow_hosts=allow_hosts, yes_target=yes_target):
        return
    shown = ", ".join(sorted({address for address, _ in addresses}))
    if yes_target is not None:
        raise ConsentError(
            f"--yes-target names {yes_target!r}, but the target is {host!r} ({shown})",
            hint=f"if you are allowed to load {host}, pass --yes-target {host}",
        )
    if not has_terminal():
        raise ConsentError(
            f"{host} ({shown}) is not this machine, and nobody is here to be asked",
            hint=f"if you are allowed to load {host}, pass --yes-target {host}",
        )
    click.echo(f"{host} ({shown}) is not this machine. Load can harm a service.", err=True)
    answer = click.prompt(
        f"Type {host} to send load there", err=True, default="", show_default=False
    )
    if answer.strip().lower() != host.lower():
        raise ConsentError(
            f"{host} was not confirmed; nothing was sent", hint="type the host name to go on"
        )


def is_allowed(
    host: str,
    addresses: tuple[tuple[str, int], ...],
    *,
    allow_hosts: tuple[str, ...],
    yes_target: str | None,
) -> bool:
    """Whether nobody needs to be asked: it is this machine, or was named."""
    if all(ipaddress.ip_address(address).is_loopback for address, _ in addresses):
        return True
    named = {name.lower() for name in allow_hosts} | {(yes_target or "").lower()}
    return host.lower() in named


def has_terminal() -> bool:
    """Whether somebody can read a question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()
