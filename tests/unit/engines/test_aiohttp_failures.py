"""Tables of exceptions and the failure kinds they stand for."""

import asyncio
import errno
import ssl

import aiohttp
import pytest
from aiohttp import http_exceptions
from aiohttp.client_reqrep import ConnectionKey

from capacity.engines.aiohttp_failures import body_failure, connect_failure, head_failure
from capacity.model.snapshot import FailureKind

KEY = ConnectionKey(
    host="127.0.0.1",
    port=80,
    is_ssl=False,
    ssl=True,
    proxy=None,
    proxy_auth=None,
    proxy_headers_hash=None,
)


def verify_error(code: int) -> aiohttp.ClientConnectorCertificateError:
    """A certificate fault with OpenSSL's code."""
    error = ssl.SSLCertVerificationError(1, "some text")
    error.verify_code = code
    return aiohttp.ClientConnectorCertificateError(KEY, error)


def tls_error(reason: str) -> aiohttp.ClientConnectorSSLError:
    """A handshake fault with OpenSSL's reason."""
    error = ssl.SSLError(1, "some text")
    error.reason = reason
    return aiohttp.ClientConnectorSSLError(KEY, error)


def connect_error(number: int) -> aiohttp.ClientConnectorError:
    """A fault of connect with this errno."""
    return aiohttp.ClientConnectorError(KEY, OSError(number, "some text"))


def caused(error: BaseException, cause: BaseException) -> BaseException:
    """An exception raised from another."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "in_handshake", "kind"),
    [
        (connect_error(errno.ECONNREFUSED), False, FailureKind.CONN_REFUSED),
        (connect_error(errno.ETIMEDOUT), False, FailureKind.CONN_TIMEOUT),
        (connect_error(errno.EHOSTUNREACH), False, FailureKind.CONN_UNREACHABLE),
        (connect_error(errno.ENETUNREACH), False, FailureKind.CONN_UNREACHABLE),
        (connect_error(errno.ECONNRESET), False, FailureKind.CONN_RESET_EARLY),
        (connect_error(errno.ECONNRESET), True, FailureKind.TLS_OTHER),
        (connect_error(errno.ECONNREFUSED), True, FailureKind.CONN_REFUSED),
        (connect_error(errno.EMFILE), False, FailureKind.LOCAL_FD),
        (connect_error(errno.ENFILE), False, FailureKind.LOCAL_FD),
        (connect_error(errno.EADDRNOTAVAIL), False, FailureKind.LOCAL_PORTS),
        (connect_error(errno.ENOBUFS), False, FailureKind.LOCAL_MEMORY),
        (connect_error(errno.EPERM), False, FailureKind.LOCAL_OTHER),
        (aiohttp.ConnectionTimeoutError(), False, FailureKind.CONN_TIMEOUT),
        (aiohttp.ConnectionTimeoutError(), True, FailureKind.TLS_TIMEOUT),
        (asyncio.CancelledError(), False, FailureKind.CONN_TIMEOUT),
        (verify_error(10), True, FailureKind.TLS_CERT_EXPIRED),
        (verify_error(9), True, FailureKind.TLS_CERT_NOT_YET),
        (verify_error(62), True, FailureKind.TLS_CERT_NAME),
        (verify_error(64), True, FailureKind.TLS_CERT_NAME),
        (verify_error(20), True, FailureKind.TLS_CERT_UNTRUSTED),
        (verify_error(18), True, FailureKind.TLS_CERT_UNTRUSTED),
        (verify_error(26), True, FailureKind.TLS_CERT_OTHER),
        (tls_error("WRONG_VERSION_NUMBER"), True, FailureKind.TLS_NOT_TLS),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), True, FailureKind.TLS_VERSION),
        (tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), True, FailureKind.TLS_ALERT),
        (tls_error("BAD_EXTENSION"), True, FailureKind.TLS_OTHER),
        (RuntimeError("a bug"), False, FailureKind.LOCAL_OTHER),
    ],
)
def test_faults_before_there_is_a_connection(
    *,
    error: BaseException,
    in_handshake: bool,
    kind: FailureKind,
) -> None:
    """Type, errno and OpenSSL's codes decide; the text is the same everywhere."""
    assert connect_failure(error, in_handshake=in_handshake) is kind


RESET = aiohttp.ClientOSError(errno.ECONNRESET, "some text")


