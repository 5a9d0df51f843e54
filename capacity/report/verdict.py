"""What did the run find, in six lines that stand by themselves, and more after incidents?

The order is the order in which people need it, and when the run is not valid that comes first.
"""

from capacity.model.findings import Capacity, Findings, Knee, LimitKind, NoCapacity
from capacity.model.run import EndReason, Run, Step, Trust
from capacity.report.incidents import (
    changes_sentence,
    failures_sentence,
    odd_sentence,
    stall_sentence,
)
from capacity.report.load_words import load_words, loads_words
from capacity.report.resource_words import judgement_words
from capacity.report.shown import (
    P99_SAMPLES,
    cells,
    padded,
    printable,
    show_concurrency,
    show_p99,
    show_p99_range,
    show_success,
)
from capacity.report.texts import CATALOGUES, Language, say
from capacity.report.verdict_resources import resource_lines
from capacity.report.verdict_stop import stop_sentence
from capacity.units import format_qps

# Rows that appear only when there is something to tell.
_INCIDENTS = {
    "stall": stall_sentence,
    "failures": failures_sentence,
    "warnings": odd_sentence,
    "changes": changes_sentence,
}
_LABELS = (
    "capacity",
    "knee",
    "peak",
    "stopped",
    "valid",
    "remarks",
    "not_valid",
    "resources",
    "report",
    *_INCIDENTS,
)


def verdict_lines(
    run: Run, findings: Findings, language: Language, *, report_place: str
) -> tuple[str, ...]:
    """The verdict, one fact a line; `report_place` is where the files are."""
    trust = _trust(run, language)
    rows = [
        ("capacity", _capacity(run, findings.capacity, language)),
        ("knee", _knee(run, findings, language)),
        ("peak", _peak(findings, language)),
        ("stopped", stop_sentence(run, language)),
        trust,
        *((label, text) for label, say_it in _INCIDENTS.items() if (text := say_it(run, language))),
        *_resources(run, findings, language),
        ("report", report_place),
    ]
    if trust[0] == "not_valid":
        rows.remove(trust)
        rows.insert(0, trust)
    catalogue = CATALOGUES[language]
    width = max(cells(catalogue[label]) for label in _LABELS) + 2
    return tuple(
        padded(catalogue[label] if label else "", width) + printable(text) for label, text in rows
    )


def _resources(run: Run, findings: Findings, language: Language) -> list[tuple[str, str]]:
    """The block of the resources: its label stands at the first line only."""
    lines = resource_lines(run, findings, language)
    return [("" if place else "resources", line) for place, line in enumerate(lines)]


def is_valid(run: Run) -> bool:
    """Whether the numbers may be read as the service's: the generator was not the limit."""
    if run.end.reason is EndReason.GENERATOR or not run.steps:
        return False
    return any(step.validity.trust is not Trust.INVALID for step in run.steps)


def _capacity(run: Run, capacity: Capacity | NoCapacity, language: Language) -> str:
    match capacity:
        case NoCapacity(reason, load, fact):
            level = "" if load is None else load_words(load, language)
            detail = say(language, f"none_{reason.value}", load=level, fact=fact)
            return say(language, "capacity_none", detail=detail)
        case Capacity():
            sentence = say(
                language,
                _capacity_key(capacity),
                qps=format_qps(capacity.qps),
                load=load_words(capacity.load, language),
                evidence=_evidence(run, capacity, language),
                rule=capacity.limited_by,
            )
            return sentence + _not_judged(run, capacity, language)


def _capacity_key(capacity: Capacity) -> str:
    """A lower bound, a limit of the service, or a guard at which it may still have been fine."""
    if capacity.limited_by is None:
        return "capacity_bound"
    return "capacity_guarded" if capacity.limit_kind is LimitKind.RESOURCE else "capacity_found"


