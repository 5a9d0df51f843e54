"""What does one line such as `p99 > 10x first over 10s` mean as a rule, and back?

rule  = METRIC OP VALUE ["over" DURATION] ["for" N "steps"] ["on_missing" MISSING] ["->" ACTION]
OP    = < <= > >=                VALUE   = number with the metric's unit, or `10x first`
ACTION = stop | mark             MISSING = mark | stop | fail, of a resource only

A METRIC is one of our own, or a resource that the plan's monitor reads, such as cpu.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    OnMissing,
    Rule,
    Scope,
    TimesFirst,
)
from capacity.profile.limit_text import (
    duration_to_text,
    limit_to_text,
    number_to_text,
    read_limit,
)
from capacity.profile.problems import InputError, read_unit
from capacity.units import Unit, parse_duration_s

DEFAULT_OVER_S = 10.0
DEFAULT_MIN_SAMPLES = 100
MAX_FOR_STEPS = 200
DEFAULT_STOPS = (
    "error_rate > 1% over 10s",
    "p99 > 10x first over 10s",
    "gain < 3% for 2 steps",
)
# Without free slots a service is too slow for the rate, whatever its answers look like.
OPEN_LOOP_STOPS = (*DEFAULT_STOPS, "dropped_rate > 1% over 10s")

# A guard, not a limit that callers feel: added where the CPU of pods or of a process is read.
CPU_STOP = "cpu > 90% over 15s"

_EXAMPLE = "write it like: p99 > 500ms over 10s"
_HEAD = re.compile(r"\s*([A-Za-z][\w.]*)\s*(<=|>=|<|>)\s*([^<>=].*)")
_METRIC = re.compile(r"\s*([A-Za-z][\w.]*)")
_TIMES_FIRST = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*x\s+first")
_CLAUSES = frozenset({"over", "for", "on_missing"})
_SHARES = frozenset({"error_rate", "refused_rate", "dropped_rate", "cpu", "mem", "throttle"})


@dataclass(frozen=True, slots=True)
class Resources:
    """What a rule may be about beside our own metrics: the quantities of the plan's monitor.

    `missing` is what a rule without `on_missing` says, where it is not to mark. `offers` tells
    for each resource that nobody reads yet how to have it read.
    """

    units: Mapping[str, Unit]
    missing: Mapping[str, OnMissing]
    offers: Mapping[str, str]


NO_RESOURCES = Resources({}, {}, {})


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the rule is about; `resource_unit` is None for a metric of our own."""

    name: str
    resource_unit: Unit | None

    @property
    def unit(self) -> Unit:
        return METRICS[self.name].unit if self.resource_unit is None else self.resource_unit

    @property
    def scope(self) -> Scope:
        return METRICS[self.name].scope if self.resource_unit is None else Scope.RESOURCE


@dataclass(frozen=True, slots=True)
class _Clauses:
    """The words after the operator, sorted by what they belong to; None means not written."""

    value: str
    over: str | None
    steps: str | None
    missing: str | None


def parse_rule(text: str, resources: Resources = NO_RESOURCES) -> Rule:
    """Read one rule; its `text` spells out the defaults. InputError says what to write instead."""
    condition, arrow, action_text = text.partition("->")
    head = _HEAD.fullmatch(condition)
    if head is None:
        raise _wrong_head(text, condition, resources)
    subject = _subject(head.group(1), resources)
    clauses = _clauses(text, head.group(3).split())
    action = _action(action_text.strip()) if arrow else Action.STOP
    rule = Rule(
        metric=subject.name,
        comparison=Comparison(head.group(2)),
        limit=_limit(subject, clauses.value),
        over_s=_over_s(subject, clauses.over),
        for_steps=1 if clauses.steps is None else _for_steps(clauses.steps),
        min_samples=_min_samples(subject),
        action=action,
        text="",
        resource_unit=subject.resource_unit,
        on_missing=_on_missing(subject, clauses.missing, action, resources),
    )
    return replace(rule, text=rule_to_text(rule))


def with_on_missing(rule: Rule, on_missing: OnMissing) -> Rule:
    """The rule with what stands beside it in the profile rather than in its text."""
    if rule.resource_unit is None:
        raise _never_missing(rule.metric)
    changed = replace(rule, on_missing=on_missing)
    return replace(changed, text=rule_to_text(changed))


def rule_to_text(rule: Rule) -> str:
    """Write a rule so that `parse_rule` reads the same rule again."""
    if isinstance(rule.limit, Absolute):
        limit = limit_to_text(rule.unit, rule.limit.value)
    else:
        limit = f"{number_to_text(rule.limit.factor)}x first"
    words = [rule.metric, rule.comparison.value, limit]
    if rule.over_s is not None:
        words += ["over", duration_to_text(rule.over_s)]
    if rule.for_steps > 1:
        words += ["for", str(rule.for_steps), "steps"]
    if rule.on_missing is not OnMissing.MARK:
        words += ["on_missing", rule.on_missing.value]
    if rule.action is not Action.STOP:
        words += ["->", rule.action.value]
    return " ".join(words)


def fit_to_hold(rule: Rule, hold_s: float) -> Rule:
    """Shorten a window that fills more than half of the hold, and say so in the rule's text."""
    if rule.over_s is None or rule.over_s <= hold_s / 2:
        return rule
    shorter = replace(rule, over_s=hold_s / 2)
    note = f"({duration_to_text(rule.over_s)} shortened to half of the hold)"
    return replace(shorter, text=f"{rule_to_text(shorter)} {note}")


