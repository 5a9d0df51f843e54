"""Are the lines for logs exact, with a dash where nothing is known?"""

from dataclasses import replace

import pytest

from capacity.model.measured import Steadiness, SteadyState
from capacity.model.plan import Purpose
from capacity.model.rules import RuleState
from capacity.model.run import EndReason, RunEnd, Step, Trust
from capacity.model.snapshot import FailureKind, WarningKind
from capacity.report.console_plain import end_line, rule_line, short_number, step_line
from tests.unit.builders import P99_RULE, RULE_END, a_judgement, a_step
from tests.unit.report.answer_builders import a_confirmation, as_purpose


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            a_step(64, 36.9, index=6, mean_s=1.72, p99_s=3.4, hold_s=60.0,
                   failures={FailureKind.HTTP_STATUS: 4}),
            "step 7/10 C=64 qps=36.9 ttlb_ms=1720 p99_ms=3400 ok=99.81% valid=yes",
        ),
        (
            a_step(2, 12.0, mean_s=0.0012345, trust=Trust.SUSPECT, reasons=["late", "busy"]),
            "step 1/10 C=2 qps=12.0 ttlb_ms=1.23 p99_ms=- ok=100.00% valid=doubtful "
            'reason="late; busy"',
        ),
        (
            a_step(2, 0.0, trust=Trust.INVALID, reasons=["\x1b[2Jno"], ended_early=True),
            "step 1/10 C=2 qps=0.00 ttlb_ms=- p99_ms=- ok=- valid=no ended_early=yes "
            'reason="[2Jno"',
        ),
        (
            a_step(1, 1.0, mean_s=1.0),
            "step 1/10 C=1 qps=1.00 ttlb_ms=1000 p99_ms=- ok=100.00% valid=yes",
        ),
    ],
    ids=["all known", "doubtful", "nothing known", "too few for a p99"],
)  # fmt: skip
def test_a_step_is_one_line_of_pairs(step: Step, line: str) -> None:
    """Keys are fixed, values carry no separators, unknown is a dash."""
    assert step_line(step, 10) == line


def test_a_step_beside_the_ladder_has_the_word_for_its_purpose() -> None:
    """And no total: what follows is decided by what it tells."""
    refined = as_purpose(a_step(11, 800.0, index=6, mean_s=0.0125), Purpose.REFINE)

    assert step_line(refined, 10) == (
        "step 7 refine C=11 qps=800 ttlb_ms=12.5 p99_ms=25.0 ok=100.00% valid=yes"
    )
    assert step_line(a_confirmation(), 10) == (
        "step 11 confirm rate=720 qps=720 response_ms=10.0 p99_ms=14.0 service_ms=- "
        "service_p99_ms=- ok=100.00% valid=yes"
    )


@pytest.mark.parametrize(
    ("state", "extended_s", "fields"),
    [
        (SteadyState.STEADY, 0.0, ""),
        (SteadyState.STEADY, 12.0, " extended_s=12.0"),
        (SteadyState.DRIFTING, 60.0, " extended_s=60.0 steady=no"),
        (SteadyState.UNKNOWN, 0.0, ""),
    ],
)
def test_a_hold_that_went_on_or_drifted_says_so(
    state: SteadyState, extended_s: float, fields: str
) -> None:
    """Only where there is something to tell."""
    steadiness = Steadiness(state, 0.0, 0.01, 0.01, extended_s)
    step = replace(a_step(8, 800.0, mean_s=0.010), steadiness=steadiness)

    assert step_line(step, 7).endswith(f"ok=100.00% valid=yes{fields}")


def test_a_fired_rule_is_told_as_it_was_written() -> None:
    """That its window was shortened has been told by the plan, and would hide the numbers."""
    note = " (10s shortened to half of the hold)"
    rule = replace(P99_RULE, text=f"p99 > 10x first over 1.5s{note}")
    fired = a_judgement(rule, RuleState.BREACH, observed=0.32, limit=0.104)

    assert rule_line(fired) == (
        "rule fired: p99 > 10x first over 1.5s (observed 320ms, limit 104ms)"
    )
    assert end_line(RunEnd(EndReason.RULE, "x", rule.text)) == (
        'end reason=rule rule="p99 > 10x first over 1.5s": x'
    )


def test_what_was_odd_is_told_only_where_it_happened() -> None:
    """Races and rejects by their number, odd answers by their kinds."""
    step = a_step(1, 1.0, mean_s=1.0, failures={FailureKind.CONN_STALE: 3})
    odd = {WarningKind.PROTO_OBS_FOLD: 7}
    counts = replace(step.counts, warnings=odd, statuses={200: 30, 503: 2})

    assert step_line(replace(step, counts=counts), 10) == (
        "step 1/10 C=1 qps=1.00 ttlb_ms=1000 p99_ms=- ok=90.90% "
        'soft=3 rejected=2 warnings="proto.obs_fold 7x" valid=yes'
    )


def test_a_fired_rule_tells_its_value_and_limit() -> None:
    """The metric's own unit is used for both."""
    judgement = a_judgement(P99_RULE, RuleState.BREACH, observed=0.25, limit=0.2)

    assert rule_line(judgement) == (
        "rule fired: p99 > 10x first over 10s (observed 250ms, limit 200ms)"
    )


def test_a_rule_without_values_is_told_by_its_text() -> None:
    """What is not known is left out."""
    assert rule_line(a_judgement(P99_RULE, RuleState.NO_DATA)) == (
        "rule fired: p99 > 10x first over 10s"
    )


def test_the_end_has_its_reason_as_a_word() -> None:
    """Scripts read the reason, people the sentence."""
    assert end_line(RULE_END) == (
        'end reason=rule rule="gain < 3% for 2 steps": gain was 0.3% at 64 concurrent'
    )
    assert end_line(RunEnd(EndReason.LADDER, "every step\nwas climbed", None)) == (
        "end reason=ladder: every step was climbed"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00"), (1.234, "1.23"), (12.34, "12.3"), (12345.6, "12346")]
)
def test_numbers_have_no_separator(value: float, text: str) -> None:
    """A script can read them as they are."""
    assert short_number(value) == text
