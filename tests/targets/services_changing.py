"""Services that do not stay what they are: killed, paused, or joined by more of them."""

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.end_to_end.nginx import nginx_proxy
from tests.end_to_end.tool import free_port
from tests.lab.container import PORT
from tests.lab.cpu_group import why_no_limits, why_no_memory_limits
from tests.lab.lab import EVERY_SECOND, Lab, pod_name
from tests.targets.parts import (
    book,
    both,
    burning,
    counted,
    kernel,
    program,
    watched,
)
from tests.targets.services_limits import DESPITE_ERRORS
from tests.targets.target import Playing, Target

_MEMORY_BYTES = 96 << 20


@contextmanager
def _memory_kill(lab: Lab) -> Iterator[Playing]:
    """8 MB for each request in work, of 96 MiB: ten at a time are too many."""
    command = program("hungry", "holds", "--held-mb", "8", "--work-ms", "200")
    with lab.pod(
        pod_name("holds"), command, limit_cores=1.0, memory_bytes=_MEMORY_BYTES
    ) as replica:

        def seen(_start_unix_s: float, _end_unix_s: float) -> Mapping[str, float]:
            return {"restarts": replica.pod.restarts, "oom": replica.pod.group.oom_kills()}

        yield Playing(url=replica.url, monitor=watched(lab, "holds"), instruments=seen)


@contextmanager
def _pauses(lab: Lab) -> Iterator[Playing]:
    """After 40 requests everything stands still for a collection, told as a JVM tells it."""
    command = program("hungry", "collects", "--every", "40", "--work-ms", "20")
    begin_unix_s = time.time()

    def told(labels: str) -> Iterable[str]:
        sums = counted(f"http://127.0.0.1:{port}/", begin_unix_s, time.time())
        yield f"jvm_gc_pause_seconds_sum{{{labels}}} {sums.get('paused_s', 0.0)!r}"
        yield f"jvm_gc_pause_seconds_count{{{labels}}} {sums.get('pauses', 0.0)!r}"

    port = free_port()
    with lab.pod(pod_name("collects"), command, limit_cores=2.0, more=told, port=port) as replica:

        def paused(start_unix_s: float, end_unix_s: float) -> Mapping[str, float]:
            sums = counted(replica.url, start_unix_s, end_unix_s)
            return {"jvm.gc": sums.get("paused_s", 0.0) / (end_unix_s - start_unix_s)}

        yield Playing(
            url=replica.url,
            monitor=watched(lab, "collects", jvm={"namespace": EVERY_SECOND}),
            instruments=both(kernel(replica), book(replica.url), paused),
        )


_JOIN_AFTER_S = (14.0, 18.0)


@contextmanager
def _joining(lab: Lab) -> Iterator[Playing]:
    """One pod of 0.3 cores, to which another comes after 14 s and a third after 18."""
    names = [pod_name("grows", number) for number in range(3)]
    ports = [free_port() for _ in names]
    urls = {f"http://127.0.0.1:{port}/": 1 for port in ports}
    command = (*burning("--work-ms", "4", "--wait-ms", "25"), "--port", PORT)
    ended = threading.Event()

    def join(pods: ExitStack) -> None:
        begin_s = time.monotonic()
        for name, port, after_s in zip(names[1:], ports[1:], _JOIN_AFTER_S, strict=True):
            if ended.wait(begin_s + after_s - time.monotonic()):
                return
            pods.enter_context(lab.pod(name, command, limit_cores=0.3, port=port))

    with (
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as pods,
        lab.pod(names[0], command, limit_cores=0.3, port=ports[0]),
        nginx_proxy(Path(folder), urls, retry_after_s=1) as url,
    ):
        joining = threading.Thread(target=join, args=(pods,))
        joining.start()
        try:
            # A full pod must not end the climb before the others have come.
            yield Playing(url=url, monitor=watched(lab, "grows"), flags=DESPITE_ERRORS)
        finally:
            ended.set()
            joining.join()


TARGETS = (
    Target(
        "memory-kill",
        "8 MB for each request, of 96 MiB: killed and started again",
        "restart",
        _memory_kill,
        "1,2,4,8,16",
        why_not=why_no_memory_limits,
    ),
    Target(
        "pauses",
        "all stands still while garbage is collected, after every 40 requests",
        "pauses",
        _pauses,
        # It still grows: pauses cost time at every load, and are no limit in this range.
        blind_kinds=frozenset({"no_limit"}),
        why_not=why_no_limits,
    ),
    Target(
        "joining",
        "one pod, then two, then three during the climb",
        # The CPU of the last one is full, too, of a size that nobody has measured up to there.
        "scaling",
        _joining,
        "1,2,4,8,16",
        why_not=why_no_limits,
    ),
)
