"""Tests of asking a service for its profile: good answers, bad ones, and none."""

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from capacity.hooks import pprof_fetch
from capacity.hooks.fault import HookError
from capacity.hooks.pprof_fetch import PprofFetch
from capacity.model.hooks import PprofSource
from tests.hooks.answering import answering, with_status
from tests.unit.stacks.builders import Stack, a_pprof

PROFILE = a_pprof([Stack(["main.burn"], 100)])


def test_asks_for_so_many_seconds() -> None:
    """The length is in the query, and the profile comes as it was sent."""
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        with_status(200, PROFILE)(handler)

    with answering(answer) as source:
        assert PprofFetch(source, 2.0).fetch() == PROFILE
    assert asked == ["/prof?seconds=2"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (
            500,
            b"Could not enable CPU profiling: cpu profiling already in use\n",
            "another profiler is at work there, and only one can be (Could not enable CPU "
            "profiling: cpu profiling already in use)",
        ),
        (404, b"404 page not found", "there is no profile (404): a Go program offers it by"),
        (400, b"profile duration exceeds server's WriteTimeout", "the service answered 400 (prof"),
        (302, b"", "the service answered 302"),
        (503, b"\x1b[31mtoken=abc\n" + b"x" * 900, "answered 503 (token=[redacted] xxx"),
        (200, b"<html>", "what /prof answers is no profile in the format of pprof"),
    ],
)
def test_tells_what_was_refused(status: int, body: bytes, reason: str) -> None:
    """In the service's own words, which are short, harmless and without secrets."""
    with answering(with_status(status, body)) as source, pytest.raises(HookError) as caught:
        PprofFetch(source, 1.0).fetch()
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300


def test_tells_that_nobody_listens() -> None:
    """A port where nothing is."""
    with answering(with_status(200, b"")) as source:
        pass
    with pytest.raises(HookError, match="Connection refused"):
        PprofFetch(source, 1.0).fetch()


def test_tells_that_something_else_listens() -> None:
    """An answer that is no HTTP."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")

    with answering(answer) as source, pytest.raises(HookError, match="BadStatusLine"):
        PprofFetch(source, 1.0).fetch()


def test_asks_over_tls_with_a_certificate_that_holds() -> None:
    """A server that speaks plain HTTP cannot be asked over TLS."""
    with answering(with_status(200, PROFILE)) as plain:
        source = PprofSource(plain.url, "https", plain.host, plain.port)
        with pytest.raises(HookError, match="WRONG_VERSION_NUMBER"):
            PprofFetch(source, 1.0).fetch()


def test_reads_no_endless_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than any profile has is not read to its end."""
    monkeypatch.setattr(pprof_fetch, "MAX_ANSWER_BYTES", 100_000)
    with (
        answering(with_status(200, b"\x1f\x8b" + b"x" * 300_000)) as source,
        pytest.raises(HookError, match="larger than"),
    ):
        PprofFetch(source, 1.0).fetch()


def test_waits_for_no_dripping_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that goes on and on ends at its deadline."""
    monkeypatch.setattr(pprof_fetch, "GRACE_S", 0.3)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.02)

    with answering(answer) as source, pytest.raises(HookError, match="did not end in time"):
        PprofFetch(source, 0.1).fetch()


def test_waits_for_no_flood_of_interim_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next "100 Continue" is there at once, and the answer never."""
    monkeypatch.setattr(pprof_fetch, "GRACE_S", 0.2)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        end_s = time.monotonic() + 5.0
        with suppress(OSError):
            while time.monotonic() < end_s:
                handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with answering(answer) as source:
        begun_s = time.monotonic()
        with pytest.raises(HookError, match="no answer in time"):
            PprofFetch(source, 0.1).fetch()
        assert time.monotonic() - begun_s < 4.0


def test_ends_in_the_middle_of_an_answer() -> None:
    """The connection has let go of its socket by then, as no other answer will follow."""
    is_over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b")
        is_over.wait(4.0)

    with answering(answer) as source:
        fetch = PprofFetch(source, 5.0)
        timer = threading.Timer(0.3, fetch.end)
        timer.start()
        begun_s = time.monotonic()
        assert fetch.fetch() == b"\x1f\x8b"
        assert time.monotonic() - begun_s < 3.0
        is_over.set()
        timer.join()


def test_waits_for_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that never answers has the time of the profile and a grace."""
    monkeypatch.setattr(pprof_fetch, "GRACE_S", 0.1)
    is_over = threading.Event()

    def answer(_: BaseHTTPRequestHandler) -> None:
        is_over.wait(5.0)

    with answering(answer) as source:
        with pytest.raises(HookError, match="no answer in time"):
            PprofFetch(source, 0.1).fetch()
        is_over.set()


def test_ends_when_asked_to() -> None:
    """At the end of the run nobody waits for the rest of the profile."""
    is_over = threading.Event()

    def answer(_: BaseHTTPRequestHandler) -> None:
        is_over.wait(5.0)

    with answering(answer) as source:
        fetch = PprofFetch(source, 5.0)
        fetch.end()  # before it was begun there is nothing to end
        timer = threading.Timer(0.2, fetch.end)
        timer.start()
        with pytest.raises(HookError):
            fetch.fetch()
        is_over.set()
        timer.join()