def _not_judged(run: Run, capacity: Capacity, language: Language) -> str:
    """The rules on resources that had no data there; whether they were met is not known."""
    judged = [j for s in run.steps if s.plan.load == capacity.load for j in s.judgements]
    rules: dict[str, list[str]] = {}
    for text in capacity.not_judged:
        states = [judgement_words(j, frozenset(), language) for j in judged if j.rule.text == text]
        rules.setdefault(", ".join(states[-1:]), []).append(text)
    join = say(language, "resource_names_join")
    return "".join(
        say(language, "capacity_unjudged", rule=join.join(texts), state=state)
        for state, texts in rules.items()
    )


def _evidence(run: Run, capacity: Capacity, language: Language) -> str:
    """P99 and success at the capacity; the step says on how many samples the P99 rests."""
    at_capacity = [s for s in run.steps if s.plan.load == capacity.load]
    latency = at_capacity[-1].latency if at_capacity else None
    p99 = show_p99_range(latency)
    has = 0 if latency is None else latency.count
    service_p99 = show_p99(at_capacity[-1].service_latency) if at_capacity else None
    if p99 is None:
        parts = [say(language, "evidence_no_p99", needs=f"{P99_SAMPLES:,}", has=f"{has:,}")]
    elif service_p99 is None:
        parts = [say(language, "evidence_p99", p99=p99)]
    else:
        parts = [say(language, "evidence_response", p99=p99, service_p99=service_p99)]
    if capacity.success_ratio is not None:
        success = show_success(capacity.success_ratio)
        parts.append(say(language, "evidence_success", success=success))
    return ", ".join(parts)


def _knee(run: Run, findings: Findings, language: Language) -> str:
    knee = findings.knee
    if isinstance(knee, Knee):
        return say(
            language,
            "knee_found",
            knee=show_concurrency(knee.fit.knee.value),
            low=show_concurrency(knee.fit.knee.low),
            high=show_concurrency(knee.fit.knee.high),
            qps=format_qps(knee.fit.saturation_qps.value),
        )
    loads = sorted((step.plan.load for step in run.steps), key=lambda load: load.level)
    if not loads:
        return say(language, "knee_too_few_steps")
    # It grew up to the peak; beyond it, in a step that broke a limit, it may have collapsed.
    last = loads[-1] if findings.peak is None else findings.peak.load
    return say(
        language,
        f"knee_{knee.reason.value}",
        first=load_words(loads[0], language),
        last=load_words(last, language),
    )


def _peak(findings: Findings, language: Language) -> str:
    peak = findings.peak
    if peak is None:
        return say(language, "peak_none")
    return say(
        language, "peak_found", qps=format_qps(peak.qps), load=load_words(peak.load, language)
    )


def _trust(run: Run, language: Language) -> tuple[str, str]:
    """Label and sentence: valid, with remarks, or not valid."""
    if not run.steps:
        return "not_valid", say(language, "not_valid_no_step")
    if not is_valid(run):
        broken = _with(run, Trust.INVALID)
        reason = broken[-1].validity.reasons[0] if broken else run.end.detail
        levels = loads_words(broken or run.steps[-1:], language)
        return "not_valid", say(language, "not_valid_reason", reason=reason, levels=levels)
    doubtful = _with(run, Trust.INVALID, Trust.SUSPECT)
    if not doubtful:
        return "valid", say(language, "valid_all", count=len(run.steps))
    # Of steps with different reasons the last one tells most: it is the nearest to the limit.
    told = [step for step in doubtful if step.validity.reasons][-1:]
    return "remarks", say(
        language,
        "remarks_some",
        doubtful=len(doubtful),
        count=len(run.steps),
        levels=loads_words(doubtful, language),
        where=loads_words(told, language),
        reason="; ".join(step.validity.reasons[0] for step in told),
    )


def _with(run: Run, *trusts: Trust) -> tuple[Step, ...]:
    return tuple(step for step in run.steps if step.validity.trust in trusts)
