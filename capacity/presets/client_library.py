"""What does every Prometheus client library tell of its own process?"""

from capacity.model.resources import Aspect, EmptyMeans, Limit, Quantity, Reduction, Samples
from capacity.presets.family import Family
from capacity.presets.promql import largest, selector
from capacity.units import Unit

INSTANCE = ("instance",)


def process_quantities(family: Family, matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    """CPU, memory and descriptors, under the names of a language's family."""

    def of(metric: str, reduction: Reduction, share_of: Limit | None = None) -> Samples:
        return Samples(selector(f"process_{metric}", *matchers), reduction, INSTANCE, share_of)

    most = largest(f"{selector('process_max_fds', *matchers)} > 0", *INSTANCE)
    return (
        family.quantity(
            "cores",
            Unit.CORES,
            Aspect.INFORMATION,
            of("cpu_seconds_total", Reduction.RATE),
            "CPU time of the process per second",
        ),
        family.quantity(
            "memory",
            Unit.BYTES,
            Aspect.INFORMATION,
            of("resident_memory_bytes", Reduction.MAX),
            "highest resident memory of the process",
        ),
        family.quantity(
            "fds",
            Unit.RATIO,
            Aspect.UTILISATION,
            of("open_fds", Reduction.MAX, Limit(most)),
            "highest number of open descriptors, as a share of their limit",
            empty=EmptyMeans.NO_LIMIT,
        ),
    )
