"""How is what a service felt written and read: readings, changes, facts about a monitor?

Both directions stand together. All of it came to version 1 after its first files. Texts come from
outside and are cut, lists are bounded, and a number that JSON does not have is never written.
"""

from dataclasses import replace
from heapq import nlargest, nsmallest
from math import isfinite

from capacity.model.resources import (
    Aspect,
    Change,
    ChangeKind,
    Direction,
    Member,
    MonitorFacts,
    Population,
    Reading,
    ReadingState,
    ResourceScope,
)
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields
from capacity.storage.judgements import finite
from capacity.units import Unit

# Of more pods than these the worst are kept; `member_count` tells how many there were.
MAX_MEMBERS = 50
_MAX_SUBJECTS = 500
_MAX_NOTES = 100
_MAX_CHARACTERS = 1000


def encode_reading(reading: Reading, max_members: int = MAX_MEMBERS) -> JsonObject:
    """One quantity over one window. What follows from the members is written for jq."""
    believable = _without_holes(reading)
    worst = believable.worst
    return {
        "name": believable.name,
        "unit": believable.unit.value,
        "scope": believable.scope.value,
        "aspect": believable.aspect.value,
        "direction": believable.direction.value,
        "state": believable.state.value,
        "reason": _cut(believable.reason),
        "value": None if worst is None else worst.value,
        "subject": None if worst is None else _cut(worst.subject),
        "mean": finite(believable.mean),
        "spread": finite(believable.spread),
        "query": believable.query,
        "over_s": believable.over_s,
        "window_start_unix_s": believable.window_start_unix_s,
        "window_end_unix_s": believable.window_end_unix_s,
        "may_stop": believable.may_stop,
        "seen_late": believable.seen_late,
        "member_count": believable.member_count,
        "members": [_encode_member(one) for one in _worst(believable, max_members)],
        "doubtful": [
            _encode_member(one) for one in believable.doubtful[:max_members] if isfinite(one.value)
        ],
    }


def decode_reading(fields: Fields) -> Reading:
    """The reverse of encode_reading, with the worst members only where these were too many."""
    members = tuple(_decode_member(member) for member in fields.inner_list("members"))
    return Reading(
        name=fields.text("name"),
        unit=fields.choice("unit", Unit),
        scope=fields.choice("scope", ResourceScope),
        aspect=fields.choice("aspect", Aspect),
        direction=fields.choice("direction", Direction),
        state=fields.choice("state", ReadingState),
        reason=fields.text("reason"),
        query=fields.text("query"),
        over_s=fields.optional_number("over_s"),
        window_start_unix_s=fields.number("window_start_unix_s"),
        window_end_unix_s=fields.number("window_end_unix_s"),
        members=members,
        may_stop=fields.flag("may_stop"),
        seen_late=fields.flag("seen_late"),
        population=_decode_population(fields, len(members)),
        doubtful=tuple(_decode_member(one) for one in fields.added_inner_list("doubtful")),
    )


def _decode_population(fields: Fields, listed: int) -> Population | None:
    """What was written of all members, if more than those that are listed."""
    member_count = fields.count("member_count")
    mean, spread = fields.optional_number("mean"), fields.optional_number("spread")
    if member_count <= listed or mean is None or spread is None:
        return None
    return Population(member_count, mean, spread)


def encode_change(change: Change) -> JsonObject:
    """What was different at the end of a step."""
    return {
        "kind": change.kind.value,
        "subject": _cut(change.subject),
        "detail": _cut(change.detail),
        "seen_at_unix_s": change.seen_at_unix_s,
    }


def decode_change(fields: Fields) -> Change:
    """The reverse of encode_change."""
    return Change(
        kind=fields.choice("kind", ChangeKind),
        subject=fields.text("subject"),
        detail=fields.text("detail"),
        seen_at_unix_s=fields.number("seen_at_unix_s"),
    )


def encode_facts(facts: MonitorFacts) -> JsonObject:
    """What was found out before any load."""
    return {
        "source": _cut(facts.source),
        "version": None if facts.version is None else _cut(facts.version),
        "clock_offset_s": finite(facts.clock_offset_s),
        "spacing_s": finite(facts.spacing_s),
        "lag_s": finite(facts.lag_s),
        "subjects": [_cut(subject) for subject in facts.subjects[:_MAX_SUBJECTS]],
        "notes": [_cut(note) for note in facts.notes[:_MAX_NOTES]],
    }


def decode_facts(fields: Fields) -> MonitorFacts:
    """The reverse of encode_facts."""
    return MonitorFacts(
        source=fields.text("source"),
        version=fields.optional_text("version"),
        clock_offset_s=fields.optional_number("clock_offset_s"),
        spacing_s=fields.optional_number("spacing_s"),
        lag_s=fields.optional_number("lag_s"),
        subjects=fields.texts("subjects"),
        notes=fields.texts("notes"),
    )


def _without_holes(reading: Reading) -> Reading:
    """The reading without members whose value is no number; with none left it is no data."""
    members = tuple(member for member in reading.members if isfinite(member.value))
    if len(members) == len(reading.members):
        return reading
    left = replace(reading, members=members)
    if members or reading.state is not ReadingState.READ:
        return left
    reason = reading.reason or "the value is not a finite number"
    return replace(left, state=ReadingState.NO_DATA, reason=reason, may_stop=False)


def _worst(reading: Reading, count: int) -> list[Member]:
    """All members in their order, or the worst of too many."""
    if len(reading.members) <= count:
        return list(reading.members)
    choose = nlargest if reading.direction is Direction.HIGH_IS_BAD else nsmallest
    return choose(count, reading.members, key=lambda member: member.value)


def _encode_member(member: Member) -> JsonObject:
    return {
        "subject": _cut(member.subject),
        "value": member.value,
        "sample_count": member.sample_count,
        "age_s": finite(member.age_s),
        "coverage_ratio": finite(member.coverage_ratio),
    }


def _decode_member(fields: Fields) -> Member:
    return Member(
        subject=fields.text("subject"),
        value=fields.number("value"),
        sample_count=fields.optional_count("sample_count"),
        age_s=fields.optional_number("age_s"),
        coverage_ratio=fields.optional_number("coverage_ratio"),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}..."
