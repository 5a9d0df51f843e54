"""How is one request to Prometheus sent, and how much of the answer is ever read?

The session under prometheus-api-client: queries go as a form, no redirect is followed, nothing of
the environment (proxies, `~/.netrc`) is used, and an answer is read up to a bound and kept whole
with its status, so that errors and warnings are not lost on the way.
"""

import io
import json
import ssl
import time
import warnings
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from requests.exceptions import ConnectionError as RequestsConnectionError
from urllib3.exceptions import InsecureRequestWarning

from capacity.model.plan import PrometheusSource, TlsTrust
from capacity.monitors.prometheus_line import Line, LineAdapter

MAX_ANSWER_BYTES = 16 * 1024 * 1024
# A sample is one list of at least 17 bytes; much more lists than fit are an attack on memory.
_MAX_CONTAINERS = MAX_ANSWER_BYTES // 16
# What is kept of an answer that is an error: enough for its message.
_MAX_ERROR_BYTES = 64 * 1024
_MAX_TOKEN_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_CONNECT_LIMIT_S = 2.0
_MIN_SECRET_LENGTH = 8


class TokenFileError(Exception):
    """The file with the bearer token holds none; the text says why, without the token."""


class TooLargeError(Exception):
    """The answer is larger than anything that is read."""


class EncodedError(Exception):
    """The answer is compressed although that was not allowed; the text names the encoding."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer said: `content` is its parsed JSON, None (with `text`) when it has none."""

    status: int
    headers: Mapping[str, str]
    content: Any
    text: str
    size_bytes: int
    elapsed_s: float


class UnreadableError(requests.JSONDecodeError):
    """There is no result in the answer; what is there instead, is told."""

    def __init__(self) -> None:
        super().__init__("no result", "", 0)


class BoundedResponse(requests.Response):
    """A response whose body has been read, and parsed once."""

    def __init__(self, status: int, told: Told, body: bytes) -> None:
        super().__init__()
        self.status_code = status
        self.raw = io.BytesIO(body)
        self._told = told

    def json(self, **kwargs: Any) -> Any:
        """The parsed body; UnreadableError unless there is a result in it."""
        del kwargs
        content = self._told.content
        data = content.get("data") if isinstance(content, dict) else None
        if not isinstance(data, dict) or "result" not in data:
            raise UnreadableError
        return content


class PrometheusSession(requests.Session):
    """Sends the requests of prometheus-api-client."""

    def __init__(self, source: PrometheusSource, line: Line) -> None:
        super().__init__()
        self._line = line
        self._adapter = LineAdapter(line)
        self._credentials = _Credentials(source)
        self._method = "POST"
        self._timeout_s = (min(_CONNECT_LIMIT_S, source.timeout_s / 2), source.timeout_s)
        self._told: Told | None = None
        self.trust_env = False
        self.verify = _verify(source)
        if source.client_certificate_file is not None:
            pair = (source.client_certificate_file, source.client_key_file)
            self.cert = source.client_certificate_file if pair[1] is None else (pair[0], pair[1])
        if source.proxy is not None:
            self.proxies = {"http": source.proxy, "https": source.proxy}
        self.headers.update({"User-Agent": "capacity", "Accept": "application/json"})
        self.headers.update({h.name: h.value.reveal().decode("latin-1") for h in source.headers})
        # A compressed answer could be a thousand times as large as what was read of it.
        self.headers["Accept-Encoding"] = "identity"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may contain, in the forms in which it is sent."""
        return self._credentials.secrets

    def last_told(self) -> Told:
        """What the answer to the last request said."""
        if self._told is None:
            raise LookupError("nothing has been asked")
        return self._told

    def get_adapter(self, url: str | bytes) -> LineAdapter:
        """Everything goes over the one line, whatever else was mounted."""
        del url
        return self._adapter

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is followed, nor even looked at: a login page is not Prometheus."""
        del resp

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()
        self._line.release()
        super().close()

    def request(  # type: ignore[override]  # the library passes these by name only
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, **settings: Any
    ) -> BoundedResponse:
        """Send a query, by POST as long as the server takes that; at most four times in all.

        A second time with GET where POST is not allowed, with a new token where the old one is
        refused and the file has another, or when an idle connection turns out to be closed.
        """
        settings |= {"stream": True, "timeout": self._timeout_s}
        method = self._method if method == "POST" else method
        response = self._send_twice(method, url, params, settings)
        if response.status_code == 401 and self._credentials.renew():
            response = self._send_twice(method, url, params, settings)
        if method == "POST" and response.status_code in {403, 405}:
            told = self._told
            by_get = self._send_twice("GET", url, params, settings)
            if by_get.status_code in {401, 403, 405}:
                self._told = told
            else:
                self._method, response = "GET", by_get
        return response

    def _send_twice(
        self, method: str, url: str, params: Mapping[str, str] | None, settings: dict[str, Any]
    ) -> BoundedResponse:
        """Send, and once more if a connection of an earlier call was closed in the meantime."""
        try:
            return self._send(method, url, params, settings)
        except RequestsConnectionError:
            if self._line.is_new or self._line.cut_by is not None:
                raise
            return self._send(method, url, params, settings)

    def _send(
        self, method: str, url: str, params: Mapping[str, str] | None, settings: dict[str, Any]
    ) -> BoundedResponse:
        where = {"data": params} if method == "POST" else {"params": params}
        settings = {**settings, **where, "headers": self._credentials.headers()}
        begun_s = time.monotonic()
        response = super().request(method, url, **settings)
        with response:
            body = _read(response)
        told = Told(
            status=response.status_code,
            headers=response.headers,
            content=_parse(body),
            text=body[:_MAX_ERROR_BYTES].decode(errors="replace"),
            size_bytes=len(body),
            elapsed_s=time.monotonic() - begun_s,
        )
        self._told = told
        return BoundedResponse(response.status_code, told, body)


