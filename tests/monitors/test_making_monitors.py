"""Does a Prometheus that hangs hold up the end of a run that has not begun?"""

import asyncio
import socket
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from capacity.commands.monitoring import make_monitors
from capacity.model.plan import MonitorPlan, RunPlan
from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Quantity,
    ResourceScope,
)
from capacity.units import Unit
from tests.monitors.sources import a_source
from tests.unit.builders import a_plan

WAITING = Quantity(
    name="prom.waiting",
    unit=Unit.NUMBER,
    scope=ResourceScope.USER,
    aspect=Aspect.SATURATION,
    direction=Direction.HIGH_IS_BAD,
    source=Expression("sum(waiting)"),
    empty_means=EmptyMeans.NO_DATA,
    preset="user",
    meaning="requests that wait",
)


def a_plan_with(port: int) -> RunPlan:
    """A plan that reads one query of a Prometheus on loopback, which gets a minute to answer."""
    source = a_source(f"http://127.0.0.1:{port}", timeout_s=60.0)
    return replace(a_plan(), monitor=MonitorPlan(source, None, None, (WAITING,)))


def test_a_prometheus_that_hangs_does_not_hold_up_ctrl_c() -> None:
    """Ctrl-C cancels the first look, which ends its thread too, long before the time-out."""
    with ExitStack() as open_until_then, socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(30.0)
        port: int = deaf.getsockname()[1]

        async def asked_to_end() -> None:
            with ExitStack() as stack:
                making = asyncio.create_task(make_monitors(a_plan_with(port), stack))
                connection, _ = await asyncio.to_thread(deaf.accept)
                open_until_then.callback(connection.close)
                making.cancel()
                await making

        begun_s = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(asked_to_end())
    assert time.monotonic() - begun_s < 20.0
