"""How does a test get a real Prometheus of its own on loopback?

It runs in a folder of the test and ends with it. Samples come from targets that it scrapes (the
first scrape takes it about six seconds), or are there from the start: `samples` is OpenMetrics
text with a time stamp in every line.
"""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.tool import free_port

_READY = "Server is ready to receive web requests."
_READY_WITHIN_S = 60.0


class _PortTakenError(Exception):
    """Somebody else was quicker to listen on the port."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """A job of Prometheus: where it reads, how often, and what else its configuration says."""

    job: str
    targets: Sequence[str]
    every_s: float = 1.0
    more: str = ""

    def as_yaml(self) -> str:
        """Its entry of `scrape_configs`; `more` has lines like `honor_timestamps: false`."""
        every_ms = round(self.every_s * 1000)
        lines = [
            f"- job_name: {self.job}",
            f"  scrape_interval: {every_ms}ms",
            f"  scrape_timeout: {every_ms}ms",
            f"  static_configs: [{{targets: {json.dumps(list(self.targets))}}}]",
            *(f"  {line}" for line in self.more.splitlines()),
        ]
        return "\n".join(lines)


class PrometheusServer:
    """One running Prometheus; `url` has no slash at its end."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], url: str) -> None:
        self.folder = folder
        self.url = url
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def query(self, query: str, at_unix_s: float | None = None) -> list[dict[str, Any]]:
        """The series of an instant query, asked without the product; needs plain HTTP."""
        form = {"query": query} | ({} if at_unix_s is None else {"time": f"{at_unix_s:.3f}"})
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self.url}/api/v1/query", body, timeout=20) as answer:  # noqa: S310  # loopback
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return result

    def wait_for(self, query: str, *, within_s: float = 60.0) -> list[dict[str, Any]]:
        """The series of a query as soon as it has any."""
        found: list[dict[str, Any]] = []

        def has_series() -> bool:
            found[:] = self.query(query)
            return bool(found)

        wait_until(has_series, f"a series of {query}", within_s=within_s)
        return found

    def stop(self) -> None:
        """End it and wait for its end; safe to call twice."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()


def wait_until(is_so: Callable[[], bool], what: str, *, within_s: float = 60.0) -> None:
    """Look every 50 ms whether something is so; AssertionError when it takes too long."""
    deadline_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"no {what} within {within_s:g} s"
        time.sleep(0.05)


@contextmanager
def prometheus_server(
    folder: Path,
    *,
    scrapes: Sequence[Scrape] = (),
    samples: str | None = None,
    web_config: str | None = None,
    flags: Sequence[str] = (),
) -> Iterator[PrometheusServer]:
    """A Prometheus that is ready for queries, with its files in `folder`.

    `web_config` is the text of its `--web.config.file`: TLS and passwords; file names in it may be
    relative to `folder`. The server speaks https then if the text has `tls_server_config`.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    entries = [line for scrape in scrapes for line in scrape.as_yaml().splitlines()]
    config = ["global: {scrape_interval: 1m}", "scrape_configs:", *(f"  {e}" for e in entries)]
    (folder / "prometheus.yml").write_text("\n".join(config) + "\n")
    more = [*flags]
    if samples is not None:
        _backfill(folder, data, samples)
    if web_config is not None:
        (folder / "web.yml").write_text(web_config)
        more.append(f"--web.config.file={folder / 'web.yml'}")
    process, port = _start(folder, more)
    scheme = "https" if web_config is not None and "tls_server_config" in web_config else "http"
    server = PrometheusServer(folder, process, f"{scheme}://127.0.0.1:{port}")
    try:
        yield server
    finally:
        server.stop()


def _backfill(folder: Path, data: Path, samples: str) -> None:
    """Write the samples as blocks, which a starting Prometheus finds."""
    text = folder / "samples.txt"
    text.write_text(samples if samples.endswith("# EOF\n") else f"{samples.rstrip()}\n# EOF\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stderr


def _start(folder: Path, flags: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(5):
        port = free_port()
        try:
            return _start_on(port, folder, flags), port
        except _PortTakenError:
            continue
    raise AssertionError("every free port was taken by somebody else")


def _start_on(port: int, folder: Path, flags: Sequence[str]) -> subprocess.Popen[bytes]:
    log_path = folder / "prometheus.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=100y",  # samples may be as old as a test wants
                f"--web.listen-address=127.0.0.1:{port}",
                *flags,
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def is_ready() -> bool:
        said = log_path.read_text(errors="replace")
        if process.poll() is not None and "address already in use" in said:
            raise _PortTakenError
        assert process.poll() is None, said
        return _READY in said

    with ExitStack() as not_ready:
        not_ready.callback(process.wait)
        not_ready.callback(process.kill)
        wait_until(is_ready, "readiness of Prometheus", within_s=_READY_WITHIN_S)
        not_ready.pop_all()
    return process
