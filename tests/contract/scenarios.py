"""How does a contract test write a scenario and look at its processes?"""

import time
from collections.abc import Callable

import psutil

from capacity.engines.aiohttp import AiohttpEngine
from capacity.model.plan import PythonCall
from tests.contract.driving import (
    Drive,
    plan_for,
)
from tests.servers.scripted import ScriptedServer

Writer = Callable[[str], PythonCall]


def drive_for(server: ScriptedServer, call: PythonCall, *, threads: int = 2) -> Drive:
    """An engine for this scenario; start and close are the caller's."""
    return Drive(AiohttpEngine, plan_for(server.port, call=call, threads=threads))


def faults_of(drive: Drive) -> tuple[str, ...]:
    """What the scenarios ended with."""
    assert isinstance(drive.engine, AiohttpEngine)
    return drive.engine.scenario_faults


def load_processes() -> list[int]:
    """Process ids of this process's load processes; not the tracker that Python starts."""
    deadline_s = time.monotonic() + 1.0
    while True:
        found = [
            child.pid
            for child in psutil.Process().children()
            if child.status() != psutil.STATUS_ZOMBIE
            and any("multiprocessing.spawn" in word for word in child.cmdline())
        ]
        if found or time.monotonic() >= deadline_s:
            return found
        time.sleep(0.01)
