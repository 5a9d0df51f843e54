"""Tests of references: what they bring in, and that a fault names them and never the value."""

from pathlib import Path

import pytest

from capacity.profile.problems import InputError
from capacity.profile.references import MAX_REFERENCED_BYTES, Lookup

ENVIRON = {"KEY": "s3cret", "EMPTY": "", "ODD": "${env:KEY}", "RAW": "\udcff"}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("plain", b"plain"),
        ("Bearer ${env:KEY}", b"Bearer s3cret"),
        ("${env:KEY}${env:KEY}!", b"s3crets3cret!"),
        ("${file:key.txt}", b"from a file"),
        ("$${env:KEY}", b"${env:KEY}"),
        ("$5 {a} $$", b"$5 {a} $$"),
        ("${env:ODD}", b"${env:KEY}"),
        ("ä", b"\xc3\xa4"),
        ("${env:RAW}", b"\xff"),
    ],
)
def test_replaces_references(tmp_path: Path, text: str, content: bytes) -> None:
    """References are replaced once; what they bring in is not looked at again."""
    (tmp_path / "key.txt").write_bytes(b"from a file\r\n")
    assert Lookup(ENVIRON, tmp_path).expand(text) == content


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${env:NOPE}", "the variable of ${env:NOPE} is not set", "export NOPE and run again"),
        ("${env:EMPTY}", "the variable of ${env:EMPTY} is empty", "give EMPTY a value"),
        ("${env:A-B}", "'A-B' does not name a variable", "use letters, digits and"),
        ("${env:}", "'' does not name a variable", "use letters, digits and underscores"),
        ("${KEY}", "a ${ that begins no reference", "write ${env:NAME} or ${file:PATH}, or $${"),
        ("${env:KEY", "a ${ that begins no reference", "write ${env:NAME} or ${file:PATH}"),
        ("${file:no.txt}", "cannot read 'no.txt': No such file or directory", "the path starts"),
        ("\ud800", "half of a surrogate pair", "write the character itself"),
    ],
)
def test_refuses_with_the_reference_alone(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    """The message names what was asked for, so that it can be put right."""
    with pytest.raises(InputError) as caught:
        Lookup(ENVIRON, tmp_path).expand(text)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_only_the_last_line_end_of_a_file_goes(tmp_path: Path) -> None:
    """A key file ends with a line end that is not part of the key."""
    (tmp_path / "two").write_bytes(b"a\n\n")
    assert Lookup({}, tmp_path).expand("${file:two}") == b"a\n"


def test_a_referenced_file_may_not_be_huge(tmp_path: Path) -> None:
    """A wrong path to a large file is noticed before it is read."""
    (tmp_path / "big").write_bytes(b"x" * (MAX_REFERENCED_BYTES + 1))
    with pytest.raises(InputError, match="'big' has 1048577 bytes, more than 1048576"):
        Lookup({}, tmp_path).expand("${file:big}")


def test_text_must_be_utf8(tmp_path: Path) -> None:
    """JSON holds text, so other bytes are refused."""
    assert Lookup(ENVIRON, tmp_path).expand_text("ä${env:KEY}") == "äs3cret"
    with pytest.raises(InputError, match="bytes that are not UTF-8; use body_file"):
        Lookup(ENVIRON, tmp_path).expand_text("${env:RAW}")
