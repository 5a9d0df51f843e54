"""Does steps.csv say what was measured, with units, and nothing where nothing is known?"""

import csv
from dataclasses import replace
from io import StringIO

from capacity.analysis.measure import measure
from capacity.analysis.throughput import observe
from capacity.model.measured import Interval, Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import LittlesLaw, Stalls, Trust
from capacity.model.snapshot import FailureKind, GeneratorLoad, WarningKind
from capacity.report.steps_csv import HEADER, steps_csv
from capacity.report.steps_csv_bottleneck import NUMBERS_HEADER
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    a_judgement,
    a_latency,
    a_run,
    a_step,
)
from tests.unit.rate_builders import a_rate_run, a_rate_step
from tests.unit.report.reading_builders import a_resource_judgement
from tests.unit.resource_builders import a_resource_rule

OF_PLANNED_STARTS = {
    "rate_qps",
    "planned",
    "dropped_no_slot",
    "dropped_late",
    "not_started",
    "service_p50_ms",
    "service_p99_ms",
    "send_lag_p99_ms",
    "arrivals",
    "max_in_flight",
}


CPU_RULE = a_resource_rule(
    over_s=20.0, text="cpu > 85% over 20s on_missing fail", on_missing=OnMissing.FAIL
)
BOOKS = {"planned", "dropped_no_slot", "dropped_late", "not_started"}

FULL_ROW = {
    "step": "7",
    "concurrency": "64",
    "hold_s": "30.000",
    "qps": "900.000",
    "started": "27095",
    "ok": "27000",
    "failed_target": "20",
    "failed_network": "7",
    "failed_local": "3",
    "failed_config": "1",
    "failed_soft": "0",
    "rejected": "0",
    "warnings": "",
    "cut": "64",
    "unaccounted": "0",
    "success_percent": "99.9001",
    "mean_ms": "71.100",
    "p50_ms": "67.545",
    "p90_ms": "106.650",
    "p95_ms": "127.980",
    "p99_ms": "142.200",
    "p99_low_ms": "135.090",
    "p99_high_ms": "156.420",
    "p999_ms": "170.640",
    "max_ms": "213.300",
    "ttfb_p50_ms": "60.791",
    "transfer_p50_ms": "0.950",
    "connect_p50_ms": "0.475",
    "tls_p50_ms": "1.900",
    "fresh_p50_ms": "71.250",
    "connections_opened": "64",
    "mean_in_flight": "64.000",
    "running_percent": "99.9000",
    "longest_gap_ms": "1010.000",
    "stalled_percent": "3.4000",
    "stalled_requests": "64",
    "littles_law_off_percent": "1.5625",
    "generator_cpu_percent": "12.0000",
    "runqueue_wait_percent": "0.1000",
    "loop_lag_p99_ms": "0.400",
    "steal_percent": "0.2000",
    "throttled_percent": "0.3000",
    "suspended_s": "0.000",
    "ended_early": "yes",
    "trust": "suspect",
    "reasons": "a load thread used 86% of a core; late",
    "breaches": "error_rate > 1% over 10s",
    "purpose": "verify",
    "steady": "drifting",
    "cut_s": "1.000",
    "extended_s": "15.000",
    "steady_qps": "900.000",
    "held": "gain < 3% for 2 steps",
    "not_judged": "cpu > 85% over 20s on_missing fail",
}


def rows_of(text: str) -> list[dict[str, str]]:
    """The table as a reader gets it."""
    return list(csv.DictReader(StringIO(text)))


def test_a_step_is_one_row_with_units_in_the_header() -> None:
    """Every value of a step, in the unit that its column names."""
    step = a_step(
        64,
        900.0,
        index=6,
        mean_s=0.0711,
        failures={
            FailureKind.HTTP_STATUS: 20,
            FailureKind.CONN_TIMEOUT: 7,
            FailureKind.LOCAL_FD: 3,
            FailureKind.TLS_NOT_TLS: 1,
        },
        cut=64,
        trust=Trust.SUSPECT,
        reasons=["a load thread used 86% of a core", "late"],
        judgements=[
            a_judgement(ERROR_RULE, RuleState.BREACH),
            a_judgement(P99_RULE, RuleState.NO_DATA),
            a_judgement(GAIN_RULE),
            a_resource_judgement(CPU_RULE, state=RuleState.NO_DATA, observed=None),
        ],
        ended_early=True,
    )
    step = replace(
        step,
        generator=GeneratorLoad(0.12, 0.001, 0.0004, 0.0001, 0.0, 0.002, 0.003),
        transfer=a_latency(0.001),
        tls=a_latency(0.002),
        fresh_latency=a_latency(0.075),
        running_ratio=0.999,
        stalls=Stalls(1.01, 0.034, 64),
        littles_law=LittlesLaw(64.0, 65.0, 66.0),
        plan=replace(step.plan, purpose=Purpose.VERIFY),
        intervals=tuple(Interval(1.0, ended, 0.07) for ended in (1, 890, 910, 890, 910)),
        steadiness=Steadiness(SteadyState.DRIFTING, 1.0, 0.2, None, extended_s=15.0),
    )

    seen = observe(measure(step))
    assert seen is not None
    assert seen.error_ratio is not None
    error = {"qps_error_percent": f"{seen.error_ratio * 100:.4f}"}
    unplanned = dict.fromkeys((*OF_PLANNED_STARTS, *NUMBERS_HEADER), "")
    assert rows_of(steps_csv(a_run([step]))) == [FULL_ROW | error | unplanned]


