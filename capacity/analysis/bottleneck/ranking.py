"""Which candidate goes first, and which are only facts beside the others?"""

from collections.abc import Sequence

from capacity.analysis.bottleneck.bottleneck_class import BottleneckClass, Tier
from capacity.analysis.bottleneck.case import Case
from capacity.model.bottleneck import Candidate
from capacity.model.confidence import Confidence

_SURENESS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


def ranked(
    case: Case, classes: Sequence[BottleneckClass]
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """The candidates, the first one first, and what accompanies them."""
    seen = [(one.tier, candidate) for one in classes for candidate in one.judge(case)]
    ordered = sorted(seen, key=lambda pair: (pair[0], _SURENESS.index(pair[1].confidence)))
    beside = tuple(candidate for tier, candidate in ordered if tier is Tier.BESIDE)
    own = [candidate for tier, candidate in ordered if tier is Tier.GENERATOR]
    if own:
        return tuple(own), beside
    scored = [candidate for tier, candidate in ordered if tier in (Tier.ANSWERED, Tier.SCORED)]
    last = [candidate for tier, candidate in ordered if tier is Tier.LAST_RESORT]
    return tuple(scored or last), beside
