"""Services that could carry more than the tool can ask."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.nginx import nginx_server
from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.backing import why_no_nginx
from tests.targets.parts import program, small_service
from tests.targets.target import Playing, Target


@contextmanager
def _generator(lab: Lab) -> Iterator[Playing]:
    """5 ms for each answer and no limit in sight, but a tenth of a core for the tool."""
    command = program("limits", "pool", "--slots", "512", "--work-ms", "5")
    with small_service(lab, pod_name("quick"), command) as playing:
        yield replace(playing, tool_cores=0.1)


@contextmanager
def _slow_client(_lab: Lab) -> Iterator[Playing]:
    """An nginx that answers tens of thousands a second, asked by an engine written in Python.

    Throughput levels off and latency follows the load, as before a pool or a limiter.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        nginx_server(Path(folder), connections=512) as url,
    ):
        monitor = {"process": {"port": urlsplit(url).port}}
        yield Playing(url=url, monitor=monitor, flags=("--engine", "aiohttp"))


TARGETS = (
    Target(
        "generator",
        "5 ms for each answer, and a tenth of a core for the tool",
        "generator",
        _generator,
        "1,4,16,64,128",
        why_not=why_no_limits,
    ),
    Target(
        "slow-client",
        "nginx, asked by an engine in Python that makes a tenth of what it could answer",
        "generator",
        _slow_client,
        "1,2,4,8,16,32",
        why_not=why_no_nginx,
    ),
)
