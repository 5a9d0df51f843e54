"""Tests of the climb that measures again, refines and checks, and of holds that go on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.model.load import ClosedLoop, OpenLoop
from capacity.model.measured import SteadyState
from capacity.model.plan import Purpose, RunPlan, SearchPlan
from capacity.model.rules import RuleState, TimesFirst
from capacity.model.run import EndReason, Event, SnapshotTaken, Step, StepStarted
from capacity.model.snapshot import Snapshot
from tests.fakes.lingering import LingeringEngine
from tests.fakes.scripted import Behaviour, FakeClock
from tests.unit.builders import a_plan, a_rule
from tests.unit.search.test_runner import (
    ERRORS,
    SLOW,
    a_short_plan,
    climb,
    climb_with,
    end_of,
    failing_above_16,
    knee_at_8,
    steps_of,
)

EVERYTHING = SearchPlan(recheck=True, refine=2, verify=True, confirm=True, recovery=True)


def purposes_of(events: list[Event]) -> list[tuple[Purpose, float]]:
    """What each finished step was run for, and at which load."""
    return [(step.plan.purpose, step.plan.load.level) for step in steps_of(events)]


def climb_closely(
    plan: RunPlan, service: Callable[[float, int], Behaviour], **lingering: float
) -> tuple[list[Event], LingeringEngine]:
    """Climb a service whose behaviour depends on the time since the climb began."""
    clock = FakeClock()
    engine = LingeringEngine(clock, lambda n: service(clock.time_s - 100.0, n), **lingering)
    return climb_with(plan, engine, clock), engine


def slow_above_16(concurrency: int) -> Behaviour:
    """Three times the limit of 100 ms beyond 16 in flight: broken, and no emergency."""
    return replace(knee_at_8(concurrency), latency_s=0.3 if concurrency > 16 else 0.01)


def test_a_whole_climb_rises_refines_and_checks() -> None:
    """A limit broken twice at 32, a step into the gap, and every check of the answer."""
    events, engine = climb_closely(a_short_plan(SLOW, search=EVERYTHING), _timeless(slow_above_16))
    ladder = [(Purpose.LADDER, level) for level in (1, 2, 4, 8, 16, 32)]
    assert purposes_of(events)[:7] == [*ladder, (Purpose.RECHECK, 32)]
    later = purposes_of(events)[7:]
    assert [purpose for purpose, _ in later] == [
        *(Purpose.REFINE, Purpose.REFINE),
        *(Purpose.VERIFY, Purpose.CONFIRM, Purpose.RECOVERY),
    ]
    assert later[-3:] == [(Purpose.VERIFY, 8), (Purpose.CONFIRM, 720), (Purpose.RECOVERY, 1)]
    end = end_of(events).end
    assert (end.reason, end.rule, end.step_index) == (EndReason.RULE, SLOW.text, 6)
    assert [step.plan.index for step in steps_of(events)] == list(range(12))
    assert engine.calls[-2:] == ["set_concurrency(0)", engine.calls[-1]]


def _timeless(service: Callable[[int], Behaviour]) -> Callable[[float, int], Behaviour]:
    return lambda _, concurrency: service(concurrency)


def test_a_single_pause_is_measured_again_and_forgotten() -> None:
    """Errors for two seconds at 8 concurrent cost one more step there, and nothing else."""

    def paused(at_s: float, concurrency: int) -> Behaviour:
        is_bad = 17.0 <= at_s < 19.0
        return replace(knee_at_8(concurrency), failing_ratio=0.3 if is_bad else 0.0)

    plan = a_short_plan(ERRORS, search=SearchPlan(recheck=True))
    events, engine = climb_closely(plan, paused)
    assert purposes_of(events)[3:6] == [
        (Purpose.LADDER, 8),
        (Purpose.RECHECK, 8),
        (Purpose.LADDER, 16),
    ]
    suspected, again = steps_of(events)[3:5]
    assert (suspected.ended_early, again.ended_early) == (True, False)
    assert end_of(events).end.reason is EndReason.LADDER
    # The load goes on in between: the service gets no rest before it is measured again.
    assert engine.calls.count("set_concurrency(0)") == 1
    assert engine.calls.count("set_concurrency(8)") == 2


def test_a_load_that_is_measured_again_is_one_load() -> None:
    """`for 2 steps` means two loads: the same one twice has not lasted."""

    def failing_at_16(at_s: float, concurrency: int) -> Behaviour:
        is_bad = concurrency == 16
        cpu_ratio = 0.99 if is_bad and at_s < 25.5 else 0.1
        return replace(
            knee_at_8(concurrency), failing_ratio=0.3 if is_bad else 0.0, cpu_ratio=cpu_ratio
        )

    rule = replace(ERRORS, for_steps=2)
    events, _ = climb_closely(a_short_plan(rule, search=SearchPlan(recheck=True)), failing_at_16)
    assert purposes_of(events)[4:6] == [(Purpose.LADDER, 16), (Purpose.RECHECK, 16)]
    again = steps_of(events)[5].judgements[0]
    assert (again.state, again.reason) == (RuleState.OK, "step 1 of 2 beyond the limit")
    assert end_of(events).end.reason is EndReason.LADDER


def test_without_a_second_look_the_load_goes_down_at_once() -> None:
    """What is broken ends the rising part, and nothing more is asked of the service there."""
    events, engine = climb(a_short_plan(ERRORS), failing_above_16)
    after = engine.calls[engine.calls.index("set_concurrency(32)") + 1 :]
    assert after[1] == "set_concurrency(0)"
    assert steps_of(events)[-1].ended_early


def test_an_emergency_is_measured_once_and_left_at_once() -> None:
    """Half of all requests fail at 32: no repetition, and the next load begins from nothing."""

    def broken(_: float, concurrency: int) -> Behaviour:
        return failing_above_16(concurrency)

    search = SearchPlan(recheck=True, refine=1)
    events, engine = climb_closely(a_short_plan(ERRORS, search=search), broken, linger_s=2.0)
    assert purposes_of(events)[5:] == [(Purpose.LADDER, 32), (Purpose.REFINE, 23)]
    left = engine.calls.index("set_concurrency(0)")
    assert engine.calls[left - 2] == "set_concurrency(32)"
    assert engine.calls[left + 2] == "set_concurrency(23)"
    emergency, refined = steps_of(events)[5:]
    # Every request of the wreck has ended before the step that refines begins.
    assert _began_s(refined) - emergency.end_s == pytest.approx(2.0, abs=0.2)


def _began_s(step: Step) -> float:
    return step.started_at_unix_s - 1_795_000_000.0


def test_what_an_emergency_leaves_behind_is_cut_after_five_seconds() -> None:
    """Requests that hang since before the hold would else fill the service for their time-out."""
    search = SearchPlan(refine=1)
    plan = replace(a_plan([64], settle_s=1.0, hold_s=4.0), rules=(ERRORS,), search=search)
    plan = replace(plan, ladder=a_plan([4, 64]).ladder)
    events, engine = climb_closely(plan, _timeless(failing_above_16), early_linger_s=20.0)
    wreck, refined = steps_of(events)[1:3]
    lighter = f"set_concurrency({refined.plan.load.level:g})"
    assert engine.calls.index("cut()") < engine.calls.index(lighter)
    assert _began_s(refined) - wreck.end_s == pytest.approx(5.0, abs=0.3)


def test_a_lighter_load_waits_for_the_requests_of_the_heavier_one() -> None:
    """Slow answers of 16 concurrent end before the settle of 11 begins, not inside its hold."""
    search = SearchPlan(refine=1)
    plan = replace(a_plan([4, 16], settle_s=1.0, hold_s=4.0), rules=(), search=search)

    def slow(_: float, concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), latency_s=0.02)

    events, engine = climb_closely(plan, slow, linger_s=3.0)
    heavy, light = steps_of(events)[1:]
    assert (light.plan.purpose, light.plan.load) == (Purpose.REFINE, ClosedLoop(8))
    lighter = engine.calls.index("set_concurrency(8)")
    assert engine.calls[lighter + 1].startswith("begin_window")
    # 3 s for the requests of the heavy hold, 3 s for those until the load fell, and the settle.
    assert light.start_s - heavy.end_s >= 3.0 + 3.0 + 1.0


def test_a_rising_load_waits_for_nothing_but_the_hold() -> None:
    """Between two steps of the ladder the load goes on, so no pause lets the service rest."""
    plan = replace(a_plan([4, 16], settle_s=1.0, hold_s=4.0), rules=())
    events, _ = climb_closely(plan, _timeless(knee_at_8), linger_s=3.0)
    first, second = steps_of(events)
    assert second.start_s - first.end_s == pytest.approx(3.0 + 1.0, abs=0.3)


def test_what_hangs_when_the_load_falls_is_cut_after_its_time_out() -> None:
    """A lighter step is measured even when a heavier one left requests that never end."""
    search = SearchPlan(recovery=True)
    plan = replace(a_plan([1, 16], settle_s=1.0, hold_s=4.0), rules=(), search=search)
    events, engine = climb_closely(plan, _timeless(knee_at_8), linger_s=100.0)
    assert [step.plan.purpose for step in steps_of(events)][-1] is Purpose.RECOVERY
    assert engine.calls.count("cut()") >= 1


def test_planned_starts_confirm_a_ladder_of_concurrencies() -> None:
    """Latency counts from the planned start, and a rule on dropped starts is judged there only."""
    dropped = a_rule("dropped_rate", over_s=2.0, text="dropped_rate > 1% over 2s")
    first = a_rule("p99", limit=TimesFirst(10.0), over_s=2.0, text="p99 > 10x first over 2s")
    plan = a_short_plan(dropped, first, search=EVERYTHING)
    events, engine = climb_closely(plan, _timeless(slow_above_16), dropped_ratio=0.3, waited_s=0.05)
    assert "set_rate(720)" in engine.calls
    confirmed = next(s for s in steps_of(events) if s.plan.purpose is Purpose.CONFIRM)
    assert isinstance(confirmed.plan.load, OpenLoop)
    (breach,) = confirmed.breaches
    assert breach.rule == dropped
    assert breach.observed == pytest.approx(0.3 / 1.3, abs=0.01)
    assert confirmed.ended_early
    states = {judged.rule: judged for judged in confirmed.judgements}
    assert states[first].observed == pytest.approx(0.06, rel=0.01)
    assert states[first].limit == pytest.approx(0.1, rel=0.01)  # 10 x that of the ladder's first
    others = [step for step in steps_of(events) if step is not confirmed]
    assert {j.state for s in others for j in s.judgements if j.rule == dropped} == {
        RuleState.NO_DATA
    }


def test_a_hold_goes_on_until_it_has_enough_good_answers() -> None:
    """100 a second for 4 s are 400; 600 need two more quarters of the hold."""
    plan = a_plan([1], settle_s=1.0, hold_s=4.0)
    plan = replace(plan, rules=(), search=SearchPlan(hold_max_s=12.0, min_requests=600))
    (step,) = steps_of(climb(plan)[0])
    assert step.hold_s == pytest.approx(6.0, abs=0.2)
    assert step.steadiness is not None
    assert step.steadiness.extended_s == pytest.approx(2.0, abs=0.2)
    assert not step.ended_early
    assert [interval.ended_ok for interval in step.intervals] == [100] * 6


def warming(at_s: float, _: int) -> Behaviour:
    """Throughput that rises for ten seconds."""
    return Behaviour(qps=100.0 + 30.0 * min(at_s, 10.0))


def test_a_hold_goes_on_while_it_drifts() -> None:
    """It ends once its second half is even, and the warm-up is cut off."""
    plan = a_plan([1], settle_s=0.0, hold_s=8.0)
    plan = replace(plan, rules=(), search=SearchPlan(hold_max_s=40.0))
    (step,) = steps_of(climb_closely(plan, warming)[0])
    assert 12.0 < step.hold_s < 30.0
    assert step.steadiness is not None
    assert step.steadiness.state is SteadyState.STEADY
    assert step.steadiness.cut_s > 4.0


def test_a_hold_that_never_settles_ends_at_its_longest() -> None:
    """It is marked as drifting, and shown no longer than was said."""

    def rising(at_s: float, _: int) -> Behaviour:
        return Behaviour(qps=100.0 + 30.0 * at_s)

    plan = a_plan([1], settle_s=0.0, hold_s=8.0)
    plan = replace(plan, rules=(), search=SearchPlan(hold_max_s=11.0))
    events, _ = climb_closely(plan, rising)
    (step,) = steps_of(events)
    assert step.hold_s == pytest.approx(11.0, abs=0.2)
    assert step.steadiness is not None
    assert step.steadiness.state is SteadyState.DRIFTING
    shown = [e for e in events if isinstance(e, SnapshotTaken) and e.step_index == 0]
    assert len(shown) >= 11


def test_a_limit_broken_while_a_hold_goes_on_ends_it() -> None:
    """The judge goes on for as long as the hold does."""

    def late(at_s: float, concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), failing_ratio=0.1 if at_s > 6.0 else 0.0)

    plan = a_plan([1], settle_s=1.0, hold_s=4.0)
    search = SearchPlan(hold_max_s=40.0, min_requests=10_000)
    (step,) = steps_of(climb_closely(replace(plan, rules=(ERRORS,), search=search), late)[0])
    assert step.ended_early
    assert step.hold_s == pytest.approx(6.0, abs=0.2)
    assert step.steadiness is not None
    assert step.steadiness.extended_s == pytest.approx(2.0, abs=0.2)


class SlowToTell(LingeringEngine):
    """Hands out each row so much after its end."""

    def __init__(
        self, clock: FakeClock, service: Callable[[int], Behaviour], late_s: float
    ) -> None:
        LingeringEngine.__init__(self, clock, service)
        self.late_s = late_s
        self.kept: list[tuple[float, Snapshot]] = []

    async def poll(self, timeout_s: float) -> Snapshot | None:
        """Keep each row for a while."""
        row = await LingeringEngine.poll(self, timeout_s)
        if row is not None:
            self.kept.append((self.clock.time_s + self.late_s, row))
        if self.kept and self.kept[0][0] <= self.clock.time_s:
            return self.kept.pop(0)[1]
        return None


@pytest.mark.parametrize(
    ("late_s", "extended_s"), [(0.03, 1.0), (0.5, 0.0)], ids=["in time", "too late"]
)
def test_the_last_second_of_a_hold_is_waited_for_before_it_is_judged(
    late_s: float, extended_s: float
) -> None:
    """Four of five seconds say nothing about a drift; what comes too late prolongs no hold."""
    clock = FakeClock()
    engine = SlowToTell(clock, lambda _: Behaviour(50 + 40 * (clock.time_s - 100.0)), late_s)
    plan = a_plan([1], settle_s=0.0, hold_s=5.0)
    plan = replace(plan, rules=(), search=SearchPlan(hold_max_s=6.0))
    (step,) = steps_of(climb_with(plan, engine, clock))
    assert step.steadiness is not None
    assert step.steadiness.state is SteadyState.DRIFTING
    assert step.steadiness.extended_s == pytest.approx(extended_s, abs=0.1)


def test_a_limit_broken_in_the_last_second_cuts_nothing_short() -> None:
    """Its row comes a moment after the end of the hold, which is whole and was not prolonged."""
    clock = FakeClock()
    engine = SlowToTell(clock, lambda _: Behaviour(800.0, failing_ratio=0.3), 0.03)
    rule = replace(ERRORS, over_s=4.0)
    plan = a_plan([1], settle_s=0.0, hold_s=4.0)
    plan = replace(plan, rules=(rule,), search=SearchPlan(hold_max_s=12.0, min_requests=9999))
    (step,) = steps_of(climb_with(plan, engine, clock))
    assert [judgement.rule for judgement in step.breaches] == [rule]
    assert not step.ended_early
    assert step.steadiness is not None
    assert step.steadiness.extended_s == 0.0


def test_ctrl_c_while_refining_keeps_everything() -> None:
    """The end is the user's, and every step before is there."""
    plan = a_short_plan(ERRORS, search=replace(EVERYTHING, confirm=False))
    alone, _ = climb(plan, failing_above_16)
    started = [e.plan for e in alone if isinstance(e, StepStarted)]
    index = next(p.index for p in started if p.purpose is Purpose.REFINE)
    at_s = steps_of(alone)[index].start_s + 2.0
    events, _ = climb(plan, failing_above_16, interrupt_at_s=at_s)
    assert end_of(events).end.reason is EndReason.INTERRUPTED
    assert purposes_of(events) == purposes_of(alone)[: index + 1]
    assert steps_of(events)[-1].ended_early
    assert steps_of(events)[:-1] == steps_of(alone)[:index]


