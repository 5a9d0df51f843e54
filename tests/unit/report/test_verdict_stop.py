"""Does the verdict say who ended the climb: a guard, a limit of the service, or missing data?"""

from dataclasses import replace

import pytest

from capacity.model.plan import Purpose
from capacity.model.rules import Action, Judgement, OnMissing, RuleState
from capacity.model.run import EndReason, Run, RunEnd, Step
from capacity.model.snapshot import FailureKind
from capacity.report.texts import Language
from capacity.report.verdict_stop import stop_sentence
from tests.unit.builders import (
    ERROR_RULE,
    GAIN_RULE,
    P99_RULE,
    a_curve,
    a_judgement,
    a_run,
    a_step,
)
from tests.unit.report.answer_builders import a_whole_run, as_purpose
from tests.unit.report.reading_builders import CPU_RULE, a_monitored_plan, a_resource_judgement
from tests.unit.resource_builders import a_resource_rule

CPU_END = RunEnd(EndReason.RULE, "cpu was 93% at 64 concurrent", CPU_RULE.text)
FINE = (
    a_judgement(ERROR_RULE, observed=0.0009, limit=0.01),
    a_judgement(P99_RULE, observed=0.012, limit=0.5),
    a_judgement(GAIN_RULE, observed=0.4, limit=0.03),
)
EVIDENCE = "93% of the limit at shop/api-7f9/app, 12 samples"


def ended(*of_last: Judgement, end: RunEnd = CPU_END, before: tuple[Judgement, ...] = ()) -> Run:
    """The default curve with these judgements in the last step, and in the one before it."""
    *first, previous, last = a_curve()
    steps: list[Step] = [
        *first,
        replace(previous, judgements=before),
        replace(last, judgements=of_last),
    ]
    return a_run(steps, plan=a_monitored_plan(rules=[CPU_RULE]), end=end)


def test_a_guard_is_told_with_its_pod_and_what_the_requests_felt() -> None:
    """CPU at its limit is no proof that anybody waited."""
    run = ended(*FINE, a_resource_judgement())

    assert stop_sentence(run, Language.EN) == (
        f"at 64 concurrent by the guard cpu > 85% over 20s ({EVIDENCE}); "
        "the limits of the requests still held: p99 12ms of 500ms, error_rate 0.09% of 1%"
    )
    assert stop_sentence(run, Language.ZH) == (
        "在并发 64 处触发护栏 cpu > 85% over 20s（限额的 93%，shop/api-7f9/app，12 个样本）；"
        "请求侧的限制仍满足：p99 12ms，限值 500ms，error_rate 0.09%，限值 1%"
    )


def test_a_guard_without_any_other_rule() -> None:
    """Then nothing is claimed of the requests."""
    unknown = a_judgement(P99_RULE, RuleState.NO_DATA)

    sentence = stop_sentence(ended(unknown, a_resource_judgement()), Language.EN)

    assert sentence.endswith("; no other limit was broken")


def test_what_was_broken_with_the_guard_is_told() -> None:
    """Stop rules only; a rule that marks ended nothing."""
    marking = replace(GAIN_RULE, action=Action.MARK, text="gain < 50% -> mark")
    run = ended(
        a_judgement(P99_RULE, RuleState.BREACH, observed=0.6, limit=0.5),
        a_judgement(marking, RuleState.BREACH, observed=0.1, limit=0.5),
        a_resource_judgement(),
    )

    assert stop_sentence(run, Language.EN).endswith(f"; also broken: {P99_RULE.text}")


def test_a_guard_seen_late_names_the_step_that_it_belongs_to() -> None:
    """The next step was already running when the samples came."""
    late = a_resource_judgement(seen_late=True)

    sentence = stop_sentence(ended(before=(late,)), Language.EN)

    assert sentence.startswith(f"at 32 concurrent by the guard {CPU_RULE.text} ({EVIDENCE}, seen")


