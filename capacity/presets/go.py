"""What does a Go service feel, as its runtime tells it?"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    Expression,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.client_library import INSTANCE, process_quantities
from capacity.presets.family import Family
from capacity.presets.promql import matching, rate, selector
from capacity.units import Unit

PRESET = "go"

_FAMILY = Family(PRESET, "go.", ResourceScope.SERVICE)
# Name, metric, reduction, unit, aspect, meaning.
_SINGLE = (
    (
        "goroutines",
        "goroutines",
        Reduction.MAX,
        Unit.COUNT,
        Aspect.SATURATION,
        "highest number of goroutines",
    ),
    (
        "threads",
        "threads",
        Reduction.MAX,
        Unit.COUNT,
        Aspect.INFORMATION,
        "highest number of threads",
    ),
    (
        "heap",
        "memstats_heap_alloc_bytes",
        Reduction.MAX,
        Unit.BYTES,
        Aspect.INFORMATION,
        "highest size of the objects on the heap",
    ),
    (
        "gc",
        "gc_duration_seconds_sum",
        Reduction.RATE,
        Unit.RATIO,
        Aspect.SATURATION,
        "share of time in which the collector had stopped everything",
    ),
    (
        "mutex_wait",
        "sync_mutex_wait_total_seconds_total",
        Reduction.RATE,
        Unit.NUMBER,
        Aspect.SATURATION,
        "mean number of goroutines that waited for a mutex (opt-in)",
    ),
)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the processes that match these labels (regular expressions)."""
    matchers = matching(labels)
    buckets = rate(selector("go_sched_latencies_seconds_bucket", *matchers))
    waits = f"sum by (instance,le)({buckets})"
    return (
        *process_quantities(_FAMILY, matchers),
        *(
            _FAMILY.quantity(
                name,
                unit,
                aspect,
                Samples(selector(f"go_{metric}", *matchers), reduction, INSTANCE),
                meaning,
            )
            for name, metric, reduction, unit, aspect, meaning in _SINGLE
        ),
        _FAMILY.quantity(
            "sched_p99",
            Unit.SECONDS,
            Aspect.SATURATION,
            Expression(
                f"histogram_quantile(0.99, {waits})",
                rests_on=(selector("go_goroutines", *matchers),),
            ),
            "99th percentile of the wait of a goroutine that could run (opt-in)",
        ),
    )
