"""How does a service of the zoo speak to its stores? Just enough of each protocol, no library.

A library would cost its own CPU time and hide its own pool, which here must be known.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

HOST = "127.0.0.1"
_PROTOCOL_3 = 196_608


class StoreError(Exception):
    """The store said no."""


class Closing(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Give the connection back to the kernel."""


class Postgres:
    """One connection to PostgreSQL, which trusts us: simple queries whose rows nobody reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, user: str) -> "Postgres":
        """A connection that is ready; StoreError when it is refused."""
        self = cls(*await asyncio.open_connection(HOST, port))
        words = b"".join(
            word.encode() + b"\0" for word in ("user", user, "database", "postgres", "")
        )
        self._writer.write(struct.pack("!ii", 8 + len(words), _PROTOCOL_3) + words)
        try:
            await self._until_ready()
        except (StoreError, OSError, asyncio.IncompleteReadError) as fault:
            self.close()
            raise StoreError(str(fault)) from fault
        return self

    async def query(self, text: str) -> None:
        """Run statements to their end."""
        body = text.encode() + b"\0"
        self._writer.write(b"Q" + struct.pack("!i", 4 + len(body)) + body)
        await self._until_ready()

    async def _until_ready(self) -> None:
        refused = ""
        while True:
            kind, length = struct.unpack("!ci", await self._reader.readexactly(5))
            body = await self._reader.readexactly(length - 4)
            if kind == b"E":
                refused = body.replace(b"\0", b" ").decode(errors="replace")
                if "FATAL" in refused:
                    raise StoreError(refused)
            elif kind == b"Z":
                if refused:
                    raise StoreError(refused)
                return

    def close(self) -> None:
        """End the session."""
        if not self._writer.is_closing():
            self._writer.write(b"X" + struct.pack("!i", 4))
            self._writer.close()


class Redis:
    """One connection to Redis: commands whose answer is one line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Redis":
        """A connection that is ready."""
        return cls(*await asyncio.open_connection(HOST, port))

    async def say(self, *words: str) -> None:
        """One command to its end."""
        parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        self._writer.write(f"*{len(words)}\r\n{parts}".encode())
        answer = await self._reader.readline()
        if not answer.startswith((b":", b"+", b"$-1")):
            raise StoreError(answer.decode(errors="replace"))

    def close(self) -> None:
        """End it."""
        self._writer.close()


class Http:
    """One connection to another service: GET, an answer with a length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Http":
        """A connection that stays open."""
        return cls(*await asyncio.open_connection(HOST, port))

    async def get(self) -> bytes:
        """The body of the answer."""
        self._writer.write(b"GET / HTTP/1.1\r\nHost: downstream\r\n\r\n")
        head = await self._reader.readuntil(b"\r\n\r\n")
        _, _, rest = head.lower().partition(b"content-length:")
        return await self._reader.readexactly(int(rest.split(b"\r\n")[0]))

    def close(self) -> None:
        """End it."""
        self._writer.close()


C = TypeVar("C", bound=Closing)


class Pool(Generic[C]):
    """At most `size` connections, opened when first needed; those who find none wait in a line."""

    def __init__(self, size: int, connect: Callable[[], Awaitable[C]]) -> None:
        self.size = size
        self.in_use = 0
        self.waiting = 0
        self._connect = connect
        self._idle: list[C] = []
        self._free = asyncio.Semaphore(size)

    def metrics(self) -> str:
        """What Prometheus is told of it."""
        told = {"size": self.size, "in_use": self.in_use, "waiting": self.waiting}
        return "".join(f"app_pool_{name} {count}\n" for name, count in told.items())

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[C]:
        """A connection until the end of the block; one whose user failed is thrown away."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.in_use += 1
        try:
            connection = self._idle.pop() if self._idle else await self._connect()
            is_whole = False
            try:
                yield connection
                is_whole = True
            finally:
                if is_whole:
                    self._idle.append(connection)
                else:
                    connection.close()
        finally:
            self.in_use -= 1
            self._free.release()
