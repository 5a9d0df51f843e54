"""How is a file read that somebody named, and that may be huge, a pipe or a device?"""

import os
import stat
from pathlib import Path


def read_regular(path: Path, max_bytes: int) -> bytes:
    """All of a regular file; OSError with the reason for anything else, and for a larger one."""
    content = read_start(path, max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(f"it is larger than {max_bytes // 1024**2} MiB")
    return content


def read_start(path: Path, size: int) -> bytes:
    """The first bytes of a regular file, fewer where it is shorter."""
    # Without O_NONBLOCK a named pipe would hang the reader.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        return stream.read(size)
