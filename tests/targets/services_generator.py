"""Services that could carry more than the tool can ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.parts import program, small_service
from tests.targets.target import Playing, Target


@contextmanager
def _generator(lab: Lab) -> Iterator[Playing]:
    """5 ms for each answer and no limit in sight, but a tenth of a core for the tool."""
    command = program("limits", "pool", "--slots", "512", "--work-ms", "5")
    with small_service(lab, pod_name("quick"), command) as playing:
        yield replace(playing, tool_cores=0.1)


TARGETS = (
    Target(
        "generator",
        "5 ms for each answer, and a tenth of a core for the tool",
        "generator",
        _generator,
        "1,4,16,64,128",
        why_not=why_no_limits,
    ),
)
