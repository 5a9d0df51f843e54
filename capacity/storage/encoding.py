"""How does a run become JSON? The writing half of run.json and timeline.ndjson, version 1.

Secrets never pass: their place says `[redacted]`, and of a body only the size is told. Values
that follow from others (qps, hold_s, success_ratio) are written for readers with jq and ignored
by the decoder. Text is ASCII with escapes, so that no file can send codes to a terminal.
"""

import json
from base64 import b64encode

from capacity.histogram import Histogram, summarize
from capacity.model.findings import Findings
from capacity.model.load import Load, OpenLoop
from capacity.model.plan import (
    DemoService,
    Header,
    HttpRequest,
    PythonCall,
    RunPlan,
    StepPlan,
    Target,
)
from capacity.model.run import Environment, Run, RunEnd, SnapshotTaken, Step
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    GeneratorLoad,
    LatencySummary,
    Schedule,
)
from capacity.storage.evidence import (
    REDACTED,
    JsonObject,
    encode_littles_law,
    encode_schedule,
    encode_stalls,
    encode_trace,
)
from capacity.storage.findings import encode_findings
from capacity.storage.holds import encode_intervals, encode_search, encode_steadiness
from capacity.storage.hooks import encode_hook_plans, encode_hooks
from capacity.storage.judgements import encode_judgement, encode_rule
from capacity.storage.loads import encode_ladder, encode_load
from capacity.storage.monitor_plan import encode_monitor
from capacity.storage.resources import encode_change, encode_facts, encode_reading

SCHEMA_VERSION = 1


def run_json(run: Run, findings: Findings | None) -> JsonObject:
    """The whole of run.json; without findings their places are null."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "started_at_unix_s": run.started_at_unix_s,
        "end": _end(run.end),
        "exit": None if findings is None else _exit(run.end, findings.exit_code),
        **encode_findings(findings),
        **encode_hooks(run),
        "plan": _plan(run.plan),
        "environment": _environment(run.environment),
        "totals": _counts(run.totals),
        "steps": [_step(step) for step in run.steps],
    }


def json_text(value: JsonObject) -> str:
    """Pretty JSON with a line end; ValueError for NaN and Infinity, which JSON does not have."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def timeline_line(event: SnapshotTaken, plan: StepPlan | None) -> str:
    """One line of timeline.ndjson: one interval of the step that `plan` is of."""
    load = None if plan is None else plan.load
    snapshot = event.snapshot
    latency = summarize(Histogram.from_blob(snapshot.ruling_blob))
    line: JsonObject = {
        "step": event.step_index,
        "phase": event.phase.value,
        "purpose": None if plan is None else plan.purpose.value,
        **({"concurrency": None} if load is None else encode_load(load)),
        "start_s": snapshot.start_s,
        "end_s": snapshot.end_s,
        **_counts(snapshot.counts),
        "ended_ok": snapshot.ended_ok,
        "ended_all": snapshot.ended_all,
        "in_flight": snapshot.in_flight,
        **_planned(load, snapshot.schedule),
        "connections_open": snapshot.connections_open,
        "connections": _connections(snapshot.connections),
        "generator": _generator(snapshot.generator),
        "p50_s": None if latency is None else latency.p50_s,
        "p99_s": None if latency is None else latency.p99_s,
        "latency_blob": _blob(snapshot.ruling_blob),
    }
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"


def _planned(load: Load | None, schedule: Schedule | None) -> JsonObject:
    return {"schedule": encode_schedule(schedule)} if isinstance(load, OpenLoop) else {}


def _end(end: RunEnd) -> JsonObject:
    return {
        "reason": end.reason.value,
        "detail": end.detail,
        "rule": end.rule,
        "step_index": end.step_index,
    }


def _exit(end: RunEnd, exit_code: int) -> JsonObject:
    return {"code": exit_code, "reason": end.reason.value, "rule": end.rule}


def _plan(plan: RunPlan) -> JsonObject:
    return {
        "name": plan.name,
        "engine": plan.engine.value,
        "target": _target(plan.target),
        "scenario": {
            "name": plan.scenario.name,
            "ok_below_status": plan.scenario.ok_below_status,
            "call": _call(plan.scenario.call),
        },
        **_sources(plan.source_addresses),
        "threads": plan.threads,
        **encode_ladder(plan.ladder),
        "settle_s": plan.settle_s,
        "hold_s": plan.hold_s,
        "rules": [encode_rule(rule) for rule in plan.rules],
        "fuses": {
            "max_concurrency": plan.fuses.max_concurrency,
            "max_requests": plan.fuses.max_requests,
            "max_duration_s": plan.fuses.max_duration_s,
        },
        "allow_hosts": list(plan.allow_hosts),
        "demo_service": _demo_service(plan.demo_service),
        "profile_sha256": plan.profile_sha256,
        "monitor": encode_monitor(plan.monitor),
        "notes": list(plan.notes),
        "search": encode_search(plan.search),
        **encode_hook_plans(plan),
    }


def _target(target: Target) -> JsonObject:
    timeouts = target.timeouts
    return {
        "scheme": target.scheme,
        "host": target.host,
        "port": target.port,
        "trust": target.trust.value,
        "ca_file": target.ca_file,
        "timeouts": {
            "connect_s": timeouts.connect_s,
            "first_byte_s": timeouts.first_byte_s,
            "idle_s": timeouts.idle_s,
            "total_s": timeouts.total_s,
        },
    }


