"""Which words stand on the graphs? Titles that state the finding, marks, captions."""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Findings,
    Knee,
    NoCapacity,
    NoKneeReason,
    Peak,
)
from capacity.model.load import ConcurrencyLadder, Ladder, RateLadder
from capacity.model.run import EndReason, Run, Step, Trust
from capacity.model.snapshot import FailureKind, Side
from capacity.report.intervals import range_words, short
from capacity.report.load_words import load_words, loads_words, show_level
from capacity.report.shown import (
    printable,
    show_concurrency,
    show_p99,
    show_success,
    without_notes,
)
from capacity.report.texts import Language, say
from capacity.report.verdict import is_valid
from capacity.report.verdict_capacity import largest_words
from capacity.units import format_duration, format_qps

_LONGEST_REASON = 90
_FAMILIES_OF_OWN = {
    FailureKind.WRITE_STALL: "timeout",
    FailureKind.CHECK_FAILED: "check",
    FailureKind.HTTP_STATUS: "http",
}
_FAMILIES = ("http", "timeout", "conn", "tls", "broken", "proto", "check")


def curve_title(run: Run, findings: Findings, language: Language) -> str:
    """What the curve of throughput shows, in one sentence."""
    title = _finding(findings, language)
    return title if is_valid(run) else say(language, "title_not_valid", title=title)


def _finding(findings: Findings, language: Language) -> str:
    knee, peak = findings.knee, findings.peak
    if peak is None:
        return say(language, "title_none")
    qps = format_qps(peak.qps)
    if isinstance(knee, Knee):
        near = show_concurrency(knee.fit.knee.value)
        qps = format_qps(knee.fit.saturation_qps.value)
        return say(language, "title_knee", knee=near, qps=qps)
    load = load_words(peak.load, language)
    match knee.reason:
        case NoKneeReason.OPEN_LOOP:
            return _rate_finding(findings.capacity, peak, language)
        case NoKneeReason.TOO_FEW_STEPS:
            return say(language, "title_peak", qps=qps, load=load)
        case reason:
            return say(language, f"title_{reason.value}", qps=qps, load=load)


def _rate_finding(capacity: Capacity | NoCapacity, peak: Peak, language: Language) -> str:
    """The answer of an open loop is a rate: the highest that met every limit."""
    match capacity:
        case Capacity(load=load, qps=qps):
            key = "title_open_loop"
        case NoCapacity():
            key, load, qps = "title_open_loop_none", peak.load, peak.qps
    return say(language, key, qps=format_qps(qps), load=load_words(load, language))


def loop_words(ladder: Ladder, language: Language) -> str:
    """Who set the pace: the service's answers, or a plan of starts."""
    match ladder:
        case ConcurrencyLadder():
            return say(language, "loop_closed")
        case RateLadder(arrivals=arrivals):
            return say(language, f"loop_{arrivals.value}")
        case _:
            assert_never(ladder)


def success_title(steps: Sequence[Step], language: Language) -> str:
    """How low the success rate went, and where."""
    known = [
        (step.counts.success_ratio, step.plan.load)
        for step in steps
        if step.counts.success_ratio is not None
    ]
    if not known:
        return say(language, "title_success_none")
    ratio, load = min(known, key=lambda pair: (pair[0], pair[1].level))
    if ratio == 1:
        last = max((load for _, load in known), key=lambda load: load.level)
        return say(language, "title_success_all", last=load_words(last, language))
    return say(
        language,
        "title_success_least",
        success=show_success(ratio),
        load=load_words(load, language),
    )


def knee_mark(knee: Knee, language: Language) -> str:
    """The knee and its range."""
    at = knee.fit.knee
    return say(
        language,
        "mark_knee",
        knee=show_concurrency(at.value),
        range=range_words(at, show_concurrency, language),
    )


def n95_mark(knee: Knee, language: Language) -> str:
    """Where 95 % of the saturation is reached."""
    at = knee.fit.n95
    return say(
        language,
        "mark_n95",
        qps=format_qps(knee.fit.saturation_qps.value),
        n95=show_concurrency(at.value),
        range=short(range_words(at, show_concurrency, language), language),
    )


def capacity_mark(capacity: Capacity, language: Language) -> str:
    """The capacity with its throughput; a lower bound says so."""
    is_bound = capacity.limited_by is None and capacity.kind is not CapacityKind.SATURATED
    return say(
        language,
        "mark_capacity_bound" if is_bound else "mark_capacity",
        qps=format_qps(capacity.qps),
        range=range_words(capacity.qps_range, format_qps, language),
        load=load_words(capacity.load, language),
    )


def limit_mark(capacity: Capacity, language: Language) -> str:
    """Up to where every limit holds."""
    return say(language, "mark_limit", largest=short(largest_words(capacity, language), language))


def confirm_mark(step: Step, language: Language) -> str:
    """The rate of planned starts, and the P99 that they had, if that can be believed."""
    if step.validity.trust is Trust.INVALID:
        return say(language, "mark_confirm_doubted", rate=show_level(step.plan.load))
    p99 = show_p99(step.latency)
    key = "mark_confirm" if p99 is None else "mark_confirm_p99"
    fields = {} if p99 is None else {"p99": p99}
    return say(language, key, rate=show_level(step.plan.load), **fields)


def stop_mark(run: Run, language: Language) -> str:
    """Why the climb ended, in a few words."""
    if run.end.reason is EndReason.RULE:
        reason = plain_ascii(without_notes(run.end.rule or run.end.detail))
    else:
        reason = say(language, f"reason_{run.end.reason.value}")
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}..."
    return say(language, "mark_stop", reason=reason)


def caption(run: Run, steps: Sequence[Step], language: Language) -> str:
    """How the numbers were taken, and which of them do not exist."""
    plan = run.plan
    text = say(
        language,
        "caption",
        loop=loop_words(plan.ladder, language),
        hold=format_duration(plan.hold_s),
        origin=plain_ascii(plan.target.origin),
        run_id=plain_ascii(run.run_id),
    )
    missing = tuple(step for step in steps if step.latency is None)
    if not missing:
        return text
    return f"{text}; {say(language, 'note_missing', levels=loads_words(missing, language))}"


def failure_shares(steps: Sequence[Step]) -> dict[str, list[float]]:
    """Failures of target and network by family, in percent of the judged requests of each step.

    Families without a failure are left out; with the success rate they add up to 100.
    """
    shares = {family: [_share_percent(step, family) for step in steps] for family in _FAMILIES}
    return {
        family: values for family, values in shares.items() if any(value > 0 for value in values)
    }


def family_of(kind: FailureKind) -> str:
    """Which of a few families a failure kind belongs to, for the eye."""
    if kind in _FAMILIES_OF_OWN:
        return _FAMILIES_OF_OWN[kind]
    if "timeout" in kind.value:
        return "timeout"
    first = kind.value.partition(".")[0]
    match first:
        case "conn" | "tls":
            return first
        case "proto" | "body":
            return "proto"
        case _:
            return "broken"


def plain_ascii(text: str) -> str:
    """Text from outside the catalogue, in characters that every font has."""
    return printable(text).encode("ascii", "replace").decode("ascii")


def _share_percent(step: Step, family: str) -> float:
    failed = sum(
        count
        for kind, count in step.counts.failures.items()
        if kind.side in (Side.TARGET, Side.NETWORK) and family_of(kind) == family
    )
    return 100 * failed / step.counts.judged if step.counts.judged else 0.0
