"""Tests of capacity.engines.native that need no traffic."""

from dataclasses import replace

import pytest

from capacity.engines.native import NativeEngine
from tests.unit.builders import a_plan


@pytest.mark.parametrize(
    ("address", "cores", "threads", "highest", "note"),
    [
        pytest.param("127.0.0.1", 8, None, 64, "4 load threads", id="half for a local service"),
        pytest.param("192.0.2.1", 8, None, 64, "8 load threads", id="all for a distant one"),
        pytest.param("127.0.0.1", 1, None, 64, "1 load thread,", id="one core"),
        pytest.param("127.0.0.1", 8, 3, 64, "3 load threads", id="as asked"),
        pytest.param("192.0.2.1", 8, None, 2, "2 load threads", id="never more than slots"),
    ],
)
def test_threads_leave_cores_to_a_service_on_the_same_machine(
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    cores: int,
    threads: int | None,
    highest: int,
    note: str,
) -> None:
    """What the load takes from a local service would look like the service's limit."""
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    plan = replace(a_plan([highest]), threads=threads)
    assert note in NativeEngine(plan, ((address, 8080),)).notes[0]
