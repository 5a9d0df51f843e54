"""Services that let in only so many, or only so often."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.parts import program, small_service
from tests.targets.target import Playing, Target

# A ladder that goes on where answers are refused: the accepted ones are what is looked at.
DESPITE_ERRORS = ("--no-default-stops", "--stop", "p99 > 30s")


@contextmanager
def _pool(lab: Lab) -> Iterator[Playing]:
    command = program("limits", "pool", "--slots", "4", "--work-ms", "20")
    with small_service(lab, pod_name("pool"), command) as playing:
        yield playing


@contextmanager
def _rate(lab: Lab) -> Iterator[Playing]:
    command = program("limits", "rate", "--per-s", "200", "--work-ms", "10")
    with small_service(lab, pod_name("rate"), command, flags=DESPITE_ERRORS) as playing:
        yield playing


POOL = Target(
    "pool", "a pool of 4, 20 ms each", "pool", _pool, "1,2,4,8,16,32", why_not=why_no_limits
)
RATE = Target(
    "rate-limit",
    "429 at once above 200/s",
    "rate_limit",
    _rate,
    "1,2,4,8,16",
    blind_kinds=frozenset({"rate_limit"}),
    why_not=why_no_limits,
)
TARGETS = (POOL, RATE)
