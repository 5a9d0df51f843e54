"""What is a file of steps, once it has been read, and how does one say what is wrong with it?"""

from dataclasses import dataclass
from pathlib import Path

from capacity.errors import StorageError
from capacity.files import read_regular
from capacity.model.measured import Measured

# A climb has some tens of steps; whoever has more has another kind of file.
MAX_STEPS = 2000
# Other programs lose digits above it, and nothing that was measured is below the other.
MAX_NUMBER = 2.0**53
MIN_NUMBER = 1e-12
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class StepsFile:
    """The steps of a file, in their order, and in words what only its reader knows is missing."""

    steps: tuple[Measured, ...]
    missing: tuple[str, ...]


def read_text(path: Path, max_bytes: int) -> str:
    """The text of a file of bounded size; StorageError when it is none."""
    try:
        content = read_regular(path, max_bytes)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be read: {error.strerror or error}",
            hint="name a run folder, its run.json, a steps.csv or a .dat file",
        ) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise StorageError(
            f"{path}: is no text", hint="name a run folder, its run.json, a steps.csv or a .dat"
        )
    return text.removeprefix(_BYTE_ORDER_MARK)


def is_measured(value: float) -> bool:
    """Whether a number can be of a measurement; NaN and infinity cannot."""
    return value == 0 or MIN_NUMBER <= abs(value) <= MAX_NUMBER


def fault(path: Path, line: int, detail: str, *, hint: str) -> StorageError:
    """The error for a line that cannot be understood."""
    return StorageError(f"{path}:{line}: {detail}", hint=hint)


def too_many(path: Path) -> StorageError:
    """The error for a file with more steps than any climb has."""
    return StorageError(f"{path}: has more than {MAX_STEPS} steps", hint="name a file of one climb")
