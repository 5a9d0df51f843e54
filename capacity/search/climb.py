"""What is the state of a climb, and what does each interval change in it?

Keeps the books for the runner: which window is which, what has been counted, which rules have
fired. It waits only for the engine's next interval.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never

from capacity.analysis.measure import measure
from capacity.analysis.outcomes import is_far_beyond, operating_point, outcomes
from capacity.model.load import ClosedLoop, OpenLoop
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.rules import Judgement, RuleState
from capacity.model.run import EndReason, Event, Phase, RuleFired, RunEnd, SnapshotTaken, Step
from capacity.model.snapshot import Counts, Snapshot
from capacity.search.ends import final_of, later_of, metrics_lost, no_answer
from capacity.search.extension import extension_s
from capacity.search.finished import finish
from capacity.search.hook_watch import HookWatch
from capacity.search.judge import (
    confirm_over_steps,
    first_valid,
    has_enough_samples,
    judge_step,
    judge_window,
    rungs_before,
    step_rules,
    stopping,
    window_rules,
)
from capacity.search.ladder import ladder_end, next_step
from capacity.search.outage import OutageWatch
from capacity.search.ports import Clock, Engine, Interrupt, Monitor
from capacity.search.resource_watch import ResourceWatch
from capacity.search.tally import WindowTally
from capacity.search.timetable import time_limit_s
from capacity.units import format_duration

# After a cut the engine needs only as long as it takes to report.
_CUT_REPORT_S = 2.0
RISING = (Purpose.LADDER, Purpose.RECHECK)
# What broke a limit here may be measured once more at the same load.
_REPEATED = (Purpose.LADDER, Purpose.VERIFY)


class Climb:
    """One climb in progress.

    `end` is what ends the load at once, None while nothing does: a broken limit ends its step only.
    """

    def __init__(
        self,
        plan: RunPlan,
        engine: Engine,
        clock: Clock,
        interrupt: Interrupt,
        monitors: Sequence[Monitor] = (),
        hooks: HookWatch | None = None,
    ) -> None:
        self.plan = plan
        self.engine = engine
        self.clock = clock
        self.interrupt = interrupt
        self.step = StepPlan(0, plan.ladder.loads[0], plan.settle_s, plan.hold_s, Purpose.LADDER)
        self.steps: list[Step] = []
        self.watch = ResourceWatch(plan, monitors, clock, self.steps)
        self.hooks = HookWatch(clock) if hooks is None else hooks
        self.totals = Counts()
        self.end: RunEnd | None = None
        self.hold = WindowTally()
        self._hold_window: int | None = None
        self._window = 0
        self._tallies: dict[int, WindowTally] = {0: WindowTally()}
        self._judgements: dict[str, Judgement] = {}
        self._deadline_s = clock.now_s() + time_limit_s(plan)
        self._cut_at_s: float | None = None
        self.is_resting = False
        self._is_cut_short = False
        self.is_extended = False
        self._is_load_off = False
        self._is_emptying = False
        self._broke_off_checks = False
        self._outage = OutageWatch()
        self._gone: RunEnd | None = None
        self._fired: list[Judgement] = []

    async def pump(self, timeout_s: float) -> list[Event]:
        """Take at most one interval from the engine and say what came of it.

        Of what happens at the same time the user's wish comes first, then a target that is gone. A
        broken limit ends the hold, not the climb; a ceiling ends both.
        """
        snapshot = await self.engine.poll(timeout_s)
        self._fired = []
        events = [] if snapshot is None else self._take(snapshot)
        events += self._listen()
        events += self.hooks.listen()
        if (fired := stopping(self._fired)) is not None and not self._is_watched_only(fired):
            self._cut_short(is_repeated=self._is_repeated(fired))
        if self.end is None and not self.is_resting:
            sudden = self._interruption() or self._gone or self._blown_fuse()
            if sudden is not None:
                self._end_by(sudden)
        return events

    def next_step(self) -> StepPlan | None:
        """What is to be measured next; None when nothing is, or when something ended the load."""
        if self.end is not None:
            return None
        return next_step(self.plan, self.steps, self._left_s())

    def begin_step(self, step: StepPlan) -> None:
        """Change the load to that of the step; only the difference is opened or closed.

        When the load falls, what the heavier one began gets a window of its own, so that one knows
        when the last of it has ended.
        """
        former, self.step = self.step, step
        self.is_resting = self._is_load_off = self._is_cut_short = False
        match step.load:
            case ClosedLoop(concurrency):
                self.engine.set_concurrency(concurrency)
            case OpenLoop():
                self.engine.set_rate(step.load)
            case _:
                assert_never(step.load)
        is_alike = type(step.load) is type(former.load)
        self._is_emptying = not is_alike or step.load.level < former.load.level
        if self._is_emptying:
            self._begin_window()

    def is_ready(self) -> bool:
        """Whether every slot of the step has had its connection; planned starts wait for none."""
        match self.step.load:
            case ClosedLoop(concurrency):
                return self.engine.ready_connections() >= concurrency
            case OpenLoop():
                return True
            case _:
                assert_never(self.step.load)

    def begin_hold(self) -> None:
        """From now on started requests belong to the step's measured window."""
        self._begin_window()
        self.hold = self._tallies[self._window]
        self._hold_window = self._window
        self._judgements = {}
        self.is_extended = False
        self.watch.begin_hold(self.step.index, self.step.load)
        if self.step.purpose is Purpose.PROFILE:
            self.hooks.begin_profile(self.step.index)

    def extension_s(self, held_s: float) -> float:
        """How much longer the hold goes on, when it has lasted `held_s`."""
        before = rungs_before(self.steps, self.step.load)
        more_s = extension_s(self.step, self.hold, held_s, self.plan.rules, first_valid(before))
        self.is_extended = self.is_extended or more_s > 0
        return more_s

    def end_hold(self) -> None:
        """Leave the measured window; the load goes on unless the climb is over."""
        self._begin_window()
        self.watch.end_hold(self.step.index)

    def expect_no_more_readings(self) -> list[Event]:
        """Settle every step with what is known of it by now."""
        self.watch.give_up()
        return self._listen()

    def rest(self) -> None:
        """Start no further request and close the books of the window that is open."""
        self.is_resting = True
        self.engine.set_concurrency(0)
        self._is_load_off = True
        self._begin_window()

    def is_emptied(self) -> bool:
        """Whether nothing of a heavier load is in flight; a step that is over may leave it."""
        return not self._is_emptying or self.is_drained or self.is_step_over()

    def is_step_over(self) -> bool:
        """Whether something has ended the step under way: a limit, or what ends the climb."""
        return self._is_cut_short or self.end is not None

    @property
    def is_hold_drained(self) -> bool:
        """Whether the hold's requests have ended; where the load has been taken off, all."""
        return self.is_drained if self._is_load_off else self.hold.is_complete

    @property
    def is_drained(self) -> bool:
        """Whether every window before the current one has all of its requests accounted for."""
        return not any(number < self._window for number in self._tallies)

    def give_up_after(self, deadline_s: float) -> bool:
        """Cut what is in flight once `deadline_s` has passed; True when even that did not help."""
        now_s = self.clock.now_s()
        if self._cut_at_s is not None:
            return now_s >= self._cut_at_s + _CUT_REPORT_S
        if now_s >= deadline_s or self.interrupt.is_urgent():
            self.engine.cut()
            self._cut_at_s = now_s
        return False

    def finish_step(self, started_at_unix_s: float, *, ended_early: bool) -> Step:
        """Build the step from its hold, judge growth, and append it to the climb."""
        step = finish(
            self.step,
            self.hold,
            tuple(self._judgements.values()),
            started_at_unix_s=started_at_unix_s,
            ended_early=ended_early,
            is_extended=self.is_extended,
        )
        before = rungs_before(self.steps, step.plan.load)
        growth = tuple(judge_step(rule, before, step) for rule in step_rules(self.plan.rules))
        step = self.watch.complete(replace(step, judgements=step.judgements + growth))
        self.steps.append(step)
        self._hold_window = None
        if self.end is None and (end := self._end_after(step)) is not None:
            self._end_by(end)
        return step

    def expect_no_more_hooks(self) -> list[Event]:
        """Take what came of profile and logs, and say why a profile that was wanted never came."""
        levels = outcomes(list(map(measure, self.steps)), recheck=False)
        return self.hooks.conclude(
            is_interrupted=self.interrupt.reason() is not None,
            has_answer=operating_point(levels) is not None,
        )

    def conclude(self) -> RunEnd:
        """Why the climb is over, when nothing is left to be measured."""
        risen = ladder_end(self.plan, self.steps, self._left_s())
        if self.end is not None:
            return final_of(self.end, risen, broke_off_checks=self._broke_off_checks)
        return risen or self._interrupted(EndReason.INTERRUPTED)

    def _end_after(self, step: Step) -> RunEnd | None:
        """The end that a finished step asks for at once; what it broke the ladder decides."""
        if (end := no_answer(step)) is not None:
            return end
        return metrics_lost(step) if self.watch.is_settled(step.plan.index) else None

    def _end_by(self, end: RunEnd) -> None:
        """From now on nothing starts, and `end` is why."""
        is_rising = all(s.purpose in RISING for s in (self.step, *(s.plan for s in self.steps)))
        self._broke_off_checks = not self.is_resting and not is_rising
        self.end = end
        self._switch_off()

    def _switch_off(self) -> None:
        if not self._is_load_off:
            self._is_load_off = True
            self.engine.set_concurrency(0)

    def _is_repeated(self, fired: Judgement) -> bool:
        """Whether what was broken is only a suspicion, to be measured again at the same load."""
        may_repeat = self.plan.search.recheck and self.step.purpose in _REPEATED
        return may_repeat and not is_far_beyond(fired)

    def _is_watched_only(self, fired: Judgement) -> bool:
        """Whether it was broken by a little only, while the code was watched, which slows it."""
        return self.step.purpose is Purpose.PROFILE and not is_far_beyond(fired)

    def _cut_short(self, *, is_repeated: bool) -> None:
        """End the hold under way; without a repetition the load goes down at once."""
        self._is_cut_short = True
        if not is_repeated:
            self._switch_off()

    def _left_s(self) -> float:
        """Time for steps: what comes late of the last one is awaited before the run may end."""
        return self._deadline_s - self.clock.now_s() - self.watch.late_after_s

    def _begin_window(self) -> None:
        self._window += 1
        self._tallies[self._window] = WindowTally()
        self._cut_at_s = None
        self.engine.begin_window(self._window)

    def _take(self, snapshot: Snapshot) -> list[Event]:
        self.totals = self.totals + snapshot.counts
        tally = self._tallies[snapshot.window]
        tally.add(snapshot)
        if tally.is_complete:
            del self._tallies[snapshot.window]
        is_hold = snapshot.window == self._hold_window
        if (outage := self._outage.take(snapshot)) is not None:
            detail = f"no request succeeded any more at {self.step.load.text}: {outage}"
            self._gone = RunEnd(EndReason.TARGET_DOWN, detail, None)
        if not is_hold or snapshot.end_s <= snapshot.start_s:
            is_over = is_hold or self.is_step_over() or self._gone is not None
            phase = Phase.DRAIN if is_over else Phase.SETTLE
            return [SnapshotTaken(self.step.index, phase, snapshot, ())]
        current = self._judge()
        known = current + self.watch.judgements(self.step.index)
        events: list[Event] = [SnapshotTaken(self.step.index, Phase.HOLD, snapshot, known)]
        for judgement in current:
            before = self._judgements.get(judgement.rule.text)
            has_fired = before is not None and before.state is RuleState.BREACH
            if has_fired:
                continue
            self._judgements[judgement.rule.text] = judgement
            if judgement.state is RuleState.BREACH:
                events.append(RuleFired(self.step.index, judgement))
        self._fired += current
        return events

    def _listen(self) -> list[Event]:
        """Take the monitors' news; what they say about finished steps counts for the next ones.

        A limit that was broken below the step of the ladder under way makes that step pointless.
        """
        heard = self.watch.listen()
        self._fired += heard.fired
        for end in heard.ends:
            if later_of(self.end, end) is end:
                self._end_by(end)
        is_rung = self.step.purpose is Purpose.LADDER and not self.is_resting
        if is_rung and any(step.plan.purpose in RISING for step in heard.broken):
            self._cut_short(is_repeated=False)
        return list(heard.events)

    def _judge(self) -> tuple[Judgement, ...]:
        before = rungs_before(self.steps, self.step.load)
        first = first_valid(before)
        judgements = []
        for rule in window_rules(self.plan.rules):
            over_s = self.step.hold_s if rule.over_s is None else rule.over_s
            window = self.hold.last(over_s, partial(has_enough_samples, rule))
            judgement = judge_window(rule, window, first)
            judgements.append(confirm_over_steps(rule, before, judgement))
        return tuple(judgements)

    def _interruption(self) -> RunEnd | None:
        reason = self.interrupt.reason()
        return None if reason is None else self._interrupted(EndReason(reason))

    def _interrupted(self, reason: EndReason) -> RunEnd:
        return RunEnd(reason, f"{reason.value} by a signal; what was measured is kept", None)

    def _blown_fuse(self) -> RunEnd | None:
        fuses, budget_s = self.plan.fuses, self.plan.search.budget_s
        if self.totals.started >= fuses.max_requests:
            text = f"the ceiling of {fuses.max_requests} requests was reached (--max-requests)"
            return RunEnd(EndReason.FUSE, text, None)
        if self.clock.now_s() < self._deadline_s:
            return None
        limit = format_duration(time_limit_s(self.plan))
        if budget_s is not None and budget_s <= fuses.max_duration_s:
            return RunEnd(EndReason.BUDGET, f"the budget of {limit} was used up (--budget)", None)
        return RunEnd(EndReason.FUSE, f"the ceiling of {limit} was reached (--max-duration)", None)
