"""What is known when the next step is chosen, and how long may that step be?

Pure: made anew from plan and steps each time, so that what is read late of an old step counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from capacity.analysis.measure import measure
from capacity.analysis.outcomes import LevelOutcome, outcomes
from capacity.model.load import Load
from capacity.model.measured import Measured
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.run import Step

# A queue needs several times its longest wait to fill or to empty after a change of load.
SETTLE_TIMES_P99 = 10.0
# Raising the load, draining the last request and judging the step, beside settle and hold.
SLACK_S = 0.5
# A profiler needs a moment to begin and to hand out what it has seen.
PROFILE_SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class Situation:
    """The plan, the finished steps in order, and the time until budget or fuse end the run.

    `levels` are the outcomes by load; a suspicion is one only where it may be measured again.
    """

    plan: RunPlan
    steps: tuple[Step, ...]
    measured: tuple[Measured, ...]
    levels: tuple[LevelOutcome, ...]
    left_s: float

    @classmethod
    def after(cls, plan: RunPlan, steps: Sequence[Step], left_s: float) -> "Situation":
        """The situation after `steps`."""
        measured = tuple(measure(step) for step in steps)
        levels = outcomes(measured, recheck=plan.search.recheck)
        return cls(plan, tuple(steps), measured, levels, left_s)

    def count(self, *purposes: Purpose) -> int:
        """How many steps have had one of these purposes."""
        return sum(step.purpose in purposes for step in self.measured)

    def step_at(
        self, load: Load, purpose: Purpose, *, hold_s: float | None = None, later_s: float = 0.0
    ) -> StepPlan | None:
        """The next step; None when there is no time to finish it.

        Its hold may go on only for as long as that leaves `later_s` for what follows.
        """
        search = self.plan.search
        hold_s = planned_hold_s(self.plan, purpose) if hold_s is None else hold_s
        settle_s = self.settle_s()
        time_s = self.left_s - SLACK_S - settle_s
        if time_s < hold_s:
            return None
        longest_s = longest_hold_s(self.plan, purpose, hold_s)
        return StepPlan(
            index=len(self.steps),
            load=load,
            settle_s=settle_s,
            hold_s=hold_s,
            purpose=purpose,
            hold_max_s=None if longest_s is None else max(hold_s, min(longest_s, time_s - later_s)),
            min_requests=search.min_requests,
        )

    def settle_s(self) -> float:
        """The plan's settle, or ten times the P99 of the step before, but no longer than a hold."""
        return self._settle_after_s(_p99_s(self.measured[-1]) if self.measured else 0.0)

    def longest_settle_s(self) -> float:
        """The settle after a step whose P99 is the longest so far."""
        return self._settle_after_s(max(map(_p99_s, self.measured), default=0.0))

    def _settle_after_s(self, p99_s: float) -> float:
        return max(self.plan.settle_s, min(SETTLE_TIMES_P99 * p99_s, self.plan.hold_s))


def _p99_s(step: Measured) -> float:
    """The P99, or the longest where too few requests tell it; no wait is known where none was."""
    if step.latency is None:
        return 0.0
    return step.latency.max_s if step.latency.p99_s is None else step.latency.p99_s


def planned_hold_s(plan: RunPlan, purpose: Purpose) -> float:
    """How long a step with this purpose holds its load, if it does not go on."""
    hold_s = plan.hold_s * {Purpose.VERIFY: 2.0, Purpose.RECOVERY: 0.5}.get(purpose, 1.0)
    if purpose is Purpose.PROFILE and plan.profiling is not None:
        return max(hold_s, plan.profiling.lasts_s + PROFILE_SLACK_S)
    return hold_s


def longest_hold_s(plan: RunPlan, purpose: Purpose, hold_s: float) -> float | None:
    """How long a hold may become at most; None when holds do not go on."""
    longest_s = plan.search.hold_max_s
    if longest_s is None:
        return None
    # Light load after the heavy one is to tell soon whether the service recovers, and the numbers
    # of a step whose code is watched are no answer.
    is_short = purpose in (Purpose.RECOVERY, Purpose.PROFILE)
    return max(hold_s, plan.hold_s if is_short else longest_s)
