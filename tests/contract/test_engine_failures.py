"""The contract for failures: each misdeed of a server has one name in both engines."""

import socket

import pytest

from capacity.model.plan import Timeouts
from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    Drive,
    EngineFactory,
    check_books,
    plan_for,
    summary,
)
from tests.servers import scripted
from tests.servers.scripted import Script, ScriptedServer


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
