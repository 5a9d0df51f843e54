"""When does a server of known capacity answer? Arithmetic on given times, without a clock.

A model is told when a request arrives and hands back who is answered when. Times of answers follow
from times of arrivals alone, never from when the process got a core, so lateness does not add up.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from typing import Protocol


class Model(Protocol):
    """What stands behind the HTTP of a known server; a request is known by a number."""

    def arrive(self, now_s: float, request: int) -> None:
        """Take a request in."""

    def next_s(self) -> float | None:
        """When the next answer is due; None when nobody waits. An arrival may change it."""

    def due(self, now_s: float) -> Iterator[tuple[int, bool]]:
        """Who is answered by now, and whether well."""


class Planned:
    """Answers whose time is known when the request arrives, as `answer` tells it."""

    def __init__(self, answer: Callable[[float], tuple[float, bool]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[float, int, bool]] = []

    def arrive(self, now_s: float, request: int) -> None:
        """Ask once when this request will be answered."""
        done_s, is_good = self._answer(now_s)
        heapq.heappush(self._waiting, (done_s, request, is_good))

    def next_s(self) -> float | None:
        """The earliest of the times that were told."""
        return self._waiting[0][0] if self._waiting else None

    def due(self, now_s: float) -> Iterator[tuple[int, bool]]:
        """In the order of their times."""
        while self._waiting and self._waiting[0][0] <= now_s:
            _, request, is_good = heapq.heappop(self._waiting)
            yield request, is_good


class Servers:
    """A queue in front of equal servers; `draw_s` gives the service time of each request.

    In a closed loop of N users X(N) = min(N, servers) / mean service time, whatever its spread.
    """

    def __init__(self, count: int, draw_s: Callable[[], float]) -> None:
        self._free_at_s = [0.0] * count
        self._draw_s = draw_s

    def answer(self, now_s: float) -> tuple[float, bool]:
        """The first server that is free takes it."""
        done_s = max(now_s, self._free_at_s[0]) + self._draw_s()
        heapq.heapreplace(self._free_at_s, done_s)
        return done_s, True


class Lock:
    """Work that any number does at once, then one lock that each holds for a while.

    X(N) = min(N / (work + lock), 1 / lock).
    """

    def __init__(self, work_s: float, lock_s: float) -> None:
        self._work_s = work_s
        self._lock_s = lock_s
        self._free_at_s = 0.0

    def answer(self, now_s: float) -> tuple[float, bool]:
        """Equal work keeps the order, so the lock is taken in the order of arrivals."""
        self._free_at_s = max(now_s + self._work_s, self._free_at_s) + self._lock_s
        return self._free_at_s, True


class Limiter:
    """Work that any number does at once, and a token bucket that lets so many a second be good.

    Good are min(N / work, rate) of the answers a second. Who finds no token is refused after
    `refused_s`. At once, as a gateway does it, those who are refused come back as fast as the
    two processes can; after the same work, as where a quota is asked for behind it, the rate of all
    answers is N / work.
    """

    def __init__(self, work_s: float, rate_qps: float, *, burst: float, refused_s: float) -> None:
        self._work_s = work_s
        self._refused_s = refused_s
        self._rate_qps = rate_qps
        self._burst = burst
        self._tokens = burst
        self._last_s = 0.0

    def answer(self, now_s: float) -> tuple[float, bool]:
        """Good when there is a token."""
        filled = self._tokens + (now_s - self._last_s) * self._rate_qps
        self._tokens = min(filled, self._burst)
        self._last_s = now_s
        is_good = self._tokens >= 1.0
        if is_good:
            self._tokens -= 1.0
        return now_s + (self._work_s if is_good else self._refused_s), is_good


class Usl:
    """One queue whose pace depends on how many are in it, by the Universal Scalability Law.

    With n inside, answers leave as a Poisson process of lambda n / (1 + sigma (n - 1) + kappa n
    (n - 1)), so a closed loop of N users has that throughput with n = N, for it never thinks.
    """

    def __init__(self, *, rate_qps: float, sigma: float, kappa: float, seed: int) -> None:
        self._rate_qps = rate_qps
        self._sigma = sigma
        self._kappa = kappa
        self._dice = random.Random(seed)  # noqa: S311 - no secret
        self._waiting: list[int] = []
        self._now_s = 0.0
        # How much is left of the work until the next answer, in mean times between answers.
        self._left = self._dice.expovariate(1.0)

    def throughput_qps(self, inside: int) -> float:
        """X(N), the truth."""
        crowd = self._sigma * (inside - 1) + self._kappa * inside * (inside - 1)
        return self._rate_qps * inside / (1.0 + crowd)

    def arrive(self, now_s: float, request: int) -> None:
        """Work so far was at the old pace."""
        self._work_until(now_s)
        self._waiting.append(request)

    def next_s(self) -> float | None:
        """When the work that is left is done at the pace of those inside."""
        if not self._waiting:
            return None
        return self._now_s + self._left / self.throughput_qps(len(self._waiting))

    def due(self, now_s: float) -> Iterator[tuple[int, bool]]:
        """First come, first answered."""
        while (next_s := self.next_s()) is not None and next_s <= now_s:
            self._now_s = next_s
            self._left = self._dice.expovariate(1.0)
            yield self._waiting.pop(0), True

    def _work_until(self, now_s: float) -> None:
        # An answer that is overdue leaves before this arrival, at its own time.
        if self._waiting:
            self._left -= (now_s - self._now_s) * self.throughput_qps(len(self._waiting))
        self._now_s = now_s
