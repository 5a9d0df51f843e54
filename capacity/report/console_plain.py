"""What does one line for a log or a pipe say? Keys are English and a dash is an unknown value."""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.hooks import HookState
from capacity.model.load import ClosedLoop, OpenLoop
from capacity.model.measured import SteadyState
from capacity.model.rules import Judgement
from capacity.model.run import LogTaken, ProfileTaken, RunEnd, Step, Trust
from capacity.model.snapshot import Counts, LatencySummary
from capacity.report.console_phase import step_field
from capacity.report.console_resources import cell, reading_of
from capacity.report.load_words import load_field
from capacity.report.resource_words import judgement_words
from capacity.report.shown import printable, show_success, show_warnings, without_notes
from capacity.report.texts import Language
from capacity.units import format_ms

_UNKNOWN = "-"
_VALID_WORDS = {Trust.VALID: "yes", Trust.SUSPECT: "doubtful", Trust.INVALID: "no"}


def step_line(step: Step, total_steps: int, resources: Sequence[str] = ()) -> str:
    """A finished step: `step 7/10 C=64 qps=36.9 ttlb_ms=1720 ... ok=99.83% cpu=84% valid=yes`.

    Beside the ladder it is `step 12 refine C=11 qps=...`. `resources` are the names of the
    quantities that are shown.
    """
    success = step.counts.success_ratio
    fields = [
        step_field(step.plan, total_steps),
        load_field(step.plan.load),
        *_schedule_fields(step),
        f"qps={short_number(step.qps)}",
        *_latency_fields(step),
        f"ok={_UNKNOWN if success is None else show_success(success)}",
        *_odd_fields(step.counts),
        *(f"{printable(name)}={cell(reading_of(step.resources, name))}" for name in resources),
        f"valid={_VALID_WORDS[step.validity.trust]}",
        *_steadiness_fields(step),
    ]
    if step.ended_early:
        fields.append("ended_early=yes")
    if step.validity.reasons:
        fields.append(f'reason="{printable("; ".join(step.validity.reasons))}"')
    return " ".join(fields)


def _steadiness_fields(step: Step) -> list[str]:
    """A hold that went on, and one that was still drifting."""
    steadiness = step.steadiness
    if steadiness is None:
        return []
    fields = []
    if steadiness.extended_s > 0:
        fields.append(f"extended_s={short_number(steadiness.extended_s)}")
    if steadiness.state is SteadyState.DRIFTING:
        fields.append("steady=no")
    return fields


def _odd_fields(counts: Counts) -> list[str]:
    """Races, rejects and odd answers, where there were any."""
    fields = [f"soft={counts.soft}"] if counts.soft > 0 else []
    if counts.rejected > 0:
        fields.append(f"rejected={counts.rejected}")
    if counts.warnings:
        fields.append(f'warnings="{show_warnings(counts)}"')
    return fields


def _latency_fields(step: Step) -> list[str]:
    """From the send, or for planned starts from the plan, with the service's own time beside it."""
    latency, service = step.latency, step.service_latency
    match step.plan.load:
        case ClosedLoop():
            return [f"ttlb_ms={_mean(latency)}", f"p99_ms={_p99(latency)}"]
        case OpenLoop():
            return [
                f"response_ms={_mean(latency)}",
                f"p99_ms={_p99(latency)}",
                f"service_ms={_mean(service)}",
                f"service_p99_ms={_p99(service)}",
            ]
        case _:
            assert_never(step.plan.load)


def _schedule_fields(step: Step) -> list[str]:
    """`planned = started + dropped + late + unsent`, for steps that plan their starts."""
    schedule = step.schedule
    if schedule is None or not isinstance(step.plan.load, OpenLoop):
        return []
    return [
        f"planned={schedule.planned}",
        f"started={step.counts.started}",
        f"dropped={schedule.dropped_no_slot}",
        f"late={schedule.dropped_late}",
        f"unsent={schedule.not_started}",
    ]


def rule_line(judgement: Judgement) -> str:
    """A rule that was broken, with the value and the limit it was judged by."""
    unit = judgement.rule.unit
    text = f"rule fired: {without_notes(judgement.rule.text)}"
    if judgement.observed is not None and judgement.limit is not None:
        observed, limit = unit.show(judgement.observed), unit.show(judgement.limit)
        if judgement.evidence is not None:
            observed = judgement_words(judgement, frozenset(), Language.EN)
        text += f" (observed {observed}, limit {limit})"
    return printable(text)


def hook_line(event: ProfileTaken | LogTaken) -> str:
    """What came of the profile or of a command for logs; a function's name may hold anything."""
    if isinstance(event, LogTaken):
        log = event.log
        came = log.file if log.state is HookState.TAKEN else f"failed: {log.reason}"
        return printable(f"log {log.name} {came}")
    profile = event.profile
    if profile.state is HookState.FAILED or not profile.flat:
        return printable(f"profile failed: {profile.reason}")
    hottest = profile.flat[0]
    cores = "" if profile.cores is None else f" cores={short_number(profile.cores)}"
    return printable(f'profile hottest="{hottest.name}" flat={hottest.flat_ratio:.1%}{cores}')


def end_line(end: RunEnd) -> str:
    """Why the climb is over."""
    rule = "" if end.rule is None else f' rule="{without_notes(end.rule)}"'
    return printable(f"end reason={end.reason.value}{rule}: {end.detail}")


def short_number(value: float) -> str:
    """Three digits that carry meaning, without a separator that a script would trip over."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def _mean(latency: LatencySummary | None) -> str:
    return _UNKNOWN if latency is None else short_number(format_ms(latency.mean_s))


def _p99(latency: LatencySummary | None) -> str:
    p99_s = None if latency is None else latency.p99_s
    return _UNKNOWN if p99_s is None else short_number(format_ms(p99_s))
