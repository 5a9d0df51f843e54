"""Does a service with too little memory end as a container does, and is it started again?"""

import time
import urllib.error
import urllib.request

import pytest

from tests.lab.container import Container
from tests.lab.cpu_group import cpu_group, why_no_limits, why_no_memory_limits
from tests.monitors.prometheus_server import wait_until
from tests.targets.parts import program

_MEMORY_BYTES = 64 << 20


def _asked(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:  # loopback
        body: bytes = answer.read()
    return body


@pytest.mark.skipif(why_no_memory_limits() is not None, reason=why_no_memory_limits() or "")
def test_a_service_beyond_its_memory_is_killed_and_comes_back_where_it_was() -> None:
    """The kernel counts the kill, the pod its restart, and the port stays the same."""
    command = program("hungry", "holds", "--held-mb", "100", "--work-ms", "1")
    with (
        cpu_group("capacity-hungry", 1.0, _MEMORY_BYTES) as group,
        Container("hungry", command, group) as container,
    ):
        pod, port, first_pid = container.pod, container.port, container.pod.pid
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            _asked(port)
        wait_until(lambda: pod.restarts == 1 and pod.is_ready, "restart", within_s=20)
        assert group.oom_kills() == 1
        assert pod.pid != first_pid
        assert container.port == port


@pytest.mark.skipif(why_no_limits() is not None, reason=why_no_limits() or "")
def test_a_container_that_is_closed_is_not_started_again() -> None:
    """Its end was wanted."""
    command = program("limits", "pool", "--work-ms", "1")
    with (
        cpu_group("capacity-closed", 1.0) as group,
        Container("closed", command, group) as container,
    ):
        assert _asked(container.port) == b"done"
    time.sleep(0.1)
    assert container.pod.restarts == 0
