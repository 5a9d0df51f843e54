"""What is the state of a climb, and what does each interval change in it?

Keeps the books for the runner: which window is which, what has been counted, which rules have
fired. It waits only for the engine's next interval.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never

from capacity.histogram import summarize
from capacity.model.load import ClosedLoop, OpenLoop
from capacity.model.plan import Purpose, RunPlan, StepPlan
from capacity.model.rules import Judgement, RuleState
from capacity.model.run import (
    EndReason,
    Event,
    Phase,
    RuleFired,
    RunEnd,
    SnapshotTaken,
    Step,
    Trust,
    Validity,
)
from capacity.model.snapshot import Counts, Snapshot
from capacity.search.ends import later_of, stopped_by
from capacity.search.judge import (
    confirm_over_steps,
    first_valid,
    has_enough_samples,
    judge_step,
    judge_window,
    step_rules,
    stopping,
    window_rules,
)
from capacity.search.outage import OutageWatch
from capacity.search.ports import Clock, Engine, Interrupt, Monitor
from capacity.search.resource_watch import ResourceWatch
from capacity.search.tally import WindowTally
from capacity.search.validity import check_validity
from capacity.units import format_duration

_NOT_JUDGED = Validity(Trust.INVALID, ("not judged",))
# After a cut the engine needs only as long as it takes to report.
_CUT_REPORT_S = 2.0


class Climb:
    """One climb in progress. Windows alternate: even numbers are not measured, odd ones are."""

    def __init__(
        self,
        plan: RunPlan,
        engine: Engine,
        clock: Clock,
        interrupt: Interrupt,
        monitors: Sequence[Monitor] = (),
    ) -> None:
        self.plan = plan
        self.engine = engine
        self.clock = clock
        self.interrupt = interrupt
        self.step = StepPlan(0, plan.ladder.loads[0], plan.settle_s, plan.hold_s, Purpose.LADDER)
        self.steps: list[Step] = []
        self.watch = ResourceWatch(plan, monitors, clock, self.steps)
        self.totals = Counts()
        self.end: RunEnd | None = None
        self.hold = WindowTally()
        self._hold_window: int | None = None
        self._window = 0
        self._tallies: dict[int, WindowTally] = {0: WindowTally()}
        self._judgements: dict[str, Judgement] = {}
        self._deadline_s = clock.now_s() + plan.fuses.max_duration_s
        self._cut_at_s: float | None = None
        self._is_stopping = False
        self._outage = OutageWatch()
        self._gone: RunEnd | None = None
        self._fired: list[Judgement] = []

    async def pump(self, timeout_s: float) -> list[Event]:
        """Take at most one interval from the engine and say what came of it.

        Of what happens at the same time the user's wish comes first, then a target that is gone,
        then the rules.
        """
        snapshot = await self.engine.poll(timeout_s)
        self._fired = []
        events = [] if snapshot is None else self._take(snapshot)
        events += self._listen()
        if self.end is None:
            self.end = self._interruption() or self._gone or self._broken() or self._blown_fuse()
        if self.end is not None and not self._is_stopping:
            self._is_stopping = True
            self.engine.set_concurrency(0)
        return events

    def begin_step(self, step: StepPlan) -> None:
        """Change the load to that of the step; only the difference is opened or closed."""
        self.step = step
        match step.load:
            case ClosedLoop(concurrency):
                self.engine.set_concurrency(concurrency)
            case OpenLoop():
                self.engine.set_rate(step.load)
            case _:
                assert_never(step.load)

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
        self.watch.begin_hold(self.step.index)

    def end_hold(self) -> None:
        """Leave the measured window; the load goes on unless the climb is over."""
        self._begin_window()
        self.watch.end_hold(self.step.index)

    def expect_no_more_readings(self) -> list[Event]:
        """Settle every step with what is known of it by now."""
        self.watch.give_up()
        return self._listen()

    def leave_last_window(self) -> None:
        """Start no further request and close the books of the window that is open."""
        self.engine.set_concurrency(0)
        self._begin_window()

    def has_ended(self) -> bool:
        """Whether something has ended the climb."""
        return self.end is not None

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
        hold = self.hold
        latency = hold.latency()
        step = Step(
            plan=self.step,
            started_at_unix_s=started_at_unix_s,
            start_s=hold.start_s,
            end_s=hold.end_s,
            counts=hold.counts(),
            ended_ok=hold.ended_ok(),
            ended_all=hold.ended_all(),
            latency=summarize(latency),
            failed_latency=hold.failed_latency(),
            first_byte=hold.first_byte(),
            connect=hold.connect(),
            scenario_latency=hold.scenario_latency(),
            scenario_failures=hold.scenario_failures(),
            latency_blob=latency.to_blob(),
            mean_in_flight=hold.mean_in_flight(),
            connections=hold.connections(),
            generator=hold.generator(),
            judgements=tuple(self._judgements.values()),
            validity=_NOT_JUDGED,
            ended_early=ended_early,
            tls=hold.tls(),
            transfer=hold.transfer(),
            fresh_latency=hold.fresh_latency(),
            service_latency=hold.service_latency(self.step.load),
            send_lag=hold.send_lag(),
            schedule=hold.schedule(),
            running_ratio=hold.running_ratio(self.step.load),
            stalls=hold.stalls(self.step.load),
            littles_law=hold.littles_law(),
            failure_traces=hold.failure_traces(),
        )
        step = replace(step, validity=check_validity(step))
        growth = tuple(judge_step(rule, self.steps, step) for rule in step_rules(self.plan.rules))
        step = self.watch.complete(replace(step, judgements=step.judgements + growth))
        self.steps.append(step)
        self._hold_window = None
        return step

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
            is_over = is_hold or self.end is not None or self._gone is not None
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
        """Take the monitors' news; what they say about finished steps may end the climb too."""
        heard = self.watch.listen()
        self._fired += heard.fired
        for end in heard.ends:
            self.end = later_of(self.end, end)
        return list(heard.events)

    def _broken(self) -> RunEnd | None:
        fired = stopping(self._fired)
        return None if fired is None else stopped_by(fired, self.step)

    def _judge(self) -> tuple[Judgement, ...]:
        first = first_valid(self.steps)
        judgements = []
        for rule in window_rules(self.plan.rules):
            over_s = self.step.hold_s if rule.over_s is None else rule.over_s
            window = self.hold.last(over_s, partial(has_enough_samples, rule))
            judgement = judge_window(rule, window, first)
            judgements.append(confirm_over_steps(rule, self.steps, judgement))
        return tuple(judgements)

    def _interruption(self) -> RunEnd | None:
        reason = self.interrupt.reason()
        if reason is None:
            return None
        return RunEnd(EndReason(reason), f"{reason} by a signal; what was measured is kept", None)

    def _blown_fuse(self) -> RunEnd | None:
        fuses = self.plan.fuses
        if self.totals.started >= fuses.max_requests:
            text = f"the ceiling of {fuses.max_requests} requests was reached (--max-requests)"
            return RunEnd(EndReason.FUSE, text, None)
        if self.clock.now_s() >= self._deadline_s:
            limit = format_duration(fuses.max_duration_s)
            return RunEnd(
                EndReason.FUSE, f"the ceiling of {limit} was reached (--max-duration)", None
            )
        return None
