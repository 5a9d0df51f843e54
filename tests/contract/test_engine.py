"""One contract for both engines, held against real servers on loopback."""

import socket
import threading
import time
from dataclasses import replace

import psutil
import pytest

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_process import DemoProcess
from capacity.model.plan import Header, HttpRequest, Secret
from tests.contract.driving import (
    Drive,
    EngineFactory,
    check_books,
    check_ends,
    check_grid,
    plan_for,
    port_of,
    stats_of,
    summary,
)
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


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

    assert counts.started == stats["requests"] > 100  # 500 and more on a machine of our own
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
        drive.drain()  # the last answers ended in a window that is still open
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
    assert 0.005 <= latency.p50_s < 0.010  # other work may share the cores
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
        assert load.runqueue_wait_ratio is not None
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


def test_closing_twice_leaves_nothing_behind(make: EngineFactory, demo: DemoProcess) -> None:
    """After close no thread, process, socket or descriptor of the engine is left."""

    def use_and_close() -> None:
        with Drive(make, plan_for(port_of(demo))) as drive:
            drive.set_concurrency(8)
            drive.run_for(0.2)
            drive.engine.close()
            drive.engine.close()

    def what_is_there() -> tuple[int, int, set[int]]:
        me = psutil.Process()
        children = {child.pid for child in me.children(recursive=True)}
        return me.num_threads(), me.num_fds(), children

    def is_no_more_than(first: tuple[int, int, set[int]]) -> bool:
        threads, files, children = what_is_there()
        return threads <= first[0] and files <= first[1] and children <= first[2]

    use_and_close()
    first = what_is_there()  # what stays for good, as the tracker of processes, is there by now
    use_and_close()
    # A thread that was joined is in the kernel's count until it has run its last instruction.
    deadline_s = time.monotonic() + 10.0
    while not is_no_more_than(first) and time.monotonic() < deadline_s:
        time.sleep(0.05)

    threads, files, children = what_is_there()
    assert threads <= first[0]
    assert files <= first[1]
    assert children <= first[2]


def test_closing_before_the_start_does_nothing(make: EngineFactory) -> None:
    """An engine that was never started can be closed."""
    engine = make(plan_for(9), (("127.0.0.1", 9),))
    engine.close()

    assert engine.notes != ()


@pytest.mark.parametrize("host", ["::1", "LocalHost"], ids=["IPv6", "name in capitals"])
def test_the_host_may_be_an_address_or_a_name(make: EngineFactory, host: str) -> None:
    """An IPv6 address and a name with capitals reach the pinned address."""
    address = "::1" if host == "::1" else "127.0.0.1"
    with DemoProcess(DemoOptions(host=address, port=0, service_time_s=0.002)) as service:
        plan = plan_for(port_of(service), host=host)
        with Drive(make, plan, address=address) as drive:
            drive.set_concurrency(2)
            drive.run_for(0.1)
            drive.drain()
        assert drive.counts().ok == stats_of(service)["requests"] > 2


def test_never_more_requests_than_the_fuse_allows(make: EngineFactory, demo: DemoProcess) -> None:
    """Of 333 allowed requests exactly 333 start, over all threads, and then none."""
    plan = plan_for(port_of(demo), threads=2)
    plan = replace(plan, fuses=replace(plan.fuses, max_requests=333))
    with Drive(make, plan) as drive:
        drive.set_concurrency(8)
        drive.next_window()
        drive.run_for(1.0)
        drive.drain()

    assert drive.counts().started == drive.counts().ok == 333
    assert stats_of(demo)["requests"] == 333
    check_books(drive.rows)