def test_races_rejects_and_odd_answers_have_their_columns() -> None:
    """A race is among the failures of the target, too; a reject is told by its status."""
    step = a_step(64, 900.0, failures={FailureKind.CONN_STALE: 2, FailureKind.HTTP_STATUS: 20})
    odd = {WarningKind.CONN_REOPENED: 3, WarningKind.PROTO_EXTRA_DATA: 4}
    counts = replace(step.counts, warnings=odd, statuses={200: 27000, 429: 12, 503: 8})

    (row,) = rows_of(steps_csv(a_run([replace(step, counts=counts)])))

    told = {name: row[name] for name in ("failed_target", "failed_soft", "rejected", "warnings")}
    assert told == {
        "failed_target": "22",
        "failed_soft": "2",
        "rejected": "20",
        "warnings": "proto.extra_data 4x, conn.reopened 3x",
    }


def test_what_is_not_known_is_an_empty_cell() -> None:
    """Without a good answer there is no latency, and without a reading no CPU."""
    step = a_step(4, 0.0, cpu_ratio=None)

    (row,) = rows_of(steps_csv(a_run([step])))

    unknown = {name for name, value in row.items() if value == ""}
    assert unknown - OF_PLANNED_STARTS - set(NUMBERS_HEADER) == {
        "warnings",
        "success_percent",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "p99_low_ms",
        "p99_high_ms",
        "p999_ms",
        "max_ms",
        "ttfb_p50_ms",
        "transfer_p50_ms",
        "tls_p50_ms",
        "fresh_p50_ms",
        "running_percent",
        "longest_gap_ms",
        "stalled_percent",
        "stalled_requests",
        "littles_law_off_percent",
        "generator_cpu_percent",
        "runqueue_wait_percent",
        "loop_lag_p99_ms",
        "steal_percent",
        "throttled_percent",
        "suspended_s",
        "reasons",
        "breaches",
        "steady",
        "cut_s",
        "extended_s",
        "steady_qps",
        "qps_error_percent",
        "held",
        "not_judged",
    }


def test_planned_starts_have_their_own_columns() -> None:
    """The rate stands in the place of a concurrency; the books and both latencies are there."""
    step = a_rate_step(200.0, response_s=0.080, service_s=0.010, dropped=600, late=3)

    (row,) = rows_of(steps_csv(a_rate_run([step])))

    assert (row["concurrency"], row["rate_qps"]) == ("", "200")
    assert (row["arrivals"], row["max_in_flight"]) == ("poisson", "1024")
    books = {name: row[name] for name in sorted(OF_PLANNED_STARTS) if name in BOOKS}
    assert books | {"started": row["started"], "dropped_late": row["dropped_late"]} == {
        "planned": "6000",
        "dropped_no_slot": "600",
        "dropped_late": "3",
        "not_started": "0",
        "started": "5397",
    }
    latencies = (row["mean_ms"], row["service_p50_ms"], row["service_p99_ms"])
    assert latencies == ("80.000", "9.500", "20.000")
    assert row["send_lag_p99_ms"] == "0.200"


def test_percentiles_of_few_samples_are_withheld() -> None:
    """Ten samples must lie above a percentile; the other columns stay."""
    few, some = rows_of(steps_csv(a_run([a_step(1, 33.3), a_step(2, 333.0)])))

    assert (few["p99_ms"], few["p999_ms"], few["ok"]) == ("", "", "999")
    assert (some["p99_ms"], some["p999_ms"], some["ok"]) == ("12.012", "", "9990")
    assert few["p95_ms"] != ""


def test_no_cell_is_a_formula() -> None:
    """Text that a spreadsheet would run gets an apostrophe, control characters are gone."""
    step = a_step(trust=Trust.INVALID, reasons=['=HYPERLINK("x")', "a\nb\x1b"])

    (row,) = rows_of(steps_csv(a_run([step])))

    assert row["reasons"] == '\'=HYPERLINK("x"); a b'


def test_a_run_without_steps_has_its_header() -> None:
    """An empty table still says what its columns are."""
    assert steps_csv(a_run([])) == ",".join(HEADER) + "\n"
