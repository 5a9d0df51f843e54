"""How is a service climbed, step by step, until something ends the climb?

The only file of this layer that waits. It drives an Engine and yields Events; it never writes a
file and never prints. A finished step is yielded, and so can be on disk, before the next one
begins; the load goes on meanwhile, so that no pause lets the service rest.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from math import floor

from capacity.model.plan import RunPlan, StepPlan
from capacity.model.resources import Asked
from capacity.model.run import (
    Environment,
    Event,
    ReadingsAwaited,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
)
from capacity.search.climb import RISING, Climb
from capacity.search.hook_watch import HookWatch
from capacity.search.ports import Clock, Engine, Interrupt, Monitor
from capacity.search.tally import GRID_TOLERANCE_S

_POLL_S = 0.1
_RAMP_POLL_S = 0.01
# Past this a slot without a connection is the target's doing, and its failures are counted.
_RAMP_LIMIT_S = 30.0
# After the total time-out every request has ended by itself; the rest is time to report it.
_DRAIN_GRACE_S = 1.0
# How long a stop or Ctrl-C waits for the requests in flight before they are cut.
STOP_DRAIN_S = 5.0
# How long the engine may take to hand out the last second of a hold.
_LAST_ROW_S = 0.2


async def find_capacity(
    plan: RunPlan,
    environment: Environment,
    engine: Engine,
    clock: Clock,
    interrupt: Interrupt,
    monitors: Sequence[Monitor] = (),
    hooks: HookWatch | None = None,
) -> AsyncGenerator[Event, None]:
    """Climb the ladder of `plan` and yield everything that happens, RunFinished last.

    The engine and the monitors must have been started; they are closed in every case, as are the
    hooks.
    """
    climb = Climb(plan, engine, clock, interrupt, monitors, hooks)
    try:
        yield RunStarted(plan, environment, clock.unix_s())
        is_new = True
        while is_new:
            async for event in _run_steps(climb):
                yield event
            known = tuple(climb.steps)
            async for event in _end_load(climb):
                yield event
            async for event in _end_watch(climb):
                yield event
            is_new = climb.end is None and interrupt.reason() is None and known != (*climb.steps,)
        async for event in _end_hooks(climb):
            yield event
        yield RunFinished(climb.conclude(), climb.totals)
    finally:
        engine.close()
        climb.watch.close()
        climb.hooks.close()


async def _run_steps(climb: Climb) -> AsyncIterator[Event]:
    """Take one step after the other until none is left, or until something ends the load."""
    while (step_plan := climb.next_step()) is not None:
        if step_plan.purpose not in RISING:
            climb.hooks.begin_logs()
        yield StepStarted(step_plan, len(climb.plan.ladder.loads))
        async for event in _run_step(climb, step_plan):
            yield event
    if climb.interrupt.reason() is None:
        climb.hooks.begin_logs()


async def _run_step(climb: Climb, plan: StepPlan) -> AsyncIterator[Event]:
    """Change the load, settle, hold, wait for the hold's last request, judge the step."""
    clock = climb.clock
    started_at_unix_s = clock.unix_s()
    climb.begin_step(plan)
    async for event in _drain(climb, climb.is_emptied):
        yield event
    ramp_end_s = clock.now_s() + _RAMP_LIMIT_S
    while not climb.is_step_over() and not climb.is_ready():
        if clock.now_s() >= ramp_end_s:
            break
        for event in await climb.pump(_RAMP_POLL_S):
            yield event
    async for event in _wait_until(climb, clock.now_s() + plan.settle_s):
        yield event
    if climb.is_step_over():
        return
    climb.begin_hold()
    begun_s = clock.now_s()
    async for event in _hold(climb, plan):
        yield event
    is_whole = clock.now_s() - begun_s >= plan.hold_s and not climb.is_extended
    ended_early = climb.is_step_over() and not is_whole
    climb.end_hold()
    async for event in _drain(climb, lambda: climb.is_hold_drained):
        yield event
    async for event in _await_readings(climb, Asked.AT_END):
        yield event
    async for event in _await_hooks(climb, lambda: climb.hooks.profile_awaited_s):
        yield event
    yield StepFinished(climb.finish_step(started_at_unix_s, ended_early=ended_early))


async def _hold(climb: Climb, plan: StepPlan) -> AsyncIterator[Event]:
    """Measure for as long as planned, and on while the hold has not shown enough."""
    begun_s, held_s, more_s = climb.clock.now_s(), 0.0, plan.hold_s
    while more_s > 0 and not climb.is_step_over():
        held_s += more_s
        async for event in _wait_until(climb, begun_s + held_s):
            yield event
        if plan.hold_max_s is None or climb.is_step_over():
            return
        async for event in _wait_for_rows(climb, floor(held_s)):
            yield event
        more_s = 0.0 if climb.is_step_over() else climb.extension_s(held_s)


async def _wait_until(climb: Climb, end_s: float) -> AsyncIterator[Event]:
    """Let the step go on until a moment of the clock, or until something ends it."""
    while not climb.is_step_over() and (left_s := end_s - climb.clock.now_s()) > 0:
        for event in await climb.pump(min(_POLL_S, left_s)):
            yield event


async def _wait_for_rows(climb: Climb, seconds: int) -> AsyncIterator[Event]:
    """The last second of a hold is handed out some milliseconds after its end."""
    late_s = climb.clock.now_s() + _LAST_ROW_S
    while climb.hold.end_s - climb.hold.start_s < seconds - GRID_TOLERANCE_S:
        if climb.is_step_over() or climb.clock.now_s() >= late_s:
            break
        for event in await climb.pump(_RAMP_POLL_S):
            yield event


async def _drain(climb: Climb, is_done: Callable[[], bool]) -> AsyncIterator[Event]:
    """Wait for the end of requests; cut what outlives its deadline.

    Between two steps nothing is cut before its own time-out, so that a hung request is counted as
    the time-out it is. When a step was broken off, requests get STOP_DRAIN_S.
    """
    begun_s = climb.clock.now_s()
    while not is_done():
        patience_s = climb.plan.target.timeouts.total_s + _DRAIN_GRACE_S
        if climb.is_step_over():
            patience_s = min(patience_s, STOP_DRAIN_S)
        if climb.give_up_after(begun_s + patience_s):
            return
        for event in await climb.pump(_POLL_S):
            yield event


async def _end_load(climb: Climb) -> AsyncIterator[Event]:
    """Start nothing new and wait for the last request of the run, so that the totals are whole."""
    climb.rest()
    begun_s = climb.clock.now_s()
    while not climb.is_drained:
        if climb.give_up_after(begun_s + STOP_DRAIN_S):
            return
        for event in await climb.pump(_POLL_S):
            yield event


async def _await_readings(climb: Climb, asked: Asked) -> AsyncIterator[Event]:
    """Wait for what monitors owe, unless the user has asked for the end.

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


async def _await_hooks(climb: Climb, awaited_s: Callable[[], float]) -> AsyncIterator[Event]:
    """Wait for a profile or for logs, unless the user has asked for the end."""
    while awaited_s() > 0 and climb.interrupt.reason() is None:
        for event in await climb.pump(_POLL_S):
            yield event


async def _end_hooks(climb: Climb) -> AsyncIterator[Event]:
    """Wait for the logs, which no load needs, and settle what has not come."""
    async for event in _await_hooks(climb, lambda: climb.hooks.logs_awaited_s):
        yield event
    for event in climb.expect_no_more_hooks():
        yield event
