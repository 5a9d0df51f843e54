"""How are rules and their judgements written and read?

Both directions stand together. What only rules on resources have came to version 1 after its first
files and is written for them alone.
"""

import re
from math import isfinite
from typing import assert_never

from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    Evidence,
    Judgement,
    OnMissing,
    Rule,
    RuleState,
    TimesFirst,
)
from capacity.storage.evidence import JsonObject
from capacity.storage.fields import Fields
from capacity.units import Unit

_RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")


def encode_rule(rule: Rule) -> JsonObject:
    """A rule with its text and its parts."""
    return {
        "text": rule.text,
        "metric": rule.metric,
        "comparison": rule.comparison.value,
        "limit": _encode_limit(rule.limit),
        "over_s": rule.over_s,
        "for_steps": rule.for_steps,
        "min_samples": rule.min_samples,
        "action": rule.action.value,
        **_encode_resource(rule),
    }


def decode_rule(fields: Fields) -> Rule:
    """The reverse of encode_rule."""
    unit = fields.added_choice("resource_unit", Unit)
    on_missing = fields.added_choice("on_missing", OnMissing)
    metric = fields.text("metric")
    if unit is None and metric not in METRICS:
        raise fields.refuse("metric", f"one of {', '.join(METRICS)}")
    if unit is not None and _RESOURCE.fullmatch(metric) is None:
        raise fields.refuse("metric", "the name of a resource")
    return Rule(
        metric=metric,
        comparison=fields.choice("comparison", Comparison),
        limit=_decode_limit(fields.inner("limit")),
        over_s=fields.optional_number("over_s"),
        for_steps=fields.count("for_steps"),
        min_samples=fields.count("min_samples"),
        action=fields.choice("action", Action),
        text=fields.text("text"),
        resource_unit=unit,
        on_missing=OnMissing.MARK if on_missing is None else on_missing,
    )


def encode_judgement(judgement: Judgement) -> JsonObject:
    """A rule's state and what it rests on; a number that JSON does not have is none."""
    encoded: JsonObject = {
        "state": judgement.state.value,
        "observed": finite(judgement.observed),
        "limit": finite(judgement.limit),
        "sample_count": judgement.sample_count,
        "window_start_s": judgement.window_start_s,
        "window_end_s": judgement.window_end_s,
        "reason": judgement.reason,
        "rule": encode_rule(judgement.rule),
    }
    if judgement.evidence is not None:
        encoded["evidence"] = _encode_evidence(judgement.evidence)
    return encoded


def decode_judgement(fields: Fields) -> Judgement:
    """The reverse of encode_judgement."""
    return Judgement(
        rule=decode_rule(fields.inner("rule")),
        state=fields.choice("state", RuleState),
        observed=fields.optional_number("observed"),
        limit=fields.optional_number("limit"),
        sample_count=fields.count("sample_count"),
        window_start_s=fields.number("window_start_s"),
        window_end_s=fields.number("window_end_s"),
        reason=fields.text("reason"),
        evidence=_decode_evidence(fields.added_inner("evidence")),
    )


def finite(value: float | None) -> float | None:
    """The value, or None where it is not a number that JSON has."""
    return value if value is not None and isfinite(value) else None


def _encode_resource(rule: Rule) -> JsonObject:
    if rule.resource_unit is None:
        return {}
    return {"resource_unit": rule.resource_unit.value, "on_missing": rule.on_missing.value}


def _encode_limit(limit: Absolute | TimesFirst) -> JsonObject:
    match limit:
        case Absolute(value):
            return {"kind": "absolute", "value": value}
        case TimesFirst(factor):
            return {"kind": "times_first", "factor": factor}
        case _:
            assert_never(limit)


def _decode_limit(fields: Fields) -> Absolute | TimesFirst:
    match fields.text("kind"):
        case "absolute":
            return Absolute(fields.number("value"))
        case "times_first":
            return TimesFirst(fields.number("factor"))
        case _:
            raise fields.refuse("kind", "absolute or times_first")


def _encode_evidence(evidence: Evidence) -> JsonObject:
    return {
        "query": evidence.query,
        "subject": evidence.subject,
        "age_s": finite(evidence.age_s),
        "seen_late": evidence.seen_late,
        "has_no_limit": evidence.has_no_limit,
    }


def _decode_evidence(fields: Fields | None) -> Evidence | None:
    if fields is None:
        return None
    return Evidence(
        query=fields.text("query"),
        subject=fields.text("subject"),
        age_s=fields.optional_number("age_s"),
        seen_late=fields.flag("seen_late"),
        has_no_limit=fields.added_flag("has_no_limit"),
    )
