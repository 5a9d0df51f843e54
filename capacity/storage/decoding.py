"""How does run.json become a Run again? The reading half of version 1.

The file is treated as hostile: types, signs and names are checked, and each error names the key.
Secrets come back empty, because they were never written.
"""

import re
from typing import TypeVar

from capacity.errors import StorageError
from capacity.model.plan import (
    DemoService,
    EngineName,
    Fuses,
    Header,
    HttpRequest,
    Purpose,
    PythonCall,
    RunPlan,
    Scenario,
    Secret,
    StepPlan,
    Target,
    Timeouts,
    TlsTrust,
)
from capacity.model.run import EndReason, Environment, Run, RunEnd, Step, Trust, Validity
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    LatencySummary,
    WarningKind,
)
from capacity.storage.encoding import SCHEMA_VERSION
from capacity.storage.evidence import (
    decode_littles_law,
    decode_schedule,
    decode_stalls,
    decode_trace,
)
from capacity.storage.fields import Fields
from capacity.storage.holds import decode_intervals, decode_search, decode_steadiness
from capacity.storage.hooks import (
    decode_log,
    decode_log_plans,
    decode_profile,
    decode_profiling,
)
from capacity.storage.judgements import decode_judgement, decode_rule
from capacity.storage.loads import decode_ladder, decode_load
from capacity.storage.monitor_plan import decode_monitor
from capacity.storage.resources import decode_change, decode_facts, decode_reading

# Names become file names: no separators, no leading dot or dash.
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_NOTHING = Secret(b"")
_Kind = TypeVar("_Kind", FailureKind, WarningKind)


def decode_run(value: object, *, file: str) -> Run:
    """Build the Run that the parsed content of `file` describes."""
    root = Fields(value, file=file)
    version = root.count("schema_version")
    if version != SCHEMA_VERSION:
        raise StorageError(
            f"{file}: schema_version is {version}, this capacity reads {SCHEMA_VERSION}",
            hint="read the run with the version of capacity that wrote it",
        )
    return Run(
        run_id=_name(root, "run_id"),
        started_at_unix_s=root.number("started_at_unix_s"),
        plan=_plan(root.inner("plan")),
        environment=_environment(root.inner("environment")),
        steps=tuple(_step(step) for step in root.inner_list("steps")),
        totals=_counts(root.inner("totals")),
        end=_end(root.inner("end")),
        profile=decode_profile(root.added_inner("profile")),
        logs=tuple(decode_log(log) for log in root.added_inner_list("logs")),
    )


def _name(fields: Fields, name: str) -> str:
    value = fields.text(name)
    if SAFE_NAME.fullmatch(value) is None:
        raise fields.refuse(name, "a name of letters, digits, dots, dashes and underscores")
    return value


def _end(fields: Fields) -> RunEnd:
    return RunEnd(
        reason=fields.choice("reason", EndReason),
        detail=fields.text("detail"),
        rule=fields.optional_text("rule"),
        step_index=fields.added_count("step_index"),
    )


def _plan(fields: Fields) -> RunPlan:
    scenario = fields.inner("scenario")
    fuses = fields.inner("fuses")
    demo_service = fields.optional_inner("demo_service")
    return RunPlan(
        name=_name(fields, "name"),
        target=_target(fields.inner("target")),
        scenario=Scenario(
            name=scenario.text("name"),
            call=_call(scenario.inner("call")),
            ok_below_status=scenario.count("ok_below_status"),
        ),
        engine=fields.choice("engine", EngineName),
        source_addresses=fields.added_texts("source_addresses"),
        threads=fields.optional_count("threads", at_least=1),
        ladder=decode_ladder(fields),
        settle_s=fields.number("settle_s"),
        hold_s=fields.number("hold_s"),
        rules=tuple(decode_rule(rule) for rule in fields.inner_list("rules")),
        fuses=Fuses(
            max_concurrency=fuses.count("max_concurrency"),
            max_requests=fuses.count("max_requests"),
            max_duration_s=fuses.number("max_duration_s"),
        ),
        allow_hosts=fields.texts("allow_hosts"),
        demo_service=None if demo_service is None else _demo_service(demo_service),
        profile_sha256=fields.optional_text("profile_sha256"),
        monitor=decode_monitor(fields.added_inner("monitor")),
        notes=fields.added_texts("notes"),
        search=decode_search(fields.added_inner("search")),
        profiling=decode_profiling(fields),
        logs=decode_log_plans(fields),
    )


def _target(fields: Fields) -> Target:
    timeouts = fields.inner("timeouts")
    return Target(
        scheme=fields.text("scheme"),
        host=fields.text("host"),
        port=fields.count("port"),
        trust=fields.choice("trust", TlsTrust),
        ca_file=fields.optional_text("ca_file"),
        timeouts=Timeouts(
            connect_s=timeouts.number("connect_s"),
            first_byte_s=timeouts.number("first_byte_s"),
            idle_s=timeouts.number("idle_s"),
            total_s=timeouts.number("total_s"),
        ),
    )


def _call(fields: Fields) -> HttpRequest | PythonCall:
    headers = tuple(
        Header(header.text("name"), _NOTHING) for header in fields.inner_list("headers")
    )
    match fields.text("kind"):
        case "http":
            return HttpRequest(
                method=fields.text("method"),
                path=_NOTHING,
                shown_path=fields.text("path"),
                headers=headers,
                body=None if fields.optional_inner("body") is None else _NOTHING,
            )
        case "python":
            return PythonCall(fields.text("file"), fields.text("function"), headers)
        case _:
            raise fields.refuse("kind", "http or python")


def _demo_service(fields: Fields) -> DemoService:
    return DemoService(fields.count("servers"), fields.number("service_time_s"))


