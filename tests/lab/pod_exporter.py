"""What would a kubelet and kube-state-metrics say of the services of a test?

One HTTP server, in a thread, with the names of cAdvisor and kube-state-metrics. A scrape asks for
`/metrics?namespace=NAME` and gets every pod as one of that namespace, so that one Prometheus can
read the same pods in several ways:

- `stamps=none`: the kernel's counters at the time of the scrape, without a time stamp;
- `stamps=own`: counters that housekeeping has read last, with its time, as the kubelet does. Where
  Prometheus is told not to honour stamps, these are the restamped ones.
"""

import http.server
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.lab.cpu_group import CpuCount, CpuGroup

HOUSEKEEPING_S = 2.0
CONTAINER = "app"
_MEMORY_LIMIT_BYTES = 256 << 20
_NODE = "lab-node"


@dataclass(slots=True)
class Pod:
    """A pod with one container: a process in a group of its own.

    Without `tells_limits` it looks as one that has none, which says nothing about its group.
    `more` makes lines of its own of the labels of namespace and pod, as its application tells them.
    """

    name: str
    group: CpuGroup
    pid: int
    restarts: int = 0
    tells_limits: bool = True
    is_ready: bool = True
    more: Callable[[str], Iterable[str]] | None = None

    def memory_bytes(self) -> int:
        """What the process has in memory; 0 when it is gone."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except FileNotFoundError:
            return 0
        return pages * 4096


@dataclass(slots=True)
class _Seen:
    """What housekeeping has read last."""

    count: CpuCount
    memory_bytes: int


@dataclass(slots=True)
class PodExporter:
    """The pods that are there now, and where they can be scraped."""

    address: str = ""
    pods: dict[str, Pod] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self, pod: Pod) -> Iterator[Pod]:
        """The pod is there until the end of the block."""
        with self._lock:
            self.pods[pod.name] = pod
            self._seen[pod.name] = _Seen(pod.group.count(), pod.memory_bytes())
        try:
            yield pod
        finally:
            with self._lock:
                del self.pods[pod.name], self._seen[pod.name]

    def keep_house(self) -> None:
        """Read every pod's counters, for those who ask for the last ones."""
        with self._lock:
            for pod in self.pods.values():
                self._seen[pod.name] = _Seen(pod.group.count(), pod.memory_bytes())

    def text(self, namespace: str, *, own_stamps: bool) -> str:
        """Everything there is to say, as the pods of one namespace."""
        with self._lock:
            lines: list[str] = []
            for pod in self.pods.values():
                if own_stamps:
                    seen = self._seen[pod.name]
                    stamp = f" {round(seen.count.at_unix_s * 1000)}"
                else:
                    seen, stamp = _Seen(pod.group.count(), pod.memory_bytes()), ""
                labels = f'namespace="{namespace}",pod="{pod.name}"'
                lines += (f"{line}{stamp}" for line in _of_kubelet(labels, pod, seen))
                lines += _of_state(labels, pod)
                lines += () if pod.more is None else pod.more(labels)
        # Nobody asks the service for anything here: a rate of this is 0.
        lines.append(f'lab_requests_total{{namespace="{namespace}"}} 7')
        return "\n".join(lines) + "\n"


def _of_kubelet(labels: str, pod: Pod, seen: _Seen) -> Iterator[str]:
    """Lines of cAdvisor: the container, and the pod and its pause container beside it."""
    count, name = seen.count, pod.name
    of_container = f'{labels},container="{CONTAINER}",id="/kubepods/{name}/{CONTAINER}",image="lab"'
    of_pod = f'{labels},container="",id="/kubepods/{name}",image=""'
    of_pause = f'{labels},container="POD",id="/kubepods/{name}/pause",image="pause"'
    for each, usage_s in ((of_container, count.usage_s), (of_pod, count.usage_s), (of_pause, 0.02)):
        yield f'container_cpu_usage_seconds_total{{{each},cpu="total"}} {usage_s!r}'
    for each, memory_bytes in ((of_container, seen.memory_bytes), (of_pause, 700_000)):
        yield f"container_memory_working_set_bytes{{{each}}} {memory_bytes}"
    if pod.tells_limits:
        yield f"container_cpu_cfs_periods_total{{{of_container}}} {count.periods}"
        yield f"container_cpu_cfs_throttled_periods_total{{{of_container}}} {count.throttled}"
    yield f"container_oom_events_total{{{of_container}}} {pod.group.oom_kills()}"


def _of_state(labels: str, pod: Pod) -> Iterator[str]:
    """Lines of kube-state-metrics."""
    of_container = f'{labels},container="{CONTAINER}"'
    cpu, memory = f"{pod.group.limit_cores}", f"{pod.group.memory_bytes or _MEMORY_LIMIT_BYTES}"
    for kind in ("limits", "requests") if pod.tells_limits else ("requests",):
        name = f"kube_pod_container_resource_{kind}"
        yield f'{name}{{{of_container},node="{_NODE}",resource="cpu",unit="core"}} {cpu}'
        yield f'{name}{{{of_container},node="{_NODE}",resource="memory",unit="byte"}} {memory}'
    yield f"kube_pod_container_status_restarts_total{{{of_container}}} {pod.restarts}"
    if pod.group.oom_kills():
        reason = 'reason="OOMKilled"'
        yield f"kube_pod_container_status_last_terminated_reason{{{of_container},{reason}}} 1"
    yield f'kube_pod_status_ready{{{labels},condition="true"}} {pod.is_ready:d}'
    yield f'kube_pod_info{{{labels},node="{_NODE}",uid="{pod.name}"}} 1'


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers scrapes, on connections that stay open."""

    protocol_version = "HTTP/1.1"

    def __init__(self, exporter: PodExporter, *rest: object) -> None:
        self._exporter = exporter
        super().__init__(*rest)  # type: ignore[arg-type]  # what the server hands over

    def do_GET(self) -> None:
        """One scrape."""
        asked = parse_qs(urlsplit(self.path).query)
        own_stamps = asked.get("stamps") == ["own"]
        body = self._exporter.text(asked["namespace"][0], own_stamps=own_stamps).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def pod_exporter() -> Iterator[PodExporter]:
    """An exporter without pods, on a free port of loopback, with its housekeeping."""
    exporter = PodExporter()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, exporter))
    server.daemon_threads = True
    exporter.address = f"127.0.0.1:{server.server_address[1]}"
    ended = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True),
        threading.Thread(target=_every, args=(HOUSEKEEPING_S, exporter.keep_house, ended)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield exporter
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()


def _every(period_s: float, action: Callable[[], None], ended: threading.Event) -> None:
    """Call it on a grid of time, so that the calls themselves do not make the period longer."""
    due_s = time.monotonic() + period_s
    while not ended.wait(max(0.0, due_s - time.monotonic())):
        action()
        due_s += period_s
