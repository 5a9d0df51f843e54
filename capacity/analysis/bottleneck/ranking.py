"""Which candidate goes first, and which are only facts beside the others?

1. A generator at its limit takes every claim about the service away. Only a 429 with constant good
   throughput stands: the total still grew, so that the generator did not limit what was accepted.
   What the service has answered otherwise, such as a restart, is told beside it.
2. Plain answers of the service (Tier.ANSWERED), then everything else by confidence.
3. Of equal confidence, replicas that changed or were loaded unevenly: the CPU of one that was full
   is their symptom. Then whatever moved first; what moved later is likely a symptom. Of what moved
   at one load, the order of the catalogue: a CPU before a pool that it makes look full.
4. CPU of the service and of its database, both used up: the one that was first goes first.
5. What accompanies others is never the bottleneck; a last resort is one when nothing else is.

How sure a candidate is, it says itself: its rule's arithmetic, and no more than its marks allow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.model.bottleneck import Candidate
from capacity.model.confidence import Confidence

_SURENESS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
# What a generator at its limit does not take away.
_STANDS = "rate_limit"
# Who has one replica do the work of several, or of several to come, finds its CPU full.
_EXPLAIN_CPU = ("scaling", "imbalance")
# Of these two, both used up, the first to cross its threshold goes first, however sure each is.
_BOTH_CPU = ("cpu_limit", "database")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A candidate, the tier of its class, and the class's place in the catalogue."""

    tier: Tier
    place: int
    candidate: Candidate

    @property
    def key(self) -> tuple[int, int, bool, float, int]:
        """Less goes first."""
        one = self.candidate
        first_level = inf if one.first_level is None else one.first_level
        explains = one.kind in _EXPLAIN_CPU
        return self.tier, _SURENESS.index(one.confidence), not explains, first_level, self.place


def ranked(
    case: Case, classes: Sequence[BottleneckClass]
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """The candidates, the first one first, and what accompanies them."""
    seen = [
        _Seen(one.tier, place, candidate)
        for place, one in enumerate(classes)
        for candidate in one.judge(case)
    ]
    by_tier = {
        tier: [one.candidate for one in sorted(seen, key=lambda one: one.key) if one.tier is tier]
        for tier in Tier
    }
    generator, answered = by_tier[Tier.GENERATOR], by_tier[Tier.ANSWERED]
    beside = by_tier[Tier.BESIDE]
    if generator:
        standing = [one for one in answered if _stands(one)]
        others = [one for one in answered if not _stands(one)]
        if standing:
            return tuple(standing), (*generator, *others, *beside)
        return tuple(generator), (*others, *beside)
    named = (*answered, *_by_crossing(by_tier[Tier.SCORED]))
    return named or tuple(by_tier[Tier.LAST_RESORT]), tuple(beside)


def _stands(candidate: Candidate) -> bool:
    return candidate.kind == _STANDS and candidate.confidence is Confidence.HIGH


def _by_crossing(scored: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Service and database in the order in which their CPU was used up, at the same places."""
    places = [
        place
        for place, one in enumerate(scored)
        if one.kind in _BOTH_CPU and one.marks.is_used_up and one.first_level is not None
    ]
    ordered = sorted((scored[place] for place in places), key=lambda one: one.first_level or 0.0)
    moved = dict(zip(places, ordered, strict=True))
    return tuple(moved.get(place, one) for place, one in enumerate(scored))
