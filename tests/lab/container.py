"""How is a service run as a container is: within limits, and started again when it dies?"""

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.lab.cpu_group import CpuGroup
from tests.lab.pod_exporter import Pod

PORT = "{port}"
_BACK_OFF_S = 1.0


class Container:
    """A process that prints its port and ends with its standard input, in the group of a pod.

    `{port}` in the command is where it must listen: `port`, or any one if that is 0; and on the
    same one again after it died. `is_real_time` keeps it free of the machine's other work;
    the kernel does not hold it to a CPU limit then.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        group: CpuGroup,
        *,
        is_real_time: bool = False,
        port: int = 0,
    ) -> None:
        self._command = command
        self._group = group
        self._is_real_time = is_real_time
        self._closing = threading.Event()
        self.port = port
        self._process = self._start()
        self.pod = Pod(name, group, self._process.pid)
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._thread.join()

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [word.replace(PORT, f"{self.port}") for word in self._command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self._group.add(process.pid)
        if self._is_real_time:
            with suppress(OSError):
                os.sched_setscheduler(process.pid, os.SCHED_RR, os.sched_param(1))
        return process

    def _supervise(self) -> None:
        """Wait for its end, and start it again unless the end was wanted."""
        while True:
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            if self._closing.is_set():
                return
            self.pod.is_ready = False
            if self._closing.wait(_BACK_OFF_S):
                return
            self._process = self._start()
            self.pod.pid = self._process.pid
            self.pod.restarts += 1
            self.pod.is_ready = True
            if self._closing.is_set():  # it was wanted while this one was starting
                assert self._process.stdin is not None
                self._process.stdin.close()
