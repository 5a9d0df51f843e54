"""How much can the service take, how was that measured, and what became of the checks of it?

Rows of the verdict. The steps of a run tell more than the findings alone (a P99 with its interval,
the length of a hold), but are not needed.
"""

from collections.abc import Sequence

from capacity.analysis.step_roles import step_at
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    FollowUp,
    FollowUpState,
    LimitKind,
    NoCapacity,
)
from capacity.model.load import ClosedLoop
from capacity.model.run import Step
from capacity.report.intervals import named_once, range_words
from capacity.report.load_words import level_words, load_words, show_level
from capacity.report.resource_words import judgement_words
from capacity.report.shown import (
    P99_SAMPLES,
    show_concurrency,
    show_p99,
    show_p99_range,
    show_success,
)
from capacity.report.texts import Language, say
from capacity.units import format_duration, format_qps


def capacity_sentence(
    capacity: Capacity | NoCapacity, steps: Sequence[Step], language: Language
) -> str:
    """The answer, with what stands above it."""
    match capacity:
        case NoCapacity(reason, load, fact):
            level = "" if load is None else load_words(load, language)
            detail = say(language, f"none_{reason.value}", load=level, fact=fact)
            return say(language, "capacity_none", detail=detail)
        case Capacity():
            sentence = _found(capacity, language) + _not_judged(capacity, steps, language)
            return named_once(sentence, language)


def measured_sentence(capacity: Capacity, steps: Sequence[Step], language: Language) -> str:
    """P99 and success at the capacity; a step says on how many samples the P99 rests."""
    step = step_of(capacity, steps)
    parts = [_p99_words(capacity, step, language)]
    if capacity.success_ratio is not None:
        success = show_success(capacity.success_ratio)
        parts.append(say(language, "evidence_success", success=success))
    return say(language, "join").join(parts)


def checked_sentence(capacity: Capacity, steps: Sequence[Step], language: Language) -> str:
    """What a longer hold, planned starts and light load afterwards said of the answer."""
    checks = (capacity.verification, capacity.confirmation, capacity.recovery)
    planned = [check for check in checks if check.state is not FollowUpState.NOT_PLANNED]
    if planned and all(check.state is FollowUpState.NOT_RUN for check in planned):
        return say(language, "checked_none")
    parts = [
        _verified(capacity.verification, steps, language),
        _confirmed(capacity.confirmation, steps, language),
        _recovered(capacity.recovery, steps, language),
    ]
    return say(language, "clauses").join(part for part in parts if part)


def step_of(capacity: Capacity, steps: Sequence[Step]) -> Step | None:
    """The step whose figures are those of the capacity; the last at its load if none is named."""
    there = [step for step in steps if step.plan.load == capacity.load]
    return step_at(there, capacity.step_index) or next(reversed(there), None)


def show_value(capacity: Capacity, level: float) -> str:
    """A level that may lie between two tested ones, in the digits of its kind."""
    if isinstance(capacity.load, ClosedLoop):
        return show_concurrency(level)
    return f"{level:.4g}"


def largest_words(capacity: Capacity, language: Language) -> str:
    """N_slo as a load, with its interval; empty where no limit was broken."""
    if capacity.largest is None:
        return ""
    shown = show_value(capacity, capacity.largest.value)
    return level_words(capacity.load, shown, language) + range_words(
        capacity.largest, lambda level: show_value(capacity, level), language
    )


def _found(capacity: Capacity, language: Language) -> str:
    told = {
        "qps": format_qps(capacity.qps),
        "range": range_words(capacity.qps_range, format_qps, language),
        "load": load_words(capacity.load, language),
    }
    last = capacity.passed or capacity.load
    if capacity.limited_by is not None:
        return say(language, "capacity_limited", limit=_limit(capacity, language), **told)
    if capacity.kind is CapacityKind.SATURATED:
        return say(language, "capacity_saturated", last=load_words(last, language), **told)
    return say(language, "capacity_bound", **told)


