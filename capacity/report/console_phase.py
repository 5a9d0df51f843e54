"""Which part of the climb is a step, in the few words that a line or a header has for it?

English everywhere, as all keys of the console. Steps of the ladder are counted against it; the
others have the word for their purpose.
"""

from collections.abc import Sequence

from capacity.model.load import Load
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.run import Step, Trust
from capacity.report.load_words import load_field
from capacity.report.shown import printable


def step_field(plan: StepPlan, total_steps: int) -> str:
    """`step 7/10` on the ladder, else `step 12 refine`: the number is that of the run.

    `total_steps` are those of the ladder and what was measured beside it so far.
    """
    number = f"step {plan.index + 1}"
    if plan.purpose is Purpose.LADDER:
        return f"{number}/{total_steps}"
    return f"{number} {plan.purpose.value}"


def phase_words(
    plan: StepPlan, run_plan: RunPlan, done: Sequence[Purpose], total_steps: int
) -> str:
    """The head of the live view: `step 5/7  C=16`, `refine 2/4  C=11`, `confirm  rate=720`.

    `done` are the purposes of the steps before. How many refine is known only without a budget.
    """
    load = load_field(plan.load)
    if plan.purpose is Purpose.LADDER:
        return f"{step_field(plan, total_steps)}  {load}"
    word = plan.purpose.value
    most = run_plan.search.refine
    if plan.purpose is Purpose.REFINE:
        number = 1 + sum(1 for purpose in done if purpose is Purpose.REFINE)
        is_known = run_plan.search.budget_s is None and number <= most
        word += f" {number}/{most}" if is_known else f" {number}"
    return f"{word}  {load}"


def next_words(plan: StepPlan, run_plan: RunPlan) -> str:
    """What comes after a step of the ladder; after any other that is decided by what it tells."""
    if plan.purpose is not Purpose.LADDER:
        return ""
    loads: tuple[Load, ...] = run_plan.ladder.loads
    higher = [load for load in loads if load.level > plan.load.level]
    if higher:
        return f"next {load_field(higher[0])}"
    search = run_plan.search
    goes_on = search.refine or search.verify or search.confirm or search.recovery
    return "last of the ladder" if goes_on else "last step"


def hold_words(elapsed_s: float, planned_s: float, longest_s: float | None) -> str:
    """`20/30 s`, and of a hold that goes on how long it may become."""
    if longest_s is None or elapsed_s <= planned_s:
        return f"{min(elapsed_s, planned_s):.0f}/{planned_s:.0f} s"
    return f"{elapsed_s:.0f}/{planned_s:.0f} s, extended up to {longest_s:.0f} s"


def suspicion_of(step: Step) -> str:
    """Why a step may be measured once more: what it broke, or why it cannot be believed."""
    for judgement in step.breaches:
        observed, limit = judgement.observed, judgement.limit
        if observed is not None and limit is not None:
            show = judgement.rule.unit.show
            return f"{judgement.rule.metric} {show(observed)} / {show(limit)}"
    reasons = step.validity.reasons if step.validity.trust is Trust.INVALID else ()
    return printable(f"not believed: {reasons[0]}") if reasons else ""
