"""Does a call end in time when it is the way to the server that hangs?"""

import socket
import threading
import time
from typing import Any

import pytest

from capacity.monitors.answers import Fault, FaultKind
from capacity.monitors.prometheus_api import PrometheusApi
from capacity.monitors.prometheus_line import CutError, Line
from capacity.monitors.prometheus_session import PrometheusSession
from tests.monitors.prometheus_server import wait_until
from tests.monitors.sources import a_source


def test_a_resolver_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up of a name cannot be ended, but it can be left behind."""
    is_over = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        is_over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    api = PrometheusApi(a_source("http://prometheus.example:9090", timeout_s=0.3))
    begun_s = time.monotonic()
    fault = api.vector("up", None)
    took_s = time.monotonic() - begun_s
    is_over.set()
    api.close()

    text = "http://prometheus.example:9090: no whole answer within 0.3s"
    assert fault == Fault(FaultKind.TIMEOUT, text, is_permanent=False)
    assert 0.25 <= took_s < 10


def test_a_host_that_takes_no_connection_is_unreachable() -> None:
    """Half of the time is for connecting; a host that says nothing to that is told as such."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = []
        for _ in range(4):  # what nobody accepts fills its queue
            client = socket.socket()
            client.settimeout(0.0)
            client.connect_ex(address)
            waiting.append(client)
        api = PrometheusApi(a_source(f"http://127.0.0.1:{address[1]}", timeout_s=1.0))
        fault = api.vector("up", None)
        api.close()
        for client in waiting:
            client.close()

    text = f"http://127.0.0.1:{address[1]}: no connection in time"
    assert fault == Fault(FaultKind.UNREACHABLE, text, is_permanent=False)


def test_a_connection_that_comes_too_late_is_closed() -> None:
    """Nobody waits for it any more, so nobody else would close it."""
    line, may_connect, made = Line(), threading.Event(), socket.socket()

    def connect() -> socket.socket:
        may_connect.wait(60)
        return made

    with line.call(0.1), pytest.raises(CutError):
        line.open(connect)
    assert made.fileno() != -1
    may_connect.set()
    wait_until(lambda: made.fileno() == -1, "end of the socket")


def test_a_line_that_was_cut_opens_no_more() -> None:
    """After a cut nothing is connected to, and a call has nothing to rely on."""
    line = Line()
    line.cut()
    with line.call(60.0):
        with pytest.raises(CutError):
            line.open(socket.socket)
        with pytest.raises(CutError):
            line.check()


def test_a_session_that_has_asked_nothing_was_told_nothing() -> None:
    """There is no answer before the first question."""
    session = PrometheusSession(a_source("http://127.0.0.1:1"), Line())
    with pytest.raises(LookupError):
        session.last_told()
    session.close()
