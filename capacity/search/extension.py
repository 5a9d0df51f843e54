"""Does a hold go on beyond its planned length, and for how long?

Pure. It goes on while it has not shown enough: it is still drifting, has too few good answers, or a
rule on a high percentile is near its limit on few samples. It goes on by quarters of itself and not
by seconds, because each look at a drift is one more chance to be misled by it.
"""

from collections.abc import Sequence

from capacity.analysis.steadiness import assess
from capacity.model.measured import SteadyState
from capacity.model.plan import StepPlan
from capacity.model.rules import Rule
from capacity.model.run import Step
from capacity.search.judge import needs_more_samples, window_rules
from capacity.search.tally import WindowTally

EXTENSION_RATIO = 0.25
_LEAST_EXTENSION_S = 1.0


def extension_s(
    plan: StepPlan, hold: WindowTally, held_s: float, rules: Sequence[Rule], first: Step | None
) -> float:
    """How much longer the hold goes on after `held_s`; 0 when it has shown enough or may not.

    `first` is what `Nx first` refers to.
    """
    left_s = 0.0 if plan.hold_max_s is None else plan.hold_max_s - held_s
    if left_s <= 0 or not _wants_more(plan, hold, rules, first):
        return 0.0
    return min(max(EXTENSION_RATIO * plan.hold_s, _LEAST_EXTENSION_S), left_s)


def _wants_more(
    plan: StepPlan, hold: WindowTally, rules: Sequence[Rule], first: Step | None
) -> bool:
    if hold.counts().ok < plan.min_requests:
        return True
    if assess(hold.intervals()).state is SteadyState.DRIFTING:
        return True
    whole = hold.whole()
    return any(needs_more_samples(rule, whole, first) for rule in window_rules(rules))
