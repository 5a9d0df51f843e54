"""How does a small service speak HTTP/1.1, and keep a book of what it did?

Standard library only, so that a service may run without the tests' packages. A request has no body.
`GET /counted?since=S&until=S` answers what the book has of a time span, in wall clock seconds;
`GET /metrics` what Prometheus is to know.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tests.lab import burning_service

END_OF_HEAD = b"\r\n\r\n"
_SLOT_S = 0.01
_COUNTED = b"GET /counted?"
_METRICS = b"GET /metrics "


class Book:
    """What happened, summed up in slots of 10 ms, for instruments that ask later."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(self, kind: str, amount: float = 1.0) -> None:
        """So much of a kind happened now."""
        self._slots[int(time.time() / _SLOT_S)][kind] += amount

    def between(self, since_unix_s: float, until_unix_s: float) -> dict[str, float]:
        """The sum of every kind in a time span."""
        sums: dict[str, float] = defaultdict(float)
        for slot in range(int(since_unix_s / _SLOT_S), int(until_unix_s / _SLOT_S)):
            for kind, amount in self._slots.get(slot, {}).items():
                sums[kind] += amount
        return sums


class Connection(asyncio.Protocol):
    """One connection; what to do with a whole request is up to the service."""

    def __init__(
        self, ask: Callable[["Connection"], None], book: Book, metrics: Callable[[], str]
    ) -> None:
        self._ask = ask
        self.book = book
        self._metrics = metrics
        self._unread = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, fault: Exception | None) -> None:
        """Nobody waits any more."""
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Hand every whole request over."""
        *whole, self._unread = (self._unread + data).split(END_OF_HEAD)
        for head in whole:
            if head.startswith(_COUNTED):
                self._tell(head)
            elif head.startswith(_METRICS):
                kind = "Content-Type: text/plain; version=0.0.4\r\n"
                self.send_answer(200, self._metrics().encode(), kind)
            else:
                self._ask(self)

    def answer(self, status: int = 200, body: bytes = b"done", headers: str = "") -> None:
        """One whole answer, which goes into the book under its status."""
        self.book.add(f"{status}")
        self.send_answer(status, body, headers)

    def send_answer(self, status: int, body: bytes, headers: str = "") -> None:
        """One whole answer that nobody counts."""
        self.send(f"HTTP/1.1 {status} Status\r\nContent-Length: {len(body)}\r\n{headers}\r\n", body)

    def send(self, head: str, body: bytes = b"") -> None:
        """Bytes for whoever is still there."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(head.encode() + body)

    def _tell(self, head: bytes) -> None:
        asked = parse_qs(urlsplit(head.split()[1].decode()).query)
        sums = self.book.between(float(asked["since"][0]), float(asked["until"][0]))
        self.send_answer(200, json.dumps(sums).encode())


def port_of(parser: argparse.ArgumentParser) -> None:
    """Every service may be told where to listen."""
    parser.add_argument("--port", type=int, default=0)


async def serve(
    ask: Callable[[Connection], None], port: int, metrics: Callable[[], str] = str
) -> None:
    """Answer as `ask` says, with one book for all connections, until standard input ends."""
    book = Book()
    await burning_service.serve(lambda: Connection(ask, book, metrics), port)