def note_of(rule: Rule) -> str:
    """What the rule's text says beyond the rule itself: the note of `fit_to_hold`, or nothing."""
    return rule.text.removeprefix(rule_to_text(rule)).strip()


def _wrong_head(text: str, condition: str, resources: Resources) -> InputError:
    name = _METRIC.match(condition)
    if name is not None and name.group(1) not in {*METRICS, *resources.units}:
        return _unknown_metric(name.group(1), resources)
    return InputError(f"{text!r} is not METRIC OP VALUE with one of < <= > >=", _EXAMPLE)


def _subject(name: str, resources: Resources) -> _Subject:
    if name in METRICS:
        return _Subject(name, None)
    if name in resources.units:
        return _Subject(name, resources.units[name])
    raise _unknown_metric(name, resources)


def _unknown_metric(name: str, resources: Resources) -> InputError:
    if name in resources.offers:
        return InputError(f"{name} needs a monitor that reads it", resources.offers[name])
    known = (*METRICS, *resources.units)
    close = get_close_matches(name, (*known, *resources.offers), n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    if name.startswith("prom."):
        return InputError(
            f"{name!r} is no query of this profile",
            f"{hint}write it below monitor: queries: {{ {name.removeprefix('prom.')}: 'PromQL' }}",
        )
    return InputError(f"{name!r} is not a metric", f"{hint}metrics are {', '.join(known)}")


def _clauses(text: str, words: list[str]) -> _Clauses:
    """Split `500ms over 10s for 2 steps on_missing stop` into its four parts."""
    count = next((i for i, word in enumerate(words) if word in _CLAUSES), len(words))
    value, rest = " ".join(words[:count]), words[count:]
    over = steps = missing = None
    if rest[:1] == ["over"] and len(rest) > 1:
        over, rest = rest[1], rest[2:]
    if rest[:1] == ["for"] and len(rest) > 2 and rest[2] in {"step", "steps"}:
        steps, rest = rest[1], rest[3:]
    if rest[:1] == ["on_missing"] and len(rest) > 1:
        missing, rest = rest[1], rest[2:]
    if rest or not value:
        raise InputError(
            f"cannot read {' '.join(rest) or 'the value'!r} in {text!r}",
            "after the value come: over 10s, for 2 steps, on_missing stop, -> mark; in this order",
        )
    return _Clauses(value, over, steps, missing)


def _limit(subject: _Subject, text: str) -> Absolute | TimesFirst:
    times = _TIMES_FIRST.fullmatch(text)
    if times is None:
        value = read_limit(subject.unit, text)
        if subject.name in _SHARES and value > 1:
            raise InputError(f"{subject.name} is never above 100%", "write a limit such as 1%")
        return Absolute(value)
    if subject.unit is Unit.RATIO:
        raise InputError(
            f"{subject.name} is not compared with the first step, where it may be zero",
            f"write a fixed limit: {subject.name} > 1%",
        )
    factor = float(times.group(1))
    if factor <= 0:
        raise InputError("the factor of `x first` must be above zero", "write it like 10x first")
    return TimesFirst(factor)


def _over_s(subject: _Subject, text: str | None) -> float | None:
    """The window; a resource without one is judged over the whole hold, at its end."""
    if subject.scope is Scope.STEP and text is not None:
        raise InputError(
            f"{subject.name} is judged once a step and has no window",
            f"leave out over {text}, or write for 2 steps",
        )
    if text is None:
        return DEFAULT_OVER_S if subject.scope is Scope.WINDOW else None
    over_s = read_unit(parse_duration_s, text)
    if over_s == 0:
        raise InputError("the window of a rule must be longer than zero", "write it like over 10s")
    return over_s


def _for_steps(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_FOR_STEPS:
        raise InputError(
            f"{text!r} is not a number of steps from 1 to {MAX_FOR_STEPS}",
            "write it like: for 2 steps",
        )
    return int(text)


def _on_missing(
    subject: _Subject, text: str | None, action: Action, resources: Resources
) -> OnMissing:
    """As written; else what the monitor's part of the profile says for rules that stop."""
    if subject.resource_unit is None and text is not None:
        raise _never_missing(subject.name)
    if text is None:
        stops = action is Action.STOP
        return resources.missing.get(subject.name, OnMissing.MARK) if stops else OnMissing.MARK
    if text not in set(OnMissing):
        raise InputError(
            f"{text!r} is not what can follow on_missing",
            "write on_missing mark, on_missing stop or on_missing fail",
        )
    return OnMissing(text)


def _never_missing(metric: str) -> InputError:
    return InputError(
        f"{metric} is measured by the run itself and cannot be missing",
        "on_missing is for resources; leave it out",
    )


def _action(text: str) -> Action:
    if text not in set(Action):
        raise InputError(f"{text!r} is not an action", "write -> stop or -> mark")
    return Action(text)


def _min_samples(subject: _Subject) -> int:
    # A rate is low because few requests ended: asking for many would make the rule mute.
    is_sampled = subject.scope is Scope.WINDOW and subject.unit is not Unit.QPS
    return DEFAULT_MIN_SAMPLES if is_sampled else 0
