"""Where did every request of every step end? One line a step, whose two sides are equal.

Whole numbers of the requests that began in the hold, wherever they ended; the last line adds them
up. Where the sides differ the line says so, and the step has no verdict.
"""

from functools import reduce
from operator import add

from capacity.model.load import OpenLoop
from capacity.model.run import Run, Step
from capacity.model.snapshot import Counts, Schedule
from capacity.report.load_words import step_words
from capacity.report.shown import cells, padded
from capacity.report.texts import CATALOGUES, Language, say


def books_lines(run: Run, language: Language) -> tuple[str, ...]:
    """The books of each step, then of all; nothing without a finished step."""
    if not run.steps:
        return ()
    names = [step_words(step, language) for step in run.steps]
    sides = [_sides(step.counts, _planned(step), language) for step in run.steps]
    if len(run.steps) > 1:
        counts = reduce(add, (step.counts for step in run.steps))
        plans = [_planned(step) for step in run.steps]
        known = [plan for plan in plans if plan is not None]
        total = reduce(add, known) if len(known) == len(plans) else None
        names.append(say(language, "books_all"))
        sides.append(_sides(counts, total, language))
    label = CATALOGUES[language]["books"]
    width = max(cells(name) for name in names) + 2
    return (
        label,
        *(f"  {padded(name, width)}{side}" for name, side in zip(names, sides, strict=True)),
    )


def _planned(step: Step) -> Schedule | None:
    """The schedule where starts were planned ahead; a closed loop plans none."""
    return step.schedule if isinstance(step.plan.load, OpenLoop) else None


def _sides(counts: Counts, plan: Schedule | None, language: Language) -> str:
    failed = sum(counts.failures.values())
    key = "books_balance" if counts.started == counts.ended else "books_broken"
    text = say(
        language,
        key,
        started=f"{counts.started:,}",
        ok=f"{counts.ok:,}",
        failed=f"{failed:,}",
        cut=f"{counts.cut:,}",
        ended=f"{counts.ended:,}",
    )
    if plan is None:
        return text
    made = counts.started + plan.dropped_no_slot + plan.dropped_late + plan.not_started
    planned = say(
        language,
        "books_planned" if plan.planned == made else "books_planned_broken",
        planned=f"{plan.planned:,}",
        started=f"{counts.started:,}",
        no_slot=f"{plan.dropped_no_slot:,}",
        late=f"{plan.dropped_late:,}",
        not_started=f"{plan.not_started:,}",
        made=f"{made:,}",
    )
    return f"{planned}; {text}"
