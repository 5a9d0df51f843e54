"""How does one load process reach the target, and nobody else, and when did which byte pass?

The stamps and byte counts are taken at the socket calls themselves, so that neither the library's
parsing nor the wake-up of a coroutine is in the measured time. Waiting of the event loop before a
socket is read stays in it: that is the loop's lag, and it is reported.
"""

import itertools
import socket
import ssl
from contextvars import ContextVar
from time import monotonic
from typing import Any, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client import ClientTimeout
from aiohttp.connector import Connection
from yarl import URL

from capacity.engines.aiohttp_books import Books
from capacity.model.plan import Target, TlsTrust


class NotTheTargetError(aiohttp.ClientError):
    """The scenario, or a redirect it follows, leads to an address that is not the target's."""


class TrustError(Exception):
    """The file with the certificate authorities cannot be used."""

    hint = "the file must hold certificates in PEM form"


class Exchange:
    """What the sockets saw of one request: bytes, and the time of the first and last of them."""

    __slots__ = (
        "connect_begun_s",
        "first_received_s",
        "is_reused",
        "last_received_s",
        "received_bytes",
        "sent_bytes",
        "sent_s",
        "socket",
    )

    def __init__(self) -> None:
        self.connect_begun_s: float | None = None
        self.sent_s: float | None = None
        self.first_received_s: float | None = None
        self.last_received_s: float | None = None
        self.sent_bytes = 0
        self.received_bytes = 0
        self.is_reused = False
        self.socket: CountingSocket | None = None

    def begin_connect(self, now_s: float) -> None:
        """Ask for a connection; until there is one, `connect_begun_s` is set."""
        self.connect_begun_s = now_s
        self.socket = None

    def attach(self, made: "CountingSocket") -> None:
        """Take the connection: from now on its bytes are this exchange's."""
        self.connect_begun_s = None
        self.socket = made
        made.exchange = self

    def connection_closed(self) -> None:
        """The connection has ended; what that means depends on where the answer was."""


# The exchange whose request the current task is making.
current_exchange: ContextVar[Exchange] = ContextVar("current_exchange")


class _Closing(Protocol):
    def __call__(self, *, by_target: bool) -> None: ...


class CountingSocket(socket.socket):
    """A TCP socket that reports what passes to the exchange that holds it."""

    # Set by the owner; class values stand for "not yet".
    exchange: Exchange | None = None
    is_established = False
    has_sent = False
    is_closed_by_us = False
    on_close: _Closing | None = None

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, and stamp the time just before the first byte."""
        self._stamp_sent()
        size = super().send(data, flags)
        self._count_sent(size)
        return size

    def sendmsg(self, *parts: Any) -> int:
        """Send several buffers, as newer event loops do."""
        self._stamp_sent()
        size = super().sendmsg(*parts)
        self._count_sent(size)
        return size

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive, and stamp the time just after."""
        data = super().recv(size, flags)
        self._count_received(len(data))
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive into a buffer, as TLS does."""
        size = super().recv_into(buffer, nbytes, flags)
        self._count_received(size)
        return size

    def close(self) -> None:
        """Close, and say once who ended it."""
        if self.is_established and self.on_close is not None:
            self.is_established = False
            self.on_close(by_target=not self.is_closed_by_us)
            if self.exchange is not None:
                self.exchange.connection_closed()
        super().close()

    def _stamp_sent(self) -> None:
        exchange = self.exchange
        if exchange is not None and exchange.sent_s is None:
            exchange.sent_s = monotonic()

    def _count_sent(self, size: int) -> None:
        self.has_sent = True
        if self.exchange is not None:
            self.exchange.sent_bytes += size

    def _count_received(self, size: int) -> None:
        exchange = self.exchange
        if exchange is None or size == 0:
            return
        now_s = monotonic()
        if exchange.first_received_s is None:
            exchange.first_received_s = now_s
        exchange.last_received_s = now_s
        exchange.received_bytes += size


class _PinnedResolver(AbstractResolver):
    """Answers with the addresses the plan was shown with, one by one, and knows no other name."""

    def __init__(self, host: str, addresses: tuple[tuple[str, int], ...]) -> None:
        self._host = host
        self._next = itertools.cycle(addresses)

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002  # the library's signature; the pinned port counts
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  # likewise
    ) -> list[ResolveResult]:
        if host != self._host:
            raise NotTheTargetError(f"{host} is not the target {self._host}")
        address, address_port = next(self._next)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=address_port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


class TargetConnector(aiohttp.TCPConnector):
    """A connector without a limit of its own that ties each request to its socket."""

    def __init__(
        self,
        target: Target,
        addresses: tuple[tuple[str, int], ...],
        trust: ssl.SSLContext,
        books: Books,
    ) -> None:
        super().__init__(
            limit=0,
            keepalive_timeout=None,
            use_dns_cache=False,
            happy_eyeballs_delay=None,
            timeout_ceil_threshold=float("inf"),
            resolver=_PinnedResolver(URL(target.origin).raw_host or target.host, addresses),
            socket_factory=self._make_socket,
            ssl=trust,
        )
        self._allowed = frozenset(addresses)
        self._books = books
        self._sockets: dict[object, CountingSocket] = {}

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109  # the library's signature
    ) -> Connection:
        """Give a connection, new or used, and tie its socket to the current exchange."""
        exchange = current_exchange.get()
        begun_s = monotonic()
        exchange.begin_connect(begun_s)
        connection = await super().connect(req, traces, timeout)
        made = exchange.socket
        if made is None:
            made = self._sockets[connection.protocol]
            exchange.is_reused = True
        else:
            self._adopt(connection.protocol, made, monotonic() - begun_s)
        exchange.attach(made)
        return connection

    def _adopt(self, protocol: object, made: CountingSocket, seconds: float) -> None:
        books, sockets = self._books, self._sockets
        books.count_connect(seconds)
        sockets[protocol] = made

        def forget(*, by_target: bool) -> None:
            del sockets[protocol]
            books.count_close(by_target=by_target)

        made.is_established = True
        made.on_close = forget

    def _make_socket(self, info: tuple[object, ...]) -> CountingSocket:
        family, kind, protocol, _, address = info
        if not isinstance(address, tuple) or tuple(address[:2]) not in self._allowed:
            raise NotTheTargetError(f"{address} is not an address of the target")
        made = CountingSocket(family, kind, protocol)  # type: ignore[arg-type]  # as the library gave
        current_exchange.get().socket = made
        return made


def trust_of(target: Target) -> ssl.SSLContext:
    """Build the TLS context of a target; raises TrustError when its file cannot be used."""
    try:
        context = ssl.create_default_context(cafile=target.ca_file)
    except OSError as error:  # ssl.SSLError is one too
        raise TrustError(f"{target.ca_file}: {error.strerror or error}") from error
    if target.trust is TlsTrust.INSECURE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def open_session(
    target: Target, headers: list[tuple[str, str]], connector: TargetConnector
) -> aiohttp.ClientSession:
    """Open the process's one session: no cookies, no proxy, no decoding, no silent retry."""
    timeouts = target.timeouts
    session = aiohttp.ClientSession(
        base_url=f"{target.origin}/",
        connector=connector,
        headers=headers,
        skip_auto_headers=("Accept-Encoding",),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=ClientTimeout(
            total=timeouts.total_s,
            sock_connect=timeouts.connect_s,
            sock_read=timeouts.first_byte_s,
            ceil_threshold=float("inf"),
        ),
    )
    # A silent retry would be a second request that nobody counts.
    session._retry_connection = False  # noqa: SLF001  # the library has no public switch
    return session
