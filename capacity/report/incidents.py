"""What happened in a step that its averages hide: a stall, failures, odd answers, a restart?

Each is one sentence of the verdict, and none when there is nothing to tell.
"""

from datetime import UTC, datetime

from capacity.model.run import Run, Stalls, Step, Trust
from capacity.model.snapshot import Counts, FailureTrace
from capacity.report.load_words import load_words
from capacity.report.resource_words import change_words
from capacity.report.shown import show_warnings
from capacity.report.texts import Language, say
from capacity.units import format_duration, format_ratio

# Shorter ones are seen in the percentiles of any real number of samples.
_TELLING_GAP_S = 0.1
_CHANGES_SHOWN = 3


def stall_sentence(run: Run, language: Language) -> str | None:
    """The longest stretch without any answer, in the steps that can be believed."""
    stalled = [(stalls, step) for step in run.steps if (stalls := _telling_stalls(step))]
    if not stalled:
        return None
    stalls, step = max(stalled, key=lambda pair: pair[0].longest_gap_s)
    return say(
        language,
        "stall_seen",
        load=load_words(step.plan.load, language),
        gap=format_duration(stalls.longest_gap_s),
        share=format_ratio(stalls.gap_ratio),
        overlapping=f"{stalls.overlapping:,}",
    )


def _telling_stalls(step: Step) -> Stalls | None:
    """A gap of an INVALID step may be our own."""
    stalls = step.stalls
    if stalls is None or stalls.overlapping == 0 or step.validity.trust is Trust.INVALID:
        return None
    return stalls if stalls.longest_gap_s >= _TELLING_GAP_S else None


def failures_sentence(run: Run, language: Language) -> str | None:
    """The most frequent failure of the last step that had any: when, and one of its requests."""
    failed = [step for step in run.steps if step.failure_traces]
    if not failed:
        return None
    step = failed[-1]
    trace = max(step.failure_traces, key=lambda one: step.counts.failures.get(one.kind, 0))
    return say(
        language,
        "failures_seen",
        load=load_words(step.plan.load, language),
        kind=trace.kind.value,
        count=f"{step.counts.failures.get(trace.kind, 0):,}",
        first=format_duration(max(trace.first_s - step.start_s, 0.0)),
        last=format_duration(max(trace.last_s - step.start_s, 0.0)),
    ) + _example(trace, language)


def _example(trace: FailureTrace, language: Language) -> str:
    """The first request of this kind in facts; never a byte of it."""
    if not trace.samples:
        return ""
    sample = trace.samples[0]
    facts = [
        say(language, "sample_no_status")
        if sample.status is None
        else say(language, "sample_status", status=sample.status),
        say(language, "sample_bytes", count=f"{sample.received_bytes:,}"),
        say(language, "sample_not_sent")
        if sample.latency_s is None
        else say(language, "sample_after", latency=format_duration(sample.latency_s)),
        say(language, "sample_reused" if sample.is_reused else "sample_fresh"),
    ]
    return say(language, "failures_example", facts=", ".join(facts))


def odd_sentence(run: Run, language: Language) -> str | None:
    """Races, rejects and what was odd although it was understood, summed over the steps."""
    counts = sum((step.counts for step in run.steps), Counts())
    parts = []
    if counts.soft > 0:
        parts.append(say(language, "warnings_soft", count=f"{counts.soft:,}"))
    if counts.rejected > 0:
        parts.append(say(language, "warnings_rejected", count=f"{counts.rejected:,}"))
    if counts.warnings:
        parts.append(show_warnings(counts))
    return say(language, "warnings_join").join(parts) if parts else None


def changes_sentence(run: Run, language: Language) -> str | None:
    """What happened to the service meanwhile: when, at which load, to whom."""
    changes = [(step, change) for step in run.steps for change in step.changes]
    parts = [
        say(
            language,
            "change_at",
            load=load_words(step.plan.load, language),
            time=_time_of_day(change.seen_at_unix_s),
            what=change_words(change, language),
        )
        for step, change in changes[:_CHANGES_SHOWN]
    ]
    if len(changes) > _CHANGES_SHOWN:
        parts.append(say(language, "resource_more", count=len(changes) - _CHANGES_SHOWN))
    return say(language, "changes_join").join(parts) if parts else None


def _time_of_day(unix_s: float) -> str:
    """UTC; a dash for a time that no calendar has, as a damaged file may give."""
    try:
        return datetime.fromtimestamp(unix_s, UTC).strftime("%H:%M:%S")
    except (OSError, OverflowError, ValueError):
        return "-"
