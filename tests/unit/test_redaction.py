"""Tests of taking secrets and terminal codes out of texts from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.redaction import REDACTED, plain, redact


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Authorization: Bearer abcdef123456", "Authorization: [redacted]"),
        ('{"authorization":"Bearer abc.d","x":1}', '{"authorization":"[redacted]","x":1}'),
        ("GET / with bearer abcdef123456 ok", "GET / with bearer [redacted] ok"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("Set-Cookie: sid=1; b=2", "Set-Cookie: [redacted]"),
        ("postgres://bob:hunter2@db/x", "postgres://[redacted]@db/x"),
        ("http://user:pa@ss@host/", "http://[redacted]@host/"),
        ("password=hunter2&x=1", "password=[redacted]&x=1"),
        ('"db_password": "hun ter2", "user":"bob"', '"db_password": "[redacted]", "user":"bob"'),
        ("client-secret='ab c' x", "client-secret=[redacted] x"),
        ("run --api-key abc", "run --api-key [redacted]"),
        ("API_KEY: abc, next", "API_KEY: [redacted], next"),
        ("id AKIAABCDEFGHIJKLMNOP", "id [redacted]"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "got [redacted]"),
        ("\x1b[31mpass\x1b[0mword=abc", "password=[redacted]"),
        ("pass\u200bword=abc", "password=[redacted]"),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[redacted]\nb",
        ),
        ("a -----BEGIN PRIVATE KEY-----\nMII", "a [redacted]"),
        ("MII\nabc=\n-----END RSA PRIVATE KEY-----\nb", "[redacted]\nb"),
        (
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----",
            "[redacted]",
        ),
        ("Authorization: Bearer\n  abcdef123456\nb", "Authorization: [redacted]\nb"),
        ('Authorization: Token token="abc", n="d"', "Authorization: [redacted]"),
        ('Cookie: a=b; c="secret"; d=e', "Cookie: [redacted]"),
        ('{"Cookie":["sid=1"],"x":1}', '{"Cookie":["[redacted]"],"x":1}'),
        ('{"password":"a\\"bc","x":1}', '{"password":"[redacted]","x":1}'),
        (r'"{\"password\":\"ab\",\"x\":1}"', r'"{\"password\":\"[redacted]\",\"x\":1}"'),
        ('{"password":12345,"x":1}', '{"password":[redacted],"x":1}'),
        ("pwd='it\\'s' x", "pwd=[redacted] x"),
        (':password=>"abc"}', ':password=>"[redacted]"}'),
        ("<password>abc</password>", "<password>[redacted]</password>"),
        ("PHPSESSID=abc; x", "PHPSESSID=[redacted]; x"),
        ("GET /a?X-Amz-Signature=abc&b=1", "GET /a?X-Amz-Signature=[redacted]&b=1"),
        ("clone https://abcdef@github.com/x", "clone https://[redacted]@github.com/x"),
        (f"got ghp_{'a1' * 18} here", "got [redacted] here"),
    ],
)
def test_takes_out_what_looks_like_a_secret(text: str, wanted: str) -> None:
    """The secret goes, what names it stays."""
    redacted = redact(text)
    assert (redacted.text, redacted.count) == (wanted, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "basic auth failed for bob",
        "the secret is out",
        "tokens used: 100",
        "GET /orders?page=2 200 in 3 ms",
        "http://10.0.0.1:8080/a@b",
        "GET http://10.0.0.1/?mail=a@b",
        "docker -H ssh://me@box logs",
        "run --password-file /run/secrets/db",
        '{"usage":{"total_tokens":512}}',
        "2026-11-21T12:00:00Z level=info msg=served",
    ],
)
def test_leaves_plain_words(text: str) -> None:
    """What is no secret stays as it is."""
    redacted = redact(text)
    assert (redacted.text, redacted.count) == (text, 0)


def test_takes_out_the_secrets_of_the_plan() -> None:
    """Wherever they stand, the longer one first, and none that is an ordinary word."""
    text = "x=s3cr3t-long y=s3cr3t of the ok"
    redacted = redact(text, [b"s3cr3t", b"s3cr3t-long", b"ok", b""])
    assert (redacted.text, redacted.count) == (f"x={REDACTED} y={REDACTED} of the ok", 2)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\x1b]0;title\x07a", "a"),
        ("\x1b[2J\x1b[1;1Ha", "a"),
        ("\x9b31ma", "a"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb\x00\x07c\x7f", "a\tbc"),
        ("\u202eabc", "abc"),
        ("\x1bPq#0\x1b\\a", "a"),
        ("a\x1b", "a"),
    ],
)
def test_takes_out_what_a_terminal_obeys(text: str, wanted: str) -> None:
    """Codes and marks go, line ends and tabs stay."""
    assert plain(text) == wanted


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    """Whatever comes, a terminal has nothing to obey."""
    assert not {char for char in redact(text).text if ord(char) < 0x20} - {"\n", "\t"}


@given(st.text(alphabet="abcXYZ09-_", min_size=5), st.text())
def test_no_secret_of_the_plan_is_left(secret: str, around: str) -> None:
    """However it is surrounded."""
    assert secret not in redact(f"{around} {secret} {around}", [secret.encode()]).text.replace(
        REDACTED, ""
    )
