"""What goes into monitors.ndjson: every reading as it came, one line for each news of a monitor.

The file is made with the first news, only grows, and stops growing at a size that no run should
reach: its last line then says so.
"""

import json
from pathlib import Path

from capacity.model.resources import ResourceNews
from capacity.storage.durable import AppendFile
from capacity.storage.resources import encode_change, encode_reading

MONITORS_FILE = "monitors.ndjson"
MAX_BYTES = 64 * 1024 * 1024
# Inside a step the worst few decide, and there are many such lines.
_MAX_MEMBERS = 20
_FULL = b'{"truncated":true}\n'


class MonitorsFile:
    """The file of one run; nothing is on disk before the first news."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._left_bytes = max_bytes - len(_FULL)
        self._file: AppendFile | None = None
        self._is_full = False

    def append(self, news: ResourceNews) -> None:
        """Add one line; OSError when it cannot be written."""
        if self._is_full:
            return
        if self._file is None:
            self._file = AppendFile(self._path)
        line = monitors_line(news).encode("ascii")
        self._is_full = len(line) > self._left_bytes
        self._left_bytes -= len(line)
        self._file.append(_FULL if self._is_full else line)

    def sync(self) -> None:
        """Wait until everything appended is on the disk."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._file is not None:
            self._file.close()


def monitors_line(news: ResourceNews) -> str:
    """One line of the file: what was found out about one step."""
    line = {
        "step": news.step_index,
        "asked": news.asked.value,
        "readings": [encode_reading(reading, _MAX_MEMBERS) for reading in news.readings],
        "changes": [encode_change(change) for change in news.changes],
    }
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"
