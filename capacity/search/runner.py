"""How is a service climbed, step by step, until something ends the climb?

The only file of this layer that waits. It drives an Engine and yields Events; it never writes a
file and never prints. A finished step is yielded, and so can be on disk, before the next one
begins; the load goes on meanwhile, so that no pause lets the service rest.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from math import inf

from capacity.model.plan import RunPlan, StepPlan
from capacity.model.resources import Asked
from capacity.model.run import (
    EndReason,
    Environment,
    Event,
    ReadingsAwaited,
    RunEnd,
    RunFinished,
    RunStarted,
    Step,
    StepFinished,
    StepStarted,
)
from capacity.search.climb import Climb
from capacity.search.ends import metrics_lost, stopped_by
from capacity.search.judge import stopping
from capacity.search.ladder import next_step
from capacity.search.ports import Clock, Engine, Interrupt, Monitor
from capacity.search.validity import is_generator_fault

_POLL_S = 0.1
_RAMP_POLL_S = 0.01
# Past this a slot without a connection is the target's doing, and its failures are counted.
_RAMP_LIMIT_S = 30.0
# After the total time-out every request has ended by itself; the rest is time to report it.
_DRAIN_GRACE_S = 1.0
# How long a stop or Ctrl-C waits for the requests in flight before they are cut.
STOP_DRAIN_S = 5.0


async def find_capacity(
    plan: RunPlan,
    environment: Environment,
    engine: Engine,
    clock: Clock,
    interrupt: Interrupt,
    monitors: Sequence[Monitor] = (),
) -> AsyncGenerator[Event, None]:
    """Climb the ladder of `plan` and yield everything that happens, RunFinished last.

    The engine and the monitors must have been started; they are closed in every case.
    """
    climb = Climb(plan, engine, clock, interrupt, monitors)
    try:
        yield RunStarted(plan, environment, clock.unix_s())
        while climb.end is None:
            step_plan = next_step(plan, climb.steps, inf)
            if step_plan is None:
                climb.end = RunEnd(EndReason.LADDER, "every step of the ladder was climbed", None)
                break
            yield StepStarted(step_plan, len(plan.ladder.loads))
            async for event in _run_step(climb, step_plan):
                yield event
        async for event in _end_load(climb):
            yield event
        async for event in _end_watch(climb):
            yield event
        yield RunFinished(climb.end, climb.totals)
    finally:
        engine.close()
        climb.watch.close()


async def _run_step(climb: Climb, plan: StepPlan) -> AsyncIterator[Event]:
    """Raise the load, settle, hold, wait for the hold's last request, judge the step."""
    clock = climb.clock
    started_at_unix_s = clock.unix_s()
    climb.begin_step(plan)
    ramp_end_s = clock.now_s() + _RAMP_LIMIT_S
    while not climb.has_ended() and not climb.is_ready():
        if clock.now_s() >= ramp_end_s:
            break
        for event in await climb.pump(_RAMP_POLL_S):
            yield event
    settle_end_s = clock.now_s() + plan.settle_s
    while not climb.has_ended() and (left_s := settle_end_s - clock.now_s()) > 0:
        for event in await climb.pump(min(_POLL_S, left_s)):
            yield event
    if climb.has_ended():
        return
    climb.begin_hold()
    hold_end_s = clock.now_s() + plan.hold_s
    while not climb.has_ended() and (left_s := hold_end_s - clock.now_s()) > 0:
        for event in await climb.pump(min(_POLL_S, left_s)):
            yield event
    ended_early = climb.has_ended()
    climb.end_hold()
    async for event in _drain_hold(climb):
        yield event
    async for event in _await_readings(climb, Asked.AT_END):
        yield event
    step = climb.finish_step(started_at_unix_s, ended_early=ended_early)
    climb.end = _end_after(climb)
    yield StepFinished(step)


async def _drain_hold(climb: Climb) -> AsyncIterator[Event]:
    """Wait until every request of the hold has ended; cut what outlives its deadline.

    Between two steps nothing is cut before its own time-out, so that a hung request is counted as
    the time-out it is. When the climb is over, requests get STOP_DRAIN_S.
    """
    begun_s = climb.clock.now_s()
    while not climb.hold.is_complete:
        patience_s = climb.plan.target.timeouts.total_s + _DRAIN_GRACE_S
        if climb.has_ended():
            patience_s = min(patience_s, STOP_DRAIN_S)
        if climb.give_up_after(begun_s + patience_s):
            return
        for event in await climb.pump(_POLL_S):
            yield event


async def _end_load(climb: Climb) -> AsyncIterator[Event]:
    """Start nothing new and wait for the last request of the run, so that the totals are whole."""
    climb.leave_last_window()
    begun_s = climb.clock.now_s()
    while not climb.is_drained:
        if climb.give_up_after(begun_s + STOP_DRAIN_S):
            return
        for event in await climb.pump(_POLL_S):
            yield event


async def _await_readings(climb: Climb, asked: Asked) -> AsyncIterator[Event]:
    """Wait for what monitors owe, unless the user has asked for the end; the load goes on.

    No monitor is waited for longer than it may take by its own word.
    """
    longest_s, step_index = climb.watch.awaited(asked)
    if longest_s <= 0 or climb.interrupt.reason() is not None:
        return
    yield ReadingsAwaited(step_index, asked, longest_s)
    while climb.watch.awaited(asked)[0] > 0 and climb.interrupt.reason() is None:
        for event in await climb.pump(_POLL_S):
            yield event


async def _end_watch(climb: Climb) -> AsyncIterator[Event]:
    """Wait for the samples of the last steps that come late, and settle what has not come."""
    async for event in _await_readings(climb, Asked.LATE):
        yield event
    for event in climb.expect_no_more_readings():
        yield event


def _end_after(climb: Climb) -> RunEnd | None:
    """Decide from a finished step whether the climb goes on; None means it does.

    A rule on timing that was broken while the generator was the limit says nothing about the
    target, so the generator's end replaces it. Errors that the target sent stay its own, and so
    does what it used of its resources.
    """
    step = climb.steps[-1]
    level = f"at {step.plan.load.text}"
    is_faulty = is_generator_fault(step)
    if climb.end is not None and not (is_faulty and _may_be_the_generators(climb.end, step)):
        return climb.end
    if is_faulty:
        proven = stopping([j for j in step.judgements if not j.rule.rests_on_timing])
        if proven is not None:
            return stopped_by(proven, step.plan)
        reasons = "; ".join(step.validity.reasons)
        return RunEnd(EndReason.GENERATOR, f"the generator was the limit {level}: {reasons}", None)
    if step.counts.ok == 0:
        kinds = [f"{kind.value} {count}x" for kind, count in sorted(step.counts.failures.items())]
        seen = ", ".join(kinds) or "none ended"
        return RunEnd(EndReason.TARGET_DOWN, f"no request succeeded {level}: {seen}", None)
    if (fired := stopping(step.judgements)) is not None:
        return stopped_by(fired, step.plan)
    return metrics_lost(step) if climb.watch.is_settled(step.plan.index) else None


def _may_be_the_generators(end: RunEnd, step: Step) -> bool:
    """Whether the climb ends by a rule on timing that was broken in this very step."""
    return any(j.rule.text == end.rule and j.rule.rests_on_timing for j in step.breaches)
