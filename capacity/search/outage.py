"""Has the target gone, and not only slowed down?

A rule on errors needs its window; a service that nobody can connect to any more is told at once, so
that the climb does not go on beating at a closed door.
"""

from collections import Counter

from capacity.model.snapshot import FailureKind, Snapshot
from capacity.search.tally import GRID_TOLERANCE_S

# So long without any success; less could be a restart that the service's users would not notice.
_LEAST_S = 1.0

# The keep-alive race is not among them: it says nothing about new connections.
_NO_CONNECTION = frozenset(
    {
        FailureKind.CONN_REFUSED,
        FailureKind.CONN_RESET_EARLY,
        FailureKind.CONN_TIMEOUT,
        FailureKind.CONN_UNREACHABLE,
    }
)


class OutageWatch:
    """Looks at one interval after the other, whatever window it belongs to."""

    def __init__(self) -> None:
        self._lasts_s = 0.0
        self._failures: Counter[FailureKind] = Counter()

    def take(self, row: Snapshot) -> str | None:
        """The failures of the outage in words once it lasts long enough, None before.

        A slow service that refuses a few connections has more requests open than it has refused;
        without anything in between a closed port is tried again and again.
        """
        if row.end_s <= row.start_s:
            return None
        failures = {k: n for k, n in row.counts.failures.items() if k in _NO_CONNECTION}
        if row.ended_ok > 0 or sum(failures.values()) < max(1, row.in_flight):
            self._lasts_s = 0.0
            self._failures.clear()
            return None
        self._lasts_s += row.end_s - row.start_s
        self._failures.update(failures)
        if self._lasts_s < _LEAST_S - GRID_TOLERANCE_S:
            return None
        return ", ".join(f"{kind.value} {count}x" for kind, count in self._failures.most_common())
