"""Which failure kind does an exception of aiohttp, of TLS or of the system stand for?

Decided by type, errno and OpenSSL's own codes, never by the text of a message. The library does not
tell everything the Rust core sees: a head that stops half way is `resp.timeout.first_byte` here,
and a chunk that is broken in the same packet as its head is `proto.header`.
"""

import asyncio
import errno
import ssl

import aiohttp
from aiohttp import http_exceptions

from capacity.model.snapshot import FailureKind

_BY_ERRNO = {
    errno.ECONNREFUSED: FailureKind.CONN_REFUSED,
    errno.ETIMEDOUT: FailureKind.CONN_TIMEOUT,
    errno.EHOSTUNREACH: FailureKind.CONN_UNREACHABLE,
    errno.ENETUNREACH: FailureKind.CONN_UNREACHABLE,
    errno.EMFILE: FailureKind.LOCAL_FD,
    errno.ENFILE: FailureKind.LOCAL_FD,
    errno.EADDRNOTAVAIL: FailureKind.LOCAL_PORTS,
    errno.ENOBUFS: FailureKind.LOCAL_MEMORY,
    errno.ENOMEM: FailureKind.LOCAL_MEMORY,
}

# Codes of X509_verify_cert, from OpenSSL's x509_vfy.h.
_BY_VERIFY_CODE = {
    2: FailureKind.TLS_CERT_UNTRUSTED,  # issuer not found
    9: FailureKind.TLS_CERT_NOT_YET,
    10: FailureKind.TLS_CERT_EXPIRED,
    18: FailureKind.TLS_CERT_UNTRUSTED,  # self-signed
    19: FailureKind.TLS_CERT_UNTRUSTED,  # self-signed in the chain
    20: FailureKind.TLS_CERT_UNTRUSTED,  # local issuer not found
    21: FailureKind.TLS_CERT_UNTRUSTED,  # leaf without its chain
    27: FailureKind.TLS_CERT_UNTRUSTED,
    62: FailureKind.TLS_CERT_NAME,  # host name
    64: FailureKind.TLS_CERT_NAME,  # IP address
}

# OpenSSL's reason codes, as Python spells them.
_BY_TLS_REASON = {
    "WRONG_VERSION_NUMBER": FailureKind.TLS_NOT_TLS,
    "HTTP_REQUEST": FailureKind.TLS_NOT_TLS,
    "PACKET_LENGTH_TOO_LONG": FailureKind.TLS_NOT_TLS,
    "RECORD_LAYER_FAILURE": FailureKind.TLS_NOT_TLS,
    "UNSUPPORTED_PROTOCOL": FailureKind.TLS_VERSION,
    "NO_PROTOCOLS_AVAILABLE": FailureKind.TLS_VERSION,
    "VERSION_TOO_LOW": FailureKind.TLS_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": FailureKind.TLS_VERSION,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": FailureKind.TLS_CLIENT_CERT_REQUIRED,
}

_BY_PARSER_ERROR = (
    (http_exceptions.LineTooLong, FailureKind.PROTO_HEADER_TOO_LARGE),
    (http_exceptions.BadStatusLine, FailureKind.PROTO_STATUS),
    (http_exceptions.InvalidHeader, FailureKind.PROTO_HEADER),
    (http_exceptions.TransferEncodingError, FailureKind.PROTO_CHUNK),
    (http_exceptions.ContentLengthError, FailureKind.PROTO_CONTENT_LENGTH),
)


def connect_failure(error: BaseException, *, in_handshake: bool) -> FailureKind:
    """Name the fault of a connection that never came up; `in_handshake` once TCP stood."""
    if isinstance(error, asyncio.CancelledError | TimeoutError):
        return FailureKind.TLS_TIMEOUT if in_handshake else FailureKind.CONN_TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error)
    if isinstance(error, ConnectionError) and error.errno != errno.ECONNREFUSED:
        return FailureKind.TLS_OTHER if in_handshake else FailureKind.CONN_RESET_EARLY
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, FailureKind.LOCAL_OTHER)
    return FailureKind.LOCAL_OTHER


def head_failure(error: BaseException, *, is_reused: bool, has_answered: bool) -> FailureKind:
    """Name the fault of a request that was sent but got no complete head.

    `is_reused` says that its connection had carried an earlier request, `has_answered` that at
    least one byte came back.
    """
    if isinstance(error, aiohttp.SocketTimeoutError):
        return FailureKind.RESP_TIMEOUT_FIRST_BYTE
    if isinstance(error, asyncio.CancelledError | TimeoutError):
        return FailureKind.RESP_TIMEOUT_TOTAL
    if isinstance(error, aiohttp.ClientResponseError):
        return _parser_failure(error)
    alert = _tls_error_behind(error)
    if alert is not None:
        return _tls_failure(alert)
    if not isinstance(error, aiohttp.ServerDisconnectedError | OSError):
        return FailureKind.LOCAL_OTHER
    return _lost_before_head(error, is_reused=is_reused, has_answered=has_answered)


def body_failure(error: BaseException, connection_error: BaseException | None) -> FailureKind:
    """Name the fault of an answer whose body did not come to its end.

    `connection_error` is what the connection itself ended with, if it has ended.
    """
    if isinstance(error, aiohttp.SocketTimeoutError):
        return FailureKind.RESP_TIMEOUT_IDLE
    if isinstance(error, asyncio.CancelledError | TimeoutError):
        return FailureKind.RESP_TIMEOUT_TOTAL
    if isinstance(error, OSError) or isinstance(connection_error, OSError):
        return FailureKind.RESP_RESET_BODY
    if isinstance(connection_error, http_exceptions.HttpProcessingError):
        return FailureKind.PROTO_CHUNK
    return FailureKind.RESP_EOF_BODY


def _tls_failure(error: ssl.SSLError) -> FailureKind:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BY_VERIFY_CODE.get(error.verify_code, FailureKind.TLS_CERT_OTHER)
    reason = error.reason or ""
    if reason in _BY_TLS_REASON:
        return _BY_TLS_REASON[reason]
    return FailureKind.TLS_ALERT if "_ALERT_" in reason else FailureKind.TLS_OTHER


def _tls_error_behind(error: BaseException) -> ssl.SSLError | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return cause
        cause = cause.__cause__
    return None


def _parser_failure(error: BaseException) -> FailureKind:
    cause = error.__cause__
    while cause is not None:
        for parser_error, kind in _BY_PARSER_ERROR:
            if isinstance(cause, parser_error):
                return kind
        cause = cause.__cause__
    return FailureKind.PROTO_HEADER  # broken, but the library's type says no more


def _lost_before_head(
    error: aiohttp.ServerDisconnectedError | OSError, *, is_reused: bool, has_answered: bool
) -> FailureKind:
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if is_reused and not has_answered:
        return FailureKind.CONN_STALE
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return FailureKind.RESP_EOF_HEADERS if has_answered else FailureKind.RESP_EOF_BEFORE_STATUS
    if error.errno == errno.EPIPE or isinstance(error, aiohttp.ClientConnectionResetError):
        return FailureKind.WRITE_RESET
    return FailureKind.RESP_RESET_HEADERS if has_answered else FailureKind.RESP_RESET_BEFORE_STATUS
