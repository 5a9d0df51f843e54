"""One contract for both engines, held against real servers on loopback."""

import json
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import trustme

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from capacity.model.plan import Header, HttpRequest, Secret, Timeouts, TlsTrust
from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    ENGINES,
    Drive,
    EngineFactory,
    check_books,
    check_ends,
    check_grid,
    plan_for,
    summary,
)
from tests.servers import scripted
from tests.servers.scripted import Script, ScriptedServer


@pytest.fixture(params=sorted(ENGINES))
def make(request: pytest.FixtureRequest) -> EngineFactory:
    """The engine under test."""
    return ENGINES[request.param]


@pytest.fixture
def demo() -> Iterator[DemoProcess]:
    """A service of 8 servers x 5 ms: 1,600 requests per second, knee at 8."""
    with DemoProcess(DemoOptions(port=0, servers=8, service_time_s=0.005)) as service:
        yield service


def port_of(service: DemoProcess) -> int:
    """The port of a demo service."""
    port = urlsplit(service.url).port
    assert port is not None
    return port


def stats_of(service: DemoProcess) -> dict[str, int]:
    """The service's own exact counts."""
    with urllib.request.urlopen(f"{service.url}stats", timeout=5) as response:  # noqa: S310  # loopback
        counts: dict[str, int] = json.load(response)
    return counts


def test_every_request_is_counted_once(make: EngineFactory, demo: DemoProcess) -> None:
    """Over windows and changes of concurrency, the client counts what the server counts."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        for concurrency in (1, 5, 16, 3, 12):
            drive.set_concurrency(concurrency)
            drive.next_window()
            drive.run_for(0.4)
            drive.next_window()
            drive.run_for(0.15)
        drive.drain()
    stats = stats_of(demo)
    counts = drive.counts()

    assert counts.started == stats["requests"] > 500
    assert counts.ok == stats["answered"] == counts.started
    assert counts.statuses == {200: counts.ok}
    assert stats["max_in_flight"] == 16
    check_books(drive.rows)
    check_grid(drive.rows)
    check_ends(drive.rows)


def test_rows_are_on_a_second_grid_from_the_start_of_each_window(
    make: EngineFactory, demo: DemoProcess
) -> None:
    """A window of 2.3 s gives rows of one second, one second and the rest."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(2)
        window = drive.next_window()
        drive.run_for(2.3)
        drive.drain()
    spans_s = [row.end_s - row.start_s for row in drive.of(window) if row.end_s > row.start_s]

    assert spans_s[:2] == pytest.approx([1.0, 1.0], abs=1e-6)
    assert 0.2 < spans_s[2] < 0.6
    check_grid(drive.rows)
    assert sum(row.ended_all for row in drive.rows) == drive.counts().started


def test_latency_is_the_service_time_and_a_little_more(
    make: EngineFactory, demo: DemoProcess
) -> None:
    """Below the knee the median is the service time; throughput follows from it."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(4)
        window = drive.next_window()
        drive.run_for(1.5)
        drive.drain()
    rows = drive.of(window)
    latency = summary(row.latency_blob for row in rows)
    first_byte = summary(row.first_byte_blob for row in rows)

    assert latency.count == first_byte.count == drive.counts(window).ok
    assert 0.005 <= latency.p50_s < 0.008
    assert 0.005 <= first_byte.p50_s <= latency.p50_s * 1.002
    assert latency.min_s >= 0.005
    assert all(row.failed_latency_blob == b"" for row in drive.rows)


def test_the_generator_tells_its_own_load(make: EngineFactory, demo: DemoProcess) -> None:
    """Full intervals carry CPU and waiting of the busiest thread or process."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(8)
        drive.run_for(1.3)
        drive.drain()
    loads = [row.generator for row in drive.rows if row.end_s - row.start_s > 0.9]

    assert loads
    for load in loads:
        assert load is not None
        assert 0.0 < load.cpu_ratio < 1.1
        assert 0.0 <= load.runqueue_wait_ratio < 1.0


