"""Tests of reading a named file: regular, small enough, and with the reason when not."""

import os
from pathlib import Path

import pytest

from capacity.profile.files import read_file
from capacity.profile.problems import InputError


def test_reads_a_file_below_its_folder(tmp_path: Path) -> None:
    """Relative names start at the folder, absolute ones do not; the limit itself is allowed."""
    (tmp_path / "a").write_bytes(b"1234")
    assert read_file(tmp_path, "a", 4) == b"1234"
    assert read_file(Path("elsewhere"), str(tmp_path / "a"), 4) == b"1234"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "cannot read 'missing': No such file or directory"),
        (".", "'.' is not a regular file"),
        ("pipe", "'pipe' is not a regular file"),
        ("large", "'large' has 5 bytes, more than 4"),
        ("a\x00b", "'a\\x00b' is not a path"),
        ("large/x", "cannot read 'large/x': Not a directory"),
    ],
)
def test_refuses_with_the_reason(tmp_path: Path, name: str, message: str) -> None:
    """A pipe would wait for ever, a device would never end; both are refused unopened."""
    (tmp_path / "large").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError) as caught:
        read_file(tmp_path, name, 4)
    assert caught.value.message == message
