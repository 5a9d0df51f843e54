"""How are profile and logs at the limit written to run.json and read back, plan and outcome?

Both directions stand together. Keys are there only where something was asked for.
"""

from typing import assert_never

from capacity.model.hooks import (
    CodeProfile,
    CommandSource,
    HookState,
    HotFunction,
    LogPlan,
    LogTail,
    PprofSource,
    ProfilePlan,
)
from capacity.model.plan import RunPlan
from capacity.model.run import Run
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields


def encode_hook_plans(plan: RunPlan) -> JsonObject:
    """What is asked for."""
    asked: JsonObject = {}
    if plan.profiling is not None:
        asked["profiling"] = {
            **_encode_source(plan.profiling.source),
            "lasts_s": plan.profiling.lasts_s,
        }
    if plan.logs:
        asked["logs"] = [{"name": log.name, "command": list(log.argv)} for log in plan.logs]
    return asked


def decode_profiling(fields: Fields) -> ProfilePlan | None:
    """The plan of the profile; None where none was asked for."""
    inner = fields.added_inner("profiling")
    if inner is None:
        return None
    return ProfilePlan(_decode_source(inner), inner.number("lasts_s"))


def decode_log_plans(fields: Fields) -> tuple[LogPlan, ...]:
    """The commands for logs."""
    logs = fields.added_inner_list("logs")
    return tuple(LogPlan(log.text("name"), log.texts("command")) for log in logs)


def encode_hooks(run: Run) -> JsonObject:
    """What came of them."""
    came: JsonObject = {}
    if run.profile is not None:
        came["profile"] = _encode_profile(run.profile)
    if run.logs:
        came["logs"] = [_encode_log(log) for log in run.logs]
    return came


def decode_profile(fields: Fields | None) -> CodeProfile | None:
    """The reverse of what `encode_hooks` makes of a profile."""
    if fields is None:
        return None
    return CodeProfile(
        state=fields.choice("state", HookState),
        reason=fields.text("reason"),
        step_index=fields.optional_count("step_index"),
        file=fields.optional_text("file"),
        covered_s=fields.optional_number("covered_s"),
        cores=fields.optional_number("cores"),
        sample_count=fields.count("sample_count"),
        flat=tuple(_decode_function(one) for one in fields.inner_list("flat")),
        cumulative=tuple(_decode_function(one) for one in fields.inner_list("cumulative")),
    )


def decode_log(fields: Fields) -> LogTail:
    """The reverse of what `encode_hooks` makes of a log."""
    return LogTail(
        name=fields.text("name"),
        state=fields.choice("state", HookState),
        reason=fields.text("reason"),
        file=fields.optional_text("file"),
        size_bytes=fields.count("size_bytes"),
        is_cut=fields.flag("is_cut"),
        redacted_count=fields.count("redacted_count"),
    )


def _encode_source(source: PprofSource | CommandSource) -> JsonObject:
    match source:
        case PprofSource():
            return {
                "kind": "pprof",
                "url": source.url,
                "scheme": source.scheme,
                "host": source.host,
                "port": source.port,
            }
        case CommandSource(argv):
            return {"kind": "command", "command": list(argv)}
        case _:
            assert_never(source)


def _decode_source(fields: Fields) -> PprofSource | CommandSource:
    match fields.text("kind"):
        case "pprof":
            return PprofSource(
                url=fields.text("url"),
                scheme=fields.text("scheme"),
                host=fields.text("host"),
                port=fields.count("port"),
            )
        case "command":
            return CommandSource(fields.texts("command"))
        case _:
            raise fields.refuse("kind", "pprof or command")


def _encode_profile(profile: CodeProfile) -> JsonObject:
    return {
        "state": profile.state.value,
        "reason": profile.reason,
        "step_index": profile.step_index,
        "file": profile.file,
        "covered_s": profile.covered_s,
        "cores": profile.cores,
        "sample_count": profile.sample_count,
        "flat": [_encode_function(one) for one in profile.flat],
        "cumulative": [_encode_function(one) for one in profile.cumulative],
    }


def _encode_function(function: HotFunction) -> JsonObject:
    return {
        "name": function.name,
        "flat_ratio": function.flat_ratio,
        "cumulative_ratio": function.cumulative_ratio,
    }


def _decode_function(fields: Fields) -> HotFunction:
    return HotFunction(
        name=fields.text("name"),
        flat_ratio=fields.number("flat_ratio"),
        cumulative_ratio=fields.number("cumulative_ratio"),
    )


def _encode_log(log: LogTail) -> JsonObject:
    return {
        "name": log.name,
        "state": log.state.value,
        "reason": log.reason,
        "file": log.file,
        "size_bytes": log.size_bytes,
        "is_cut": log.is_cut,
        "redacted_count": log.redacted_count,
    }