def test_zero_concurrency_starts_nothing_new(make: EngineFactory, demo: DemoProcess) -> None:
    """After the drain the server sees no further request, and connections stay open."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(8)
        drive.run_for(0.3)
        drive.drain()
        before = stats_of(demo)["requests"]
        drive.run_for(0.3)
        after = stats_of(demo)["requests"]
        assert before == after == drive.counts().started

        drive.set_concurrency(4)
        drive.run_for(0.2)
        drive.drain()
    assert drive.counts().started == stats_of(demo)["requests"] > after
    check_books(drive.rows)


def test_raised_concurrency_opens_only_the_difference(
    make: EngineFactory, demo: DemoProcess
) -> None:
    """From 4 to 12 slots eight connections are opened, and none is closed."""
    with Drive(make, plan_for(port_of(demo))) as drive:
        drive.set_concurrency(4)
        drive.run_for(0.2)
        drive.set_concurrency(12)
        drive.run_for(0.2)
        drive.next_window()
        drive.wait_until(lambda: drive.is_complete(0))
        intervals = [row for row in drive.of(0) if row.end_s > row.start_s]
        drive.drain()
    opened = sum(row.connections.opened for row in drive.rows)

    assert opened == 12
    assert sum(row.connections.closed_by_target for row in drive.rows) == 0
    assert intervals[-1].connections_open == 12
    assert summary(row.connect_blob for row in drive.rows).count == 12


def test_a_refused_status_is_a_failure_with_its_status(make: EngineFactory) -> None:
    """503 is http.status, counted by code, and its latency is kept apart."""
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    with (
        ScriptedServer(scripted.answer_with(answer)) as server,
        Drive(make, plan_for(server.port)) as drive,
    ):
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert counts.failures == {FailureKind.HTTP_STATUS: counts.started}
    assert counts.statuses == {503: counts.started}
    assert counts.ok == 0
    assert summary(row.failed_latency_blob for row in drive.rows).count == counts.started
    assert all(row.latency_blob == b"" and row.first_byte_blob == b"" for row in drive.rows)
    assert sum(row.ended_ok for row in drive.rows) == 0


def test_bytes_are_counted_exactly(make: EngineFactory) -> None:
    """Received bytes are the answers' sizes; sent bytes are the same for each request."""
    with (
        ScriptedServer(scripted.answer_well) as server,
        Drive(make, plan_for(server.port)) as drive,
    ):
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
    counts = drive.counts()

    assert counts.ok == counts.started > 0
    assert counts.received_bytes == counts.ok * len(scripted.GOOD_ANSWER)
    assert counts.sent_bytes % counts.ok == 0
    assert counts.sent_bytes // counts.ok > len(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


def test_the_request_is_what_the_plan_says(make: EngineFactory) -> None:
    """Method, path, headers and body reach the server as written, Host and length added."""
    heads: list[bytes] = []
    bodies: list[bytes] = []

    def script(connection: socket.socket) -> None:
        while head := scripted.read_request(connection):
            fields, _, body = head.partition(b"\r\n\r\n")
            while len(body) < 7:
                body += connection.recv(100)
            heads.append(fields)
            bodies.append(body)
            connection.sendall(scripted.GOOD_ANSWER)

    call = HttpRequest(
        "PUT",
        Secret(b"/a%20b?q=1&r=%2F"),
        "/a%20b",
        (Header("Authorization", Secret(b"Bearer x")), Header("X-Twice", Secret(b"y"))),
        Secret(b"payload"),
    )
    with ScriptedServer(script) as server, Drive(make, plan_for(server.port, call=call)) as drive:
        drive.set_concurrency(1)
        drive.run_for(0.1)
        drive.drain()
    line, *fields = heads[0].decode().split("\r\n")
    named = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}

    assert line == "PUT /a%20b?q=1&r=%2F HTTP/1.1"
    assert named.pop("user-agent").startswith("capacity/")
    assert named == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": "Bearer x",
        "x-twice": "y",
        "content-length": "7",
    }
    assert set(bodies) == {b"payload"}
    assert drive.counts().ok == len(bodies)


