"""How is a command of the user run so that it can harm neither the run nor the machine?

No shell, a small environment, a limit of time and of output, and an end with all of its children.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# What programs need to find themselves, their configuration and their words.
_PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "KUBECONFIG",
    "DOCKER_HOST",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
)
MAX_ERROR_BYTES = 16 * 1024
# How long a program may take to end once it was asked to.
_END_GRACE_S = 1.0
_LOOK_S = 0.1
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command wrote and how it ended.

    `fault` is why it did not end well, in words; empty when it did. `output` are the last bytes of
    its standard output, `is_cut` when there were more.
    """

    output: bytes
    is_cut: bool
    fault: str


class Command:
    """One command; `run` works in the caller's thread, `end` may be called from any other."""

    def __init__(self, argv: Sequence[str], *, limit_s: float, max_output_bytes: int) -> None:
        self._argv = tuple(argv)
        self._limit_s = limit_s
        self._output = _Tail(max_output_bytes)
        self._errors = _Tail(MAX_ERROR_BYTES)
        self._has_ended = False

    def run(self, folder: Path | None = None) -> Outcome:
        """Run it to its end, or to the end of its time; the fault is told, never raised."""
        try:
            # The words are the user's own, and no shell reads them.
            process = subprocess.Popen(  # noqa: S603  # a list of words from the user's own profile
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(b"", is_cut=False, fault=f"it cannot be started: {error.strerror}")
        except ValueError:
            return Outcome(b"", is_cut=False, fault="it cannot be started: a word holds a zero")
        with process:
            try:
                fault = self._watch(process)
            finally:
                _kill(process)
        return Outcome(self._output.content, is_cut=self._output.is_cut, fault=fault)

    def end(self) -> None:
        """Let `run` return soon, with an end of the command and its children."""
        self._has_ended = True

    @property
    def error_text(self) -> str:
        """The end of what it wrote to standard error."""
        return self._errors.content.decode("utf-8", "replace")

    def _watch(self, process: "subprocess.Popen[bytes]") -> str:
        """Read both streams until the command is over; why it did not end well."""
        deadline_s = time.monotonic() + self._limit_s
        with selectors.DefaultSelector() as selector:
            for stream, tail in ((process.stdout, self._output), (process.stderr, self._errors)):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ, tail)
            # A child that lives on may hold the streams open: the command's own end is enough.
            while selector.get_map() and not (process.poll() is not None and _is_quiet(selector)):
                if self._has_ended:
                    return "the run was ended before it"
                if time.monotonic() >= deadline_s:
                    return f"it did not end within {self._limit_s:g} s"
                _read(selector, _LOOK_S)
        return self._end_of(process, deadline_s)

    def _end_of(self, process: "subprocess.Popen[bytes]", deadline_s: float) -> str:
        """It has closed its streams, and has the rest of its time to end."""
        while (code := process.poll()) is None:
            if self._has_ended:
                return "the run was ended before it"
            if time.monotonic() >= deadline_s:
                return f"it did not end within {self._limit_s:g} s"
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
        if code < 0:
            return f"it was ended by signal {-code}"
        return f"it ended with code {code}" if code else ""


class _Tail:
    """The last bytes of a stream."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._content = bytearray()
        self.is_cut = False

    def add(self, content: bytes) -> None:
        self._content += content
        # Not at each chunk: to take bytes off the front is to move all others.
        if len(self._content) > 2 * self._max_bytes + _CHUNK_BYTES:
            self._shorten()

    @property
    def content(self) -> bytes:
        self._shorten()
        return bytes(self._content)

    def _shorten(self) -> None:
        if len(self._content) > self._max_bytes:
            self.is_cut = True
            del self._content[: -self._max_bytes]


def _read(selector: selectors.BaseSelector, timeout_s: float) -> bool:
    """Take what is there; whether anything was."""
    ready = selector.select(timeout_s)
    for key, _ in ready:
        tail: _Tail = key.data
        chunk = os.read(key.fd, _CHUNK_BYTES)
        if chunk:
            tail.add(chunk)
        else:
            selector.unregister(key.fileobj)
    return bool(ready)


def _is_quiet(selector: selectors.BaseSelector) -> bool:
    """Whether nothing is left to be read now."""
    return not _read(selector, 0.0)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End it and all that it has started: first asked, then not."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    if process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_GRACE_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
