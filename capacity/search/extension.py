"""Does a hold go on beyond its planned length, and for how long?

Pure. It goes on while it has not shown enough: it is still drifting, has too few good answers, or a
rule on a high percentile is near its limit on few samples. It goes on by quarters of itself and not
by seconds, because each look at a drift is one more chance to be misled by it.
"""

from collections.abc import Sequence

from capacity.analysis.steadiness import assess
from capacity.model.measured import SteadyState
from capacity.model.plan import StepPlan
from capacity.model.rules import Rule, WindowStats
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
    if left_s <= 0:
        return 0.0
    whole = hold.whole()
    # The part of a second at the end of a hold has not been handed out yet.
    unseen_ratio = held_s / whole.span_s if whole.span_s > 0 else 1.0
    is_short = whole.counts.ok * unseen_ratio < plan.min_requests
    if not is_short and not _is_open(hold, whole, rules, first):
        return 0.0
    return min(max(EXTENSION_RATIO * plan.hold_s, _LEAST_EXTENSION_S), left_s)


def _is_open(
    hold: WindowTally, whole: WindowStats, rules: Sequence[Rule], first: Step | None
) -> bool:
    """Whether the hold still drifts, or a rule on a percentile hangs on too few samples."""
    if assess(hold.intervals()).state is SteadyState.DRIFTING:
        return True
    return any(needs_more_samples(rule, whole, first) for rule in window_rules(rules))
