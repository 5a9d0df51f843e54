"""A server of known capacity as a process: `python -m tests.known.server NAME`.

Prints its port when it listens and ends with its standard input. GET /stats tells what it counted.
"""

import asyncio
import gc
import json
import os
import sys
from itertools import count

from capacity.engines.aiohttp_loop import precise_event_loop
from tests.known.models import Model
from tests.known.services import KNOWN

_GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
_REFUSED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 5\r\n\r\nslow\n"
_HEAD_END = b"\r\n\r\n"
_BACKLOG = 4096
# A core that sleeps takes so long to wake up.
_WAKE_EARLY_S = 0.00015


class Service:
    """The model behind HTTP: one timer, for the answer that is due next."""

    def __init__(self, model: Model, loop: asyncio.AbstractEventLoop) -> None:
        self._model = model
        self._loop = loop
        self._numbers = count()
        self._waiting: dict[int, asyncio.WriteTransport] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._good = 0
        self._refused = 0

    def arrive(self, connection: asyncio.WriteTransport) -> None:
        """Take a request in; it is answered even if its connection is gone by then."""
        self._answer()
        number = next(self._numbers)
        self._waiting[number] = connection
        self._model.arrive(self._loop.time(), number)
        self._arm()

    def stats(self) -> bytes:
        """The counters as an answer; asking is not counted."""
        counted = {"good": self._good, "refused": self._refused, "in_flight": len(self._waiting)}
        body = json.dumps(counted).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    def _answer(self) -> None:
        for number, is_good in self._model.due(self._loop.time()):
            if is_good:
                self._good += 1
            else:
                self._refused += 1
            connection = self._waiting.pop(number)
            if not connection.is_closing():
                connection.write(_GOOD if is_good else _REFUSED)

    def _arm(self) -> None:
        next_s = self._model.next_s()
        if self._timer is not None:
            if self._timer.when() == next_s and not self._timer.cancelled():
                return
            self._timer.cancel()
        self._timer = None if next_s is None else self._loop.call_at(next_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._answer()
        self._arm()


class Connection(asyncio.Protocol):
    """Requests without a body, one after another."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Each end of a head is a request."""
        assert self._transport is not None
        *heads, self._received = (self._received + data).split(_HEAD_END)
        for head in heads:
            if head.startswith(b"GET /stats "):
                self._transport.write(self._service.stats())
            else:
                self._service.arrive(self._transport)


async def _serve(name: str) -> None:
    loop = asyncio.get_running_loop()
    service = Service(KNOWN[name].make(), loop)
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", 0, backlog=_BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    gc.freeze()  # what was made for start-up need not be looked at again
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), _end_with_input, ended)
    await ended.wait()


def _end_with_input(ended: asyncio.Event) -> None:
    if os.read(sys.stdin.fileno(), 4096) == b"":
        ended.set()


if __name__ == "__main__":
    with asyncio.Runner(
        loop_factory=lambda: precise_event_loop(wake_early_s=_WAKE_EARLY_S)
    ) as runner:
        runner.run(_serve(sys.argv[1]))
