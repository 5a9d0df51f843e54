"""What time is it, and has anybody asked this process to end?"""

import asyncio
import os
import signal
import time

from capacity.model.run import EndReason


class SystemClock:
    """The real clock behind the Clock port."""

    def now_s(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Seconds since 1970."""
        return time.time()


class SignalInterrupt:
    """Signals behind the Interrupt port: once ends the load, twice drops it, thrice the process."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._count = 0

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over SIGINT, SIGTERM and SIGHUP for the life of `loop`."""
        loop.add_signal_handler(signal.SIGINT, self._take, EndReason.INTERRUPTED)
        loop.add_signal_handler(signal.SIGTERM, self._take, EndReason.TERMINATED)
        loop.add_signal_handler(signal.SIGHUP, self._take, EndReason.TERMINATED)

    def reason(self) -> str | None:
        """Why the run shall end, or None."""
        return self._reason

    def is_urgent(self) -> bool:
        """Whether it was said twice."""
        return self._count >= 2

    def _take(self, reason: EndReason) -> None:
        self._reason = self._reason or reason.value
        self._count += 1
        if self._count >= 3:
            os._exit(130 if reason is EndReason.INTERRUPTED else 143)
