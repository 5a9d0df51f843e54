"""Which rules does one window of measurements break?

Pure: rules and numbers go in, judgements come out. A window that cannot answer gives NO_DATA with
the reason in words, never a default value; what that means for the run is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from capacity.histogram import Histogram, summarize
from capacity.model.load import Load
from capacity.model.plan import Purpose
from capacity.model.rules import (
    HIGH_PERCENTILES,
    METRICS,
    Absolute,
    Action,
    Comparison,
    Judgement,
    Rule,
    RuleState,
    Scope,
    StepRate,
    WindowStats,
    gain_per_doubling,
)
from capacity.model.run import Step, Trust
from capacity.search.tally import GRID_TOLERANCE_S
from capacity.units import format_duration

_CERTAIN_SAMPLES = 20
# A percentile that is judged near its limit shall rest on so many samples above it.
_NEAR_LIMIT_RATIO = 0.5
_LEAST_ABOVE = 10
_RUNGS = (Purpose.LADDER, Purpose.RECHECK)


def judge_window(rule: Rule, window: WindowStats, first: Step | None) -> Judgement:
    """Hold a WINDOW rule against the sliding window of a step that is still running.

    `first` is the first valid step of the run, for limits that are multiples of it.
    """
    metric = METRICS[rule.metric]
    samples = metric.sample_count(window)
    span = (window.start_s, window.end_s)
    if rule.over_s is not None and window.span_s < rule.over_s - GRID_TOLERANCE_S:
        reason = f"{format_duration(window.span_s)} of {format_duration(rule.over_s)} measured"
        return _no_data(rule, samples, span, reason)
    limit = _limit(rule, first)
    if not has_enough_samples(rule, window) and not _is_certain(rule, window, limit):
        return _no_data(rule, samples, span, f"{samples} of {rule.min_samples} samples")
    observed = metric.value(window)
    if observed is None:
        return _no_data(rule, samples, span, "the window holds no such value")
    if limit is None:
        return _no_data(rule, samples, span, "no earlier valid step to compare with")
    return _compare(rule, observed, limit, samples, span)


def has_enough_samples(rule: Rule, window: WindowStats) -> bool:
    """Whether the window holds as many requests as the rule asks for."""
    return METRICS[rule.metric].sample_count(window) >= rule.min_samples


def _is_certain(rule: Rule, window: WindowStats, limit: float | None) -> bool:
    """Whether few samples already prove that a high percentile is above its limit.

    If at most one request in ten were slower than the limit, half of 20 would be with a chance
    below 1e-5 (binomial), so a median above it needs no more samples.
    """
    if rule.metric not in HIGH_PERCENTILES or limit is None or window.latency is None:
        return False
    is_upper = rule.comparison in (Comparison.ABOVE, Comparison.AT_LEAST)
    return is_upper and window.latency.count >= _CERTAIN_SAMPLES and window.latency.p50_s > limit


def needs_more_samples(rule: Rule, hold: WindowStats, first: Step | None) -> bool:
    """Whether a high percentile is too near its limit for the samples that it rests on."""
    quantile = HIGH_PERCENTILES.get(rule.metric)
    limit = _limit(rule, first)
    observed = METRICS[rule.metric].value(hold) if quantile is not None else None
    if quantile is None or limit is None or observed is None or rule.action is not Action.STOP:
        return False
    is_upper = rule.comparison in (Comparison.ABOVE, Comparison.AT_LEAST)
    is_near = is_upper and observed > _NEAR_LIMIT_RATIO * limit
    least = round(_LEAST_ABOVE / (1 - quantile))  # 10 / (1 - 0.99) is a little more than 1000
    return is_near and METRICS[rule.metric].sample_count(hold) < least


def judge_step(rule: Rule, before: Sequence[Step], current: Step) -> Judgement:
    """Hold a STEP rule (growth) against a finished step and those of the ladder before it.

    `for_steps` consecutive steps must break the rule before it counts as a breach; until then the
    state is OK with the observed value, so that the table still shows it. Steps that refine or
    check lie beside the ladder, and a hold that was cut short has not shown what it can give.
    """
    span = (current.start_s, current.end_s)
    if current.plan.purpose is not Purpose.LADDER:
        return _no_data(rule, current.ended_ok, span, "no step of the ladder")
    if current.ended_early:
        return _no_data(rule, current.ended_ok, span, "the hold was cut short")
    growth = [] if current.validity.trust is Trust.INVALID else _gains([*before, current])
    observed = growth[-1] if growth else None
    if observed is None:
        return _no_data(rule, current.ended_ok, span, "no earlier valid step to compare with")
    limit = _limit(rule, None)
    if limit is None:
        return _no_data(rule, current.ended_ok, span, "growth has no multiple of the first step")
    below = takewhile(
        lambda value: value is not None and rule.comparison.holds(value, limit), reversed(growth)
    )
    broken = sum(1 for _ in below)
    state = RuleState.BREACH if broken >= rule.for_steps else RuleState.OK
    return Judgement(rule, state, observed, limit, current.ended_ok, *span, reason="")


def confirm_over_steps(rule: Rule, steps: Sequence[Step], judgement: Judgement) -> Judgement:
    """Turn a breach into OK while fewer than `for_steps` steps in a row have broken the rule."""
    if judgement.state is not RuleState.BREACH or rule.for_steps <= 1:
        return judgement
    broken = 1
    for step in reversed(steps):
        if not any(j.rule == rule and _is_beyond(j) for j in step.judgements):
            break
        broken += 1
    if broken >= rule.for_steps:
        return judgement
    reason = f"step {broken} of {rule.for_steps} beyond the limit"
    return replace(judgement, state=RuleState.OK, reason=reason)


def window_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that are judged every second."""
    return tuple(rule for rule in rules if rule.scope is Scope.WINDOW)