@pytest.mark.parametrize(
    ("error", "is_reused", "has_answered", "kind"),
    [
        (aiohttp.SocketTimeoutError(), False, False, FailureKind.RESP_TIMEOUT_FIRST_BYTE),
        (TimeoutError(), True, False, FailureKind.RESP_TIMEOUT_TOTAL),
        (asyncio.CancelledError(), False, False, FailureKind.RESP_TIMEOUT_TOTAL),
        (aiohttp.ServerDisconnectedError(), False, False, FailureKind.RESP_EOF_BEFORE_STATUS),
        (aiohttp.ServerDisconnectedError(), True, False, FailureKind.CONN_STALE),
        (aiohttp.ServerDisconnectedError(), True, True, FailureKind.RESP_EOF_HEADERS),
        (RESET, False, False, FailureKind.RESP_RESET_BEFORE_STATUS),
        (RESET, True, False, FailureKind.CONN_STALE),
        (RESET, True, True, FailureKind.RESP_RESET_HEADERS),
        (aiohttp.ClientOSError(errno.EPIPE, "text"), False, False, FailureKind.WRITE_RESET),
        (aiohttp.ClientConnectionResetError("text"), False, False, FailureKind.WRITE_RESET),
        (aiohttp.ClientConnectionResetError("text"), True, False, FailureKind.CONN_STALE),
        (aiohttp.ClientOSError(errno.ETIMEDOUT, "text"), True, False, FailureKind.CONN_TIMEOUT),
        (aiohttp.ClientOSError(errno.ENOBUFS, "text"), True, False, FailureKind.LOCAL_MEMORY),
        (ValueError("a bug"), True, False, FailureKind.LOCAL_OTHER),
    ],
)
def test_faults_before_the_head(
    *,
    error: BaseException,
    is_reused: bool,
    has_answered: bool,
    kind: FailureKind,
) -> None:
    """What a reused connection loses without a byte is stale; the rest is the target's."""
    assert head_failure(error, is_reused=is_reused, has_answered=has_answered) is kind


@pytest.mark.parametrize(
    ("parser_error", "kind"),
    [
        (http_exceptions.LineTooLong("x", 8190), FailureKind.PROTO_HEADER_TOO_LARGE),
        (http_exceptions.BadStatusLine("x"), FailureKind.PROTO_STATUS),
        (http_exceptions.InvalidHeader("x"), FailureKind.PROTO_HEADER),
        (http_exceptions.TransferEncodingError("x"), FailureKind.PROTO_CHUNK),
        (http_exceptions.BadHttpMessage("x"), FailureKind.PROTO_HEADER),
    ],
)
def test_faults_of_the_head_itself(
    parser_error: http_exceptions.HttpProcessingError, kind: FailureKind
) -> None:
    """The parser's own exception stands two causes deep in what the library raises."""
    between = caused(http_exceptions.HttpProcessingError(), parser_error)
    raised = aiohttp.ClientResponseError(
        aiohttp.RequestInfo(None, "GET", None),  # type: ignore[arg-type]  # no part of the decision
        (),
    )

    assert head_failure(caused(raised, between), is_reused=False, has_answered=True) is kind


def test_a_tls_alert_after_the_handshake_keeps_its_name() -> None:
    """In TLS 1.3 the demand for a client certificate shows only at the first read."""
    alert = ssl.SSLError(1, "some text")
    alert.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    raised = caused(aiohttp.ClientOSError(1, "some text"), alert)

    assert (
        head_failure(raised, is_reused=False, has_answered=False)
        is FailureKind.TLS_CLIENT_CERT_REQUIRED
    )


@pytest.mark.parametrize(
    ("error", "connection_error", "kind"),
    [
        (aiohttp.SocketTimeoutError(), None, FailureKind.RESP_TIMEOUT_IDLE),
        (TimeoutError(), None, FailureKind.RESP_TIMEOUT_TOTAL),
        (asyncio.CancelledError(), None, FailureKind.RESP_TIMEOUT_TOTAL),
        (aiohttp.ClientPayloadError(), RESET, FailureKind.RESP_RESET_BODY),
        (RESET, None, FailureKind.RESP_RESET_BODY),
        (
            aiohttp.ClientPayloadError(),
            aiohttp.ServerDisconnectedError(),
            FailureKind.RESP_EOF_BODY,
        ),
        (aiohttp.ClientPayloadError(), None, FailureKind.RESP_EOF_BODY),
        (
            aiohttp.ClientPayloadError(),
            http_exceptions.HttpProcessingError(),
            FailureKind.PROTO_CHUNK,
        ),
    ],
)
def test_faults_in_the_body(
    error: BaseException, connection_error: BaseException | None, kind: FailureKind
) -> None:
    """How the connection ended tells a truncation from a reset and from a broken chunk."""
    assert body_failure(error, connection_error) is kind
