"""Tests of secrets: named in the profile, never written there, and never shown."""

from pathlib import Path

import pytest

from capacity.model.plan import Secret
from capacity.profile.overrides import Overrides
from capacity.profile.problems import InputError
from capacity.profile.references import Lookup, holds_reference
from capacity.profile.secret_text import is_written_out, read_secret
from tests.unit.profile.builders import SMALL, load


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("${env:KEY}", True),
        ("Bearer ${file:key.txt}", True),
        ("$${env:KEY}", False),
        ("plain", False),
        ("${", False),
    ],
)
def test_sees_what_is_brought_in(text: str, *, holds: bool) -> None:
    """An escaped reference brings nothing in."""
    assert holds_reference(text) is holds


@pytest.mark.parametrize(
    ("header", "value", "written"),
    [
        ("Authorization", "Bearer abc", True),
        ("authorization", "Bearer ${env:KEY}", False),
        ("Cookie", "a=b", True),
        ("X-API-Key", "abc", True),
        ("X-Api-Key", "", False),
        ("Accept", "text/html", False),
    ],
)
def test_a_credential_in_a_header_is_known_by_its_name(
    header: str, value: str, *, written: bool
) -> None:
    """Case does not matter; other headers may say what they like."""
    assert is_written_out(header, value) is written


def test_the_content_of_references_is_the_secret(tmp_path: Path) -> None:
    """Space around it is no part of it."""
    (tmp_path / "token").write_bytes(b" t0ken\n")
    assert read_secret("${file:token}", "bearer", Lookup({}, tmp_path)) == Secret(b"t0ken")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n", "bearer is empty"),
        (b"a\nb", "bearer holds a line break or a control character"),
        (b"a\x7fb", "bearer holds a line break or a control character"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """The message does not repeat it."""
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_secret("${file:token}", "bearer", Lookup({}, tmp_path))


def test_a_secret_in_the_profile_itself_is_refused(tmp_path: Path) -> None:
    """The remedy names both ways out, and the secret is not in the message."""
    with pytest.raises(InputError) as caught:
        read_secret("hunter2", "bearer", Lookup({}, tmp_path))
    assert caught.value.message == "bearer is a secret, and it is written out here"
    assert caught.value.hint == (
        "put it into a variable or a file and write ${env:NAME} or ${file:PATH}"
    )


def test_a_secret_header_of_the_target_is_noted(tmp_path: Path) -> None:
    """It may be so, but the plan says where it stands and what to do; a named one is fine."""
    text = SMALL.replace('8080/" }', '8080/", headers: { Cookie: hunter2, Accept: x } }')
    flags = Overrides(headers=("X-Api-Key: hunter2", "Authorization: ${env:KEY}"))
    notes = load(tmp_path, text, flags, {"KEY": "k"}).notes
    remedy = "put it into a variable or a file and write ${env:NAME} or ${file:PATH}"
    assert notes == (
        f"{tmp_path}/shop.yaml:2:66: the header Cookie is a secret, and it is written out here; "
        f"{remedy}",
        f"--header: the header X-Api-Key is a secret, and it is written out here; {remedy}",
    )
