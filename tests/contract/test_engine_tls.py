"""The contract over TLS: whom both engines believe, and how they name a fault."""

import socket
import ssl
from pathlib import Path

import pytest
import trustme

from capacity.engines.native import probe_target
from capacity.errors import TargetError
from capacity.model.plan import Timeouts, TlsTrust
from capacity.model.snapshot import FailureKind
from tests.contract.driving import (
    Drive,
    EngineFactory,
    check_books,
    plan_for,
)
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


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


@pytest.mark.parametrize(
    ("trust", "hint"),
    [
        pytest.param(
            TlsTrust.SYSTEM, "name the authority that signed it with --cacert", id="no file"
        ),
        pytest.param(TlsTrust.CA_FILE, "the file of --cacert did not sign it", id="another's file"),
    ],
)
def test_hint_does_not_repeat_what_the_user_has_done(
    ca_file: Path, trust: TlsTrust, hint: str
) -> None:
    """Who named an authority used to be told to name one."""
    tls = tls_context(trustme.CA(), "127.0.0.1")
    with ScriptedServer(scripted.answer_well, tls=tls) as server:
        named = ca_file if trust is TlsTrust.CA_FILE else None
        plan = plan_for(server.port, scheme="https", ca_file=named)
        with pytest.raises(TargetError) as raised:
            probe_target(plan.target, (("127.0.0.1", server.port),), ())

    assert raised.value.hint.startswith(hint)