def _call(call: HttpRequest | PythonCall) -> JsonObject:
    match call:
        case HttpRequest():
            body = call.body
            return {
                "kind": "http",
                "method": call.method,
                "path": call.shown_path,
                "headers": _headers(call.headers),
                "body": None if body is None else {"content": REDACTED, "size_bytes": len(body)},
            }
        case PythonCall():
            return {
                "kind": "python",
                "file": call.file,
                "function": call.function,
                "headers": _headers(call.headers),
            }


def _headers(headers: tuple[Header, ...]) -> list[JsonObject]:
    return [{"name": header.name, "value": REDACTED} for header in headers]


def _demo_service(service: DemoService | None) -> JsonObject | None:
    if service is None:
        return None
    return {"servers": service.servers, "service_time_s": service.service_time_s}


def _environment(environment: Environment) -> JsonObject:
    return {
        "capacity_version": environment.capacity_version,
        "core_version": environment.core_version,
        "engine": environment.engine,
        "engine_notes": list(environment.engine_notes),
        "python_version": environment.python_version,
        "platform": environment.platform,
        "cpu_count": environment.cpu_count,
        "addresses": list(environment.addresses),
        "monitors": [encode_facts(facts) for facts in environment.monitors],
    }


def _step(step: Step) -> JsonObject:
    return {
        **_step_plan(step.plan),
        "started_at_unix_s": step.started_at_unix_s,
        "start_s": step.start_s,
        "end_s": step.end_s,
        "ended_early": step.ended_early,
        "measured_s": step.hold_s,
        "qps": step.qps,
        "success_ratio": step.counts.success_ratio,
        "ended_ok": step.ended_ok,
        "ended_all": step.ended_all,
        "mean_in_flight": step.mean_in_flight,
        "counts": _counts(step.counts),
        "latency": _latency(step.latency),
        "failed_latency": _latency(step.failed_latency),
        "first_byte": _latency(step.first_byte),
        "connect": _latency(step.connect),
        "scenario_latency": _latency(step.scenario_latency),
        "scenario_failures": step.scenario_failures,
        "connections": _connections(step.connections),
        "generator": _generator(step.generator),
        "judgements": [encode_judgement(judgement) for judgement in step.judgements],
        "trust": step.validity.trust.value,
        "trust_reasons": list(step.validity.reasons),
        "tls": _latency(step.tls),
        "transfer": _latency(step.transfer),
        "fresh_latency": _latency(step.fresh_latency),
        "service_latency": _latency(step.service_latency),
        "send_lag": _latency(step.send_lag),
        "schedule": encode_schedule(step.schedule),
        "running_ratio": step.running_ratio,
        "stalls": encode_stalls(step.stalls),
        "littles_law": encode_littles_law(step.littles_law),
        "failure_traces": [encode_trace(trace) for trace in step.failure_traces],
        "resources": [encode_reading(reading) for reading in step.resources],
        "changes": [encode_change(change) for change in step.changes],
        "steadiness": encode_steadiness(step.steadiness),
        "intervals": encode_intervals(step.intervals),
        "latency_blob": _blob(step.latency_blob),
    }


def _sources(addresses: tuple[str, ...]) -> JsonObject:
    """Only where some were asked for: without, the kernel chose."""
    return {"source_addresses": list(addresses)} if addresses else {}


def _step_plan(plan: StepPlan) -> JsonObject:
    return {
        "index": plan.index,
        **encode_load(plan.load),
        "settle_s": plan.settle_s,
        "hold_s": plan.hold_s,
        "purpose": plan.purpose.value,
        "hold_max_s": plan.hold_max_s,
        "min_requests": plan.min_requests,
    }


def _counts(counts: Counts) -> JsonObject:
    failures = sorted(counts.failures.items())
    counted: JsonObject = {
        "started": counts.started,
        "ok": counts.ok,
        "failures": {kind.value: count for kind, count in failures},
        "cut": counts.cut,
        "statuses": {str(status): count for status, count in sorted(counts.statuses.items())},
        "sent_bytes": counts.sent_bytes,
        "received_bytes": counts.received_bytes,
    }
    if counts.warnings:
        warnings = sorted(counts.warnings.items())
        counted["warnings"] = {kind.value: count for kind, count in warnings}
    return counted


def _connections(connections: ConnectionCounts) -> JsonObject:
    return {
        "opened": connections.opened,
        "attempts_failed": connections.attempts_failed,
        "closed_by_target": connections.closed_by_target,
    }


def _generator(load: GeneratorLoad | None) -> JsonObject | None:
    if load is None:
        return None
    return {
        "cpu_ratio": load.cpu_ratio,
        "runqueue_wait_ratio": load.runqueue_wait_ratio,
        "loop_lag_s": load.loop_lag_s,
        "loop_lag_p50_s": load.loop_lag_p50_s,
        "suspended_s": load.suspended_s,
        "steal_ratio": load.steal_ratio,
        "throttled_ratio": load.throttled_ratio,
    }


def _latency(latency: LatencySummary | None) -> JsonObject | None:
    if latency is None:
        return None
    return {
        "count": latency.count,
        "mean_s": latency.mean_s,
        "min_s": latency.min_s,
        "max_s": latency.max_s,
        "p50_s": latency.p50_s,
        "p90_s": latency.p90_s,
        "p95_s": latency.p95_s,
        "p99_s": latency.p99_s,
        "p999_s": latency.p999_s,
        "p99_low_s": latency.p99_low_s,
        "p99_high_s": latency.p99_high_s,
    }


def _blob(blob: bytes) -> str:
    return b64encode(blob).decode("ascii")
