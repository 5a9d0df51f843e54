"""What do the services of the zoo have in common: how they are started, watched and measured?"""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.lab.container import PORT
from tests.lab.lab import EVERY_SECOND, SERVICE, Lab, Replica
from tests.targets.target import Instruments, Playing

# No service here needs more than a core; a pod without work to speak of has this limit.
AMPLE_CORES = 1.0


def program(name: str, *words: str) -> tuple[str, ...]:
    """The command of a service of `programs/`, which listens where its Container wants it to."""
    module = f"tests.targets.programs.{name}"
    return (sys.executable, "-S", "-E", "-m", module, "--port", PORT, *words)


def burning(*words: str) -> tuple[str, ...]:
    """The command of the lab's service, whose every answer costs CPU time."""
    return (sys.executable, "-S", "-E", str(SERVICE), *words)


def watched(lab: Lab, workload: str, **more: object) -> dict[str, object]:
    """The monitor of the pods of a workload; `more` are other presets beside."""
    return {
        "prometheus": {"url": lab.prometheus.url, "timeout": "2s"},
        "kubernetes": {"namespace": EVERY_SECOND, "workloads": [f"deploy/{workload}"]},
        **more,
    }


def counted(url: str, since_unix_s: float, until_unix_s: float) -> Mapping[str, float]:
    """What the book of a service of `programs/` has of a time span."""
    place = urlsplit(url)
    address = f"http://{place.netloc}/counted?since={since_unix_s}&until={until_unix_s}"
    with urllib.request.urlopen(address, timeout=5) as answer:  # loopback
        sums: dict[str, float] = json.load(answer)
    return sums


def book(url: str) -> Instruments:
    """Rates of good and of all answers as the service itself counted them."""

    def seen(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        sums = counted(url, start_unix_s, end_unix_s)
        statuses = {int(kind): count for kind, count in sums.items() if kind.isdigit()}
        good = sum(count for status, count in statuses.items() if status < 400)
        everything = sum(statuses.values())
        span_s = end_unix_s - start_unix_s
        told = {"qps": good / span_s, "all_qps": everything / span_s}
        if everything:
            told["refused"] = 1.0 - good / everything
        if "bytes" in sums:
            told["bytes_per_s"] = sums["bytes"] / span_s
        return told

    return seen


def kernel(replica: Replica) -> Instruments:
    """CPU of the pod's group, as the kernel counted it."""

    def seen(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        cores = replica.kernel.cores(start_unix_s, end_unix_s)
        return {
            "cores": cores,
            "pod.cores": cores,
            "process.cores": cores,
            "cpu": cores / replica.pod.group.limit_cores,
            "limit": replica.pod.group.limit_cores,
            "throttle": replica.kernel.throttled_ratio(start_unix_s, end_unix_s),
        }

    return seen


def both(*several: Instruments) -> Instruments:
    """What several instruments say, together."""

    def seen(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
        return {
            name: value for one in several for name, value in one(start_unix_s, end_unix_s).items()
        }

    return seen


@contextmanager
def small_service(
    lab: Lab,
    pod: str,
    command: tuple[str, ...],
    *,
    flags: tuple[str, ...] = (),
    more: Callable[[str], Iterable[str]] | None = None,
    presets: Mapping[str, object] | None = None,
) -> Iterator[Playing]:
    """A service of `programs/` as a pod that uses little CPU, kept free of other work."""
    with lab.pod(pod, command, limit_cores=AMPLE_CORES, is_real_time=True, more=more) as replica:
        yield Playing(
            url=replica.url,
            monitor=watched(lab, pod.rsplit("-", 2)[0], **(presets or {})),
            flags=flags,
            instruments=both(kernel(replica), book(replica.url)),
        )
