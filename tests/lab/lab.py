"""What is a service with a CPU limit, watched by a real Prometheus?

One Lab serves a whole test session: its Prometheus scrapes the same pods in several ways, each as a
namespace of its own, so that a test chooses by the namespace how good its samples are.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.container import Container
from tests.lab.cpu_group import KernelRecord, cpu_group
from tests.lab.pod_exporter import Pod, PodExporter, pod_exporter
from tests.monitors.prometheus_server import PrometheusServer, Scrape, prometheus_server

SERVICE = Path(__file__).with_name("burning_service.py")

EVERY_SECOND = "every-second"
EVERY_TWO = "every-two"
EVERY_FIFTEEN = "every-fifteen"
OWN_STAMPS = "own-stamps"
RESTAMPED = "restamped"
BESIDE = "beside"
_BESIDE_FILE = "beside.json"


def pod_name(workload: str, number: int = 0) -> str:
    """A name as a deployment gives it to its pods."""
    return f"{workload}-5d9c7b6f4d-x1a2{'bcdfg'[number]}"


def _scrape(exporter: PodExporter, job: str, every_s: float, more: str = "") -> Scrape:
    """A job whose pods are all in the namespace of its name."""
    stamps = "own" if job in (OWN_STAMPS, RESTAMPED) else "none"
    params = f"params: {{namespace: [{job}], stamps: [{stamps}]}}"
    return Scrape(job, [exporter.address], every_s, more=f"{params}\n{more}".strip())


def scrapes(exporter: PodExporter) -> tuple[Scrape, ...]:
    """Every way in which the session's Prometheus looks at the pods."""
    return (
        _scrape(exporter, EVERY_SECOND, 1),
        _scrape(exporter, EVERY_TWO, 2),
        _scrape(exporter, EVERY_FIFTEEN, 15),
        _scrape(exporter, OWN_STAMPS, 1),
        _scrape(exporter, RESTAMPED, 1, "honor_timestamps: false"),
    )


@dataclass(frozen=True, slots=True)
class Replica:
    """A service of a test, as it can be asked and as the kernel sees it."""

    url: str
    pod: Pod
    kernel: KernelRecord

    @property
    def subject(self) -> str:
        """What readings call its container, without the namespace."""
        return f"{self.pod.name}/app"


@dataclass(frozen=True, slots=True)
class Lab:
    """The exporter of all pods, and the Prometheus that scrapes it."""

    exporter: PodExporter
    prometheus: PrometheusServer

    @contextmanager
    def replica(
        self, name: str, *options: str, limit_cores: float = 0.5, tells_limits: bool = True
    ) -> Iterator[Replica]:
        """A burning service with a limit, as the pod `name`, until the end of the block."""
        # Without `site`, so that nothing of the tests' packages costs it time.
        command = [sys.executable, "-S", "-E", str(SERVICE), *options]
        with self.pod(name, command, limit_cores=limit_cores, tells_limits=tells_limits) as replica:
            yield replica

    @contextmanager
    def pod(
        self,
        name: str,
        command: Sequence[str],
        *,
        limit_cores: float = 0.5,
        memory_bytes: int | None = None,
        tells_limits: bool = True,
        is_real_time: bool = False,
        port: int = 0,
        more: Callable[[str], Iterable[str]] | None = None,
    ) -> Iterator[Replica]:
        """Any program that runs as a Container, as the pod `name`, until the end of the block.

        It listens on `port`, or on one of its own choice where that is 0.
        """
        with (
            cpu_group(name, limit_cores, memory_bytes) as group,
            Container(name, command, group, is_real_time=is_real_time, port=port) as container,
        ):
            pod = container.pod
            pod.tells_limits, pod.more = tells_limits, more
            with self.exporter.running(pod), KernelRecord(group) as kernel:
                yield Replica(f"http://127.0.0.1:{container.port}/", pod, kernel)

    @contextmanager
    def scraping(self, address: str, *, up_within_s: float = 30.0) -> Iterator[None]:
        """Prometheus scrapes one more exporter, as the job `beside`, until the end of the block."""
        path = self.prometheus.folder / _BESIDE_FILE
        before: list[str] = json.loads(path.read_text())[0]["targets"]
        _write_beside(self.prometheus.folder, [*before, address])
        self.prometheus.wait_for(
            f'up{{job="{BESIDE}",instance="{address}"}} == 1', within_s=up_within_s
        )
        try:
            yield
        finally:
            _write_beside(self.prometheus.folder, before)


def _write_beside(folder: Path, addresses: Sequence[str]) -> None:
    new = folder / f"new-{_BESIDE_FILE}"
    new.write_text(json.dumps([{"targets": [*addresses]}]))
    new.rename(folder / _BESIDE_FILE)


@contextmanager
def lab(folder: Path, *, is_plain: bool = False) -> Iterator[Lab]:
    """A Lab whose Prometheus has scraped for the first time; a plain one scrapes in one way only.

    What else is to be scraped may come later, see `Lab.scraping`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_beside(folder, ())
    found = f"file_sd_configs: [{{files: [{_BESIDE_FILE}], refresh_interval: 1s}}]"
    with pod_exporter() as exporter:
        ways = scrapes(exporter)[: 1 if is_plain else None]
        beside = Scrape(BESIDE, [], 1, more=found)
        with prometheus_server(folder, scrapes=(*ways, beside)) as prometheus:
            prometheus.wait_for(f'up{{job="{EVERY_SECOND}"}} == 1')
            yield Lab(exporter, prometheus)
