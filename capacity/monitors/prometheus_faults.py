"""What is wrong when Prometheus gives no whole answer, in one sentence without secrets?

What the server said is quoted with every unusual character escaped, cut, and without whatever was
sent to it as a secret.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import RemoteDisconnected
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from capacity.model.plan import PrometheusSource
from capacity.monitors.answers import Fault, FaultKind
from capacity.monitors.prometheus_line import Cut, CutError
from capacity.monitors.prometheus_session import (
    MAX_ANSWER_BYTES,
    EncodedError,
    TokenFileError,
    Told,
    TooLargeError,
)
from capacity.monitors.prometheus_shapes import ShapeError
from capacity.units import format_bytes

_MOST_SAID = 200
_FIRST_OF_NO_JSON = 40
_MAX_RETRY_AFTER_S = 3600.0
# Of a broken query or too much of it: asking again brings the same.
_QUERY_STATUSES = {400, 422}
_BUSY_STATUSES = {408, 500, 502, 503, 504}

_PERMANENT = {
    FaultKind.TLS,
    FaultKind.NOT_AUTHORISED,
    FaultKind.REDIRECTED,
    FaultKind.BAD_QUERY,
    FaultKind.WRONG_SHAPE,
    FaultKind.TOO_LARGE,
}

# Everything that asking can raise: a broken URL or file name is an OSError or a ValueError.
AskError = (
    requests.RequestException,
    CutError,
    EncodedError,
    TokenFileError,
    TooLargeError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a fault must know of the call that brought it."""

    source: PrometheusSource
    secrets: tuple[str, ...]
    cut_by: Cut | None
    is_new_connection: bool

    def quote(self, text: str, most: int = _MOST_SAID) -> str:
        """Words of the server, fit for any output."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        text = " ".join(text.split())
        return repr(text if len(text) <= most else text[:most] + "...")


def fault_of_error(asking: Asking, error: Exception) -> Fault:
    """Why a request brought no answer at all."""
    url, causes = asking.source.url, list(_causes(error))
    if asking.cut_by is Cut.CLOSED:
        return _fault(FaultKind.UNREACHABLE, f"{url}: the monitor has been closed")
    if asking.cut_by is Cut.TOO_LATE or any(isinstance(c, ReadTimeoutError) for c in causes):
        limit_s = asking.source.timeout_s
        return _fault(FaultKind.TIMEOUT, f"{url}: no whole answer within {limit_s:g}s")
    found = (_of_content(asking, error), _of_tls(asking, causes), _of_connection(asking, causes))
    return next(fault for fault in found if fault is not None)


def _fault(kind: FaultKind, detail: str, retry_after_s: float | None = None) -> Fault:
    return Fault(kind, detail, kind in _PERMANENT, retry_after_s)


def _of_content(asking: Asking, error: Exception) -> Fault | None:
    """What our own session refuses."""
    match error:
        case TooLargeError():
            return fault_of_size(asking, f"more than {format_bytes(MAX_ANSWER_BYTES)}")
        case EncodedError():
            name = asking.quote(str(error), _FIRST_OF_NO_JSON)
            text = f"{asking.source.url}: the answer is compressed ({name}) without being asked to"
            return _fault(FaultKind.NOT_JSON, text)
        case TokenFileError():
            return _fault(FaultKind.NOT_AUTHORISED, str(error))
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was made from, outermost first."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (*current.args, getattr(current, "reason", None))
        wrapped = (*wrapped, current.__cause__, current.__context__)
        pending += [inner for inner in wrapped if isinstance(inner, BaseException)]


def _of_tls(asking: Asking, causes: list[BaseException]) -> Fault | None:
    """What is wrong with a certificate, a file with one, or the talk about them."""
    url = asking.source.url
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"{url}: its certificate is not believed: {cause.verify_message}"
            return _fault(FaultKind.TLS, text)
        if type(cause) is OSError and cause.errno is None:  # of requests, about a file of ours
            return _fault(FaultKind.TLS, f"{url}: {cause}")
    reasons = [c.reason.lower() for c in causes if isinstance(c, ssl.SSLError) and c.reason]
    is_tls = bool(reasons) or any(isinstance(c, requests.exceptions.SSLError) for c in causes)
    is_end = asking.is_new_connection and url.startswith("https:") and _broke_off(causes)
    # TLS 1.3 tells a client only after the handshake, if at all, that it had to show a certificate.
    is_about_ours = asking.source.client_certificate_file is None and (
        "certificate" in reasons[0] if reasons else is_tls or is_end
    )
    said = f": {reasons[0].replace('_', ' ')}" if reasons else ""
    if is_about_ours:
        return _fault(FaultKind.TLS, f"{url}: it seems to want a client certificate{said}")
    return _fault(FaultKind.TLS, f"{url}: TLS failed{said}") if is_tls else None


def _broke_off(causes: list[BaseException]) -> bool:
    """Whether there was a connection, and the other side ended it."""
    ends = (ConnectionResetError, BrokenPipeError, RemoteDisconnected)
    return any(isinstance(cause, ends) for cause in causes)


def _of_connection(asking: Asking, causes: list[BaseException]) -> Fault:
    source = asking.source
    where = source.url if source.proxy is None else f"{source.url} over its proxy"
    for cause in causes:
        match cause:
            case socket.gaierror():
                reason = f"the name could not be looked up: {cause.strerror}"
            case ConnectTimeoutError() if not isinstance(cause, NewConnectionError):
                reason = "no connection in time"
            case OSError(strerror=str(text)) if text:
                reason = text.lower()
            case _:
                continue
        return _fault(FaultKind.UNREACHABLE, f"{where}: {reason}")
    return _fault(FaultKind.UNREACHABLE, f"{where}: the connection broke off")


def fault_of_status(asking: Asking, told: Told) -> Fault:
    """What a status other than 200 means."""
    status = told.status
    kind, said = FaultKind.HTTP_STATUS, _said(asking, told)
    if 300 <= status < 400:
        kind = FaultKind.REDIRECTED
        said = f"redirected to {asking.quote(_without_secrets(told))}"
    elif status in {401, 403}:
        kind = FaultKind.NOT_AUTHORISED
    elif status == 429:
        kind = FaultKind.RATE_LIMITED
    elif status in _BUSY_STATUSES:
        kind = FaultKind.UNAVAILABLE
    elif status in _QUERY_STATUSES and isinstance(told.content, dict):
        kind = FaultKind.BAD_QUERY
    detail = f"{asking.source.url}: HTTP {status}: {said}"
    if kind is FaultKind.HTTP_STATUS:
        return Fault(kind, detail, is_permanent=400 <= status < 500)
    return _fault(kind, detail, _retry_after_s(told))


def fault_of_no_json(asking: Asking, told: Told) -> Fault:
    """Status 200, but the body is something else than JSON: a login page, or half an answer."""
    first = asking.quote(told.text, _FIRST_OF_NO_JSON)
    text = f"{asking.source.url}: the answer is no JSON; it begins with {first}"
    return _fault(FaultKind.NOT_JSON, text)


def fault_of_shape(asking: Asking, error: ShapeError) -> Fault:
    """JSON of another shape than the query can have."""
    said = "" if error.said is None else f" {asking.quote(error.said)}"
    return _fault(FaultKind.WRONG_SHAPE, f"{asking.source.url}: {error}{said}")


def fault_of_size(asking: Asking, what: str) -> Fault:
    """More than is read of any answer."""
    text = f"{asking.source.url}: the answer has {what}; ask for less, like `max by (pod) (...)`"
    return _fault(FaultKind.TOO_LARGE, text)


def fault_of_warnings(asking: Asking, warnings: tuple[str, ...]) -> Fault:
    """The answer says itself that something is missing in it."""
    more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
    text = f"{asking.source.url}: incomplete answer: {asking.quote(warnings[0])}{more}"
    return _fault(FaultKind.PARTIAL, text)


def _said(asking: Asking, told: Told) -> str:
    content = told.content
    if isinstance(content, dict) and isinstance(content.get("error"), str):
        kind = content.get("errorType")
        before = f"{asking.quote(kind, 40)}: " if isinstance(kind, str) else ""
        return before + asking.quote(content["error"])
    return asking.quote(told.text, _FIRST_OF_NO_JSON) if told.text else "no text"


def _without_secrets(told: Told) -> str:
    """Where a redirect leads, without user, query and fragment."""
    try:
        parts = urlsplit(told.headers.get("Location", "nowhere"))
    except ValueError:
        return "an address that cannot be read"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _retry_after_s(told: Told) -> float | None:
    """The wish of the server in seconds, or as a date against its own clock; at most an hour."""
    text = told.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), _MAX_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(told.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    wait_s = (_in_utc(until) - _in_utc(now)).total_seconds()
    return min(max(wait_s, 0.0), _MAX_RETRY_AFTER_S)


def _in_utc(time: datetime) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
