"""How does another program run the demo service beside itself, and end it for certain?"""

import select
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from capacity.commands.demo_options import DemoOptions
from capacity.errors import MachineError
from capacity.model.plan import RunPlan

_READY_PREFIX = b"demo service: "


class DemoProcess:
    """`capacity demo` as a child process, ready for requests when the constructor returns.

    It lives in a session of its own, so the terminal's Ctrl-C does not reach it, and it ends when
    this process ends, however that happens. Raises MachineError when it is not ready in time.
    """

    def __init__(self, options: DemoOptions, *, ready_within_s: float = 10.0) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in stop()
        arguments = replace(options, until_stdin_closes=True).arguments()
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "capacity", "demo", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
            bufsize=0,
        )
        line = self._first_line(time.monotonic() + ready_within_s)
        if not line.startswith(_READY_PREFIX):
            error = self._not_ready(ready_within_s)
            self.stop()
            raise error
        self.url = line.removeprefix(_READY_PREFIX).split()[0].decode()

    @property
    def pid(self) -> int:
        """The process id of the service."""
        return self._process.pid

    def stop(self) -> None:
        """End the service and wait for it; safe to call twice."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _first_line(self, deadline_s: float) -> bytes:
        stdout = self._process.stdout
        line = b""
        while stdout is not None and not line.endswith(b"\n"):
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not select.select((stdout,), (), (), left_s)[0]:
                break
            piece = stdout.read(256)
            if not piece:
                break
            line += piece
        return line

    def _not_ready(self, ready_within_s: float) -> MachineError:
        try:
            code = self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            return MachineError(
                f"the demo service was not ready within {ready_within_s:g}s",
                hint="the machine may be too busy; try again",
            )
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        said = lines[0].removeprefix("error: ") if lines else f"it ended with exit code {code}"
        return MachineError(
            f"the demo service could not start: {said}",
            hint="free that port, or choose another one (in a profile: target.base_url)",
        )


def start_demo_service(plan: RunPlan, stack: ExitStack) -> None:
    """Start the service that a profile asks for, if it does; it ends with `stack`."""
    if plan.demo_service is None:
        return
    options = DemoOptions(
        host=plan.target.host,
        port=plan.target.port,
        servers=plan.demo_service.servers,
        service_time_s=plan.demo_service.service_time_s,
    )
    stack.enter_context(DemoProcess(options))
