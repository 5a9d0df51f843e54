"""Synthetic PostgreSQL and Redis servers, with exporters old and new."""

from math import nan

from tests.presets.synthetic import Case

DB = 'instance="db:9187"'
REDIS = 'instance="redis:9121"'
GAUGE = "9x16 1 4 2 1"  # its highest inside the window is 4
# What is computed from several series begins with what was last known before the window.
COMPUTED = "9x15 1 1 4 2 1"


def twice(series: str) -> list[str]:
    """One exporter that two jobs scrape; `series` has JOB among its labels."""
    return [series.replace("JOB", f'job="{job}"') for job in ("a", "b")]


def database(metric: str, values: str, *, more: str = "") -> list[str]:
    """A counter or gauge of two databases, scraped by two jobs."""
    return [
        line
        for name in ("shop", "postgres")
        for line in twice(f'{metric}{{{DB},JOB,datname="{name}"{more}}} {values}')
    ]


def activity(state: str, values: str, *, more: str = "") -> list[str]:
    """Connections in a state, scraped by two jobs."""
    return twice(
        f'pg_stat_activity_count{{{DB},JOB,datname="shop",state="{state}"{more}}} {values}'
    )


def growing(name: str, by: str = "3") -> list[str]:
    """A counter of two databases, each grown by so much with every sample."""
    return database(f"pg_stat_database_{name}", f"0+{by}x20")


SLOTS = [
    *twice(f"pg_settings_max_connections{{{DB},JOB}} 20x20"),
    *twice(f"pg_settings_superuser_reserved_connections{{{DB},JOB}} 4x20"),
]
OLDEST = "pg_stat_activity_max_tx_duration"
LOCK = ',wait_event_type="Lock",wait_event="tuple"'
CLIENT = ',wait_event_type="Client",wait_event="ClientRead"'

POSTGRESQL_CASES = (
    Case(
        "postgresql.connections",
        "a connection that changes its state is counted once",
        # The highest of each state would be 10 + 8.
        [*activity("active", "2x17 10 2x1"), *activity("idle", "8x17 0 8x1"), *SLOTS],
        {DB: 0.5},
    ),
    Case(
        "postgresql.connections",
        "nearly full",
        [*activity("active", "10x20"), *activity("idle", "8x20"), *SLOTS],
        {DB: 0.9},
    ),
    Case("postgresql.connections", "no settings", activity("active", "10x20")),
    Case(
        "postgresql.connections",
        "stale since before the window",
        [*activity("active", "10x12 stale"), *SLOTS],
    ),
    Case(
        "postgresql.user_connections",
        "as many as users may have",
        [*activity("active", "10x20"), *activity("idle", "6x20"), *SLOTS],
        {DB: 1.0},
    ),
    Case(
        "postgresql.active",
        "the highest inside the window",
        [*activity("active", COMPUTED), *activity("idle", "9x20")],
        {DB: 4},
    ),
    Case(
        "postgresql.idle",
        "without those in a transaction",
        [*activity("idle", COMPUTED), *activity("idle in transaction", "9x20")],
        {DB: 4},
    ),
    Case(
        "postgresql.idle_in_transaction",
        "without the idle ones",
        [*activity("idle in transaction", COMPUTED), *activity("idle", "9x20")],
        {DB: 4},
    ),
    Case(
        "postgresql.lock_waits",
        "some wait",
        [*activity("active", COMPUTED, more=LOCK), *activity("idle", "9x20", more=CLIENT)],
        {DB: 4},
    ),
    Case(
        "postgresql.lock_waits",
        "none waits, as an exporter tells that would tell",
        activity("idle", "9x20", more=CLIENT),
        {DB: 0},
    ),
    Case("postgresql.lock_waits", "an old exporter does not tell", activity("active", "9x20")),
    Case(
        "postgresql.oldest_transaction",
        "of all databases and states but idle",
        [
            f'{OLDEST}{{{DB},datname="shop",state="active"}} {GAUGE}',
            f'{OLDEST}{{{DB},datname="postgres",state="idle in transaction"}} 3x20',
            f'- {OLDEST}{{{DB},datname="shop",state="idle"}} 99x20',
        ],
        {"db:9187": 4},
    ),
    Case(
        "postgresql.transactions",
        "of two databases, committed and rolled back",
        [*growing("xact_commit", "120"), *growing("xact_rollback", "30")],
        {DB: 20},
    ),
    Case(
        "postgresql.transactions",
        "statistics that begin again",
        [
            *database("pg_stat_database_xact_commit", "0+150x17 0+150x2"),
            *database("pg_stat_database_xact_rollback", "0x20"),
        ],
        # The growth of one sample pair is lost: 300 in place of 450, and spread over the window.
        {DB: 2 * 300 / 45},
    ),
    Case(
        "postgresql.rollbacks",
        "one in five",
        [*growing("xact_commit", "120"), *growing("xact_rollback", "30")],
        {DB: 0.2},
    ),
    Case(
        "postgresql.rollbacks",
        "no transaction at all",
        [*growing("xact_commit", "0"), *growing("xact_rollback", "0")],
        {DB: nan},
    ),
    Case(
        "postgresql.cache_hits",
        "three in four",
        [*growing("blks_hit", "30"), *growing("blks_read", "10")],
        {DB: 0.75},
    ),
    Case(
        "postgresql.cache_hits",
        "no block was looked for",
        [*growing("blks_hit", "0"), *growing("blks_read", "0")],
        {DB: nan},
    ),
    *(
        Case(f"postgresql.{name}", "of two databases", growing(name), {DB: 0.4})
        for name in ("deadlocks", "conflicts", "temp_bytes")
    ),
    *(
        Case(
            "postgresql.checkpoints",
            metric,
            twice(f"pg_stat_{metric}{{{DB},JOB}} 0+3x20"),
            {DB: 0.2},
        )
        for metric in (
            "bgwriter_checkpoints_req_total",
            "bgwriter_checkpoints_req",
            "checkpointer_num_requested_total",
        )
    ),
    Case(
        "postgresql.up",
        "refused once",
        [f"pg_up{{{DB}}} 1x17 0 1x1"],
        {"db:9187": 0},
    ),
)

