"""What does a Python service feel, as its client library tells it?

There is no metric of the event loop: the application must publish its own. With several processes
behind one port (gunicorn) the library tells nothing of any of them.
"""

from collections.abc import Mapping

from capacity.model.resources import Aspect, Expression, Quantity, ResourceScope
from capacity.presets.client_library import INSTANCE, process_quantities
from capacity.presets.family import Family
from capacity.presets.promql import matching, rate, selector, summed
from capacity.units import Unit

PRESET = "python"

_FAMILY = Family(PRESET, "python.", ResourceScope.SERVICE)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the processes that match these labels (regular expressions)."""
    matchers = matching(labels)
    collections = rate(selector("python_gc_collections_total", *matchers))
    return (
        *process_quantities(_FAMILY, matchers),
        _FAMILY.quantity(
            "gc_collections",
            Unit.PER_SECOND,
            Aspect.INFORMATION,
            Expression(summed(collections, *INSTANCE)),
            "collections of garbage per second, of all generations",
        ),
    )
