"""Which services does the zoo have? One row for each; a family has a file of its own."""

from tests.targets import (
    services_changing,
    services_cpu,
    services_database,
    services_edge,
    services_generator,
    services_limits,
    services_stores,
)
from tests.targets.target import Target

TARGETS: tuple[Target, ...] = (
    *services_cpu.TARGETS,
    *services_limits.TARGETS,
    *services_changing.TARGETS,
    *services_generator.TARGETS,
    *services_database.TARGETS,
    *services_stores.TARGETS,
    *services_edge.TARGETS,
)


def target(name: str) -> Target:
    """The target of a name; LookupError where there is none."""
    for one in TARGETS:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in TARGETS)
    message = f"no target is called {name}; there are {names}"
    raise LookupError(message)
