"""How do several processes together never start more requests than the fuse allows?

They draw from one shared number, in portions that shrink as it runs out: the lock is taken once
for many requests, and the last request allowed is still started by somebody.
"""

from multiprocessing.context import SpawnContext

_PORTION = 64


class RequestBudget:
    """The requests that may still be started; made in the parent, handed to each process."""

    def __init__(self, context: SpawnContext, max_requests: int, processes: int) -> None:
        self._left = context.Value("q", max_requests)
        self._processes = processes
        self._drawn = 0

    def take(self) -> bool:
        """Whether one more request may start; it is then counted as started."""
        if self._drawn == 0:
            self._drawn = self._draw()
        if self._drawn == 0:
            return False
        self._drawn -= 1
        return True

    def _draw(self) -> int:
        with self._left.get_lock():
            left: int = self._left.value
            portion = min(left, max(1, min(_PORTION, left // (2 * self._processes))))
            self._left.value = left - portion
        return portion
