"""Are the parts of a climb named and counted as a reader would?"""

from dataclasses import replace

import pytest

from capacity.model.load import ClosedLoop
from capacity.model.plan import Purpose, RunPlan, SearchPlan, StepPlan
from capacity.model.rules import RuleState
from capacity.model.run import Trust
from capacity.report.console_phase import (
    hold_words,
    next_words,
    phase_words,
    step_field,
    suspicion_of,
)
from tests.unit.builders import ERROR_RULE, P99_RULE, a_judgement, a_plan, a_step


def a_step_plan(purpose: Purpose, concurrency: int = 11) -> StepPlan:
    """The twelfth step of a run."""
    return StepPlan(11, ClosedLoop(concurrency), 5.0, 30.0, purpose)


def searching(search: SearchPlan) -> RunPlan:
    """The default plan with what it does beside the ladder."""
    return replace(a_plan(), search=search)


def test_a_step_has_the_number_of_the_run() -> None:
    """On the ladder with its total, beside it with its purpose."""
    assert step_field(a_step_plan(Purpose.LADDER), 14) == "step 12/14"
    assert step_field(a_step_plan(Purpose.VERIFY), 14) == "step 12 verify"


@pytest.mark.parametrize(
    ("search", "refined", "words"),
    [
        (SearchPlan(refine=4), 1, "refine 2/4  C=11"),
        (SearchPlan(refine=4), 4, "refine 5  C=11"),
        (SearchPlan(refine=4, budget_s=600.0), 1, "refine 2  C=11"),
    ],
    ids=["one of four", "more than planned", "as many as there is time for"],
)
def test_refinements_are_counted(search: SearchPlan, refined: int, words: str) -> None:
    """Against their greatest number where there is one."""
    done = [Purpose.LADDER, *[Purpose.REFINE] * refined]

    assert phase_words(a_step_plan(Purpose.REFINE), searching(search), done, 7) == words


@pytest.mark.parametrize("purpose", [Purpose.VERIFY, Purpose.RECHECK, Purpose.RECOVERY])
def test_the_others_have_their_word(purpose: Purpose) -> None:
    """With their load."""
    assert phase_words(a_step_plan(purpose), a_plan(), [], 7) == f"{purpose.value}  C=11"


@pytest.mark.parametrize(
    ("search", "concurrency", "purpose", "words"),
    [
        (SearchPlan(), 16, Purpose.LADDER, "next C=32"),
        (SearchPlan(), 64, Purpose.LADDER, "last step"),
        (SearchPlan(verify=True), 64, Purpose.LADDER, "last of the ladder"),
        (SearchPlan(refine=1), 64, Purpose.LADDER, "last of the ladder"),
        (SearchPlan(refine=1), 16, Purpose.REFINE, ""),
    ],
)
def test_what_comes_next_is_said_where_it_is_known(
    search: SearchPlan, concurrency: int, purpose: Purpose, words: str
) -> None:
    """The last of the ladder is not the last of the run when the answer is to be checked."""
    assert next_words(a_step_plan(purpose, concurrency), searching(search)) == words


@pytest.mark.parametrize(
    ("elapsed_s", "longest_s", "words"),
    [
        (20.0, 90.0, "20/30 s"),
        (42.0, None, "30/30 s"),
        (42.0, 90.0, "42/30 s, extended up to 90 s"),
    ],
)
def test_a_longer_hold_says_so(elapsed_s: float, longest_s: float | None, words: str) -> None:
    """One that cannot become longer never runs over."""
    assert hold_words(elapsed_s, 30.0, longest_s) == words


def test_a_suspicion_is_a_broken_limit_or_a_doubt() -> None:
    """With the value and the limit; a rule without numbers is passed over."""
    blind = a_judgement(ERROR_RULE, RuleState.BREACH)
    blind = replace(blind, observed=None)
    broken = a_judgement(P99_RULE, RuleState.BREACH, observed=0.612, limit=0.5)
    doubted = a_step(trust=Trust.INVALID, reasons=["late\x1b", "busy"])

    assert suspicion_of(a_step(judgements=[blind, broken])) == "p99 612ms / 500ms"
    assert suspicion_of(doubted) == "not believed: late"
    assert suspicion_of(a_step()) == ""
    assert suspicion_of(a_step(trust=Trust.SUSPECT, reasons=["few"])) == ""
