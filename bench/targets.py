"""Under which loads are the clients compared?"""

from collections.abc import Collection
from dataclasses import dataclass

from bench.model import Load, Peer
from bench.nginx import Nginx
from bench.peers import FLOOR, OURS, WRK
from bench.places import SCRATCH

POST_BODY_BYTES = 1024
POST_BODY = SCRATCH / "body"

# Enough connections to show what one costs, few clients: the row says nothing of their speed.
_MEMORY_PEERS = (OURS, WRK)
# A core of its own tells nothing new of a client that takes many times as much.
_FAST_PEERS = (FLOOR, OURS, WRK, "h2load", "ab", "oha", "fortio")


@dataclass(frozen=True, slots=True)
class Target:
    """One row of loads: the server, how many connections, how the client may run.

    `stretch` multiplies the seconds where one request on each connection takes long by itself.
    """

    name: str
    title: str
    connections: int = 64
    server: str = "plain"
    threads: int = 1
    is_pinned: bool = False
    has_body: bool = False
    opening_s: int = 0
    stretch: int = 1
    peers: Collection[str] | None = None

    def load(self, server: Nginx, seconds: int) -> Load:
        """What each client is told; opening many connections takes time of its own.

        Clients begin to count their seconds before, while or after they connect; so the load of
        the slowest must last beyond the window.
        """
        return Load(
            url=server.url(self.server),
            connections=self.connections,
            seconds=seconds * self.stretch + self.opening_s,
            threads=self.threads,
            body_file=POST_BODY if self.has_body else None,
            scratch=SCRATCH,
        )

    def concerns(self, peer: Peer) -> bool:
        """Whether the client has a row here."""
        return self.peers is None or peer.name in self.peers


FIRST = "get-64"
PINNED = "get-64-pinned"
ONE = "get-1"
TWO_THREADS = "get-64-two-threads"
_ALL = (
    Target(FIRST, "15-byte answer, 64 connections"),
    Target(
        PINNED,
        "15-byte answer, 64 connections, client and server on a core each",
        is_pinned=True,
        peers=_FAST_PEERS,
    ),
    Target(ONE, "15-byte answer, 1 connection", connections=1),
    Target("get-256", "15-byte answer, 256 connections", connections=256),
    Target(
        "get-10000",
        "15-byte answer, 10,000 connections",
        connections=10_000,
        opening_s=3,
        stretch=2,
    ),
    Target("tls-64", "TLS 1.3, 15-byte answer, 64 connections", server="tls"),
    Target("large-64", "10 KiB answer, 64 connections", server="large"),
    Target("post-64", "POST with 1 KiB, 15-byte answer, 64 connections", has_body=True),
    Target(
        TWO_THREADS,
        "15-byte answer, 64 connections, two load threads",
        threads=2,
        peers=(OURS, WRK, "h2load"),
    ),
    Target("get-1000", "15-byte answer, 1,000 connections", connections=1000, peers=_MEMORY_PEERS),
    Target(
        "get-8000",
        "15-byte answer, 8,000 connections",
        connections=8000,
        opening_s=3,
        peers=_MEMORY_PEERS,
    ),
    Target(
        "get-19000",
        "15-byte answer, 19,000 connections",
        connections=19_000,
        opening_s=6,
        stretch=2,
        peers=(OURS,),
    ),
)
TARGETS = {target.name: target for target in _ALL}


def write_request_files() -> None:
    """The body that is posted, and the whole requests for the client that cannot make its own."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    body = b"x" * POST_BODY_BYTES
    POST_BODY.write_bytes(body)
    (SCRATCH / "floor-get").write_bytes(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    (SCRATCH / "floor-post").write_bytes(head.encode() + body)