def _environment(fields: Fields) -> Environment:
    return Environment(
        capacity_version=fields.text("capacity_version"),
        core_version=fields.text("core_version"),
        engine=fields.text("engine"),
        engine_notes=fields.texts("engine_notes"),
        python_version=fields.text("python_version"),
        platform=fields.text("platform"),
        cpu_count=fields.count("cpu_count"),
        addresses=fields.texts("addresses"),
        monitors=tuple(decode_facts(facts) for facts in fields.added_inner_list("monitors")),
    )


def _step(fields: Fields) -> Step:
    return Step(
        plan=StepPlan(
            index=fields.count("index"),
            load=decode_load(fields),
            settle_s=fields.number("settle_s"),
            hold_s=fields.number("hold_s"),
            purpose=fields.choice("purpose", Purpose),
            hold_max_s=fields.added_number("hold_max_s"),
            min_requests=fields.added_count("min_requests") or 0,
        ),
        started_at_unix_s=fields.number("started_at_unix_s"),
        start_s=fields.number("start_s"),
        end_s=fields.number("end_s"),
        counts=_counts(fields.inner("counts")),
        ended_ok=fields.count("ended_ok"),
        ended_all=fields.count("ended_all"),
        latency=_latency(fields.optional_inner("latency")),
        failed_latency=_latency(fields.optional_inner("failed_latency")),
        first_byte=_latency(fields.optional_inner("first_byte")),
        connect=_latency(fields.optional_inner("connect")),
        scenario_latency=_latency(fields.optional_inner("scenario_latency")),
        scenario_failures=fields.count("scenario_failures"),
        latency_blob=fields.blob("latency_blob"),
        mean_in_flight=fields.optional_number("mean_in_flight"),
        connections=_connections(fields.inner("connections")),
        generator=_generator(fields.optional_inner("generator")),
        judgements=tuple(decode_judgement(item) for item in fields.inner_list("judgements")),
        validity=Validity(fields.choice("trust", Trust), fields.texts("trust_reasons")),
        ended_early=fields.flag("ended_early"),
        tls=_latency(fields.added_inner("tls")),
        transfer=_latency(fields.added_inner("transfer")),
        fresh_latency=_latency(fields.added_inner("fresh_latency")),
        service_latency=_latency(fields.added_inner("service_latency")),
        send_lag=_latency(fields.added_inner("send_lag")),
        schedule=decode_schedule(fields.added_inner("schedule")),
        running_ratio=fields.added_number("running_ratio"),
        stalls=decode_stalls(fields.added_inner("stalls")),
        littles_law=decode_littles_law(fields.added_inner("littles_law")),
        failure_traces=tuple(
            decode_trace(trace) for trace in fields.added_inner_list("failure_traces")
        ),
        resources=tuple(decode_reading(one) for one in fields.added_inner_list("resources")),
        changes=tuple(decode_change(change) for change in fields.added_inner_list("changes")),
        intervals=decode_intervals(fields.added_inner("intervals")),
        steadiness=decode_steadiness(fields.added_inner("steadiness")),
    )


def _counts(fields: Fields) -> Counts:
    return Counts(
        started=fields.count("started"),
        ok=fields.count("ok"),
        failures=_kinds(fields.inner("failures"), FailureKind),
        cut=fields.count("cut"),
        statuses=_statuses(fields.inner("statuses")),
        sent_bytes=fields.count("sent_bytes"),
        received_bytes=fields.count("received_bytes"),
        # Written only when there are any.
        warnings=_kinds(fields.inner("warnings"), WarningKind)
        if "warnings" in fields.names()
        else {},
    )


def _kinds(fields: Fields, kinds: type[_Kind]) -> dict[_Kind, int]:
    known = {kind.value: kind for kind in kinds}
    for name in fields.names():
        if name not in known:
            raise fields.refuse(name, "the count of a kind that this capacity knows")
    return {known[name]: fields.count(name) for name in fields.names()}


def _statuses(fields: Fields) -> dict[int, int]:
    for name in fields.names():
        if re.fullmatch(r"[0-9]{1,3}", name) is None:
            raise fields.refuse(name, "the count of a status of three digits")
    return {int(name): fields.count(name) for name in fields.names()}


def _latency(fields: Fields | None) -> LatencySummary | None:
    if fields is None:
        return None
    return LatencySummary(
        count=fields.count("count"),
        mean_s=fields.number("mean_s"),
        min_s=fields.number("min_s"),
        max_s=fields.number("max_s"),
        p50_s=fields.number("p50_s"),
        p90_s=fields.optional_number("p90_s"),
        p95_s=fields.optional_number("p95_s"),
        p99_s=fields.optional_number("p99_s"),
        p999_s=fields.optional_number("p999_s"),
        p99_low_s=fields.added_number("p99_low_s"),
        p99_high_s=fields.added_number("p99_high_s"),
    )


def _connections(fields: Fields) -> ConnectionCounts:
    return ConnectionCounts(
        opened=fields.count("opened"),
        attempts_failed=fields.count("attempts_failed"),
        closed_by_target=fields.count("closed_by_target"),
    )


def _generator(fields: Fields | None) -> GeneratorLoad | None:
    if fields is None:
        return None
    return GeneratorLoad(
        cpu_ratio=fields.number("cpu_ratio"),
        runqueue_wait_ratio=fields.optional_number("runqueue_wait_ratio"),
        loop_lag_s=fields.optional_number("loop_lag_s"),
        loop_lag_p50_s=fields.added_number("loop_lag_p50_s"),
        suspended_s=fields.added_number("suspended_s"),
        steal_ratio=fields.added_number("steal_ratio"),
        throttled_ratio=fields.added_number("throttled_ratio"),
    )
