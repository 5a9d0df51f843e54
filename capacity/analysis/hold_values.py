"""What does the metric of a rule come to over a whole hold, from what was kept of a step?"""

from collections.abc import Callable, Mapping

from capacity.model.measured import Measured
from capacity.model.resources import Member, Reading, ReadingState
from capacity.model.rules import DROPPED_RATE, Comparison, Rule, Scope
from capacity.model.snapshot import LatencySummary

_FROM_LATENCY: Mapping[str, Callable[[LatencySummary], float | None]] = {
    "p50": lambda latency: latency.p50_s,
    "p90": lambda latency: latency.p90_s,
    "p95": lambda latency: latency.p95_s,
    "p99": lambda latency: latency.p99_s,
    "p999": lambda latency: latency.p999_s,
}


def _dropped_ratio(step: Measured) -> float | None:
    schedule = step.schedule
    if schedule is None or schedule.planned == 0:
        return None
    return schedule.dropped_no_slot / schedule.planned


_FROM_STEP: Mapping[str, Callable[[Measured], float | None]] = {
    "error_rate": lambda step: None if step.success_ratio is None else 1 - step.success_ratio,
    "refused_rate": lambda step: step.refused_ratio,
    DROPPED_RATE: _dropped_ratio,
    "qps": lambda step: step.qps,
    "mean": lambda step: step.mean_s,
}


def percentile(latency: LatencySummary, metric: str) -> float | None:
    """The percentile that a metric is about; None when it is withheld, or about none."""
    pick = _FROM_LATENCY.get(metric)
    return None if pick is None else pick(latency)


def hold_value(step: Measured, rule: Rule) -> float | None:
    """The value that the rule is about, None when it was not kept. Growth is of no one step."""
    if rule.scope is Scope.RESOURCE:
        member = deciding_member(rule, reading_of(step, rule))
        return None if member is None else member.value
    pick = _FROM_STEP.get(rule.metric)
    if pick is not None:
        return pick(step)
    return None if step.latency is None else percentile(step.latency, rule.metric)


def seen_before(step: Measured, rule: Rule) -> float | None:
    """What a rule on the same metric saw when the step ran."""
    seen = (j.observed for j in step.judgements if j.rule.metric == rule.metric)
    return next((value for value in seen if value is not None), None)


def sample_count(step: Measured, rule: Rule) -> int | None:
    """How many requests that value rests on; None when that was not kept."""
    if rule.scope is not Scope.WINDOW:
        return None
    if rule.metric in ("error_rate", "refused_rate"):
        return step.judged
    if rule.metric == DROPPED_RATE:
        return None if step.schedule is None else step.schedule.planned
    return None if step.latency is None else step.latency.count


def reading_of(step: Measured, rule: Rule) -> Reading | None:
    """What was read over the whole hold of the quantity that a rule is about."""
    found = (r for r in step.resources if r.name == rule.metric and r.over_s is None)
    return next(found, None)


def deciding_member(rule: Rule, reading: Reading | None) -> Member | None:
    """The member that is worst in the rule's own direction; None where none may decide."""
    if reading is None or reading.state is not ReadingState.READ or not reading.may_stop:
        return None
    choose = max if is_upper(rule) else min
    return choose(reading.members, key=lambda member: member.value, default=None)


def is_upper(rule: Rule) -> bool:
    """Whether a rule is broken by values above its limit."""
    return rule.comparison in (Comparison.ABOVE, Comparison.AT_LEAST)
