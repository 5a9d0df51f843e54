"""What does a class of bottleneck consist of?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from capacity.analysis.bottleneck.case import Case
from capacity.model.bottleneck import Candidate, Sentence


class Tier(IntEnum):
    """What goes before what, whatever the confidence is.

    GENERATOR blocks every claim about the service. ANSWERED are plain words of the service, such as
    429 or a restart. SCORED go by confidence. LAST RESORTS are named only when nothing else is.
    BESIDE accompany any other and are never the bottleneck themselves.
    """

    GENERATOR = 0
    ANSWERED = 1
    SCORED = 2
    LAST_RESORT = 3
    BESIDE = 4


@dataclass(frozen=True, slots=True)
class BottleneckClass:
    """One class: its stable name, its number in docs/bottlenecks.md, and its rule.

    `judge` returns the candidates that it sees, several where several subjects are at their limit,
    none where its rule does not hold. `looks_at` are the resources of `resources.py` whose data it
    needs; of these one without data is told as not observed.
    """

    kind: str
    number: str
    title: Sentence
    tier: Tier
    looks_at: tuple[str, ...]
    judge: Callable[[Case], Sequence[Candidate]]
