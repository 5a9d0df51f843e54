"""How does an asyncio program keep times below a millisecond?

asyncio's epoll selector rounds every timeout up to whole milliseconds. Here the wait happens in
`select` on the epoll descriptor, which takes microseconds; epoll is then asked without waiting.
"""

import asyncio
import select
import selectors
import sys
import time

if sys.platform == "linux":

    class _PreciseSelector(selectors.EpollSelector):
        """Waits for microseconds, at the price of one more system call for each wait."""

        def __init__(self, wake_early_s: float) -> None:
            super().__init__()
            self._wake_early_s = wake_early_s

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout is None or timeout <= 0:
                return super().select(timeout)
            end_s = time.monotonic() + timeout
            sleep_s = max(timeout - self._wake_early_s, 0.0)
            # The epoll descriptor is made with the loop, so it is far below select's limit of 1024.
            select.select((self.fileno(),), (), (), sleep_s)
            events = super().select(0)
            while not events and time.monotonic() < end_s:
                events = super().select(0)
            return events


def precise_event_loop(*, wake_early_s: float = 0.0) -> asyncio.AbstractEventLoop:
    """Make a new event loop whose timers fire within some tens of microseconds.

    `wake_early_s` hides the time a sleeping core needs to wake up: the sleep ends that much
    earlier and the rest, if any is left, is spent looking at the sockets.
    """
    if sys.platform == "linux":
        selector: selectors.BaseSelector = _PreciseSelector(wake_early_s)
    else:
        selector = selectors.DefaultSelector()
    return asyncio.SelectorEventLoop(selector)
