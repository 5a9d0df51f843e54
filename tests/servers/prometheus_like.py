"""How does a test get a Prometheus that answers in exactly one odd way?

`Answers` plays one script for each request of one connection after another, and keeps what was
asked; the scripts below are bytes, or functions of the socket.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from tests.servers.scripted import ScriptedServer


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """The fields of the body."""
        return dict(parse_qsl(self.body))

    @property
    def url_query(self) -> dict[str, str]:
        """The fields of the URL."""
        return dict(parse_qsl(urlsplit(self.target).query))


Act = bytes | Callable[[socket.socket], None]


class Answers:
    """Answers the first request with the first act, and so on; the last one is repeated."""

    def __init__(self, *acts: Act) -> None:
        self._acts = acts
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        self.url = ""

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection until the client leaves or an act ends it."""
        while (asked := read_whole_request(connection)) is not None:
            with self._lock:
                act = self._acts[min(len(self.asked), len(self._acts) - 1)]
                self.asked.append(asked)
            if not isinstance(act, bytes):
                act(connection)
                return
            connection.sendall(act)


def read_whole_request(connection: socket.socket) -> Asked | None:
    """One request with its body; None when the client has left."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (i.partition(":") for i in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        if not (piece := connection.recv(65536)):
            return None
        body += piece
    return Asked(method, target, headers, body.decode())


def http(body: str | bytes, *, status: str = "200 OK", headers: Sequence[str] = ()) -> bytes:
    """A whole answer."""
    content = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def success(result: object, result_type: str = "vector", **more: object) -> bytes:
    """An answer with a result."""
    data = {"resultType": result_type, "result": result}
    return http(json.dumps({"status": "success", "data": data, **more}))


def failure(status: str, kind: str, error: str, *headers: str) -> bytes:
    """An answer with an error as Prometheus words it."""
    body = json.dumps({"status": "error", "errorType": kind, "error": error})
    return http(body, status=status, headers=headers)


def prometheus_like(*acts: Act) -> tuple[ScriptedServer, Answers]:
    """A server that plays the acts, and what it will have been asked."""
    answers = Answers(*acts)
    server = ScriptedServer(answers)
    answers.url = f"http://127.0.0.1:{server.port}"
    return server, answers


def drip(connection: socket.socket) -> None:
    """One byte of the body every 20 ms, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        threading.Event().wait(0.02)


def drip_head(connection: socket.socket) -> None:
    """One byte of a header every 20 ms, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        connection.sendall(b"x")
        threading.Event().wait(0.02)


def endless(connection: socket.socket) -> None:
    """A body without an end, as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while True:
        connection.sendall(chunk)


def broken_off(connection: socket.socket) -> None:
    """Half of what was promised."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status":')
    connection.shutdown(socket.SHUT_RDWR)


def leave(connection: socket.socket) -> None:
    """Close without a word."""
    del connection  # it is closed when the act has ended
