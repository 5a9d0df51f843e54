"""Tests of methods, headers and the success rule."""

import pytest

from capacity.profile.problems import InputError
from capacity.profile.request_parts import (
    check_header_name,
    check_header_value,
    parse_method,
    parse_success,
    split_header,
)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "M-SEARCH", "PROPFIND"])
def test_a_token_in_capitals_is_a_method(method: str) -> None:
    """Methods beyond the usual ones are sent too."""
    assert parse_method(method) == method


@pytest.mark.parametrize(
    ("method", "message", "hint"),
    [
        ("", "'' is not a request method", "write one word like GET or POST"),
        ("GET /", "'GET /' is not a request method", "write one word like GET or POST"),
        ("GET\r\nX:", "'GET\\r\\nX:' is not a request method", "write one word like GET or"),
        ("get", "the method 'get' has small letters", "write GET"),
        ("CONNECT", "CONNECT cannot be measured: it asks for a tunnel", "use another method"),
    ],
)
def test_refuses_other_methods(method: str, message: str, hint: str) -> None:
    """Methods are case-sensitive, so small letters are surely a slip."""
    with pytest.raises(InputError) as caught:
        parse_method(method)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("A: b", "A", "b"),
        ("A:b:c", "A", "b:c"),
        ("A:", "A", ""),
        ("A:\t b \t", "A", "b"),
        (" A: b", " A", "b"),
    ],
)
def test_splits_a_header_at_its_first_colon(line: str, name: str, value: str) -> None:
    """Blanks around the value are no part of it; blanks in the name are refused later."""
    assert split_header(line) == (name, value)


def test_a_header_without_colon_is_refused_without_showing_it() -> None:
    """What was typed may be a credential."""
    with pytest.raises(InputError) as caught:
        split_header("Bearer hunter2")
    assert caught.value.message == "a header without a colon"
    assert caught.value.hint == "write it like --header 'Name: value'"


@pytest.mark.parametrize("name", ["Accept", "X-Y", "host", "!#$%&'*+-.^_`|~"])
def test_tokens_are_header_names(name: str) -> None:
    """Every character of the standard is allowed."""
    check_header_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' is not a header name"),
        ("A B", "'A B' is not a header name"),
        ("A\r\n", "'A\\r\\n' is not a header name"),
        ("ä", "'ä' is not a header name"),
        ("Content-Length", "the header Content-Length cannot be set: it is computed from the"),
        ("TRANSFER-ENCODING", "the header TRANSFER-ENCODING cannot be set: bodies are sent"),
        ("connection", "the header connection cannot be set: connections are kept open"),
        ("Expect", "the header Expect cannot be set: the engine sends the body without"),
    ],
)
def test_refuses_names_that_would_break_the_request(name: str, message: str) -> None:
    """The headers of the engine are refused with the reason."""
    with pytest.raises(InputError) as caught:
        check_header_name(name)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("value", [b"", b"plain", b"a\tb", "ä".encode(), b"\xff"])
def test_values_may_hold_any_printable_byte(value: bytes) -> None:
    """Tabs and bytes beyond ASCII are allowed inside a value."""
    check_header_value("X", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"hunter2\r\nX: y", "the value of header X holds a line break"),
        (b"hunter2\n", "the value of header X holds a line break"),
        (b"hunter2\r", "the value of header X holds a line break"),
        (b"hunter2\x00", "the value of header X holds a control character"),
        (b"hunter2\x7f", "the value of header X holds a control character"),
    ],
)
def test_refuses_values_that_would_end_the_header(value: bytes, message: str) -> None:
    """The message names the header and never its value."""
    with pytest.raises(InputError) as caught:
        check_header_value("X", value)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "status"),
    [("status<400", 400), (" status < 500 ", 500), ("status<201", 201), ("status<600", 600)],
)
def test_reads_the_success_rule(text: str, status: int) -> None:
    """The number is the first status that is no success."""
    assert parse_success(text) == status


@pytest.mark.parametrize(
    "text", ["status<=399", "status==200", "status<200", "status<601", "400", "status<40", ""]
)
def test_refuses_other_success_rules(text: str) -> None:
    """One form is known in this version."""
    with pytest.raises(InputError, match="is not a success rule; write it like status<400"):
        parse_success(text)
