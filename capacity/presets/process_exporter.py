"""What do groups of processes feel, as process-exporter tells it?"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    Expression,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import matching, rate, selector, summed
from capacity.units import Unit

PRESET = "process-exporter"

_FAMILY = Family(PRESET, "process_exporter.", ResourceScope.PROCESS)
_GROUP = ("instance", "groupname")
# Name, unit, aspect, metric, matchers, meaning.
_GAUGES = (
    (
        "fds",
        Unit.RATIO,
        Aspect.UTILISATION,
        "worst_fd_ratio",
        (),
        "open descriptors of the process that is nearest to its limit, as a share of it",
    ),
    (
        "memory",
        Unit.BYTES,
        Aspect.INFORMATION,
        "memory_bytes",
        ('memtype="resident"',),
        "highest resident memory of a group",
    ),
    (
        "threads",
        Unit.COUNT,
        Aspect.INFORMATION,
        "num_threads",
        (),
        "highest number of threads of a group",
    ),
    (
        "processes",
        Unit.COUNT,
        Aspect.INFORMATION,
        "num_procs",
        (),
        "highest number of processes of a group",
    ),
)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the groups that match these labels (regular expressions)."""
    matchers = matching(labels)

    def of(metric: str, *more: str) -> str:
        return selector(f"namedprocess_namegroup_{metric}", *matchers, *more)

    def computed(query: str) -> Expression:
        return Expression(query, rests_on=(of("num_procs"),))

    by_thread = summed(rate(of("thread_cpu_seconds_total")), *_GROUP, "threadname")
    return (
        _FAMILY.quantity(
            "cores",
            Unit.CORES,
            Aspect.INFORMATION,
            computed(summed(rate(of("cpu_seconds_total")), *_GROUP)),
            "CPU time of a group per second",
        ),
        _FAMILY.quantity(
            "hot_thread",
            Unit.RATIO,
            Aspect.UTILISATION,
            computed(f"max by ({','.join(_GROUP)})({by_thread})"),
            "CPU time of the busiest threads of one name, as a share of one core",
        ),
        *(
            _FAMILY.quantity(
                name, unit, aspect, Samples(of(metric, *more), Reduction.MAX, _GROUP), meaning
            )
            for name, unit, aspect, metric, more, meaning in _GAUGES
        ),
        _FAMILY.quantity(
            "major_faults",
            Unit.PER_SECOND,
            Aspect.SATURATION,
            Samples(of("major_page_faults_total"), Reduction.RATE, _GROUP),
            "pages of a group per second read back from a disk",
        ),
    )