def test_a_ceiling_that_breaks_off_the_checks_is_the_end() -> None:
    """The rule that ended the rising part is in its step; what came after it was not finished."""
    plan = a_short_plan(ERRORS, search=SearchPlan(refine=4))
    events, _ = climb(plan, failing_above_16)
    refining = [e.plan.purpose is Purpose.REFINE for e in events if isinstance(e, StepStarted)]
    taken = [e for e in events if isinstance(e, SnapshotTaken)]
    before = [e.snapshot.counts.started for e in taken if e.step_index < refining.index(True)]
    plan = replace(plan, fuses=replace(plan.fuses, max_requests=sum(before) + 300))
    events, _ = climb(plan, failing_above_16)
    assert end_of(events).end.reason is EndReason.FUSE
    assert [step.plan.purpose for step in steps_of(events) if step.breaches] == [Purpose.LADDER]


def test_a_hold_that_runs_into_the_budget_is_no_answer() -> None:
    """Steps are begun only while they fit, so a budget is kept to the second."""
    search = SearchPlan(budget_s=30.0, recheck=True, refine=2, verify=True, recovery=True)
    events, engine = climb(a_short_plan(SLOW, search=search), knee_at_8)
    assert engine.clock.time_s - 100.0 <= 30.0
    assert not any(step.ended_early for step in steps_of(events))
