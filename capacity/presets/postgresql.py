"""What does a PostgreSQL server feel, as postgres_exporter tells it?

The exporter's labels differ between its versions; nothing here needs one that may be missing.
"""

from collections.abc import Mapping

from capacity.model.resources import (
    Aspect,
    Direction,
    Expression,
    Quantity,
    Reduction,
    ResourceScope,
    Samples,
)
from capacity.presets.family import Family
from capacity.presets.promql import highest, largest, matching, rate, selector, summed
from capacity.units import Unit

PRESET = "postgresql"

_FAMILY = Family(PRESET, "postgresql.", ResourceScope.DATABASE)
_STATES = (
    ("active", "active", "connections that run a statement"),
    ("idle", "idle", "connections that wait for their client"),
    ("idle in transaction", "idle_in_transaction", "transactions that wait for their client"),
)


def quantities(labels: Mapping[str, str]) -> tuple[Quantity, ...]:
    """Of the servers whose exporters match these labels (regular expressions)."""
    series = _Series(matching(labels))
    return (*_connections(series), *_work(series), *_faults(series))


class _Series:
    """Selectors of one choice of servers."""

    def __init__(self, matchers: tuple[str, ...]) -> None:
        self._matchers = matchers

    def of(self, metric: str, *more: str) -> str:
        """The series of a metric."""
        return selector(metric, *self._matchers, *more)

    def computed(self, query: str) -> Expression:
        """PromQL that is as young as the exporter's answer; of activity there are many series."""
        return Expression(query, rests_on=(self.of("pg_up"),))

    def growth(self, metric: str) -> str:
        """Of all databases of a server, per second."""
        return summed(rate(self.of(metric)), "instance")


def _connections(series: _Series) -> tuple[Quantity, ...]:
    activity = "pg_stat_activity_count"
    used = summed(series.of(activity), "instance")
    most = largest(series.of("pg_settings_max_connections"), "instance")
    reserved = largest(series.of("pg_settings_superuser_reserved_connections"), "instance")
    waiting = summed(series.of(activity, 'state="active"', 'wait_event_type="Lock"'), "instance")
    # An exporter that tells waits at all always tells some; without that, no wait is not zero.
    told = summed(series.of(activity, 'wait_event_type!=""'), "instance")
    return (
        _FAMILY.quantity(
            "connections",
            Unit.RATIO,
            Aspect.UTILISATION,
            series.computed(highest(f"{used} / {most}")),
            "highest number of connections, as a share of max_connections",
        ),
        _FAMILY.quantity(
            "user_connections",
            Unit.RATIO,
            Aspect.UTILISATION,
            series.computed(highest(f"{used} / ({most} - {reserved})")),
            "the same as a share of the slots that are not reserved for superusers",
        ),
        *(
            _FAMILY.quantity(
                name,
                Unit.COUNT,
                Aspect.INFORMATION,
                series.computed(
                    highest(summed(series.of(activity, f'state="{state}"'), "instance"))
                ),
                f"highest number of {what}",
            )
            for state, name, what in _STATES
        ),
        _FAMILY.quantity(
            "lock_waits",
            Unit.COUNT,
            Aspect.SATURATION,
            series.computed(highest(f"{waiting} or 0 * {told}")),
            "highest number of statements that waited for a lock (exporter 0.17 and later)",
        ),
        _FAMILY.quantity(
            "oldest_transaction",
            Unit.SECONDS,
            Aspect.SATURATION,
            Samples(
                series.of(
                    "pg_stat_activity_max_tx_duration", 'state=~"active|idle in transaction"'
                ),
                Reduction.MAX,
                ("instance",),
            ),
            "age of the oldest open transaction",
        ),
    )


def _work(series: _Series) -> tuple[Quantity, ...]:
    commits = series.growth("pg_stat_database_xact_commit")
    rollbacks = series.growth("pg_stat_database_xact_rollback")
    hits = series.growth("pg_stat_database_blks_hit")
    reads = series.growth("pg_stat_database_blks_read")
    return (
        _FAMILY.quantity(
            "transactions",
            Unit.PER_SECOND,
            Aspect.INFORMATION,
            series.computed(f"{commits} + {rollbacks}"),
            "transactions ended per second, committed or rolled back",
        ),
        _FAMILY.quantity(
            "rollbacks",
            Unit.RATIO,
            Aspect.ERRORS,
            series.computed(f"{rollbacks} / ({commits} + {rollbacks})"),
            "share of the transactions that were rolled back",
        ),
        _FAMILY.quantity(
            "cache_hits",
            Unit.RATIO,
            Aspect.INFORMATION,
            series.computed(f"{hits} / ({hits} + {reads})"),
            "share of the blocks that were found in shared buffers",
            direction=Direction.LOW_IS_BAD,
        ),
    )


def _faults(series: _Series) -> tuple[Quantity, ...]:
    rows = (
        ("deadlocks", Unit.PER_SECOND, Aspect.ERRORS, "deadlocks per second"),
        ("conflicts", Unit.PER_SECOND, Aspect.ERRORS, "queries of a standby cancelled per second"),
        (
            "temp_bytes",
            Unit.BYTES_PER_SECOND,
            Aspect.SATURATION,
            "bytes per second written to temporary files, because memory did not suffice",
        ),
    )
    checkpoints = " or ".join(
        largest(rate(series.of(metric)), "instance")
        for metric in (
            "pg_stat_bgwriter_checkpoints_req_total",
            "pg_stat_bgwriter_checkpoints_req",
            "pg_stat_checkpointer_num_requested_total",
        )
    )
    return (
        *(
            _FAMILY.quantity(
                name,
                unit,
                aspect,
                series.computed(series.growth(f"pg_stat_database_{name}")),
                meaning,
            )
            for name, unit, aspect, meaning in rows
        ),
        _FAMILY.quantity(
            "checkpoints",
            Unit.PER_SECOND,
            Aspect.SATURATION,
            series.computed(checkpoints),
            "checkpoints per second that came early, because much was written",
        ),
        _FAMILY.quantity(
            "up",
            Unit.COUNT,
            Aspect.ERRORS,
            Samples(series.of("pg_up"), Reduction.MIN, ("instance",)),
            "1 while the exporter could ask the server, 0 when it was refused once",
            direction=Direction.LOW_IS_BAD,
        ),
    )