REDIS_CASES = (
    *(
        Case(
            f"redis.{name}",
            "user and system, told by two jobs, begun again",
            [
                line
                for mode, values in (("user", "0+6x17 6+6x2"), ("sys", "0+1.5x20"))
                for line in twice(f"redis_cpu_{mode}_{middle}seconds_total{{{REDIS},JOB}} {values}")
            ],
            {REDIS: 0.5},
        )
        for name, middle in (("main_thread", "main_thread_"), ("cores", ""))
    ),
    Case(
        "redis.memory",
        "nearly full",
        [
            *twice(f"redis_memory_used_bytes{{{REDIS},JOB}} 0x16 800 994 900 900"),
            *twice(f"redis_memory_max_bytes{{{REDIS},JOB}} 1000x20"),
        ],
        {"redis:9121": 0.994},
        {REDIS: 1000},
    ),
    Case(
        "redis.memory",
        "no maxmemory",
        [f"redis_memory_used_bytes{{{REDIS}}} 800x20", f"redis_memory_max_bytes{{{REDIS}}} 0x20"],
        says="no redis.memory limit is set for redis:9121",
        has_no_limit=True,
    ),
    Case(
        "redis.memory_used",
        "needs no limit",
        twice(f"redis_memory_used_bytes{{{REDIS},JOB}} {GAUGE}"),
        {"redis:9121": 4},
    ),
    Case(
        "redis.evictions",
        "of two jobs",
        twice(f"redis_evicted_keys_total{{{REDIS},JOB}} 0+60x20"),
        {"redis:9121": 4},
    ),
    Case(
        "redis.clients",
        "a tenth of them",
        [
            *twice(f"redis_connected_clients{{{REDIS},JOB}} 900x16 10 100 90 90"),
            *twice(f"redis_config_maxclients{{{REDIS},JOB}} 1000x20"),
        ],
        {"redis:9121": 0.1},
        {REDIS: 1000},
    ),
    Case(
        "redis.rejected_connections",
        "some",
        twice(f"redis_rejected_connections_total{{{REDIS},JOB}} 2x18 5x1"),
        {"redis:9121": 3},
    ),
    Case(
        "redis.blocked_clients",
        "the most",
        twice(f"redis_blocked_clients{{{REDIS},JOB}} {GAUGE}"),
        {"redis:9121": 4},
    ),
    Case(
        "redis.slow_log",
        "two more",
        twice(f"redis_slowlog_last_id{{{REDIS},JOB}} 7x18 9x1"),
        {"redis:9121": 2},
    ),
    Case("redis.up", "gone once", [f"redis_up{{{REDIS}}} 1x17 0 1x1"], {"redis:9121": 0}),
    Case(
        "redis.commands",
        "begun again",
        twice(f"redis_commands_processed_total{{{REDIS},JOB}} 0+1500x17 1500+1500x2"),
        {"redis:9121": 100},
    ),
    Case(
        "redis.busy",
        "of two commands",
        [
            line
            for cmd in ("get", "set")
            for line in twice(
                f'redis_commands_duration_seconds_total{{{REDIS},JOB,cmd="{cmd}"}} 0+6x20'
            )
        ],
        {REDIS: 0.8},
    ),
    Case(
        "redis.command_time",
        "of two commands",
        [
            line
            for cmd, spent, count in (("get", "3", "3000"), ("set", "6", "1500"))
            for line in (
                *twice(
                    f'redis_commands_duration_seconds_total{{{REDIS},JOB,cmd="{cmd}"}} 0+{spent}x20'
                ),
                *twice(f'redis_commands_total{{{REDIS},JOB,cmd="{cmd}"}} 0+{count}x20'),
            )
        ],
        {REDIS: 0.002},
    ),
    Case(
        "redis.command_time",
        "no command",
        [
            f'redis_commands_duration_seconds_total{{{REDIS},cmd="get"}} 3x20',
            f'redis_commands_total{{{REDIS},cmd="get"}} 30x20',
        ],
        {REDIS: nan},
    ),
    Case(
        "redis.hit_rate",
        "three in four",
        [
            *twice(f"redis_keyspace_hits_total{{{REDIS},JOB}} 0+30x20"),
            *twice(f"redis_keyspace_misses_total{{{REDIS},JOB}} 0+10x20"),
        ],
        {REDIS: 0.75},
    ),
    Case(
        "redis.hit_rate",
        "no look-up",
        [
            f"redis_keyspace_hits_total{{{REDIS}}} 30x20",
            f"redis_keyspace_misses_total{{{REDIS}}} 1x20",
        ],
        {REDIS: nan},
    ),
)

CASES = (*POSTGRESQL_CASES, *REDIS_CASES)
