"""Which rules on resources do the readings of one step break, and which are not known?

Pure. Too few samples are neither OK nor a breach, on whichever side of the limit their value lies:
a step must not end the climb on two samples, and not pass on them either. The value is in the
reason then. A rule judges the member that is worst in the rule's own direction; that one inside the
limit is not enough where another one, on too few samples, lies beyond it.
"""

from collections.abc import Sequence
from typing import assert_never

from capacity.model.resources import Asked, Member, Reading, ReadingState
from capacity.model.rules import (
    Absolute,
    Comparison,
    Evidence,
    Judgement,
    Rule,
    RuleState,
    TimesFirst,
)
from capacity.model.run import Step
from capacity.search.judge import confirm_over_steps, first_valid

# Of judgements on several readings the first of these states is the rule's.
_BY_WEIGHT = (RuleState.BREACH, RuleState.ERROR, RuleState.NO_DATA, RuleState.OK)


def judge_readings(
    rule: Rule, readings: Sequence[Reading], before: Sequence[Step], asked: Asked
) -> Judgement | None:
    """Hold a RESOURCE rule against the readings of a step; None when none is of its quantity.

    Inside the hold the rule's own window is judged. Afterwards the whole hold decides, and of the
    window only a breach counts. `before` are the steps before this one.
    """
    found: list[Judgement] = []
    for reading in readings:
        if reading.name != rule.metric or reading.over_s not in (None, rule.over_s):
            continue
        if asked is Asked.DURING and reading.over_s is None:
            continue
        judgement = confirm_over_steps(rule, before, judge_reading(rule, reading, before))
        is_decisive = reading.over_s is None or asked is Asked.DURING
        if is_decisive or judgement.state is RuleState.BREACH:
            found.append(judgement)
    return min(found, key=lambda judgement: _BY_WEIGHT.index(judgement.state), default=None)


def judge_reading(rule: Rule, reading: Reading, before: Sequence[Step]) -> Judgement:
    """Hold a RESOURCE rule against one reading.

    In the first valid step a multiple of that step has no limit yet: the state is NO_DATA, with the
    observed value, which tells it from a rule that lacks its data.
    """
    is_read = reading.state is ReadingState.READ
    member = _deciding(rule, reading.members) if is_read else None
    if member is None:
        is_error = reading.state is ReadingState.ERROR
        state = RuleState.ERROR if is_error else RuleState.NO_DATA
        return _judgement(rule, reading, None, state, reason=reading.reason)
    shown = rule.unit.show(member.value)
    if not reading.may_stop:
        reason = f"{shown} is not believed: {reading.reason}"
        return _judgement(rule, reading, member, RuleState.NO_DATA, reason=reason)
    match rule.limit:
        case Absolute(limit):
            return _compared(rule, reading, member, limit)
        case TimesFirst(factor):
            first = first_valid(before)
            if first is None:
                return _judgement(
                    rule,
                    reading,
                    member,
                    RuleState.NO_DATA,
                    observed=member.value,
                    reason="no earlier valid step to compare with",
                )
            base = _base(rule, first)
            if base is None:
                reason = f"the first valid step has no believable value to compare {shown} with"
                return _judgement(rule, reading, member, RuleState.NO_DATA, reason=reason)
            return _compared(rule, reading, member, factor * base)
        case _:
            assert_never(rule.limit)


def not_read(rule: Rule, reason: str, start_unix_s: float, end_unix_s: float) -> Judgement:
    """The judgement on a rule of which no reading has come, over this machine's hold."""
    return Judgement(rule, RuleState.ERROR, None, None, 0, start_unix_s, end_unix_s, reason)


def _deciding(rule: Rule, members: Sequence[Member]) -> Member | None:
    is_upper = rule.comparison in (Comparison.ABOVE, Comparison.AT_LEAST)
    choose = max if is_upper else min
    return choose(members, key=lambda member: member.value, default=None)


def _base(rule: Rule, first: Step) -> float | None:
    """The value that `Nx first` multiplies."""
    for reading in first.resources:
        if reading.name == rule.metric and reading.may_stop:
            member = _deciding(rule, reading.members)
            return None if member is None else member.value
    return None


def _compared(rule: Rule, reading: Reading, member: Member, limit: float) -> Judgement:
    broken = rule.comparison.holds(member.value, limit)
    doubtful = _deciding(rule, reading.doubtful)
    if not broken and doubtful is not None and rule.comparison.holds(doubtful.value, limit):
        reason = f"{rule.unit.show(doubtful.value)} is not believed: {reading.reason}"
        return _judgement(rule, reading, doubtful, RuleState.NO_DATA, reason=reason)
    state = RuleState.BREACH if broken else RuleState.OK
    return _judgement(rule, reading, member, state, observed=member.value, limit=limit)


def _judgement(
    rule: Rule,
    reading: Reading,
    member: Member | None,
    state: RuleState,
    *,
    observed: float | None = None,
    limit: float | None = None,
    reason: str = "",
) -> Judgement:
    sample_count = None if member is None else member.sample_count
    return Judgement(
        rule,
        state,
        observed,
        limit,
        0 if sample_count is None else sample_count,
        reading.window_start_unix_s,
        reading.window_end_unix_s,
        reason,
        Evidence(
            query=reading.query,
            subject="" if member is None else member.subject,
            age_s=None if member is None else member.age_s,
            seen_late=reading.seen_late,
            has_no_limit=reading.state is ReadingState.NO_LIMIT,
        ),
    )
