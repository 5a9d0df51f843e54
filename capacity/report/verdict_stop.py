"""Why did the climb end? One sentence, from the judgement that ended it.

A guard on a resource is told apart from a limit of the service: what callers felt may still have
been fine.
"""

from capacity.analysis.step_roles import end_step
from capacity.model.load import RateLadder
from capacity.model.plan import Purpose
from capacity.model.rules import DROPPED_RATE, Action, Judgement, RuleState, Scope
from capacity.model.run import EndReason, Run, Step
from capacity.model.snapshot import FailureKind, Side
from capacity.report.load_words import load_words
from capacity.report.resource_words import judgement_words, limit_shares
from capacity.report.texts import Language, say

_ERRORS_SHOWN = 2
_LIMITS_SHOWN = 2


def stop_sentence(run: Run, language: Language) -> str:
    """Where and why the climb ended."""
    detail = run.end.detail
    last_step = end_step(run)
    if last_step is None:
        return say(language, "stopped_no_step", detail=detail)
    last = load_words(last_step.plan.load, language)
    match run.end.reason:
        case EndReason.RULE:
            return _by_rule(run, last_step, language)
        case EndReason.METRICS_LOST:
            return _by_lost_metrics(run, last_step, language)
        case reason:
            return say(language, f"stopped_{reason.value}", last=last, detail=detail)


def _by_rule(run: Run, last_step: Step, language: Language) -> str:
    found = _judgement_of_end(run, last_step, is_lost=False)
    last = load_words(last_step.plan.load, language)
    if found is None:
        rule = run.end.rule or run.end.detail
        return say(language, "stopped_rule_between", last=last, rule=rule)
    step, breach = found
    if breach.rule.scope is Scope.RESOURCE:
        return _by_guard(run, step, breach, language)
    key, more = _why_broken(run, last_step, breach)
    observed = "" if breach.observed is None else breach.rule.unit.show(breach.observed)
    sentence = say(language, key, last=last, rule=breach.rule.text, observed=observed, **more)
    if step.plan.purpose is Purpose.RECHECK:
        return say(language, "stopped_twice", sentence=sentence)
    return sentence


def _judgement_of_end(run: Run, last_step: Step, *, is_lost: bool) -> tuple[Step, Judgement] | None:
    """What ended the climb: a broken rule or, if `is_lost`, one that lacked its data.

    It is in the step that ended the climb, or for a resource, which may be read late, in an earlier
    one. Then the first such step is the one: those after it were begun before that was known.
    """
    named = () if run.end.step_index is None else (last_step,)
    for step in named or run.steps:
        for judgement in step.judgements:
            is_broken = judgement.state is RuleState.BREACH and judgement.observed is not None
            is_such = judgement.is_lost if is_lost else is_broken
            may_be_late = judgement.rule.scope is Scope.RESOURCE
            is_there = step is last_step or may_be_late
            if judgement.rule.text == run.end.rule and is_such and is_there:
                return step, judgement
    return None


def _by_guard(run: Run, step: Step, breach: Judgement, language: Language) -> str:
    return say(
        language,
        "stopped_guard",
        last=load_words(step.plan.load, language),
        rule=breach.rule.text,
        evidence=judgement_words(breach, limit_shares(run.plan), language),
        requests=_beside_the_guard(step, breach, language),
    )


def _beside_the_guard(step: Step, guard: Judgement, language: Language) -> str:
    """Other limits broken in the same step, else how far the requests were from theirs."""
    others = [
        judgement.rule.text
        for judgement in step.breaches
        if judgement.rule.action is Action.STOP and judgement.rule.text != guard.rule.text
    ]
    join = say(language, "resource_join")
    if others:
        return say(language, "guard_also", rules=join.join(others))
    held = [
        say(
            language,
            "guard_limit",
            metric=judgement.rule.metric,
            observed=judgement.rule.unit.show(judgement.observed),
            limit=judgement.rule.unit.show(judgement.limit),
        )
        for judgement in sorted(step.judgements, key=lambda one: -one.rule.precedence)
        if judgement.rule.scope is Scope.WINDOW
        and judgement.state is RuleState.OK
        and judgement.observed is not None
        and judgement.limit is not None
    ]
    if not held:
        return say(language, "guard_alone")
    return say(language, "guard_within", limits=join.join(held[:_LIMITS_SHOWN]))


def _by_lost_metrics(run: Run, last_step: Step, language: Language) -> str:
    found = _judgement_of_end(run, last_step, is_lost=True)
    if found is None:
        last = load_words(last_step.plan.load, language)
        return say(language, "stopped_metrics_lost", last=last, detail=run.end.detail)
    step, lost = found
    return say(
        language,
        "stopped_metrics",
        last=load_words(step.plan.load, language),
        rule=lost.rule.text,
        state=judgement_words(lost, frozenset(), language),
        action=lost.rule.on_missing.value,
    )


def _why_broken(run: Run, step: Step, breach: Judgement) -> tuple[str, dict[str, str]]:
    """The key of the sentence on a broken rule, and what it says beyond the observed value."""
    ladder = run.plan.ladder
    if breach.rule.metric == DROPPED_RATE and isinstance(ladder, RateLadder):
        return "stopped_dropped", {"slots": f"{ladder.max_in_flight:,}"}
    errors = _errors(run, step) if breach.rule.metric == "error_rate" else ""
    return ("stopped_errors", {"errors": errors}) if errors else ("stopped_rule", {})


def _errors(run: Run, step: Step) -> str:
    """The most frequent errors of the step, answers by their status."""
    counts = step.counts
    least = run.plan.scenario.ok_below_status
    seen = {f"status {code}": n for code, n in counts.statuses.items() if code >= least}
    seen |= {
        kind.value: n
        for kind, n in counts.failures.items()
        if kind is not FailureKind.HTTP_STATUS and kind.side in (Side.TARGET, Side.NETWORK)
    }
    most = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:_ERRORS_SHOWN]
    return ", ".join(f"{name} {count:,}x" for name, count in most if count > 0)
