"""How is a reading of a resource told: its value, whose it is, how sure it is, why it is missing?

Subjects and reasons come from outside (labels, error texts): they are cleaned and kept short.
"""

from collections.abc import Sequence
from itertools import accumulate

from capacity.model.plan import RunPlan
from capacity.model.resources import Change, Reading, ReadingState
from capacity.model.rules import Judgement, RuleState
from capacity.report.shown import cells, printable
from capacity.report.texts import Language, say
from capacity.units import Unit

_SHARES_OF_PODS = frozenset({"cpu", "mem"})
_SUBJECT_CELLS = 48
_REASON_CELLS = 160
_NAMES_SHOWN = 4
_GAP = "..."
_MISSING = {
    ReadingState.READ: "resource_no_data",
    ReadingState.NO_LIMIT: "resource_not_judged",
    ReadingState.NO_DATA: "resource_no_data",
    ReadingState.ERROR: "resource_error",
}


def limit_shares(plan: RunPlan) -> frozenset[str]:
    """The quantities whose whole is a limit that somebody set, not what the machine has."""
    monitor = plan.monitor
    return frozenset() if monitor is None or monitor.kubernetes is None else _SHARES_OF_PODS


def shortened(text: str, width: int) -> str:
    """The text without codes; what is longer than `width` columns loses its middle."""
    clean = printable(text)
    if cells(clean) <= width:
        return clean
    kept = width - len(_GAP)
    return _start(clean, kept - kept // 2) + _GAP + _start(clean[::-1], kept // 2)[::-1]


def _start(text: str, width: int) -> str:
    """As many characters from the start as fill at most `width` columns."""
    filled = accumulate(cells(char) for char in text)
    return text[: sum(1 for used in filled if used <= width)]


def shown_subject(subject: str) -> str:
    """A pod, instance or process by its name."""
    return shortened(subject, _SUBJECT_CELLS)


def shown_reason(reason: str) -> str:
    """A reason as it was told by whoever was asked."""
    return shortened(reason, _REASON_CELLS)


def value_words(
    name: str, unit: Unit, value: float, shares: frozenset[str], language: Language
) -> str:
    """`93% of the limit`, `0.43 cores`; `shares` are the names of the former kind."""
    shown = unit.show(value)
    if name in shares and unit is Unit.RATIO:
        return say(language, "resource_of_limit", value=shown)
    return shown


def reading_words(reading: Reading, shares: frozenset[str], language: Language) -> str:
    """`93% of the limit at shop/api-7f9/app, 12 samples`; without a value the reason.

    That it was read late is left out: of every step all is read once more.
    """
    worst = reading.worst
    if worst is None:
        return missing_words(reading.reason, language, reading.state)
    value = value_words(reading.name, reading.unit, worst.value, shares, language)
    if not reading.may_stop:
        value = f"~{value}"
    return _evidence(value, worst.subject, worst.sample_count, language, seen_late=False)


def judgement_words(judgement: Judgement, shares: frozenset[str], language: Language) -> str:
    """The same for the value that a rule was judged by."""
    rule, evidence = judgement.rule, judgement.evidence
    if judgement.observed is None:
        return missing_words(judgement.reason, language, _missing_state(judgement))
    return _evidence(
        value_words(rule.metric, rule.unit, judgement.observed, shares, language),
        "" if evidence is None else evidence.subject,
        judgement.sample_count or None,
        language,
        seen_late=evidence is not None and evidence.seen_late,
    )


def missing_words(reason: str, language: Language, state: ReadingState) -> str:
    """Why there is no value, as it was told by whoever was asked."""
    return say(language, _MISSING[state], reason=shown_reason(reason))


def _missing_state(judgement: Judgement) -> ReadingState:
    if judgement.state is RuleState.ERROR:
        return ReadingState.ERROR
    return ReadingState.NO_LIMIT if judgement.has_no_limit else ReadingState.NO_DATA


def change_words(change: Change, language: Language) -> str:
    """`shop/api-7f9 restarted (from 1 to 2)`: who, what, and what else is known of it."""
    subject = shown_subject(change.subject)
    what = say(language, f"change_{change.kind.value}", subject=subject)
    detail = shown_reason(change.detail)
    return say(language, "change_detail", what=what, detail=detail) if detail else what


def some_names(names: Sequence[str], language: Language) -> str:
    """The first few names, and how many more there are."""
    shown = list(names[:_NAMES_SHOWN])
    if len(names) > _NAMES_SHOWN:
        shown.append(say(language, "resource_more", count=len(names) - _NAMES_SHOWN))
    return printable(say(language, "resource_names_join").join(shown))


def _evidence(
    value: str, subject: str, sample_count: int | None, language: Language, *, seen_late: bool
) -> str:
    clean = shown_subject(subject)
    parts = [say(language, "resource_at", value=value, subject=clean) if clean else value]
    if sample_count is not None:
        key = "resource_sample" if sample_count == 1 else "resource_samples"
        parts.append(say(language, key, count=f"{sample_count:,}"))
    if seen_late:
        parts.append(say(language, "resource_seen_late"))
    return say(language, "resource_join").join(parts)
