"""What did the run find, in about nine lines, the most needed first, and more after incidents?

Each line stands by itself; when the run is not valid that comes first.
"""

from collections.abc import Sequence

from capacity.analysis.step_roles import end_step, roles_of
from capacity.model.findings import Capacity, Findings, Knee
from capacity.model.run import EndReason, Run, Step, Trust
from capacity.report.incidents import (
    changes_sentence,
    failures_sentence,
    odd_sentence,
    stall_sentence,
)
from capacity.report.load_words import loads_words
from capacity.report.profile_words import hook_rows
from capacity.report.shown import cells, padded, printable, without_notes
from capacity.report.texts import CATALOGUES, Language, say
from capacity.report.texts_missing import missing_in
from capacity.report.verdict_bottleneck import bottleneck_rows
from capacity.report.verdict_capacity import (
    capacity_sentence,
    checked_sentence,
    measured_sentence,
)
from capacity.report.verdict_knee import knee_sentence, peak_sentence, sure_sentence
from capacity.report.verdict_resources import resource_lines
from capacity.report.verdict_stop import stop_sentence

# Rows that appear only when there is something to tell.
_INCIDENTS = {
    "stall": stall_sentence,
    "failures": failures_sentence,
    "warnings": odd_sentence,
    "changes": changes_sentence,
}
# What was analysed and by whose limits, above an answer that is drawn again.
ANALYSED_LABELS = ("analyze_source", "analyze_stops")
_LABELS = (
    *ANALYSED_LABELS,
    "capacity",
    "measured",
    "checked",
    "knee",
    "sure",
    "peak",
    "bottleneck",
    "advice",
    "next",
    "stopped",
    "valid",
    "remarks",
    "not_valid",
    "resources",
    "profile",
    "logs",
    "missing",
    "report",
    *_INCIDENTS,
)


def verdict_lines(
    run: Run, findings: Findings, language: Language, *, report_place: str
) -> tuple[str, ...]:
    """The verdict, one fact a line; `report_place` is where the files are."""
    trust = _trust(run, language)
    found = _findings_rows(findings, run.steps, language)
    rows = [
        *found,
        ("stopped", stop_sentence(run, language)),
        trust,
        *((label, text) for label, say_it in _INCIDENTS.items() if (text := say_it(run, language))),
        *_resources(run, findings, language),
        *hook_rows(run, language),
        *_missing(findings, language),
        ("report", report_place),
    ]
    if trust[0] == "not_valid":
        rows.remove(trust)
        rows.insert(0, trust)
    return labelled(rows, language)


def findings_lines(
    findings: Findings, language: Language, steps: Sequence[Step] = ()
) -> tuple[str, ...]:
    """What was found alone, for findings whose run is not at hand, or only some of its steps."""
    rows = [*_findings_rows(findings, steps, language), *_missing(findings, language)]
    return labelled(rows, language)


def _findings_rows(
    findings: Findings, steps: Sequence[Step], language: Language
) -> list[tuple[str, str]]:
    capacity, knee = findings.capacity, findings.knee
    rows = [("capacity", capacity_sentence(capacity, steps, language))]
    if isinstance(capacity, Capacity):
        rows.append(("measured", measured_sentence(capacity, steps, language)))
        rows.append(("checked", checked_sentence(capacity, steps, language)))
    rows.append(("knee", knee_sentence(findings, steps, language)))
    if isinstance(knee, Knee):
        rows.append(("sure", sure_sentence(knee, language)))
    rows.append(("peak", peak_sentence(findings, language)))
    if findings.diagnosis is not None:
        rows += bottleneck_rows(findings.diagnosis, language)
    return rows


def _missing(findings: Findings, language: Language) -> list[tuple[str, str]]:
    """What the source lacks."""
    if not findings.missing:
        return []
    told = (missing_in(language, words) for words in findings.missing)
    return [("missing", say(language, "clauses").join(told))]


def labelled(rows: Sequence[tuple[str, str]], language: Language) -> tuple[str, ...]:
    """Each sentence behind the word for its key, in one column whatever rows there are."""
    catalogue = CATALOGUES[language]
    width = max(cells(catalogue[label]) for label in _LABELS) + 2
    return tuple(
        padded(catalogue[label] if label else "", width) + printable(without_notes(text))
        for label, text in rows
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


def _trust(run: Run, language: Language) -> tuple[str, str]:
    """Label and sentence: valid, with remarks, or not valid."""
    if not run.steps:
        return "not_valid", say(language, "not_valid_no_step")
    if not is_valid(run):
        broken = _with(run, Trust.INVALID)
        reasons = broken[-1].validity.reasons if broken else ()
        reason = reasons[0] if reasons else run.end.detail
        levels = loads_words(broken or _ended_at(run), language)
        return "not_valid", say(language, "not_valid_reason", reason=reason, levels=levels)
    curve = roles_of(run).curve
    doubtful = [step for step in curve if step.validity.trust is not Trust.VALID]
    if not doubtful:
        return _beside(run, curve, language)
    # Of loads with different reasons the last one tells most: it is the nearest to the limit.
    told = [step for step in doubtful if step.validity.reasons][-1:]
    return "remarks", say(
        language,
        "remarks_some" if len(doubtful) > 1 else "remarks_one",
        doubtful=len(doubtful),
        count=len(curve),
        levels=loads_words(doubtful, language),
        where=loads_words(told, language),
        reason="; ".join(step.validity.reasons[0] for step in told),
    )


def _beside(run: Run, curve: Sequence[Step], language: Language) -> tuple[str, str]:
    """Each load has a step that is believed; others, beside those, may not be."""
    others = _with(run, Trust.INVALID, Trust.SUSPECT)
    if not others or not curve:
        return "valid", say(language, "valid_all", count=len(run.steps))
    levels = loads_words(others, language)
    return "remarks", say(
        language, "remarks_beside", others=len(others), count=len(run.steps), levels=levels
    )


def _ended_at(run: Run) -> tuple[Step, ...]:
    step = end_step(run)
    return () if step is None else (step,)


def _with(run: Run, *trusts: Trust) -> tuple[Step, ...]:
    return tuple(step for step in run.steps if step.validity.trust in trusts)
