"""Which steps make the curve, which checked the answer, and which one ended the climb?

What verdict, graphs and console have in common: each takes its steps from here, so that they tell
the same. Several steps may have been run at one load; one of them speaks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.measure import measure
from capacity.analysis.outcomes import JUDGED_PURPOSES, Outcome, outcomes
from capacity.model.plan import Purpose
from capacity.model.run import Run, Step

# The rising part of a run, in which it may end; what comes later refines and checks.
_RISING = frozenset({Purpose.LADDER, Purpose.RECHECK})


@dataclass(frozen=True, slots=True)
class StepRoles:
    """The steps of a run by what they are for.

    `curve` has one step a level, ascending: the one that the level is reported by. `extra` are the
    others that were run at levels of the curve, and those of the curve that the ladder did not
    plan, in the order of time; a step whose code was watched is one of them. `confirmations` set
    a rate where the curve sets a concurrency.
    """

    curve: tuple[Step, ...]
    extra: tuple[Step, ...]
    confirmations: tuple[Step, ...]
    recoveries: tuple[Step, ...]


def roles_of(run: Run) -> StepRoles:
    """Sort the steps of a run by what they are for."""
    chosen = _chosen(run.steps)
    shown = {*JUDGED_PURPOSES, Purpose.PROFILE}
    at_levels = [step for step in run.steps if step.plan.purpose in shown]
    return StepRoles(
        curve=tuple(sorted(chosen, key=lambda step: step.plan.load.level)),
        extra=tuple(step for step in at_levels if _is_extra(step, chosen)),
        confirmations=tuple(s for s in run.steps if s.plan.purpose is Purpose.CONFIRM),
        recoveries=tuple(s for s in run.steps if s.plan.purpose is Purpose.RECOVERY),
    )


def end_step(run: Run) -> Step | None:
    """The step at which the climb ended: the one named, else the last of the rising part."""
    named = [step for step in run.steps if step.plan.index == run.end.step_index]
    rising = [step for step in run.steps if step.plan.purpose in _RISING]
    return next(reversed(named or rising or run.steps), None)


def step_at(steps: Sequence[Step], index: int | None) -> Step | None:
    """The step with this number."""
    return next((step for step in steps if step.plan.index == index), None)


def _is_extra(step: Step, chosen: Sequence[Step]) -> bool:
    is_chosen = any(step is one for one in chosen)
    return not is_chosen or step.plan.purpose is not Purpose.LADDER


def _chosen(steps: Sequence[Step]) -> list[Step]:
    """One step a level: the best of a level that met every limit, else the last one there."""
    measured = [measure(step) for step in steps]
    chosen = []
    for level in outcomes(measured, recheck=False):
        best = level.best if level.outcome is Outcome.PASSED else None
        wanted = best or level.steps[-1]
        chosen += [step for step, one in zip(steps, measured, strict=True) if one is wanted]
    return chosen
