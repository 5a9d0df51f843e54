"""Tests of URLs: their parts, their masked form, and faults that never repeat a password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.plan import Secret
from capacity.profile.problems import InputError
from capacity.profile.target_url import (
    TargetUrl,
    masked_path,
    origin_path,
    parse_host,
    parse_url,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://shop.test", TargetUrl("http", "shop.test", 80, "", None)),
        ("https://shop.test/", TargetUrl("https", "shop.test", 443, "/", None)),
        ("HTTP://Shop.TEST:8080/A", TargetUrl("http", "shop.test", 8080, "/A", None)),
        ("http://shop.test./", TargetUrl("http", "shop.test", 80, "/", None)),
        ("http://shop.test:/", TargetUrl("http", "shop.test", 80, "/", None)),
        ("http://a_b/x?k=v&q", TargetUrl("http", "a_b", 80, "/x?k=v&q", None)),
        ("http://shop.test?k=v", TargetUrl("http", "shop.test", 80, "?k=v", None)),
        ("http://[::1]:8080/", TargetUrl("http", "::1", 8080, "/", None)),
        ("http://[0:0::1]/", TargetUrl("http", "::1", 80, "/", None)),
        ("http://127.0.0.1/", TargetUrl("http", "127.0.0.1", 80, "/", None)),
        ("http://bücher.test/", TargetUrl("http", "xn--bcher-kva.test", 80, "/", None)),
        ("http://点.test/", TargetUrl("http", "xn--3px.test", 80, "/", None)),
        (
            "http://ann:p%40ss@shop.test/",
            TargetUrl("http", "shop.test", 80, "/", Secret(b"Basic YW5uOnBAc3M=")),
        ),
        ("http://@shop.test/", TargetUrl("http", "shop.test", 80, "/", Secret(b"Basic "))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_takes_a_url_apart(text: str, url: TargetUrl) -> None:
    """Scheme and host are in small letters, the port has its default, user info is a secret."""
    assert parse_url(text) == url


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the URL does not begin with http:// or https://", "write it like http://HOST"),
        ("localhost:8080", "the URL does not begin with http://", "write http://localhost:8080"),
        ("/path", "the URL does not begin with http://", "write http:///path"),
        ("u:pw@h/", "the URL does not begin with http://", "write it like http://HOST:PORT/path"),
        ("ftp://h/", "the scheme 'ftp' is not http or https", "write it like http://HOST"),
        ("http:///x", "the URL names no host", "write it like http://HOST:PORT/path"),
        ("http://h/#top", "the URL ends in a fragment", "leave out the # and what follows"),
        ("http://h /", "the URL holds a space or a control character", "write %20 for a space"),
        ("http://h/\nx", "the URL holds a space or a control character", "write %20 for a"),
        ("http://127.0.0.1\\@h/", "the URL holds a backslash", "write / between the parts"),
        ("http://u@v@h/", "the user info of the URL holds an @", "write %40 for it"),
        ("http://\udcff@h/", "the user info of the URL is not text", "write it with %XX"),
        ("http://h:0/", "port 0 does not exist", "write a number from 1 to 65535"),
        ("http://h:65536/", "port 65536 does not exist", "write a number from 1 to 65535"),
        ("http://h:8o/", "the port is not a number", "write a number from 1 to 65535"),
        ("http://h:٣/", "the port is not a number", "write a number from 1 to 65535"),
        ("http://::1/", "the host holds more than one colon", "put an IPv6 address in brackets"),
        ("http://[::1/", "the host holds more than one colon", "put an IPv6 address in"),
        ("http://[h]/", "what stands in brackets is not an IPv6 address", "write it like"),
        ("http://[fe80::1%eth0]/", "what stands in brackets is not an IPv6 address", "write"),
        ("http://-h/", "the host name is malformed", "use letters, digits, hyphens and dots"),
        ("http://a..b/", "the host name is malformed", "use letters, digits, hyphens and dots"),
        ("http://a%20b/", "the host name is malformed", "use letters, digits, hyphens"),
        ("http://" + "a" * 64 + "/", "the host name is malformed", "use letters, digits,"),
        ("http://" + "a." * 127 + "a/", "the host name is longer than 253 characters", "write"),
        ("http://\ud800.test/", "the host name has no ASCII form", "write its xn-- form"),
        ("http://127.1/", "the host is not an IPv4 address", "write four numbers from 0 to 255"),
        ("http://2130706433/", "the host is not an IPv4 address", "write four numbers from"),
        ("http://0x7f.0x1/", "the host is not an IPv4 address", "write four numbers from 0"),
        ("http://999.0.0.1/", "the host is not an IPv4 address", "write four numbers from"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_refuses_with_a_remedy(text: str, message: str, hint: str) -> None:
    """Each malformed part is named, and the hint says how it is written."""
    with pytest.raises(InputError) as caught:
        parse_url(text)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        "http://ann:hunter2@h:99999/",
        "http://ann:hunter2@[x]/",
        "ann:hunter2@h/",
        "http://ann:hunter2@h/ x",
        "http://ann:hunter2@h/#x",
        "http://ann:hunter2@@h/",
        "http://ann:hunter2@/",
        "http://h?key=hunter2 ",
    ],
)
def test_a_fault_never_repeats_a_password(text: str) -> None:
    """Neither message nor hint holds any of the URL beyond host and port."""
    with pytest.raises(InputError) as caught:
        parse_url(text)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


@given(st.text(max_size=40).map(lambda text: f"http://{text}"))
def test_any_text_is_a_url_or_a_fault(text: str) -> None:
    """No text makes the parser fail in another way."""
    try:
        url = parse_url(text)
    except InputError:
        return
    assert 1 <= url.port <= 65535
    assert url.host.isascii()


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("shop.test", False),
        ("localhost.test", False),
    ],
)
def test_what_is_surely_this_machine(host: str, *, is_loopback: bool) -> None:
    """A name is loopback only if no resolver can say otherwise."""
    assert TargetUrl("http", host, 80, "", None).is_loopback is is_loopback


@pytest.mark.parametrize(
    ("text", "host"),
    [("Shop.Test", "shop.test"), ("::1", "::1"), ("[0::1]", "::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_reads_a_host_of_an_allow_list(text: str, host: str) -> None:
    """Hosts are written as the target's host is, so that they can be compared."""
    assert parse_host(text) == host


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://shop.test", "'http://shop.test' is not a host name"),
        ("*", "'*' is not a host name"),
        ("shop.test/x", "'shop.test/x' is not a host name"),
        ("shop.test:80", "'shop.test:80' has a port"),
        ("", "the URL names no host"),
        ("1:2:3", "what stands in brackets is not an IPv6 address"),
    ],
)
def test_refuses_what_is_no_host(text: str, message: str) -> None:
    """An allow list holds whole names: no patterns, no ports, no paths."""
    with pytest.raises(InputError) as caught:
        parse_host(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("/a/b?c=d&e", "/a/b?c=d&e"),
        ("/a%20b", "/a%20b"),
        ("/ä?q=点", "/%C3%A4?q=%E7%82%B9"),
        ("/\udcff", "/%FF"),
        ("/a{b}|c", "/a{b}|c"),
    ],
    ids=ascii,
)
def test_a_path_goes_out_as_written(text: str, path: str) -> None:
    """Only characters beyond ASCII are escaped."""
    assert origin_path(text) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "a path begins with /"),
        ("", "a path begins with /"),
        ("/a b", "the path holds a space or a control character"),
        ("/a\r\nX: y", "the path holds a space or a control character"),
        ("/a#b", "the path holds a fragment"),
        ("/${env:KEY}", "a path takes no ${...}"),
        ("/\ud800", "half of a surrogate pair in the path"),
    ],
    ids=ascii,
)
def test_refuses_what_is_no_path(text: str, message: str) -> None:
    """Nothing in a path can end the request line."""
    with pytest.raises(InputError) as caught:
        origin_path(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/x", "/x"),
        ("/x?", "/x?"),
        ("/x?key=abc&q=d=e", "/x?key=***&q=***"),
        ("/x?token", "/x?***"),
        ("/x?a=&b", "/x?a=***&***"),
    ],
)
def test_values_of_a_query_are_masked(path: str, shown: str) -> None:
    """Names stay; a word without = may be the key itself."""
    assert masked_path(path) == shown
