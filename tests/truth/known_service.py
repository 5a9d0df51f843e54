"""A service that knows how long each of its answers took: `python -m tests.truth.known_service`.

The kernel stamps each request as it arrives, whether or not this process has a core just then, so
that its own waiting is part of the latency, as it is for every client. Prints its port; when its
input ends it writes arrival and answer of each request, in nanoseconds of the monotonic clock, to
the file it was given.
"""

import random
import socket
import struct
import sys
import threading
import time
from array import array
from pathlib import Path

# SO_TIMESTAMPNS of Linux, which the socket module does not name.
_TIMESTAMP_NS = 35
_NS_PER_S = 1_000_000_000
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class KnownService:
    """Answers each connection in a thread of its own, after a seeded log-normal time."""

    def __init__(self, *, median_s: float, sigma: float, seed: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        # Inherited, so that the first request of a connection is stamped, too.
        self.listener.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
        self.stamps: list[array[int]] = []
        self._median_s = median_s
        self._sigma = sigma
        self._seed = seed

    def serve(self) -> None:
        """Accept until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            stamps: array[int] = array("q")
            self.stamps.append(stamps)
            dice = random.Random(self._seed * 1_000 + len(self.stamps))  # noqa: S311 - no secret
            threading.Thread(target=self._answer, args=(connection, stamps, dice)).start()

    def _answer(self, connection: socket.socket, stamps: "array[int]", dice: random.Random) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel stamps with wall time.
        offset_ns = time.time_ns() - time.monotonic_ns()
        with connection:
            while True:
                try:
                    request, ancillary, _, _ = connection.recvmsg(4096, 64)
                except ConnectionError:
                    return
                if not request:
                    return
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                time.sleep(self._median_s * dice.lognormvariate(0.0, self._sigma))
                answered_ns = time.monotonic_ns()
                try:
                    connection.sendall(_ANSWER)
                except ConnectionError:
                    return
                stamps.append(seconds * _NS_PER_S + nanoseconds - offset_ns)
                stamps.append(answered_ns)


def main(median_s: float, sigma: float, seed: int, out: Path) -> None:
    """Serve until standard input ends, then write every stamp."""
    service = KnownService(median_s=median_s, sigma=sigma, seed=seed)
    threading.Thread(target=service.serve, daemon=True).start()
    sys.stdout.write(f"{service.listener.getsockname()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    with out.open("wb") as stream:
        for stamps in service.stamps:
            stream.write(stamps.tobytes())


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
