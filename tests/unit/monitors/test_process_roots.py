"""Which processes a port means, with listening sockets that the kernel need not have."""

from types import SimpleNamespace

import psutil
import pytest

from capacity.errors import MachineError
from capacity.model.plan import ProcessSource
from capacity.monitors.process_facts import process_facts
from capacity.monitors.process_limits import Allowance
from capacity.monitors.process_roots import find_roots
from capacity.monitors.process_threads import printable
from tests.unit.monitors.looks import LIMITS


def test_a_listener_of_another_user_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel shows the socket and not its owner."""
    nobodys = SimpleNamespace(status=psutil.CONN_LISTEN, laddr=("127.0.0.1", 8080), pid=None, fd=-1)
    monkeypatch.setattr(psutil, "net_connections", lambda kind: [nobodys])

    with pytest.raises(MachineError, match="port 8080 belongs to another user") as refused:
        find_roots(ProcessSource(None, 8080))
    assert refused.value.hint == "run as that user or as root, or give the process by its id"


def test_a_name_cannot_steer_a_terminal() -> None:
    """A process may call itself anything."""
    assert printable("a\x1b[2Jb\n") == "a?[2Jb?"


def test_what_should_be_known_before_the_load_is_said() -> None:
    """Who else listens, whose limit it is, and that a forwarder is no service."""
    facts = process_facts(
        "pid 7 docker-proxy",
        (7, 8, 9),
        Allowance(LIMITS, None, None, holds_for_us=True),
        look_s=0.0002,
        every_s=0.5,
    )

    assert facts.subjects == ("pid 7", "pid 8", "pid 9")
    assert facts.notes == (
        "cpu is a share of 2 cores (CPUs it may run on), mem of 1000 MiB (memory of the machine)",
        "a look takes 200us of CPU time, every 500ms",
        "watched with it, since they listen there too: pid 8, 9",
        "its limit holds for this program too: the load takes from the same share",
        "docker-proxy only hands connections on; watch the service itself, by its id",
    )
