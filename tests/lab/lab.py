"""What is a service with a CPU limit, watched by a real Prometheus?

One Lab serves a whole test session: its Prometheus scrapes the same pods in several ways, each as a
namespace of its own, so that a test chooses by the namespace how good its samples are.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cpu_group import KernelRecord, cpu_group
from tests.lab.pod_exporter import Pod, PodExporter, pod_exporter
from tests.monitors.prometheus_server import PrometheusServer, Scrape, prometheus_server

SERVICE = Path(__file__).with_name("burning_service.py")

EVERY_SECOND = "every-second"
EVERY_TWO = "every-two"
EVERY_FIFTEEN = "every-fifteen"
OWN_STAMPS = "own-stamps"
RESTAMPED = "restamped"


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
        with ExitStack() as stack:
            group = stack.enter_context(cpu_group(name, limit_cores))
            # Without `site`, so that nothing of the tests' packages costs it time.
            command = [sys.executable, "-S", "-E", str(SERVICE), *options]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            assert process.stdin is not None
            assert process.stdout is not None
            stack.callback(process.wait)
            stack.callback(process.stdin.close)
            port = int(process.stdout.readline())
            group.add(process.pid)
            pod = Pod(name, group, process.pid, tells_limits=tells_limits)
            stack.enter_context(self.exporter.running(pod))
            kernel = stack.enter_context(KernelRecord(group))
            yield Replica(f"http://127.0.0.1:{port}/", pod, kernel)


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """A Lab whose Prometheus has scraped for the first time."""
    with (
        pod_exporter() as exporter,
        prometheus_server(folder, scrapes=scrapes(exporter)) as prometheus,
    ):
        prometheus.wait_for(f'up{{job="{EVERY_SECOND}"}} == 1')
        yield Lab(exporter, prometheus)
