"""Which resources were used up in the course of the climb?"""

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.seen import Seen, SeenResource, seen_resources
from capacity.model.bottleneck import SubjectKind
from capacity.model.resources import Aspect


def full_resources(case: Case) -> tuple[SeenResource, ...]:
    """Those of service and path by their use; full all along is background.

    That somebody waits tells of none that is used up; the generator has a class of its own.
    """
    return tuple(
        one
        for one in seen_resources(case)
        if one.resource.subject is not SubjectKind.GENERATOR
        and any(_is_used_up(seen) for seen in one.seen)
    )


def _is_used_up(seen: Seen) -> bool:
    is_use = seen.series.aspect is Aspect.UTILISATION
    return is_use and seen.full_from is not None and not seen.in_background
