"""A service whose every answer costs the same CPU time, whoever else is served.

    python burning_service.py --work-ms 4 --wait-ms 50
    python burning_service.py --work-ms 5 --gather-ms 500

With `--wait-ms` a request waits before its work, so that one user alone does not use up a core.
With `--gather-ms` all that came waits for the next tick and is done in one burst. It listens on a
port of loopback, a free one unless told, prints it, and ends when its standard input does. Standard
library only, so that it may run without the tests' packages.
"""

import argparse
import asyncio
import math
import os
import sys
import time
from collections.abc import Callable

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
END_OF_HEAD = b"\r\n\r\n"


class BurningService(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Plan the work of every whole request."""
        *whole, self._unread = (self._unread + data).split(END_OF_HEAD)
        for _ in whole:
            self._loop.call_later(self._wait_s(), self._work)

    def _wait_s(self) -> float:
        if not self._options.gather_ms:
            return float(self._options.wait_ms) / 1000
        tick_s = float(self._options.gather_ms) / 1000
        now_s = time.monotonic()
        return math.ceil(now_s / tick_s) * tick_s - now_s

    def _work(self) -> None:
        """Burn CPU time of this thread, which a limit makes longer but never less."""
        end_s = time.thread_time() + self._options.work_ms / 1000
        while time.thread_time() < end_s:
            pass
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(ANSWER)


async def serve(make: Callable[[], asyncio.Protocol], port: int) -> None:
    """Listen on loopback, print the port, and serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()

    def read_on() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            ended.set()

    loop.add_reader(0, read_on)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--work-ms", type=float, required=True)
    parser.add_argument("--wait-ms", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--gather-ms", type=float, default=0.0)
    asked = parser.parse_args()
    asyncio.run(serve(lambda: BurningService(asked), asked.port))
