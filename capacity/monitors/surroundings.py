"""What happened around the service between two moments? The port of whoever can tell.

The thread that reads Prometheus takes the snapshots; what two of them mean is told elsewhere.
"""

from collections.abc import Mapping
from typing import Protocol

from capacity.model.resources import Change
from capacity.monitors.answers import Answer, Fault

# What came back for each query by its name, all at the same moment.
Snapshot = Mapping[str, Answer | Fault]


class Surroundings(Protocol):
    """Knows what to ask about the service's surroundings, and what has changed between two answers.

    Pure: it asks nothing by itself.
    """

    @property
    def queries(self) -> Mapping[str, str]:
        """The instant queries by name."""

    def changes(
        self, before: Snapshot, after: Snapshot, seen_at_unix_s: float
    ) -> tuple[Change, ...]:
        """What is different; a query that failed on either side tells nothing."""

    def unknown(self, before: Snapshot, after: Snapshot) -> tuple[str, ...]:
        """What could not be compared, and why: unknown is not unchanged."""