def test_a_refused_connection_backs_off(make: EngineFactory) -> None:
    """A closed port gives conn.refused, and a bounded number of attempts per slot."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with Drive(make, plan_for(port)) as drive:
        drive.set_concurrency(4)
        drive.run_for(1.0)
        drive.drain()
    counts = drive.counts()
    attempts = sum(row.connections.attempts_failed for row in drive.rows)

    assert drive.failures() == {FailureKind.CONN_REFUSED}
    # Per slot and second: seven attempts while the pause doubles, then ten to twenty.
    assert 4 * 8 <= counts.started <= 4 * 40
    assert attempts == counts.started
    assert all(row.failed_latency_blob == b"" for row in drive.rows)
    check_books(drive.rows)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        pytest.param(
            scripted.close_before_answer, FailureKind.RESP_EOF_BEFORE_STATUS, id="eof first"
        ),
        pytest.param(
            scripted.reset_before_answer, FailureKind.RESP_RESET_BEFORE_STATUS, id="reset first"
        ),
        pytest.param(scripted.close_in_head, FailureKind.RESP_EOF_HEADERS, id="eof in head"),
        pytest.param(scripted.close_in_body, FailureKind.RESP_EOF_BODY, id="eof in body"),
        pytest.param(scripted.reset_in_body, FailureKind.RESP_RESET_BODY, id="reset in body"),
        pytest.param(scripted.break_chunks, FailureKind.PROTO_CHUNK, id="broken chunk"),
    ],
)
def test_a_broken_answer_is_named(make: EngineFactory, script: Script, kind: FailureKind) -> None:
    """Each misdeed of a server has its own kind, and the books balance."""
    with ScriptedServer(script) as server, Drive(make, plan_for(server.port)) as drive:
        drive.set_concurrency(2)
        drive.wait_until(lambda: server.accepted >= 6)
        drive.drain()

    assert drive.failures() == {kind}
    assert drive.counts().failures[kind] == drive.counts().started
    check_books(drive.rows)


def test_another_protocol_is_named(make: EngineFactory) -> None:
    """What is not HTTP is a fault of the proto family, not of the network."""
    with (
        ScriptedServer(scripted.speak_ssh) as server,
        Drive(make, plan_for(server.port)) as drive,
    ):
        drive.set_concurrency(1)
        drive.wait_until(lambda: server.accepted >= 3)
        drive.drain()

    assert drive.failures() <= {FailureKind.PROTO_NOT_HTTP, FailureKind.PROTO_STATUS}
    assert drive.counts().ok == 0


def test_a_lost_race_for_a_kept_connection_is_stale(make: EngineFactory) -> None:
    """A reused connection that closes without a byte is conn.stale; there is no silent retry."""
    with (
        ScriptedServer(scripted.close_on_second_request) as server,
        Drive(make, plan_for(server.port)) as drive,
    ):
        drive.set_concurrency(1)
        drive.wait_until(lambda: server.accepted >= 4)
        drive.drain()
    counts = drive.counts()

    assert drive.failures() == {FailureKind.CONN_STALE}
    assert abs(counts.ok - counts.failures[FailureKind.CONN_STALE]) <= 1
    assert sum(row.connections.closed_by_target for row in drive.rows) >= 3


def test_connections_that_the_target_ends_are_counted(make: EngineFactory) -> None:
    """One connection for each request, each closed by the target; the answers are good."""
    with (
        ScriptedServer(scripted.answer_and_close) as server,
        Drive(make, plan_for(server.port)) as drive,
    ):
        drive.set_concurrency(2)
        drive.run_for(0.2)
        drive.drain()
        drive.run_for(0.1)
        drive.next_window()
        drive.wait_until(lambda: drive.is_complete(1))
    counts = drive.counts()

    assert counts.ok == counts.started > 4
    assert sum(row.connections.opened for row in drive.rows) == counts.started
    assert sum(row.connections.closed_by_target for row in drive.rows) == counts.started
    intervals = [row for row in drive.rows if row.end_s > row.start_s]
    assert intervals[-1].connections_open == 0


@pytest.mark.parametrize(
    ("script", "timeouts", "kind", "deadline_s"),
    [
        pytest.param(
            scripted.hang,
            Timeouts(connect_s=5.0, first_byte_s=0.3, idle_s=5.0, total_s=5.0),
            FailureKind.RESP_TIMEOUT_FIRST_BYTE,
            0.3,
            id="no answer",
        ),
        pytest.param(
            scripted.stall_in_body,
            Timeouts(connect_s=5.0, first_byte_s=5.0, idle_s=0.3, total_s=5.0),
            FailureKind.RESP_TIMEOUT_IDLE,
            0.3,
            id="stalled body",
        ),
        pytest.param(
            scripted.drip_body,
            Timeouts(connect_s=5.0, first_byte_s=5.0, idle_s=5.0, total_s=0.4),
            FailureKind.RESP_TIMEOUT_TOTAL,
            0.4,
            id="dripping body",
        ),
        pytest.param(
            scripted.hang,
            Timeouts(connect_s=5.0, first_byte_s=5.0, idle_s=5.0, total_s=0.4),
            FailureKind.RESP_TIMEOUT_TOTAL,
            0.4,
            id="no answer in all",
        ),
    ],
)
def test_a_time_out_comes_at_its_deadline(
    make: EngineFactory, script: Script, timeouts: Timeouts, kind: FailureKind, deadline_s: float
) -> None:
    """A hung request is a time-out, counted at its deadline and not later."""
    with (
        ScriptedServer(script) as server,
        Drive(make, plan_for(server.port, timeouts=timeouts)) as drive,
    ):
        drive.set_concurrency(2)
        drive.run_for(1.0)
        drive.drain()
    latency = summary(row.failed_latency_blob for row in drive.rows)

    assert drive.failures() == {kind}
    assert deadline_s - 0.011 <= latency.p50_s <= deadline_s + 0.05
    check_books(drive.rows)


def test_cut_requests_are_no_failures(make: EngineFactory) -> None:
    """What is in flight at a cut is counted as cut, in the window in which it started."""
    with ScriptedServer(scripted.hang) as server, Drive(make, plan_for(server.port)) as drive:
        drive.set_concurrency(6)
        drive.wait_until(lambda: server.accepted == 6)
        drive.run_for(0.1)
        drive.engine.set_concurrency(0)
        drive.next_window()
        drive.run_for(0.1)
        assert not drive.is_complete(0)
        drive.engine.cut()
        drive.wait_until(lambda: drive.is_complete(0), within_s=3.0)

    assert drive.counts(0).started == drive.counts(0).cut == 6
    assert drive.counts().failures == {}
    check_books(drive.rows)
    check_ends(drive.rows)


def test_load_goes_on_after_a_cut(make: EngineFactory) -> None:
    """A cut drops what is in flight; slots that are still wanted begin anew."""
    with ScriptedServer(scripted.hang) as server, Drive(make, plan_for(server.port)) as drive:
        drive.set_concurrency(3)
        drive.wait_until(lambda: server.accepted == 3)
        drive.run_for(0.1)
        drive.engine.cut()
        drive.wait_until(lambda: server.accepted == 6)
        drive.run_for(0.1)
        drive.engine.set_concurrency(0)
        drive.engine.cut()
        drive.drain()

    assert drive.counts().started == drive.counts().cut == 6
    check_books(drive.rows)


def test_stragglers_belong_to_the_window_they_started_in(make: EngineFactory) -> None:
    """A slow answer is booked in its own window after that was left, outside any interval."""
    release = threading.Event()

    def script(connection: socket.socket) -> None:
        while scripted.read_request(connection):
            release.wait(10)
            connection.sendall(scripted.GOOD_ANSWER)

    with ScriptedServer(script) as server, Drive(make, plan_for(server.port)) as drive:
        drive.engine.set_concurrency(3)
        drive.wait_until(lambda: server.accepted == 3)
        drive.run_for(0.1)
        drive.engine.set_concurrency(0)
        drive.next_window()
        drive.wait_until(lambda: any(row.window_over for row in drive.of(0)))
        assert drive.of(0)[-1].in_flight == 3
        release.set()
        drive.wait_until(lambda: drive.is_complete(0), within_s=3.0)
    stragglers = [row for row in drive.of(0) if row.start_s == row.end_s]

    assert sum(row.counts.ok for row in stragglers) == 3
    assert all(row.ended_ok == row.ended_all == 0 for row in stragglers)
    assert summary(row.latency_blob for row in stragglers).count == 3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authority's certificate as a file."""
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """A server's TLS for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_tls_with_a_known_authority(
    make: EngineFactory, authority: trustme.CA, ca_file: Path
) -> None:
    """A certificate of the given authority is believed, by address and by name."""
    for host in ("127.0.0.1", "localhost"):
        tls = tls_context(authority, host)
        with (
            ScriptedServer(scripted.answer_well, tls=tls) as server,
            Drive(make, plan_for(server.port, scheme="https", host=host, ca_file=ca_file)) as drive,
        ):
            drive.set_concurrency(2)
            drive.run_for(0.2)
            drive.drain()

        assert drive.counts().ok == drive.counts().started > 2
        assert server.accepted == 2


@pytest.mark.parametrize(
    ("names", "trust", "kind"),
    [
        pytest.param(
            ("127.0.0.1",), TlsTrust.SYSTEM, FailureKind.TLS_CERT_UNTRUSTED, id="unknown authority"
        ),
        pytest.param(
            ("other.example",), TlsTrust.CA_FILE, FailureKind.TLS_CERT_NAME, id="other name"
        ),
    ],
)
def test_tls_that_is_not_believed(
    make: EngineFactory,
    authority: trustme.CA,
    ca_file: Path,
    names: tuple[str, ...],
    trust: TlsTrust,
    kind: FailureKind,
) -> None:
    """A certificate that cannot be believed is named, and no request is sent."""
    requests: list[bytes] = []

    def script(connection: socket.socket) -> None:
        requests.append(scripted.read_request(connection))

    with (
        ScriptedServer(script, tls=tls_context(authority, *names)) as server,
        Drive(
            make,
            plan_for(
                server.port,
                scheme="https",
                ca_file=ca_file if trust is TlsTrust.CA_FILE else None,
                trust=trust,
            ),
        ) as drive,
    ):
        drive.set_concurrency(2)
        drive.wait_until(lambda: server.accepted >= 6)
        drive.drain()

    assert drive.failures() == {kind}
    assert [request for request in requests if request] == []
    check_books(drive.rows)


def test_insecure_tls_believes_anybody(make: EngineFactory, authority: trustme.CA) -> None:
    """With trust switched off, neither authority nor name is looked at."""
    with (
        ScriptedServer(scripted.answer_well, tls=tls_context(authority, "other.example")) as server,
        Drive(make, plan_for(server.port, scheme="https", trust=TlsTrust.INSECURE)) as drive,
    ):
        drive.set_concurrency(1)
        drive.run_for(0.1)
        drive.drain()

    assert drive.counts().ok == drive.counts().started > 0


def test_plain_http_on_a_tls_port_is_a_fault_of_the_plan(make: EngineFactory) -> None:
    """A server that does not speak TLS is tls.not_tls."""

    def script(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with (
        ScriptedServer(script) as server,
        Drive(make, plan_for(server.port, scheme="https")) as drive,
    ):
        drive.set_concurrency(1)
        drive.wait_until(lambda: server.accepted >= 3)
        drive.drain()

    assert drive.failures() == {FailureKind.TLS_NOT_TLS}


@pytest.mark.parametrize(
    ("scheme", "kind"), [("https", FailureKind.TLS_TIMEOUT)], ids=["silent handshake"]
)
def test_a_connection_that_does_not_come_up_times_out(
    make: EngineFactory, scheme: str, kind: FailureKind
) -> None:
    """A handshake without an answer ends at the connect deadline."""
    timeouts = Timeouts(connect_s=0.3, first_byte_s=5.0, idle_s=5.0, total_s=5.0)
    with (
        ScriptedServer(scripted.hang) as server,
        Drive(make, plan_for(server.port, scheme=scheme, timeouts=timeouts)) as drive,
    ):
        drive.set_concurrency(2)
        drive.run_for(0.8)
        drive.drain()

    assert drive.failures() == {kind}
    assert 4 <= drive.counts().started <= 8
    assert all(row.failed_latency_blob == b"" for row in drive.rows)


def test_a_full_accept_queue_times_out(make: EngineFactory) -> None:
    """A listener that never accepts leaves connects hanging: conn.timeout."""
    timeouts = Timeouts(connect_s=0.3, first_byte_s=5.0, idle_s=5.0, total_s=5.0)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        with Drive(make, plan_for(port, timeouts=timeouts)) as drive:
            drive.set_concurrency(2)
            drive.run_for(0.8)
            drive.drain()
        for filler in fillers:
            filler.close()

    assert drive.failures() == {FailureKind.CONN_TIMEOUT}


def test_closing_twice_leaves_nothing_behind(make: EngineFactory, demo: DemoProcess) -> None:
    """After close no thread, process, socket or descriptor of the engine is left."""

    def use_and_close() -> tuple[int, int, set[int]]:
        with Drive(make, plan_for(port_of(demo))) as drive:
            drive.set_concurrency(8)
            drive.run_for(0.2)
            drive.engine.close()
            drive.engine.close()
        del drive
        me = psutil.Process()
        children = {child.pid for child in me.children(recursive=True)}
        return me.num_threads(), me.num_fds(), children

    first = (
        use_and_close()
    )  # what stays for good, as the tracker of processes, is there from now on
    second = use_and_close()

    assert second == first


def test_closing_before_the_start_does_nothing(make: EngineFactory) -> None:
    """An engine that was never started can be closed."""
    engine = make(plan_for(9), (("127.0.0.1", 9),))
    engine.close()

    assert engine.notes != ()
