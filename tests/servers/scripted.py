"""How does a test get a server that misbehaves in exactly one way?

A listener on loopback with a thread for each connection; what a connection does is a function of
its socket. `Script` functions below are the misdeeds the engines must name.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket], None]

BODY = b"hello"
GOOD_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Test: yes\r\n\r\n" + BODY
CLOSING_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" + BODY


class ScriptedServer:
    """Plays one script on every connection, over TLS when given a context."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._is_closing = False
        self.accepted = 0
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._is_closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        served = connection
        try:
            if self._tls is not None:
                served = self._tls.wrap_socket(connection, server_side=True)
            self._script(served)
        except OSError:
            pass  # the client left, or refused our certificate
        finally:
            with self._lock:
                self._open.discard(connection)
            served.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one head without a body; empty when the client has left."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return b""
        head += piece
    return head


def reset(connection: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_for_end(connection: socket.socket) -> None:
    """Do nothing until the client leaves."""
    while connection.recv(65536):
        pass


def answer_well(connection: socket.socket) -> None:
    """Answer every request."""
    while read_request(connection):
        connection.sendall(GOOD_ANSWER)


def answer_and_close(connection: socket.socket) -> None:
    """Answer one request, say that the connection ends, and end it."""
    if read_request(connection):
        connection.sendall(CLOSING_ANSWER)


def hang(connection: socket.socket) -> None:
    """Take the request and never answer."""
    wait_for_end(connection)


def close_before_answer(connection: socket.socket) -> None:
    """Read the request and close."""
    read_request(connection)


def reset_before_answer(connection: socket.socket) -> None:
    """Read the request and reset."""
    read_request(connection)
    reset(connection)


def close_on_second_request(connection: socket.socket) -> None:
    """Answer once, keep the connection, and close it when the next request comes."""
    if read_request(connection):
        connection.sendall(GOOD_ANSWER)
        read_request(connection)


def close_in_head(connection: socket.socket) -> None:
    """Close in the middle of the head."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def close_in_body(connection: socket.socket) -> None:
    """Promise 100 bytes, send ten and close."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")


def reset_in_body(connection: socket.socket) -> None:
    """Promise 100 bytes, send ten and reset once they are read."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
    threading.Event().wait(0.05)  # a reset at once would drop the bytes before they are read
    reset(connection)


def stall_in_body(connection: socket.socket) -> None:
    """Promise 100 bytes, send ten and no more."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
    wait_for_end(connection)


def drip_body(connection: socket.socket) -> None:
    """Send one byte of the body every 50 ms, so that only the total deadline ends it."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        threading.Event().wait(0.05)


def break_chunks(connection: socket.socket) -> None:
    """Send a good chunk, then one whose size is no number."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
    threading.Event().wait(0.05)
    connection.sendall(b"zz\r\n")
    wait_for_end(connection)


def speak_ssh(connection: socket.socket) -> None:
    """Answer in another protocol."""
    read_request(connection)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    wait_for_end(connection)


def answer_with(answer: bytes) -> Script:
    """Answer every request with the same bytes."""

    def script(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(answer)

    return script
