"""Does one process hold as many connections as its descriptors allow, and all of them at work?"""

import resource
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from capacity import _core
from tests.end_to_end.nginx import nginx_requests, nginx_server

# What the design asks for in one process; a machine with a lower limit holds what that leaves.
DESIGN_CONNECTIONS = 50_000
SPARE_DESCRIPTORS = 1000
MAX_BYTES_PER_CONNECTION = 1300
PATIENCE_S = 60.0


def possible_connections() -> int:
    """As many as the hard limit on descriptors allows, here and for the server."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return DESIGN_CONNECTIONS
    return min(DESIGN_CONNECTIONS, hard - SPARE_DESCRIPTORS)


def resident_bytes() -> int:
    """The memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def make_pool(url: str, connections: int) -> _core.Pool:
    """One load thread for GET / with patient deadlines: the machine is small for this."""
    port = urlsplit(url).port
    assert port is not None
    pool = _core.Pool(
        addresses=[("127.0.0.1", port)],
        source_addresses=(),
        max_connections=connections,
        host_header=f"127.0.0.1:{port}",
        tls=False,
        server_name="127.0.0.1",
        verify_tls=True,
        ca_pem=None,
        method="GET",
        path=b"/",
        headers=[],
        body=None,
        ok_below_status=400,
        max_requests=1 << 62,
        threads=1,
        connect_timeout_s=PATIENCE_S,
        first_byte_timeout_s=PATIENCE_S,
        idle_timeout_s=PATIENCE_S,
        total_timeout_s=PATIENCE_S,
    )
    pool.start()
    return pool


class Books:
    """What the rows of a pool add up to."""

    def __init__(self, pool: _core.Pool) -> None:
        self.pool = pool
        self.counts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.connections_open = 0
        self.connect = _core.Histogram()
        self.in_flight = {0: 0}

    def read(self) -> None:
        """Take in the next row, if there is one soon."""
        row = self.pool.poll(0.2)
        if row is None:
            return
        self.counts.update(
            started=row.started,
            ok=row.ok,
            cut=row.cut,
            opened=row.connections_opened,
            attempts_failed=row.connections_failed,
        )
        self.failures.update(dict(row.failures))
        self.connections_open = row.connections_open
        self.in_flight[row.window] = row.in_flight if row.window_over else 1
        self.connect.add(_core.Histogram.from_blob(row.connect_blob))

    def read_for(self, duration_s: float) -> None:
        """Take in what comes in this time."""
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self.read()


def test_one_process_holds_every_connection_it_may(tmp_path: Path) -> None:
    """Up at a pace nginx survives, from several sources, all answered, at 1.3 KB a connection."""
    connections = possible_connections()
    with nginx_server(tmp_path, connections=connections) as url:
        before = nginx_requests(url)
        pool = make_pool(url, connections)
        try:
            books = Books(pool)
            pool.set_concurrency(1)
            books.read_for(2.2)
            baseline_bytes = resident_bytes()
            begun_s = time.monotonic()
            pool.set_concurrency(connections)
            while pool.ready_connections() < connections:
                assert time.monotonic() < begun_s + PATIENCE_S, pool.ready_connections()
                books.read()
            opening_s = time.monotonic() - begun_s
            books.read_for(2.2)
            per_connection = (resident_bytes() - baseline_bytes) / connections
            assert connections == books.connections_open
            pool.set_concurrency(0)
            pool.begin_window(1)
            while books.in_flight[0] > 0:
                assert time.monotonic() < begun_s + 2 * PATIENCE_S
                books.read()
        finally:
            pool.close()
        handled = nginx_requests(url) - before - 1
    # Every slot has opened one connection, and nothing that it started has ended but well.
    assert not books.failures
    assert (connections, 0) == (books.counts["opened"], books.counts["attempts_failed"])
    assert (handled, handled, 0) == tuple(books.counts[name] for name in ("started", "ok", "cut"))
    # A connect that met a full queue of the server takes a second or more; a starved server may
    # have a few of them.
    assert books.connect.quantile_s(0.95) < 0.9
    assert per_connection <= MAX_BYTES_PER_CONNECTION, f"up in {opening_s:.1f} s"
