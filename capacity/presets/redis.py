"""What does a Redis server feel, as redis_exporter tells it?

Commands run on one thread: it is full at one core, however many the machine has.
"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    Direction,
    EmptyMeans,
    Expression,
    Limit,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import largest, matching, rate, selector, summed
from capacity.units import Unit

PRESET = "redis"

_FAMILY = Family(PRESET, "redis.", ResourceScope.CACHE)
_INSTANCE = ("instance",)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the servers whose exporters match these labels (regular expressions)."""
    matchers = matching(labels)
    return (*_cpu(matchers), *_memory(matchers), *_clients(matchers), *_commands(matchers))


def _cpu(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    rows = (
        ("main_thread", "main_thread_", Unit.RATIO, "CPU time of the main thread, share of a core"),
        ("cores", "", Unit.CORES, "CPU time of all threads per second"),
    )
    return tuple(
        _FAMILY.quantity(
            name,
            unit,
            Aspect.UTILISATION if unit is Unit.RATIO else Aspect.INFORMATION,
            Expression(
                " + ".join(
                    largest(
                        rate(selector(f"redis_cpu_{mode}_{middle}seconds_total", *matchers)),
                        *_INSTANCE,
                    )
                    for mode in ("user", "sys")
                )
            ),
            meaning,
        )
        for name, middle, unit, meaning in rows
    )


def _memory(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    used = selector("redis_memory_used_bytes", *matchers)
    most = largest(f"{selector('redis_memory_max_bytes', *matchers)} > 0", *_INSTANCE)
    return (
        _FAMILY.quantity(
            "memory",
            Unit.RATIO,
            Aspect.UTILISATION,
            Samples(used, Reduction.MAX, _INSTANCE, Limit(most)),
            "highest use of memory, as a share of maxmemory",
            empty=EmptyMeans.NO_LIMIT,
        ),
        _FAMILY.quantity(
            "memory_used",
            Unit.BYTES,
            Aspect.INFORMATION,
            Samples(used, Reduction.MAX, _INSTANCE),
            "highest use of memory",
        ),
        _FAMILY.quantity(
            "evictions",
            Unit.PER_SECOND,
            Aspect.SATURATION,
            Samples(selector("redis_evicted_keys_total", *matchers), Reduction.RATE, _INSTANCE),
            "keys per second thrown away because maxmemory was reached",
        ),
    )


def _clients(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    most = largest(f"{selector('redis_config_maxclients', *matchers)} > 0", *_INSTANCE)
    connected = selector("redis_connected_clients", *matchers)
    rows = (
        (
            "rejected_connections",
            "redis_rejected_connections_total",
            Reduction.INCREASE,
            Aspect.ERRORS,
            "connections refused because of maxclients",
        ),
        (
            "blocked_clients",
            "redis_blocked_clients",
            Reduction.MAX,
            Aspect.INFORMATION,
            "highest number of clients in a blocking command",
        ),
        (
            "slow_log",
            "redis_slowlog_last_id",
            Reduction.INCREASE,
            Aspect.SATURATION,
            "commands that were slow enough for the slow log",
        ),
    )
    return (
        _FAMILY.quantity(
            "clients",
            Unit.RATIO,
            Aspect.UTILISATION,
            Samples(connected, Reduction.MAX, _INSTANCE, Limit(most)),
            "highest number of connected clients, as a share of maxclients",
            empty=EmptyMeans.NO_LIMIT,
        ),
        *(
            _FAMILY.quantity(
                name,
                Unit.COUNT,
                aspect,
                Samples(selector(metric, *matchers), reduction, _INSTANCE),
                meaning,
            )
            for name, metric, reduction, aspect, meaning in rows
        ),
        _FAMILY.quantity(
            "up",
            Unit.COUNT,
            Aspect.ERRORS,
            Samples(selector("redis_up", *matchers), Reduction.MIN, _INSTANCE),
            "1 while the exporter could ask the server, 0 when it could not once",
            direction=Direction.LOW_IS_BAD,
        ),
    )


def _commands(matchers: tuple[str, ...]) -> tuple[Quantity, ...]:
    def growth(metric: str) -> str:
        return summed(rate(selector(metric, *matchers)), *_INSTANCE)

    def computed(query: str) -> Expression:
        return Expression(query, rests_on=(selector("redis_up", *matchers),))

    busy = growth("redis_commands_duration_seconds_total")
    hits, misses = growth("redis_keyspace_hits_total"), growth("redis_keyspace_misses_total")
    return (
        _FAMILY.quantity(
            "commands",
            Unit.PER_SECOND,
            Aspect.INFORMATION,
            Samples(
                selector("redis_commands_processed_total", *matchers), Reduction.RATE, _INSTANCE
            ),
            "commands per second",
        ),
        _FAMILY.quantity(
            "busy",
            Unit.RATIO,
            Aspect.UTILISATION,
            computed(busy),
            "share of time in which a command was being worked on, one after the other",
        ),
        _FAMILY.quantity(
            "command_time",
            Unit.SECONDS,
            Aspect.SATURATION,
            computed(f"{busy} / {growth('redis_commands_total')}"),
            "mean time of work on a command, without its wait in the queue",
        ),
        _FAMILY.quantity(
            "hit_rate",
            Unit.RATIO,
            Aspect.INFORMATION,
            computed(f"{hits} / ({hits} + {misses})"),
            "share of the look-ups that found their key",
            direction=Direction.LOW_IS_BAD,
        ),
    )