@pytest.mark.parametrize(
    ("state", "reason"),
    [(RuleState.BREACH, EndReason.RULE), (RuleState.ERROR, EndReason.METRICS_LOST)],
)
def test_of_two_such_steps_the_first_one_ended_the_climb(
    state: RuleState, reason: EndReason
) -> None:
    """The step after it was under way before that was known, and was cut short."""
    of_both = a_resource_judgement(CPU_RULE, state, reason="refused")
    end = RunEnd(reason, "x", CPU_RULE.text)

    sentence = stop_sentence(ended(of_both, before=(of_both,), end=end), Language.EN)

    assert " 32 concurrent" in sentence
    assert " 64 concurrent" not in sentence


def test_a_rule_on_requests_is_never_looked_for_in_an_earlier_step() -> None:
    """It would have ended the climb there."""
    broken = a_judgement(P99_RULE, RuleState.BREACH, observed=0.6, limit=0.5)
    run = ended(before=(broken,), end=RunEnd(EndReason.RULE, "x", P99_RULE.text))

    assert stop_sentence(run, Language.EN) == f"after 64 concurrent by the rule {P99_RULE.text}"


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (RuleState.NO_DATA, "1 sample; hold >= 60s", "no data: 1 sample; hold >= 60s"),
        (RuleState.ERROR, "connection refused", "could not be read: connection refused"),
    ],
)
def test_lost_metrics_are_told_with_rule_reason_and_policy(
    state: RuleState, reason: str, words: str
) -> None:
    """Which rule, why it has no verdict, and what was asked for in that case."""
    rule = a_resource_rule(over_s=20.0, on_missing=OnMissing.FAIL, text="cpu > 85%")
    end = RunEnd(EndReason.METRICS_LOST, "x", rule.text)
    run = ended(a_resource_judgement(rule, state, reason=reason), end=end)

    assert stop_sentence(run, Language.EN) == (
        f"after 64 concurrent: the rule cpu > 85% had no verdict ({words}), and on_missing is fail"
    )


def test_lost_metrics_without_their_judgement_tell_the_detail() -> None:
    """A file of another version may lack it."""
    end = RunEnd(EndReason.METRICS_LOST, "cpu could not be judged", "cpu > 1%")

    assert stop_sentence(ended(end=end), Language.EN) == (
        "after 64 concurrent: cpu could not be judged"
    )


def test_the_end_is_that_of_the_step_that_is_named_whatever_ran_later() -> None:
    """Steps that refine and check the answer come after it, and may break limits as well."""
    run = a_whole_run()
    late = as_purpose(
        a_step(11, index=12, judgements=[a_judgement(GAIN_RULE, RuleState.BREACH, observed=0.001)]),
        Purpose.REFINE,
    )

    assert stop_sentence(replace(run, steps=(*run.steps, late)), Language.EN) == (
        f"at 64 concurrent by the rule {GAIN_RULE.text} (it was 0.3%)"
    )


def test_a_limit_that_was_broken_twice_says_so() -> None:
    """The second look at a load is what ended the climb."""
    broken = [a_judgement(P99_RULE, RuleState.BREACH, observed=0.6, limit=0.5)]
    again = [a_judgement(P99_RULE, RuleState.BREACH, observed=0.7, limit=0.5)]
    steps = [
        a_step(32, index=0, judgements=broken),
        as_purpose(a_step(32, index=1, judgements=again), Purpose.RECHECK),
        as_purpose(a_step(8, index=2), Purpose.VERIFY),
    ]
    end = RunEnd(EndReason.RULE, "x", P99_RULE.text, step_index=1)

    assert stop_sentence(a_run(steps, end=end), Language.EN) == (
        f"at 32 concurrent by the rule {P99_RULE.text} (it was 700ms), measured twice"
    )


def test_the_errors_are_those_of_the_step_that_ended_the_climb() -> None:
    """Light load afterwards has none."""
    broken = [a_judgement(ERROR_RULE, RuleState.BREACH, observed=0.2, limit=0.01)]
    dead = a_step(32, 80.0, index=0, judgements=broken, failures={FailureKind.CONN_REFUSED: 600})
    steps = [dead, as_purpose(a_step(1, index=1), Purpose.RECOVERY)]
    end = RunEnd(EndReason.RULE, "x", ERROR_RULE.text, step_index=0)

    assert stop_sentence(a_run(steps, end=end), Language.EN).endswith(
        "(it was 20%: conn.refused 600x)"
    )
