"""A real Go program whose hot function is known, built once and started for a test."""

import http.client
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent / "hot_service" / "main.go"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class GoService:
    """One that is running."""

    program: Path
    pid: int
    port: int

    @property
    def url(self) -> str:
        """Where it tells its profile."""
        return f"http://127.0.0.1:{self.port}/debug/pprof/profile"

    def cpu_s(self) -> float:
        """What the kernel has counted for it so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def why_no_go() -> str | None:
    """Why no Go program can be built here; None when one can."""
    return None if shutil.which("go") else "go is not installed (Debian's package golang-go)"


def build(folder: Path) -> Path:
    """Build the program from the standard library alone; nothing is fetched."""
    program = folder / "hot"
    subprocess.run(
        ["go", "build", "-o", str(program), str(SOURCE)],
        env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off"},
        check=True,
        timeout=110,
    )
    return program


@contextmanager
def go_service(program: Path) -> Iterator[GoService]:
    """Start it; it listens on loopback."""
    with subprocess.Popen([str(program)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield GoService(program, process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()


@contextmanager
def busy(service: GoService) -> Iterator[None]:
    """One user who asks for work again and again."""
    is_over = threading.Event()

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
        while not is_over.is_set():
            connection.request("GET", "/work")
            connection.getresponse().read()
        connection.close()

    user = threading.Thread(target=ask)
    user.start()
    try:
        time.sleep(0.2)
        yield
    finally:
        is_over.set()
        user.join()
