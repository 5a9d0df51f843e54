"""What is this run going to do, in words that a person reads before the first request?

No secrets: names of headers, masked queries and sizes, never values.
"""

from capacity.model.plan import DemoService, HttpRequest, RunPlan, Secret, TlsTrust
from capacity.model.rules import Absolute, Action, Comparison, Rule, Scope
from capacity.profile.describe_climb import climb_rows
from capacity.profile.describe_hooks import hook_rows
from capacity.profile.describe_monitor import missing_words, monitor_rows
from capacity.profile.rule_text import note_of
from capacity.units import format_duration

_COMPARISONS = {
    Comparison.ABOVE: "is above",
    Comparison.AT_LEAST: "is at least",
    Comparison.BELOW: "is below",
    Comparison.AT_MOST: "is at most",
}
_TRUST = {
    TlsTrust.SYSTEM: "certificates checked against this system's authorities",
    TlsTrust.INSECURE: "certificates NOT checked",
}


def plan_lines(plan: RunPlan, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The whole plan as lines of text; `addresses` are the resolved ones, empty before that."""
    rows = [
        ("plan", plan.name),
        *_target_rows(plan, addresses),
        *_call_rows(plan),
        ("engine", f"{plan.engine.value}, {_threads(plan)}"),
        *_source_rows(plan.source_addresses),
        *climb_rows(plan),
        *_rule_rows(plan.rules),
        ("fuses", _fuses(plan)),
    ]
    if plan.demo_service is not None:
        rows.append(("demo service", _demo_service(plan.demo_service)))
    rows += [*monitor_rows(plan), *hook_rows(plan), *(("note", note) for note in plan.notes)]
    return tuple(f"{label:<14}{text}" for label, text in rows)


def _target_rows(plan: RunPlan, addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    call, target = plan.scenario.call, plan.target
    where = target.origin
    if isinstance(call, HttpRequest):
        where += call.shown_path
    rows = [("target", where)]
    if addresses:
        rows.append(("addresses", ", ".join(addresses)))
    if target.scheme == "https":
        rows.append(("TLS", _TRUST.get(target.trust, f"certificates checked by {target.ca_file}")))
    return rows


def _call_rows(plan: RunPlan) -> list[tuple[str, str]]:
    call = plan.scenario.call
    names = ", ".join(header.name for header in call.headers) or "none of our own"
    if isinstance(call, HttpRequest):
        what = ("request", f"{call.method}, {_body(call.body)}")
    else:
        what = ("scenario", f"{call.function} in {call.file}")
    timeout = format_duration(plan.target.timeouts.total_s)
    return [
        what,
        ("headers", names),
        ("success", f"status below {plan.scenario.ok_below_status}, within {timeout}"),
    ]


def _body(body: Secret | None) -> str:
    if body is None:
        return "no body"
    return "body of 1 byte" if len(body) == 1 else f"body of {len(body):,} bytes"


def _source_rows(addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("from", ", ".join(addresses))] if addresses else []


def _rule_rows(rules: tuple[Rule, ...]) -> list[tuple[str, str]]:
    if not rules:
        return [("stop rules", "none: only the fuses end the climb early")]
    labels = ["stop rules", *("" for _ in rules[1:])]
    return list(zip(labels, map(rule_words, rules), strict=True))


def rule_words(rule: Rule) -> str:
    """A rule as a sentence: `stop when p99 is above 500ms over 10s`."""
    words = ["stop when" if rule.action is Action.STOP else "note when", rule.metric]
    words.append(_COMPARISONS[rule.comparison])
    if isinstance(rule.limit, Absolute):
        words.append(rule.unit.show(rule.limit.value))
    else:
        words.append(f"{rule.limit.factor:g} times that of the first step")
    if rule.over_s is not None:
        words.append(f"over {format_duration(rule.over_s)}")
    if rule.scope is Scope.RESOURCE:
        words.append("over the whole hold" if rule.over_s is None else "or the whole hold")
    if rule.for_steps > 1:
        words.append(f"in {rule.for_steps} steps in a row")
    return " ".join((*words, *filter(None, [missing_words(rule), note_of(rule)])))


def _fuses(plan: RunPlan) -> str:
    fuses = plan.fuses
    return (
        f"{fuses.max_concurrency:,} in flight, {fuses.max_requests:,} requests, "
        f"{format_duration(fuses.max_duration_s)}"
    )


def _demo_service(demo: DemoService) -> str:
    servers = "1 server" if demo.servers == 1 else f"{demo.servers} servers"
    return f"{servers} of {format_duration(demo.service_time_s)}, started for this run"


def _threads(plan: RunPlan) -> str:
    if plan.threads is None:
        return "threads by the number of cores"
    return "1 thread" if plan.threads == 1 else f"{plan.threads} threads"
