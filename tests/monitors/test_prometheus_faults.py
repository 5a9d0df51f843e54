"""Every way in which Prometheus can fail to answer, its name and its sentence, in bounded time."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from capacity.model.plan import Header, Secret
from capacity.monitors.answers import Answer, Fault, FaultKind
from capacity.monitors.prometheus_api import PrometheusApi
from tests.end_to_end.tool import free_port
from tests.monitors.sources import a_source, asked_of
from tests.servers.prometheus_like import (
    Act,
    Answers,
    broken_off,
    drip,
    drip_head,
    endless,
    failure,
    http,
    leave,
    success,
)
from tests.servers.scripted import reset, wait_for_end

OURS = "s3cr3t-token"


@dataclass(frozen=True, slots=True)
class Case:
    """An act of the server, and what the fault must say; `detail` is the text after the URL."""

    act: Act
    kind: FaultKind
    detail: str
    is_permanent: bool = False
    retry_after_s: float | None = None


@contextmanager
def asked_with_a_secret(
    *acts: Act, timeout_s: float = 10.0
) -> Iterator[tuple[PrometheusApi, Answers, str]]:
    """An API that sends a secret to a server that plays these acts, and the server's address."""
    headers = (Header("Authorization", Secret(f"Bearer {OURS}".encode())),)
    with asked_of(*acts, headers=headers, timeout_s=timeout_s) as (api, answers):
        yield api, answers, answers.url


