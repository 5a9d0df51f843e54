"""How do the steps become one table for spreadsheets and scripts?

One row per step, units in the header, an empty cell for what is not known. Text cells that a
spreadsheet would take for a formula get an apostrophe in front. The resources of the service
follow the columns that every run has.
"""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import assert_never

from capacity.analysis.measure import measure
from capacity.analysis.throughput import observe
from capacity.model.bottleneck import Diagnosis
from capacity.model.load import ClosedLoop, Load, OpenLoop
from capacity.model.rules import Judgement, RuleState
from capacity.model.run import Run, Stalls, Step
from capacity.model.snapshot import GeneratorLoad, LatencySummary, Side
from capacity.report.load_words import show_level
from capacity.report.shown import printable, show_warnings
from capacity.report.steps_csv_bottleneck import NUMBERS_HEADER, number_cells
from capacity.report.steps_csv_resources import quantities_of, resource_cells, resource_header
from capacity.units import format_ms

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def steps_csv(run: Run, diagnosis: Diagnosis | None = None) -> str:
    """The whole table, lines ended by a line feed; without a diagnosis its columns are empty."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    quantities = quantities_of(run)
    header = (*HEADER, *resource_header(quantities))
    numbers = {one.step_index: one for one in (() if diagnosis is None else diagnosis.numbers)}
    rows = [
        _row(step)
        | number_cells(numbers.get(step.plan.index))
        | resource_cells(step, quantities, _text)
        for step in run.steps
    ]
    writer.writerow(_text(name) for name in header)
    writer.writerows([row[name] for name in header] for row in rows)
    return stream.getvalue()


HEADER = (
    "step",
    "concurrency",
    "rate_qps",
    "hold_s",
    "qps",
    "planned",
    "dropped_no_slot",
    "dropped_late",
    "not_started",
    "started",
    "ok",
    "failed_target",
    "failed_network",
    "failed_local",
    "failed_config",
    "failed_soft",
    "rejected",
    "warnings",
    "cut",
    "unaccounted",
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
    "service_p50_ms",
    "service_p99_ms",
    "send_lag_p99_ms",
    "ttfb_p50_ms",
    "transfer_p50_ms",
    "connect_p50_ms",
    "tls_p50_ms",
    "fresh_p50_ms",
    "connections_opened",
    "mean_in_flight",
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
    "ended_early",
    "trust",
    "reasons",
    "breaches",
    "purpose",
    "steady",
    "cut_s",
    "extended_s",
    "steady_qps",
    "qps_error_percent",
    "arrivals",
    "max_in_flight",
    "held",
    "not_judged",
    *NUMBERS_HEADER,
)


def _row(step: Step) -> dict[str, str]:
    counts, latency = step.counts, step.latency
    return {
        "step": str(step.plan.index + 1),
        **_load_cells(step.plan.load),
        "hold_s": _decimal(step.hold_s),
        "qps": _decimal(step.qps),
        **_schedule_cells(step),
        "started": str(counts.started),
        "ok": str(counts.ok),
        **{f"failed_{side.value}": str(counts.failed_on(side)) for side in Side},
        "failed_soft": str(counts.soft),
        "rejected": str(counts.rejected),
        "warnings": _text(show_warnings(counts)),
        "cut": str(counts.cut),
        "unaccounted": str(counts.started - counts.ended),
        "success_percent": _percent(counts.success_ratio),
        **_latency_cells(latency),
        **_service_cells(step.service_latency, step.send_lag),
        "ttfb_p50_ms": _median(step.first_byte),
        "transfer_p50_ms": _median(step.transfer),
        "connect_p50_ms": _median(step.connect),
        "tls_p50_ms": _median(step.tls),
        "fresh_p50_ms": _median(step.fresh_latency),
        "connections_opened": str(step.connections.opened),
        "mean_in_flight": _decimal(step.mean_in_flight),
        "running_percent": _percent(step.running_ratio),
        **_stall_cells(step.stalls),
        "littles_law_off_percent": _percent(
            None if step.littles_law is None else step.littles_law.deviation_ratio
        ),
        **_generator_cells(step.generator),
        "ended_early": "yes" if step.ended_early else "no",
        "trust": step.validity.trust.value,
        "reasons": _text("; ".join(step.validity.reasons)),
        "breaches": _rules(step.breaches),
        "purpose": step.plan.purpose.value,
        **_steadiness_cells(step),
        "held": _rules(j for j in step.judgements if j.state is RuleState.OK),
        "not_judged": _rules(j for j in step.judgements if j.is_lost),
    }


def _load_cells(load: Load) -> dict[str, str]:
    match load:
        case ClosedLoop():
            unplanned = {"rate_qps": "", "arrivals": "", "max_in_flight": ""}
            return {"concurrency": show_level(load), **unplanned}
        case OpenLoop():
            return {
                "concurrency": "",
                "rate_qps": show_level(load),
                "arrivals": load.arrivals.value,
                "max_in_flight": str(load.max_in_flight),
            }
        case _:
            assert_never(load)


def _steadiness_cells(step: Step) -> dict[str, str]:
    """How the hold went on, and the throughput that the curve is drawn through."""
    steadiness = step.steadiness
    seen = observe(measure(step)) if step.intervals else None
    return {
        "steady": "" if steadiness is None else steadiness.state.value,
        "cut_s": _decimal(None if steadiness is None else steadiness.cut_s),
        "extended_s": _decimal(None if steadiness is None else steadiness.extended_s),
        "steady_qps": _decimal(None if seen is None else seen.qps),
        "qps_error_percent": _percent(None if seen is None else seen.error_ratio),
    }


def _schedule_cells(step: Step) -> dict[str, str]:
    """What became of planned starts; a closed loop plans none."""
    names = ("planned", "dropped_no_slot", "dropped_late", "not_started")
    schedule = step.schedule
    if schedule is None or isinstance(step.plan.load, ClosedLoop):
        return dict.fromkeys(names, "")
    return {name: str(getattr(schedule, name)) for name in names}


def _service_cells(
    service: LatencySummary | None, send_lag: LatencySummary | None
) -> dict[str, str]:
    """Open loops alone: the other latencies count from the planned start."""
    return {
        "service_p50_ms": _ms(None if service is None else service.p50_s),
        "service_p99_ms": _ms(None if service is None else service.p99_s),
        "send_lag_p99_ms": _ms(None if send_lag is None else send_lag.p99_s),
    }


def _latency_cells(latency: LatencySummary | None) -> dict[str, str]:
    """Percentiles that rest on too few samples are left empty."""
    return {
        "mean_ms": _ms(None if latency is None else latency.mean_s),
        "p50_ms": _ms(None if latency is None else latency.p50_s),
        "p90_ms": _ms(None if latency is None else latency.p90_s),
        "p95_ms": _ms(None if latency is None else latency.p95_s),
        "p99_ms": _ms(None if latency is None else latency.p99_s),
        "p99_low_ms": _ms(None if latency is None else latency.p99_low_s),
        "p99_high_ms": _ms(None if latency is None else latency.p99_high_s),
        "p999_ms": _ms(None if latency is None else latency.p999_s),
        "max_ms": _ms(None if latency is None else latency.max_s),
    }


def _stall_cells(stalls: Stalls | None) -> dict[str, str]:
    return {
        "longest_gap_ms": _ms(None if stalls is None else stalls.longest_gap_s),
        "stalled_percent": _percent(None if stalls is None else stalls.gap_ratio),
        "stalled_requests": "" if stalls is None else str(stalls.overlapping),
    }


def _generator_cells(load: GeneratorLoad | None) -> dict[str, str]:
    return {
        "generator_cpu_percent": _percent(None if load is None else load.cpu_ratio),
        "runqueue_wait_percent": _percent(None if load is None else load.runqueue_wait_ratio),
        "loop_lag_p99_ms": _ms(None if load is None else load.loop_lag_s),
        "steal_percent": _percent(None if load is None else load.steal_ratio),
        "throttled_percent": _percent(None if load is None else load.throttled_ratio),
        "suspended_s": _decimal(None if load is None else load.suspended_s),
    }


def _rules(judgements: Iterable[Judgement]) -> str:
    return _text("; ".join(judgement.rule.text for judgement in judgements))


def _median(latency: LatencySummary | None) -> str:
    return _ms(None if latency is None else latency.p50_s)


def _ms(seconds: float | None) -> str:
    return _decimal(None if seconds is None else format_ms(seconds))


def _percent(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio * 100:.4f}"


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _text(text: str) -> str:
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA_STARTS) else clean
