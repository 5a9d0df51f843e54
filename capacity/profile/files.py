"""What does a file that the profile or a flag names hold?"""

import stat
from pathlib import Path

from capacity.profile.problems import InputError


def read_file(folder: Path, name: str, max_bytes: int) -> bytes:
    """Read a regular file; InputError with the reason when that cannot be done."""
    if not name.isprintable():
        raise InputError(f"{name!r} is not a path", "name a file")
    path = folder / name
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name!r} is not a regular file", "name a file")
        if status.st_size > max_bytes:
            raise InputError(
                f"{name!r} has {status.st_size} bytes, more than {max_bytes}", "name a smaller file"
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {name!r}: {error.strerror or type(error).__name__}",
            f"the path starts at {str(folder)!r}; check it and its permissions",
        ) from error