ANSWERED_CASES = {
    "302": Case(
        http("", status="302 Found", headers=["Location: http://u:p@login.example/in?next=x#y"]),
        FaultKind.REDIRECTED,
        "HTTP 302: redirected to 'http://login.example/in'",
        is_permanent=True,
    ),
    "307 to an address that cannot be read": Case(
        http("", status="307 Temporary Redirect", headers=["Location: http://[oops"]),
        FaultKind.REDIRECTED,
        "HTTP 307: redirected to 'an address that cannot be read'",
        is_permanent=True,
    ),
    "400": Case(
        failure("400 Bad Request", "bad_data", "1:5: parse error: unexpected end"),
        FaultKind.BAD_QUERY,
        "HTTP 400: 'bad_data': '1:5: parse error: unexpected end'",
        is_permanent=True,
    ),
    "400 from something else": Case(
        http("Client sent an HTTP request to an HTTPS server.", status="400 Bad Request"),
        FaultKind.HTTP_STATUS,
        "HTTP 400: 'Client sent an HTTP request to an HTTPS ...'",
        is_permanent=True,
    ),
    "401": Case(
        http("Unauthorized", status="401 Unauthorized"),
        FaultKind.NOT_AUTHORISED,
        "HTTP 401: 'Unauthorized'",
        is_permanent=True,
    ),
    "403 to POST and GET": Case(
        http("", status="403 Forbidden"),
        FaultKind.NOT_AUTHORISED,
        "HTTP 403: no text",
        is_permanent=True,
    ),
    "405 to POST and GET": Case(
        http("no", status="405 Method Not Allowed"),
        FaultKind.HTTP_STATUS,
        "HTTP 405: 'no'",
        is_permanent=True,
    ),
    "404": Case(
        http("404 page not found", status="404 Not Found"),
        FaultKind.HTTP_STATUS,
        "HTTP 404: '404 page not found'",
        is_permanent=True,
    ),
    "418 with an error of many lines": Case(
        failure("418 Teapot", "", "one\ntwo\x1b[31m three \u202e"),
        FaultKind.HTTP_STATUS,
        "HTTP 418: '': 'one two\\x1b[31m three \\u202e'",
        is_permanent=True,
    ),
    "422": Case(
        failure("422 Unprocessable Entity", "execution", "would load too many samples"),
        FaultKind.BAD_QUERY,
        "HTTP 422: 'execution': 'would load too many samples'",
        is_permanent=True,
    ),
    "429": Case(
        http("slow down", status="429 Too Many Requests"),
        FaultKind.RATE_LIMITED,
        "HTTP 429: 'slow down'",
    ),
    "429 with seconds": Case(
        http("", status="429 Too Many Requests", headers=["Retry-After: 5"]),
        FaultKind.RATE_LIMITED,
        "HTTP 429: no text",
        retry_after_s=5.0,
    ),
    "429 with a date": Case(
        http(
            "",
            status="429 Too Many Requests",
            headers=[
                "Date: Sat, 21 Nov 2026 10:00:00 GMT",
                "Retry-After: Sat, 21 Nov 2026 10:00:30 -0000",
            ],
        ),
        FaultKind.RATE_LIMITED,
        "HTTP 429: no text",
        retry_after_s=30.0,
    ),
    "429 with a year": Case(
        http("", status="429 Too Many Requests", headers=["Retry-After: 99999999999999999999"]),
        FaultKind.RATE_LIMITED,
        "HTTP 429: no text",
        retry_after_s=3600.0,
    ),
    "429 with nonsense": Case(
        http("", status="429 Too Many Requests", headers=["Retry-After: soon"]),
        FaultKind.RATE_LIMITED,
        "HTTP 429: no text",
    ),
    "503 with its error": Case(
        failure("503 Service Unavailable", "timeout", "query timed out", "Retry-After: 7"),
        FaultKind.UNAVAILABLE,
        "HTTP 503: 'timeout': 'query timed out'",
        retry_after_s=7.0,
    ),
    "500 that repeats our secret": Case(
        failure("500 Internal", "internal", f"no such token: {OURS}, really"),
        FaultKind.UNAVAILABLE,
        "HTTP 500: 'internal': 'no such token: [redacted], really'",
    ),
    "599": Case(http("x", status="599 Odd"), FaultKind.HTTP_STATUS, "HTTP 599: 'x'"),
    "HTML": Case(
        http("<!DOCTYPE html>\n<html><head><title>Sign in, please</title></head></html>"),
        FaultKind.NOT_JSON,
        "the answer is no JSON; it begins with '<!DOCTYPE html> <html><head><title>Sign ...'",
    ),
    "truncated JSON": Case(
        http('{"status":"success","data":{"resultType":"vec'),
        FaultKind.NOT_JSON,
        'the answer is no JSON; it begins with \'{"status":"success","data":{"resultType"...\'',
    ),
    "no UTF-8": Case(
        http(b'{"status":"\xff\xfe"}'),
        FaultKind.NOT_JSON,
        'the answer is no JSON; it begins with \'{"status":"��"}\'',
    ),
    "deep nesting": Case(
        http("[" * 200_000),
        FaultKind.NOT_JSON,
        f"the answer is no JSON; it begins with '{'[' * 40}...'",
    ),
    "compressed": Case(
        http(b"\x1f\x8b", headers=["Content-Encoding: gzip"]),
        FaultKind.NOT_JSON,
        "the answer is compressed ('gzip') without being asked to",
    ),
    "an error with status 200": Case(
        failure("200 OK", "internal", "oops"),
        FaultKind.WRONG_SHAPE,
        "HTTP 200, but no success: 'oops'",
        is_permanent=True,
    ),
    "another status": Case(
        http('{"status": 1}'),
        FaultKind.WRONG_SHAPE,
        "HTTP 200, but no success: 'nothing'",
        is_permanent=True,
    ),
    "no object": Case(
        http("[1]"),
        FaultKind.WRONG_SHAPE,
        "the answer is a list and no object with a status",
        is_permanent=True,
    ),
    "no result": Case(
        http('{"status": "success", "data": []}'),
        FaultKind.WRONG_SHAPE,
        "there is no result in the answer",
        is_permanent=True,
    ),
    "one warning": Case(
        success([], warnings=["store 10.0.0.7 is gone"]),
        FaultKind.PARTIAL,
        "incomplete answer: 'store 10.0.0.7 is gone'",
    ),
    "odd warnings": Case(
        success([], warnings=[{"a": 1}, "b"]),
        FaultKind.PARTIAL,
        "incomplete answer: 'something' (and 1 more)",
    ),
    "too many series": Case(
        success([{"metric": {}, "value": [1, "1"]}] * 2001),
        FaultKind.TOO_LARGE,
        "the answer has 2001 series, at most 2000 are read; ask for less, like "
        "`max by (pod) (...)`",
        is_permanent=True,
    ),
    "too many lists": Case(
        http("[]," * 1_100_000),
        FaultKind.TOO_LARGE,
        "the answer has more than 16 MiB; ask for less, like `max by (pod) (...)`",
        is_permanent=True,
    ),
    "endless": Case(
        endless,
        FaultKind.TOO_LARGE,
        "the answer has more than 16 MiB; ask for less, like `max by (pod) (...)`",
        is_permanent=True,
    ),
    "closed": Case(
        leave,
        FaultKind.UNREACHABLE,
        "the connection broke off",
    ),
    "reset": Case(reset, FaultKind.UNREACHABLE, "connection reset by peer"),
    "broken off": Case(broken_off, FaultKind.UNREACHABLE, "the connection broke off"),
    "another protocol": Case(
        b"SSH-2.0-OpenSSH_9.6\r\n", FaultKind.UNREACHABLE, "the connection broke off"
    ),
    "a length that is none": Case(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        FaultKind.UNREACHABLE,
        "the connection broke off",
    ),
}