def _limit(capacity: Capacity, language: Language) -> str:
    """Where the limits end, and what is broken there."""
    rule = capacity.limited_by or ""
    if capacity.limit_kind is LimitKind.RESOURCE:
        rule = say(language, "limit_guard", rule=rule)
    if capacity.failed is None:
        return say(language, "limit_beyond", rule=rule)
    failed = show_level(capacity.failed)
    if capacity.largest is None:
        text = say(language, "limit_at", failed=load_words(capacity.failed, language), rule=rule)
    else:
        largest = largest_words(capacity, language)
        text = say(language, "limit_up_to", largest=largest, failed=failed, rule=rule)
    if capacity.is_cliff and capacity.passed is not None:
        text += say(language, "limit_cliff", passed=show_level(capacity.passed))
    if capacity.passed_above:
        levels = ", ".join(show_level(load) for load in capacity.passed_above)
        above = level_words(capacity.passed_above[0], levels, language)
        text += say(language, "limit_again", levels=above)
    return text


def _not_judged(capacity: Capacity, steps: Sequence[Step], language: Language) -> str:
    """The rules on resources that had no data there; whether they were met is not known."""
    judged = [j for s in steps if s.plan.load == capacity.load for j in s.judgements]
    rules: dict[str, list[str]] = {}
    for text in capacity.not_judged:
        states = [judgement_words(j, frozenset(), language) for j in judged if j.rule.text == text]
        rules.setdefault(", ".join(states[-1:]), []).append(text)
    join = say(language, "resource_names_join")
    parts = []
    for state, texts in rules.items():
        key = "capacity_unjudged_state" if state else "capacity_unjudged"
        fields = {"state": state} if state else {}
        parts.append(say(language, key, rule=join.join(texts), **fields))
    return "".join(parts)


def _p99_words(capacity: Capacity, step: Step | None, language: Language) -> str:
    if step is None:
        if capacity.p99_s is None:
            return say(language, "evidence_unknown")
        return say(language, "evidence_p99", p99=format_duration(capacity.p99_s))
    p99 = show_p99_range(step.latency)
    if p99 is None:
        has = 0 if step.latency is None else step.latency.count
        return say(language, "evidence_no_p99", needs=f"{P99_SAMPLES:,}", has=f"{has:,}")
    service_p99 = show_p99(step.service_latency)
    if service_p99 is None:
        return say(language, "evidence_p99", p99=p99)
    return say(language, "evidence_response", p99=p99, service_p99=service_p99)


def _verified(check: FollowUp, steps: Sequence[Step], language: Language) -> str:
    step = step_at(steps, check.step_index)
    if check.state is FollowUpState.HELD and step is not None:
        load = load_words(step.plan.load, language)
        return say(
            language, "verify_held_for", hold=format_duration(round(step.hold_s, 1)), load=load
        )
    return say(language, f"verify_{check.state.value}", detail=_why(check, step))


def _confirmed(check: FollowUp, steps: Sequence[Step], language: Language) -> str:
    if check.state is FollowUpState.NOT_PLANNED:
        return ""
    rate = "-" if check.rate_qps is None else format_qps(check.rate_qps)
    step = step_at(steps, check.step_index)
    p99 = None if step is None else show_p99(step.latency)
    if check.state is FollowUpState.HELD and p99 is not None:
        return say(language, "confirm_held_p99", rate=rate, p99=p99)
    return say(language, f"confirm_{check.state.value}", rate=rate, detail=_why(check, step))


def _recovered(check: FollowUp, steps: Sequence[Step], language: Language) -> str:
    if check.state is FollowUpState.NOT_PLANNED:
        return ""
    detail = _why(check, step_at(steps, check.step_index))
    return say(language, f"recovery_{check.state.value}", detail=detail)


def _why(check: FollowUp, step: Step | None) -> str:
    """The fact behind a state; of a step with several doubts the first one is enough for a line."""
    if check.state is FollowUpState.UNKNOWN and step is not None and step.validity.reasons:
        return step.validity.reasons[0]
    return check.detail
