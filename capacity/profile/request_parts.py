"""Is this method, header or success rule something that may be sent?

Values of headers are never repeated in a message.
"""

import re

from capacity.profile.problems import InputError

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_SUCCESS = re.compile(r"\s*status\s*<\s*([0-9]{3})\s*")
_REFUSED_METHODS = {"CONNECT": "it asks for a tunnel, not for an answer"}
_REFUSED_HEADERS = {
    "content-length": "it is computed from the body",
    "transfer-encoding": "bodies are sent with their length",
    "connection": "connections are kept open and counted by the engine",
    "expect": "the engine sends the body without waiting for 100 Continue",
}


def parse_method(text: str) -> str:
    """Read a request method; it is a token in capital letters."""
    if not _TOKEN.fullmatch(text):
        raise InputError(f"{text!r} is not a request method", "write one word like GET or POST")
    if text != text.upper():
        raise InputError(f"the method {text!r} has small letters", f"write {text.upper()}")
    if text in _REFUSED_METHODS:
        raise InputError(
            f"{text} cannot be measured: {_REFUSED_METHODS[text]}", "use another method"
        )
    return text


def split_header(line: str) -> tuple[str, str]:
    """Split `Name: value` as it is written for --header."""
    name, colon, value = line.partition(":")
    if not colon:
        raise InputError("a header without a colon", "write it like --header 'Name: value'")
    return name, value.strip(" \t")


def check_header_name(name: str) -> None:
    """Raise InputError when this header cannot be sent, or is the engine's own business."""
    if not _TOKEN.fullmatch(name):
        raise InputError(
            f"{name!r} is not a header name", "use letters, digits and hyphens, without spaces"
        )
    reason = _REFUSED_HEADERS.get(name.lower())
    if reason is not None:
        raise InputError(f"the header {name} cannot be set: {reason}", "leave it out")


def check_header_value(name: str, value: bytes) -> None:
    """Raise InputError when the value would end the header or break the request."""
    if b"\r" in value or b"\n" in value:
        raise InputError(f"the value of header {name} holds a line break", "write it on one line")
    if _CONTROL.search(value):
        raise InputError(f"the value of header {name} holds a control character", "remove it")


def parse_success(text: str) -> int:
    """Read `status<400` as the first status that is no success."""
    match = _SUCCESS.fullmatch(text)
    if match is None or not 200 < int(match.group(1)) <= 600:
        raise InputError(
            f"{text!r} is not a success rule", "write it like status<400, from 201 to 600"
        )
    return int(match.group(1))