def _read(response: requests.Response) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise EncodedError(encoding)
    is_error = response.status_code != 200
    body = bytearray()
    for piece in response.iter_content(_PIECE_BYTES):
        body += piece
        if is_error and len(body) >= _MAX_ERROR_BYTES:
            return bytes(body[:_MAX_ERROR_BYTES])
        if len(body) > MAX_ANSWER_BYTES:
            raise TooLargeError
    return bytes(body)


def _parse(body: bytes) -> Any:
    """The JSON of a body, None if it has none (a `null` is none either)."""
    if body.count(b"[") + body.count(b"{") > _MAX_CONTAINERS:
        raise TooLargeError
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # a decoding error is a ValueError too
        return None


def _verify(source: PrometheusSource) -> bool | str:
    """Whom to believe, as requests takes it: its own bundle is not the system's."""
    if source.trust is TlsTrust.INSECURE:
        # The user asked for it, and the plan says so.
        warnings.simplefilter("ignore", InsecureRequestWarning)
        return False
    if source.ca_file is not None:
        return source.ca_file
    system = ssl.get_default_verify_paths()
    return system.cafile or system.capath or True


class _Credentials:
    """Who asks; a token file is read when it has changed or its token was refused."""

    def __init__(self, source: PrometheusSource) -> None:
        self._file = None if source.bearer_file is None else Path(source.bearer_file)
        self._changed_ns: int | None = None
        self._authorization: str | None = None
        values = [h.value.reveal().decode("latin-1") for h in source.headers]
        words = (word for value in values for word in value.split())
        # A token without the `Bearer` before it is one too.
        self._secrets = {*values, *(word for word in words if len(word) >= _MIN_SECRET_LENGTH)}
        self._bearer = source.bearer
        if source.basic is not None:
            password = source.basic.password.reveal()
            pair = b64encode(source.basic.user.encode() + b":" + password).decode()
            self._secrets |= {pair, password.decode(errors="replace")}
            self._authorization = f"Basic {pair}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The longest first, so that none is left over in part."""
        return tuple(sorted(filter(None, self._secrets), key=len, reverse=True))

    def headers(self) -> dict[str, str]:
        """The Authorization header, if there is one."""
        if self._bearer is not None:
            self._take_token(self._bearer.reveal())
        if self._file is not None:
            self._read_file(self._file)
        return {} if self._authorization is None else {"Authorization": self._authorization}

    def renew(self) -> bool:
        """Read the token file again; whether it has another token now."""
        if self._file is None:
            return False
        before, self._changed_ns = self._authorization, None
        self._read_file(self._file)
        return self._authorization != before

    def _read_file(self, path: Path) -> None:
        try:
            changed_ns = path.stat().st_mtime_ns
            if changed_ns == self._changed_ns:
                return
            with path.open("rb") as file:
                content = file.read(_MAX_TOKEN_BYTES)
        except OSError as error:
            raise TokenFileError(f"{path}: {error.strerror or error}") from None
        self._take_token(content)
        self._changed_ns = changed_ns

    def _take_token(self, content: bytes) -> None:
        token = content.strip().decode("latin-1")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            place = "the bearer token" if self._file is None else str(self._file)
            raise TokenFileError(f"{place}: no token in it, or more than one word")
        self._secrets.add(token)
        self._authorization = f"Bearer {token}"
