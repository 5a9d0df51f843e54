"""Which processes are meant by an id or by a port that they listen on?"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from capacity.errors import MachineError, UsageError
from capacity.model.plan import ProcessSource
from capacity.monitors.process_threads import PROC, printable

# They open the sockets of services and keep them, but are not the service.
_SOCKET_KEEPERS = frozenset({"init", "systemd"})


def find_roots(source: ProcessSource) -> tuple[psutil.Process, ...]:
    """The heads of the trees to watch, oldest first; UsageError or MachineError without any."""
    return _by_pid(source.pid) if source.pid is not None else _by_port(source.port)


def words_for(process: psutil.Process) -> str:
    """The process as people know it: `pid 4711 nginx`."""
    return f"pid {process.pid} {printable(process.name())}"


def is_alive(process: psutil.Process) -> bool:
    """Whether it is still there, under the same id, and can still do something."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _by_pid(pid: int) -> tuple[psutil.Process, ...]:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        raise UsageError(
            f"there is no process {pid} on this machine",
            hint="give the id of the running service, or the port it listens on",
        ) from None
    return (process,)


def _by_port(port: int | None) -> tuple[psutil.Process, ...]:
    listening = [
        connection
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
    ]
    if not listening:
        raise UsageError(
            f"nothing listens on TCP port {port} of this machine",
            hint="start the service first, or give the port that it listens on",
        )
    holders = [(one.pid, one.fd) for one in listening if one.pid is not None]
    heads = {head.pid: head for pid, fd in holders for head in _head_of(pid, fd)}
    if not heads:
        raise MachineError(
            f"the process that listens on TCP port {port} belongs to another user",
            hint="run as that user or as root, or give the process by its id",
        )
    return tuple(sorted(heads.values(), key=lambda head: (head.create_time(), head.pid)))


def _head_of(pid: int, descriptor: int) -> Iterator[psutil.Process]:
    """The uppermost process with the same socket: one entry is told of those that share it.

    Nothing for a process that has just ended.
    """
    with suppress(psutil.NoSuchProcess, OSError):
        head = psutil.Process(pid)
        wanted = (PROC / str(pid) / "fd" / str(descriptor)).readlink()
        for parent in head.parents():
            if parent.name() in _SOCKET_KEEPERS or not _holds(parent.pid, wanted):
                break
            head = parent
        yield head


def _holds(pid: int, wanted: Path) -> bool:
    """Whether the process has the socket too; not, if it may not be asked."""
    try:
        return any(_link(entry) == wanted for entry in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False


def _link(entry: Path) -> Path | None:
    """Where a descriptor leads; None once it is closed."""
    with suppress(OSError):
        return entry.readlink()
    return None
