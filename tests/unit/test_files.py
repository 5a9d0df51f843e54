"""Is only a regular file of bounded size read?"""

import os
from pathlib import Path

import pytest

from capacity.files import read_regular


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    """Up to the very last byte that is allowed."""
    path = tmp_path / "a"
    path.write_bytes(b"12345")

    assert read_regular(path, 5) == b"12345"


def test_a_larger_file_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """A sparse file of many gigabytes costs no more than the bound."""
    path = tmp_path / "a"
    with path.open("wb") as stream:
        stream.truncate(100 * 1024**3)

    with pytest.raises(OSError, match="it is larger than 1 MiB"):
        read_regular(path, 1024**2)


def test_a_pipe_is_refused_and_hangs_nobody(tmp_path: Path) -> None:
    """Nobody writes into it, and the reader comes back."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="it is not a regular file"):
        read_regular(tmp_path / "pipe", 10)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev"])
def test_devices_and_folders_are_refused(path: str) -> None:
    """Neither ends."""
    with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
        read_regular(Path(path), 10)
