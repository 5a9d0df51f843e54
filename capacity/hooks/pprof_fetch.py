"""How is a CPU profile asked of a service that tells its own, as Go programs do?

One GET with a deadline and a bounded answer; nothing is followed and nothing is tried again.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from capacity.hooks.fault import HookError
from capacity.model.hooks import PprofSource
from capacity.redaction import redact
from capacity.stacks.pprof import GZIP_MAGIC

MAX_ANSWER_BYTES = 16 * 1024**2
# What a service may take beyond the profile itself, to connect and to hand it out.
GRACE_S = 10.0
_CHUNK_BYTES = 64 * 1024
_WORDS_CHARACTERS = 200
_BUSY = "already in use"


class PprofFetch:
    """One profile; `fetch` works in the caller's thread, `end` may be called from any other."""

    def __init__(self, source: PprofSource, lasts_s: float) -> None:
        self._source = source
        self._lasts_s = lasts_s
        # Not that of the connection, which lets go of it once the answer has begun.
        self._socket: socket.socket | None = None

    def fetch(self) -> bytes:
        """The profile as it came; HookError with the reason where none did."""
        deadline_s = time.monotonic() + self._lasts_s + GRACE_S
        parts = urlsplit(self._source.url)
        host, port = self._source.host, self._source.port
        if self._source.scheme == "https":
            connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=GRACE_S, context=ssl.create_default_context()
            )
        else:
            connection = HTTPConnection(host, port, timeout=GRACE_S)
        # Interim answers and headers may drip, or flood, without an end.
        timer = threading.Timer(self._lasts_s + GRACE_S, self.end)
        timer.daemon = True
        try:
            connection.connect()
            self._socket = connection.sock
            timer.start()
            # The answer begins when the profile is whole.
            connection.sock.settimeout(self._lasts_s + GRACE_S)
            connection.request("GET", f"{parts.path}?seconds={max(round(self._lasts_s), 1)}")
            with connection.getresponse() as response:
                content = _read_all(response, deadline_s)
        except TimeoutError as error:
            raise HookError("there was no answer in time") from error
        except (OSError, HTTPException) as error:
            if time.monotonic() >= deadline_s:
                raise HookError("there was no answer in time") from error
            raise HookError(f"it could not be asked: {_words_of(error)}") from error
        finally:
            timer.cancel()
            connection.close()
        if response.status != 200:
            raise HookError(_refusal(response.status, content))
        if not content.startswith(GZIP_MAGIC):
            raise HookError(f"what {parts.path} answers is no profile in the format of pprof")
        return content

    def end(self) -> None:
        """Let `fetch` return soon."""
        if self._socket is not None:
            with suppress(OSError):
                # That of an SSLSocket would take its state away from a read that is under way.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _read_all(response: HTTPResponse, deadline_s: float) -> bytes:
    content = bytearray()
    while time.monotonic() < deadline_s and (chunk := response.read1(_CHUNK_BYTES)):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise HookError(f"the answer is larger than {MAX_ANSWER_BYTES // 1024**2} MiB")
    # What was ended at its deadline looks as if it were whole.
    if time.monotonic() >= deadline_s:
        raise HookError("the answer did not end in time")
    return bytes(content)


def _refusal(status: int, content: bytes) -> str:
    """What a status means here, with the service's own words."""
    text = redact(content[:4096].decode("utf-8", "replace")).text
    words = " ".join(text.split())[:_WORDS_CHARACTERS]
    said = f" ({words})" if words else ""
    if status == 500 and _BUSY in words:
        return f"another profiler is at work there, and only one can be{said}"
    if status == 404:
        return "there is no profile (404): a Go program offers it by importing net/http/pprof"
    return f"the service answered {status}{said}"


def _words_of(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or type(error).__name__