def step_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that are judged when a step has finished."""
    return tuple(rule for rule in rules if rule.scope is Scope.STEP)


def stopping(judgements: Sequence[Judgement]) -> Judgement | None:
    """The breach that ends the ladder: of several the one whose rule has precedence."""
    fired = [
        judgement
        for judgement in judgements
        if judgement.state is RuleState.BREACH and judgement.rule.action is Action.STOP
    ]
    return min(fired, key=lambda judgement: judgement.rule.precedence, default=None)


def first_valid(steps: Sequence[Step]) -> Step | None:
    """The step that `Nx first` refers to."""
    return next((step for step in steps if step.validity.trust is not Trust.INVALID), None)


def rungs_before(steps: Sequence[Step], load: Load) -> tuple[Step, ...]:
    """The finished steps that rules look back at from `load`, by load.

    Those of the ladder below it, and always the first one; a step that was measured again is there
    as it was then. From planned starts beside a ladder of concurrencies nothing is below.
    """
    rising = takewhile(lambda step: step.plan.purpose in _RUNGS, steps)
    rungs = {step.plan.load.level: step for step in rising}
    if not rungs:
        return ()
    first = min(rungs)
    is_alike = type(rungs[first].plan.load) is type(load)
    below = [level for level in sorted(rungs) if is_alike and level < load.level]
    return tuple(rungs[level] for level in below or [first])


def _is_beyond(judgement: Judgement) -> bool:
    if judgement.observed is None or judgement.limit is None:
        return False
    return judgement.rule.comparison.holds(judgement.observed, judgement.limit)


def _gains(steps: Sequence[Step]) -> list[float | None]:
    rates = [
        StepRate(step.plan.load.level, step.qps)
        for step in steps
        if step.validity.trust is not Trust.INVALID and not step.ended_early
    ]
    return [gain_per_doubling(before, after) for before, after in pairwise(rates)]


def _limit(rule: Rule, first: Step | None) -> float | None:
    if isinstance(rule.limit, Absolute):
        return rule.limit.value
    base = None if first is None else _first_value(rule.metric, first)
    return None if base is None else rule.limit.factor * base


def _first_value(metric: str, first: Step) -> float | None:
    # The step's summary withholds what too few samples stand behind; a limit needs the value.
    latency = summarize(Histogram.from_blob(first.latency_blob), least_above=0)
    window = WindowStats(first.start_s, first.end_s, first.counts, first.ended_ok, latency)
    return METRICS[metric].value(window)


def _compare(
    rule: Rule, observed: float, limit: float, samples: int, span: tuple[float, float]
) -> Judgement:
    broken = rule.comparison.holds(observed, limit)
    state = RuleState.BREACH if broken else RuleState.OK
    return Judgement(rule, state, observed, limit, samples, *span, reason="")


def _no_data(rule: Rule, samples: int, span: tuple[float, float], reason: str) -> Judgement:
    return Judgement(rule, RuleState.NO_DATA, None, None, samples, *span, reason=reason)
