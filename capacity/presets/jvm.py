"""What does a service on the JVM feel, as Micrometer tells it?"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    EmptyMeans,
    Expression,
    Limit,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import highest, largest, matching, rate, selector, summed
from capacity.units import Unit

PRESET = "jvm"

_FAMILY = Family(PRESET, "jvm.", ResourceScope.SERVICE)
_INSTANCE = ("instance",)
_POOL = ("instance", "pool")
_THREADS = ("instance", "name")


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the processes that match these labels (regular expressions)."""
    matchers = matching(labels)
    return (*_runtime(matchers), *_pools(matchers), *_answers(matchers))


def _runtime(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    threads = Samples(selector("jvm_threads_live_threads", *matchers), Reduction.MAX, _INSTANCE)
    return (
        _FAMILY.quantity(
            "cpu",
            Unit.RATIO,
            Aspect.UTILISATION,
            Expression(
                largest(
                    f"avg_over_time({selector('process_cpu_usage', *matchers)}[$window])",
                    *_INSTANCE,
                )
            ),
            "mean share of the CPUs it may use that the process used",
        ),
        _FAMILY.quantity(
            "heap",
            Unit.RATIO,
            Aspect.UTILISATION,
            Expression(highest(_heap(matchers))),
            "highest use of the heap, as a share of its largest size",
        ),
        _FAMILY.quantity(
            "gc",
            Unit.RATIO,
            Aspect.SATURATION,
            Expression(summed(rate(selector("jvm_gc_pause_seconds_sum", *matchers)), *_INSTANCE)),
            "share of time in which the collector had stopped everything",
        ),
        _FAMILY.quantity(
            "gc_longest",
            Unit.SECONDS,
            Aspect.SATURATION,
            Samples(selector("jvm_gc_pause_seconds_max", *matchers), Reduction.MAX, _INSTANCE),
            "longest pause of the collector; it is told for some minutes after it was",
        ),
        _FAMILY.quantity(
            "threads", Unit.COUNT, Aspect.INFORMATION, threads, "highest number of threads"
        ),
        _FAMILY.quantity(
            "blocked_threads",
            Unit.COUNT,
            Aspect.SATURATION,
            Samples(
                selector("jvm_threads_states_threads", *matchers, 'state="blocked"'),
                Reduction.MAX,
                _INSTANCE,
            ),
            "highest number of threads that waited for a lock",
        ),
    )


def _heap(matchers: tuple[str, ...]) -> str:
    """Parts of the heap without a size of their own say -1."""
    used = selector("jvm_memory_used_bytes", *matchers, 'area="heap"')
    most = selector("jvm_memory_max_bytes", *matchers, 'area="heap"')
    return f"{summed(used, *_INSTANCE)} / {summed(f'{most} > 0', *_INSTANCE)}"


def _pools(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    def of(
        metric: str, reduction: Reduction, by: tuple[str, ...], share_of: str | None = None
    ) -> Samples:
        limit = share_of and Limit(largest(f"{selector(share_of, *matchers)} > 0", *by))
        return Samples(selector(metric, *matchers), reduction, by, limit or None)

    return (
        _FAMILY.quantity(
            "pool",
            Unit.RATIO,
            Aspect.UTILISATION,
            of("hikaricp_connections_active", Reduction.MAX, _POOL, "hikaricp_connections_max"),
            "highest use of a pool of database connections, as a share of its size",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _FAMILY.quantity(
            "pool_waiting",
            Unit.COUNT,
            Aspect.SATURATION,
            of("hikaricp_connections_pending", Reduction.MAX, _POOL),
            "highest number of threads that waited for a connection of a pool",
        ),
        _FAMILY.quantity(
            "pool_timeouts",
            Unit.COUNT,
            Aspect.ERRORS,
            of("hikaricp_connections_timeout_total", Reduction.INCREASE, _POOL),
            "threads that waited in vain for a connection of a pool",
        ),
        _FAMILY.quantity(
            "tomcat_threads",
            Unit.RATIO,
            Aspect.UTILISATION,
            of(
                "tomcat_threads_busy_threads",
                Reduction.MAX,
                _THREADS,
                "tomcat_threads_config_max_threads",
            ),
            "highest use of Tomcat's threads, as a share of their number",
            empty=EmptyMeans.NO_LIMIT,
        ),
    )


def _answers(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    """Of addresses and statuses there are many series."""

    def growth(part: str, *more: str) -> str:
        series = selector(f"http_server_requests_seconds_{part}", *matchers, *more)
        return summed(rate(series), *_INSTANCE)

    def computed(query: str) -> Expression:
        return Expression(query, (selector("jvm_threads_live_threads", *matchers),))

    answers = growth("count")
    failed = growth("count", 'outcome="SERVER_ERROR"')
    return (
        _FAMILY.quantity(
            "http_mean",
            Unit.SECONDS,
            Aspect.SATURATION,
            computed(f"{growth('sum')} / {answers}"),
            "mean time of a request inside the service",
        ),
        _FAMILY.quantity(
            "http_errors",
            Unit.RATIO,
            Aspect.ERRORS,
            computed(f"({failed} or 0 * {answers}) / {answers}"),
            "share of the requests that the service itself answered with 500 or more",
        ),
    )
