"""Which scheme, host, port, path and credentials does a URL name?

The URL is never repeated in a message: it may hold a password or a key.
"""

import ipaddress
import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from capacity.model.plan import Secret
from capacity.profile.problems import InputError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "write it like http://HOST:PORT/path"
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_HARMLESS = re.compile(r"[A-Za-z0-9.:/_-]+")
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::([^:]*))?")
_PLAIN_HOST = re.compile(r"([^:\[\]]*)(?::([^:]*))?")
_VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F))
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class TargetUrl:
    """The parts of a URL. `path` is as written, with its query, and may be empty."""

    scheme: str
    host: str
    port: int
    path: str
    authorization: Secret | None

    @property
    def is_loopback(self) -> bool:
        """Whether the name alone says that this is our own machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_url(text: str) -> TargetUrl:
    """Take a URL apart; InputError says what to write instead."""
    if _CONTROL.search(text):
        raise InputError("the URL holds a space or a control character", "write %20 for a space")
    if "\\" in text:
        raise InputError("the URL holds a backslash", "write / between the parts, or %5C")
    match = _PARTS.fullmatch(text)
    if match is None:
        hint = f"write http://{text}" if _HARMLESS.fullmatch(text) else _EXAMPLE
        raise InputError("the URL does not begin with http:// or https://", hint)
    scheme = match.group(1).lower()
    if scheme not in _DEFAULT_PORTS:
        raise InputError(f"the scheme {scheme!r} is not http or https", _EXAMPLE)
    if match.group(5):
        raise InputError("the URL ends in a fragment", "leave out the # and what follows")
    user_info, at, host_port = match.group(2).rpartition("@")
    host, port_text = _host_and_port(host_port)
    return TargetUrl(
        scheme=scheme,
        host=host,
        port=_port(port_text) if port_text else _DEFAULT_PORTS[scheme],
        path=match.group(3) + (match.group(4) or ""),
        authorization=_basic(user_info) if at else None,
    )


def parse_host(text: str) -> str:
    """Read a host name or address as it stands in an allow list."""
    if re.search(r"[/@?#*\s]", text):
        raise InputError(
            f"{text!r} is not a host name", "write the host alone, without port or path"
        )
    if text.count(":") > 1 and not text.startswith("["):
        return _ipv6(text)
    host, port = _host_and_port(text)
    if port:
        raise InputError(f"{text!r} has a port", f"write {host} alone")
    return host


def origin_path(text: str) -> str:
    """A path with its query as it goes on the wire; characters beyond ASCII are escaped."""
    if not text.startswith("/"):
        raise InputError("a path begins with /", "write it like /v1/items")
    if "#" in text:
        raise InputError(
            "the path holds a fragment", "leave out the # and what follows, or write %23"
        )
    if "${" in text:
        raise InputError("a path takes no ${...}", "put a secret into a header")
    if _CONTROL.search(text):
        raise InputError("the path holds a space or a control character", "write %20 for a space")
    try:
        return quote(text, safe=_VISIBLE, encoding="utf-8", errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise InputError("half of a surrogate pair in the path", "write it as %XX") from error


def masked_path(path: str) -> str:
    """The path with the values of its query hidden; the names stay."""
    before, mark, query = path.partition("?")
    shown = [
        f"{name}=***" if equals else "***"
        for name, equals, _ in (pair.partition("=") for pair in query.split("&"))
    ]
    return before + mark + ("&".join(shown) if query else "")


def _host_and_port(text: str) -> tuple[str, str]:
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed is not None:
        return _ipv6(bracketed.group(1)), bracketed.group(2) or ""
    plain = _PLAIN_HOST.fullmatch(text)
    if plain is None:
        raise InputError(
            "the host holds more than one colon", "put an IPv6 address in brackets: http://[::1]/"
        )
    if not plain.group(1):
        raise InputError("the URL names no host", _EXAMPLE)
    return _host(plain.group(1)), plain.group(2) or ""


def _ipv6(text: str) -> str:
    try:
        if "%" in text:
            raise ValueError
        return ipaddress.IPv6Address(text).compressed
    except ValueError as error:
        raise InputError(
            "what stands in brackets is not an IPv6 address", "write it like http://[::1]:8080/"
        ) from error


def _host(text: str) -> str:
    if len(text) > 253:
        raise InputError("the host name is longer than 253 characters", "write the host name")
    try:
        host = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InputError("the host name has no ASCII form", "write its xn-- form") from error
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise InputError(
            "the host name is malformed", "use letters, digits, hyphens and dots; write %40 for @"
        )
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise InputError(
                "the host is not an IPv4 address", "write four numbers from 0 to 255: 127.0.0.1"
            ) from error
    return host


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise InputError("the port is not a number", "write a number from 1 to 65535")
    if not 1 <= int(text) <= 65535:
        raise InputError(f"port {int(text)} does not exist", "write a number from 1 to 65535")
    return int(text)


def _basic(user_info: str) -> Secret:
    if "@" in user_info:
        raise InputError("the user info of the URL holds an @", "write %40 for it")
    try:
        return Secret(b"Basic " + b64encode(unquote_to_bytes(user_info)))
    except UnicodeEncodeError as error:
        raise InputError("the user info of the URL is not text", "write it with %XX") from error
