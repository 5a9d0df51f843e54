"""Services whose CPU is what they lack."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.nginx import nginx_proxy
from tests.lab.cpu_group import why_no_limits
from tests.lab.lab import Lab, pod_name
from tests.targets.parts import both, kernel, watched
from tests.targets.target import Playing, Target


@contextmanager
def _cpu_limit(lab: Lab) -> Iterator[Playing]:
    """Half a core, 5 ms of it for each answer; waiting, so that one user does not use it all."""
    with lab.replica(pod_name("shop"), "--work-ms", "5", "--wait-ms", "25") as replica:
        yield Playing(url=replica.url, monitor=watched(lab, "shop"), instruments=kernel(replica))


@contextmanager
def _bursts(lab: Lab) -> Iterator[Playing]:
    """All requests of half a second are worked off at once, which no quota of half a core holds."""
    with lab.replica(pod_name("bursts"), "--work-ms", "5", "--gather-ms", "500") as replica:
        yield Playing(url=replica.url, monitor=watched(lab, "bursts"), instruments=kernel(replica))


@contextmanager
def _one_core(lab: Lab) -> Iterator[Playing]:
    """One thread that works, and a limit of two cores; watched as a process."""
    name = pod_name("single")
    with lab.replica(name, "--work-ms", "4", "--wait-ms", "10", limit_cores=2.0) as replica:

        def thread(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
            return {"process.hot_thread": replica.kernel.cores(start_unix_s, end_unix_s)}

        yield Playing(
            url=replica.url,
            monitor_flags=("--watch-port", f"{urlsplit(replica.url).port}"),
            instruments=both(kernel(replica), thread),
        )


@contextmanager
def _hot_replica(lab: Lab) -> Iterator[Playing]:
    """Four of five requests go to one of two pods with half a core each."""
    hot, cold = pod_name("pair", 0), pod_name("pair", 1)
    work = ("--work-ms", "4", "--wait-ms", "25")
    with (
        tempfile.TemporaryDirectory() as folder,
        lab.replica(hot, *work) as first,
        lab.replica(cold, *work) as second,
        nginx_proxy(Path(folder), {first.url: 4, second.url: 1}) as url,
    ):
        yield Playing(url=url, monitor=watched(lab, "pair"), instruments=kernel(first))


TARGETS = (
    Target(
        "cpu-limit",
        "half a core, 5 ms of it for each answer",
        "cpu_limit",
        _cpu_limit,
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
    Target(
        "bursts",
        "bursts beyond a quota of half a core, of which 60 % are used",
        "cpu_throttling",
        _bursts,
        "2,4,8,16,28",
        # Throughput follows the load to the end: what callers see has no limit but in its tail.
        blind_kinds=frozenset({"no_limit"}),
        why_not=why_no_limits,
    ),
    Target(
        "one-core",
        "one busy thread, two cores allowed",
        "one_core",
        _one_core,
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
    Target(
        "hot-replica",
        "four of five requests for one of two pods",
        # Its CPU limit is reached, too, but as a symptom: the other pod could have done the work.
        "imbalance",
        _hot_replica,
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
)