@pytest.mark.parametrize("case", ANSWERED_CASES.values(), ids=ANSWERED_CASES)
def test_names_the_fault(case: Case) -> None:
    """Each odd answer has its kind, its sentence and nothing secret in it, and is no answer."""
    with asked_with_a_secret(case.act) as (api, _, url):
        fault = api.vector("up", 1.0)

    wanted = Fault(case.kind, f"{url}: {case.detail}", case.is_permanent, case.retry_after_s)
    assert fault == wanted
    assert OURS not in fault.detail


@pytest.mark.parametrize(
    "act", [wait_for_end, drip, drip_head], ids=["hangs", "drips", "drips its head"]
)
def test_gives_up_in_time(act: Act) -> None:
    """A server that answers slowly or never holds nobody up, and the next call is a new one."""
    with asked_with_a_secret(act, success([]), timeout_s=0.3) as (api, _, url):
        begun_s = time.monotonic()
        fault = api.vector("up", None)
        took_s = time.monotonic() - begun_s
        again = api.vector("up", None)

    assert fault == Fault(
        FaultKind.TIMEOUT, f"{url}: no whole answer within 0.3s", is_permanent=False
    )
    assert 0.25 <= took_s < 5
    assert again == Answer(())


def test_says_when_nobody_listens() -> None:
    """A refused connection is told at once."""
    url = f"http://127.0.0.1:{free_port()}"
    api = PrometheusApi(a_source(url))
    begun_s = time.monotonic()
    fault = api.vector("up", None)
    api.close()
    assert fault == Fault(FaultKind.UNREACHABLE, f"{url}: connection refused", is_permanent=False)
    assert time.monotonic() - begun_s < 5


@pytest.mark.parametrize("url", ["nonsense", "http://%41:70000"])
def test_says_that_a_url_is_none(url: str) -> None:
    """An address that cannot be asked is a fault and no crash."""
    api = PrometheusApi(a_source(url))
    fault = api.vector("up", None)
    api.close()
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREACHABLE


def test_says_that_a_name_does_not_exist() -> None:
    """A name without an address is told as such."""
    api = PrometheusApi(a_source("http://no-such-host.invalid:9090"))
    fault = api.vector("up", None)
    api.close()
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREACHABLE
    assert "http://no-such-host.invalid:9090: the name could not be looked up: " in fault.detail


def test_forgives_an_idle_connection_that_was_closed() -> None:
    """A server that drops idle connections costs one more try, and no fault."""
    with asked_with_a_secret(success([]), leave, success([])) as (api, answers, _):
        assert [api.vector("up", None) for _ in range(2)] == [Answer(()), Answer(())]
    assert len(answers.asked) == 3


def test_reads_no_more_of_an_error_than_its_message() -> None:
    """A huge error page costs no more than its beginning."""
    with asked_with_a_secret(http("x" * 5_000_000, status="502 Bad Gateway")) as (api, _, url):
        fault = api.vector("up", None)
    text = f"{url}: HTTP 502: '{'x' * 40}...'"
    assert fault == Fault(FaultKind.UNAVAILABLE, text, is_permanent=False)


@pytest.mark.parametrize(
    "warnings",
    [None, [], ["PromQL info: metric might not be a counter"]],
    ids=["null", "none", "a remark"],
)
def test_a_remark_is_no_warning(warnings: list[str] | None) -> None:
    """What Prometheus only remarks does not make an answer incomplete."""
    act = success([], warnings=warnings, infos=["PromQL info: something"])
    with asked_with_a_secret(act) as (api, _, _):
        assert api.vector("up", None) == Answer(())


def test_takes_a_partial_answer_where_that_was_accepted() -> None:
    """With `accept_partial` a warning is no fault."""
    act = success([], warnings=["one store is gone"])
    with asked_of(act, accept_partial=True) as (api, _):
        assert api.vector("up", None) == Answer(())


def test_a_number_too_large_for_a_float_is_no_time() -> None:
    """An integer of 400 digits in place of a time is a wrong shape and no crash."""
    body = json.dumps(
        {
            "status": "success",
            "data": {
                "resultType": "vector",
                "result": [{"metric": {}, "value": [10**400, "1"]}],
            },
        }
    )
    with asked_with_a_secret(http(body)) as (api, _, url):
        fault = api.vector("up", None)
    text = f"{url}: the time or the value of a sample is no number"
    assert fault == Fault(FaultKind.WRONG_SHAPE, text, is_permanent=True)
