"""Services that let in only so many, or only so often."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.parts import program, small_service
from tests.targets.target import Playing, Target

# A ladder that goes on where answers are refused: the accepted ones are what is looked at.
DESPITE_ERRORS = ("--no-default-stops", "--stop", "p99 > 30s")


def _service(
    workload: str, *words: str, flags: tuple[str, ...] = ()
) -> Callable[[Lab], AbstractContextManager[Playing]]:
    """A model of `programs/limits.py` as a pod of a workload."""

    @contextmanager
    def start(lab: Lab) -> Iterator[Playing]:
        command = program("limits", *words)
        with small_service(lab, pod_name(workload), command, flags=flags) as playing:
            yield playing

    return start


TARGETS = (
    Target(
        "pool",
        "a pool of 4, 20 ms each",
        "pool",
        _service("pool", "pool", "--slots", "4", "--work-ms", "20"),
        why_not=why_no_limits,
    ),
    Target(
        "slow-start",
        "a pool of 4, five times as slow for 8 s",
        "pool",
        _service("warming", "pool", "--slots", "4", "--work-ms", "20", "--warm-s", "8"),
        why_not=why_no_limits,
    ),
    Target(
        "rate-limit",
        "429 at once above 200/s",
        "rate_limit",
        _service("rate", "rate", "--per-s", "200", "--work-ms", "10", flags=DESPITE_ERRORS),
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
    Target(
        "pacing",
        "a limiter that lets users wait, 200/s",
        "pacing",
        _service("paced", "pace", "--per-s", "200"),
        why_not=why_no_limits,
    ),
    Target(
        "concurrency-limit",
        "503 at once beyond 4 at a time, 20 ms each",
        "concurrency_limit",
        _service("full", "refuse", "--slots", "4", "--work-ms", "20", flags=DESPITE_ERRORS),
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
    Target(
        "bandwidth",
        "20 MB/s for answers of 200 kB",
        "bandwidth",
        _service("wire", "wire", "--bytes-per-s", "20e6", "--body-bytes", "200e3"),
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
    Target(
        "no-limit",
        "50 ms for each answer, more places than users",
        "no_limit",
        _service("ample", "pool", "--slots", "512", "--work-ms", "50"),
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
)
