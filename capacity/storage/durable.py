"""How do bytes get onto the disk so that a crash or a full disk cannot lose them silently?

The result of every write, fsync and close is checked: a full disk may show only at the last of
them. A failed fsync is never tried again, because the kernel may have dropped the data by then.
All functions raise OSError and leave the sentence for people to their callers.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def replace_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Give `path` new content, all or nothing: .tmp, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        _write_new(temporary, content, mode)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def probe_folder(folder: Path) -> None:
    """Prove that files can be made in `folder`; nothing is left behind."""
    probe = folder / f".capacity-probe-{secrets.token_hex(4)}"
    try:
        _write_new(probe, b"probe\n")
    finally:
        with suppress(FileNotFoundError):
            probe.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_rescue_copy(name: str, content: bytes) -> Path:
    """Write a copy beside all else, into a file of its own in the folder for temporary files."""
    descriptor, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".json")
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Path(path)


class AppendFile:
    """A new file that only grows; each `append` reaches the kernel before it returns."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, _NEW_FILE | os.O_APPEND, 0o644)

    def append(self, content: bytes) -> None:
        """Add bytes at the end, whole or with an error."""
        _write_all(self._open(), content)

    def sync(self) -> None:
        """Wait until everything appended is on the disk."""
        os.fsync(self._open())

    def close(self) -> None:
        """Close the file; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> int:
        if self._descriptor is None:
            raise OSError("the file is already closed")
        return self._descriptor


def _write_new(path: Path, content: bytes, mode: int = 0o644) -> None:
    descriptor = os.open(path, _NEW_FILE, mode)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
