"""What does one line such as `p99 > 10x first over 10s` mean as a rule, and back?

rule  = METRIC OP VALUE ["over" DURATION] ["for" N "steps"] ["->" ("stop" | "mark")]
OP    = < <= > >=
VALUE = number with the metric's unit, or `10x first` (times the first valid step)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches

from capacity.model.rules import (
    METRICS,
    Absolute,
    Action,
    Comparison,
    Metric,
    Rule,
    Scope,
    TimesFirst,
)
from capacity.profile.problems import InputError, read_unit
from capacity.units import (
    Unit,
    format_duration,
    format_ratio,
    parse_duration_s,
    parse_rate_qps,
    parse_ratio,
)

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

_EXAMPLE = "write it like: p99 > 500ms over 10s"
_HEAD = re.compile(r"\s*([A-Za-z][\w.]*)\s*(<=|>=|<|>)\s*([^<>=].*)")
_METRIC = re.compile(r"\s*([A-Za-z][\w.]*)")
_TIMES_FIRST = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*x\s+first")
_SHARES = frozenset({"error_rate", "refused_rate", "dropped_rate"})
_PARSERS: dict[Unit, Callable[[str], float]] = {
    Unit.RATIO: parse_ratio,
    Unit.SECONDS: parse_duration_s,
    Unit.QPS: parse_rate_qps,
}


@dataclass(frozen=True, slots=True)
class _Clauses:
    """The words after the operator, sorted by what they belong to; None means not written."""

    value: str
    over: str | None
    steps: str | None


def parse_rule(text: str) -> Rule:
    """Read one rule; its `text` spells out the defaults. InputError says what to write instead."""
    condition, arrow, action_text = text.partition("->")
    head = _HEAD.fullmatch(condition)
    if head is None:
        raise _wrong_head(text, condition)
    metric = _metric(head.group(1))
    clauses = _clauses(text, head.group(3).split())
    rule = Rule(
        metric=metric.name,
        comparison=Comparison(head.group(2)),
        limit=_limit(metric, clauses.value),
        over_s=_over_s(metric, clauses.over),
        for_steps=1 if clauses.steps is None else _for_steps(clauses.steps),
        min_samples=_min_samples(metric),
        action=_action(action_text.strip()) if arrow else Action.STOP,
        text="",
    )
    return replace(rule, text=rule_to_text(rule))


def rule_to_text(rule: Rule) -> str:
    """Write a rule so that `parse_rule` reads the same rule again."""
    if isinstance(rule.limit, Absolute):
        limit = _WRITERS[rule.unit](rule.limit.value)
    else:
        limit = f"{_plain(rule.limit.factor)}x first"
    words = [rule.metric, rule.comparison.value, limit]
    if rule.over_s is not None:
        words += ["over", _duration_text(rule.over_s)]
    if rule.for_steps > 1:
        words += ["for", str(rule.for_steps), "steps"]
    if rule.action is not Action.STOP:
        words += ["->", rule.action.value]
    return " ".join(words)


def fit_to_hold(rule: Rule, hold_s: float) -> Rule:
    """Shorten a window that fills more than half of the hold, and say so in the rule's text."""
    if rule.over_s is None or rule.over_s <= hold_s / 2:
        return rule
    shorter = replace(rule, over_s=hold_s / 2)
    note = f"({_duration_text(rule.over_s)} shortened to half of the hold)"
    return replace(shorter, text=f"{rule_to_text(shorter)} {note}")


def note_of(rule: Rule) -> str:
    """What the rule's text says beyond the rule itself: the note of `fit_to_hold`, or nothing."""
    return rule.text.removeprefix(rule_to_text(rule)).strip()


def _wrong_head(text: str, condition: str) -> InputError:
    name = _METRIC.match(condition)
    if name is not None and name.group(1) not in METRICS:
        return _unknown_metric(name.group(1))
    return InputError(f"{text!r} is not METRIC OP VALUE with one of < <= > >=", _EXAMPLE)


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise _unknown_metric(name)
    return METRICS[name]


def _unknown_metric(name: str) -> InputError:
    close = get_close_matches(name, METRICS, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return InputError(f"{name!r} is not a metric", f"{hint}metrics are {', '.join(METRICS)}")


def _clauses(text: str, words: list[str]) -> _Clauses:
    """Split `500ms over 10s for 2 steps` into its three parts."""
    count = next((i for i, word in enumerate(words) if word in {"over", "for"}), len(words))
    value, rest = " ".join(words[:count]), words[count:]
    over = steps = None
    if rest[:1] == ["over"] and len(rest) > 1:
        over, rest = rest[1], rest[2:]
    if rest[:1] == ["for"] and len(rest) > 2 and rest[2] in {"step", "steps"}:
        steps, rest = rest[1], rest[3:]
    if rest or not value:
        raise InputError(
            f"cannot read {' '.join(rest) or 'the value'!r} in {text!r}",
            "after the value come: over 10s, for 2 steps, -> mark; in this order",
        )
    return _Clauses(value, over, steps)


def _limit(metric: Metric, text: str) -> Absolute | TimesFirst:
    times = _TIMES_FIRST.fullmatch(text)
    if times is None:
        value = read_unit(_PARSERS[metric.unit], text)
        if metric.name in _SHARES and value > 1:
            raise InputError(f"{metric.name} is never above 100%", "write a limit such as 1%")
        return Absolute(value)
    if metric.unit is Unit.RATIO:
        raise InputError(
            f"{metric.name} is not compared with the first step, where it may be zero",
            f"write a fixed limit: {metric.name} > 1%",
        )
    factor = float(times.group(1))
    if factor <= 0:
        raise InputError("the factor of `x first` must be above zero", "write it like 10x first")
    return TimesFirst(factor)


def _over_s(metric: Metric, text: str | None) -> float | None:
    if metric.scope is Scope.STEP:
        if text is not None:
            raise InputError(
                f"{metric.name} is judged once a step and has no window",
                f"leave out over {text}, or write for 2 steps",
            )
        return None
    if text is None:
        return DEFAULT_OVER_S
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


def _action(text: str) -> Action:
    if text not in set(Action):
        raise InputError(f"{text!r} is not an action", "write -> stop or -> mark")
    return Action(text)


def _min_samples(metric: Metric) -> int:
    # A rate is low because few requests ended: asking for many would make the rule mute.
    is_sampled = metric.scope is Scope.WINDOW and metric.unit is not Unit.QPS
    return DEFAULT_MIN_SAMPLES if is_sampled else 0


def _duration_text(seconds: float) -> str:
    """The short form if it says the same, else all digits in seconds."""
    short = format_duration(seconds)
    try:
        if parse_duration_s(short) == seconds:
            return short
    except ValueError:
        pass  # 2m30s is for people; the grammar has one unit
    return f"{_plain(seconds)}s"


def _ratio_text(ratio: float) -> str:
    candidates = [format_ratio(ratio), *(f"{ratio:.{digits}%}" for digits in range(3, 18))]
    return next((text for text in candidates if parse_ratio(text) == ratio), candidates[-1])


def _plain(value: float) -> str:
    """All digits of a number, without exponent."""
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_WRITERS: dict[Unit, Callable[[float], str]] = {
    Unit.RATIO: _ratio_text,
    Unit.SECONDS: _duration_text,
    Unit.QPS: lambda qps: f"{_plain(qps)}qps",
}
