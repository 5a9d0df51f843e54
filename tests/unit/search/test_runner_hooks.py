"""Tests of a climb that takes a profile at its answer and logs at its end."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.analysis.findings import analyze
from capacity.model.hooks import CommandSource, HookState, ProfilePlan
from capacity.model.plan import Purpose, RunPlan, SearchPlan
from capacity.model.rules import OnMissing, RuleState
from capacity.model.run import (
    EndReason,
    Event,
    LogTaken,
    ProfileTaken,
    Run,
    StepFinished,
    StepStarted,
)
from capacity.search.ends import metrics_lost
from capacity.search.hook_watch import HookWatch
from tests.fakes.hooked import ScriptedLogs, ScriptedProfiler
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine
from tests.unit.builders import a_run, a_step
from tests.unit.report.reading_builders import a_resource_judgement
from tests.unit.resource_builders import a_resource_rule
from tests.unit.search.climbs import FULL, a_full_plan, a_service, play, told
from tests.unit.search.test_runner import (
    ERRORS,
    a_short_plan,
    climb_with,
    end_of,
    failing_above_16,
    knee_at_8,
    steps_of,
)

PROFILING = ProfilePlan(CommandSource(("py-spy",)), 6.0)


def climb_hooked(
    plan: RunPlan,
    service: Callable[[int], Behaviour] = knee_at_8,
    *,
    profile_after_s: float = 6.0,
    logs_after_s: tuple[float, ...] = (),
    fault: str = "",
    interrupt_at_s: float = float("inf"),
) -> tuple[list[Event], ScriptedProfiler, ScriptedLogs]:
    """A whole climb with a profiler and logs."""
    clock = FakeClock()
    profiler = ScriptedProfiler(clock, profile_after_s, fault)
    logs = ScriptedLogs(clock, *logs_after_s)
    engine = ScriptedEngine(clock, service)
    watch = HookWatch(clock, profiler if plan.profiling is not None else None, logs)
    events = climb_with(plan, engine, clock, hooks=watch, interrupt_at_s=interrupt_at_s)
    return events, profiler, logs


def profiles_of(events: list[Event]) -> list[ProfileTaken]:
    """What came of the profile."""
    return [event for event in events if isinstance(event, ProfileTaken)]


def test_profiles_the_answer_between_verification_and_confirmation() -> None:
    """The load is the one that was verified, for as long as the profile needs and no longer."""
    plan = replace(a_full_plan(search=FULL), profiling=replace(PROFILING, lasts_s=20.0))
    steps = play(plan, a_service(most=20))
    assert told(steps)[-4:] == ["verify 11", "profile 11", "confirm 720", "recovery 1"]
    profiled = next(step.plan for step in steps if step.plan.purpose is Purpose.PROFILE)
    assert (profiled.hold_s, profiled.hold_max_s) == (21.0, None)


def test_profiles_once_even_without_any_other_check() -> None:
    """The last good step is repeated once, with a hold of the plan where that is longer."""
    events, profiler, _ = climb_hooked(a_short_plan(ERRORS, profiling=PROFILING), failing_above_16)
    last = steps_of(events)[-1]
    assert (last.plan.purpose, last.plan.load.level, last.plan.hold_s) == (Purpose.PROFILE, 8, 7.0)
    assert profiler.begun == [last.plan.index]
    assert [taken.profile.step_index for taken in profiles_of(events)] == [last.plan.index]


def test_its_numbers_enter_nothing() -> None:
    """Capacity, knee and peak are those of the run without the watched step."""
    events, _, _ = climb_hooked(a_short_plan(ERRORS, profiling=PROFILING), failing_above_16)
    steps = tuple(steps_of(events))
    watched = replace(steps[-1], ended_ok=10 * steps[-1].ended_ok)
    with_it, without = analyze(run_of(*steps[:-1], watched)), analyze(run_of(*steps[:-1]))
    assert replace(with_it, diagnosis=None) == replace(without, diagnosis=None)


def run_of(*steps: object) -> Run:
    """A finished run with these steps."""
    return replace(a_run(), steps=steps)  # type: ignore[arg-type]  # test shorthand


def test_the_step_waits_for_the_profile() -> None:
    """One that takes longer than the hold is awaited before the step ends, and within its limit."""
    events, _, _ = climb_hooked(a_short_plan(profiling=PROFILING), profile_after_s=10.0)
    kinds = [type(event) for event in events if isinstance(event, ProfileTaken | StepFinished)]
    assert kinds[-2:] == [ProfileTaken, StepFinished]
    assert profiles_of(events)[0].profile.state is HookState.TAKEN


def test_a_profile_that_never_comes_is_told() -> None:
    """The climb goes on without it."""
    events, _, _ = climb_hooked(a_short_plan(profiling=PROFILING), profile_after_s=1e9)
    (taken,) = profiles_of(events)
    assert (taken.profile.state, taken.profile.reason) == (
        HookState.FAILED,
        "it did not come in time",
    )
    assert end_of(events).end.reason is EndReason.LADDER


@pytest.mark.parametrize("fault", ["begin", "poll"])
def test_a_profiler_that_fails_is_told_without_its_words(fault: str) -> None:
    """Whatever it raises stays its own."""
    events, profiler, _ = climb_hooked(a_short_plan(profiling=PROFILING), fault=fault)
    (taken,) = profiles_of(events)
    assert taken.profile.reason == "the hook failed: RuntimeError"
    assert profiler.is_closed


def test_a_profiler_that_fails_to_close_ends_nothing() -> None:
    """The run is over by then."""
    events, _, _ = climb_hooked(a_short_plan(profiling=PROFILING), fault="close")
    assert end_of(events).end.reason is EndReason.LADDER


def test_says_when_no_load_was_good() -> None:
    """There is no answer to repeat."""
    events, _, _ = climb_hooked(
        a_short_plan(ERRORS, profiling=PROFILING), lambda _: Behaviour(100.0, failing_ratio=0.5)
    )
    assert profiles_of(events)[0].profile.reason == "no load met every limit"


def test_says_when_no_time_was_left() -> None:
    """The budget ends before the profile would."""
    plan = a_short_plan(profiling=replace(PROFILING, lasts_s=60.0))
    plan = replace(plan, search=SearchPlan(budget_s=40.0))
    assert profiles_of(climb_hooked(plan)[0])[0].profile.reason == "no time was left for it"


def test_ctrl_c_during_the_profile_keeps_everything() -> None:
    """What was measured is kept, and nothing is waited for."""
    begun_s = next(
        event.step.started_at_unix_s - 1_795_000_000.0
        for event in climb_hooked(a_short_plan(profiling=PROFILING))[0]
        if isinstance(event, StepFinished) and event.step.plan.purpose is Purpose.PROFILE
    )
    events, _, logs = climb_hooked(
        a_short_plan(profiling=PROFILING), interrupt_at_s=begun_s + 3.0, logs_after_s=(0.5,)
    )
    (taken,) = profiles_of(events)
    assert taken.profile.reason == "the run was ended before it"
    assert len(steps_of(events)) == 8
    assert end_of(events).end.reason is EndReason.INTERRUPTED
    assert len(logs.begun_s) == 1


def test_a_limit_broken_a_little_does_not_end_the_watched_step() -> None:
    """Watching slows a service down, and the profile shall be whole."""
    calls = 0

    def slower_when_watched(concurrency: int) -> Behaviour:
        return replace(knee_at_8(concurrency), failing_ratio=0.02 if calls else 0.0)

    plan = a_short_plan(ERRORS, profiling=PROFILING)
    clock = FakeClock()
    profiler = ScriptedProfiler(clock)
    begin = profiler.begin

    def begin_and_slow_down(step_index: int) -> None:
        nonlocal calls
        calls += 1
        begin(step_index)

    profiler.begin = begin_and_slow_down  # type: ignore[method-assign]  # test shorthand
    engine = ScriptedEngine(clock, slower_when_watched)
    events = climb_with(plan, engine, clock, hooks=HookWatch(clock, profiler))
    last = steps_of(events)[-1]
    assert (last.plan.purpose, last.ended_early) == (Purpose.PROFILE, False)
    assert [judged.rule.text for judged in last.breaches] == [ERRORS.text]
    assert end_of(events).end.reason is EndReason.LADDER


def test_missing_data_of_the_watched_step_end_nothing() -> None:
    """A rule that must be judged is judged in the steps that answers rest on."""
    rule = a_resource_rule(on_missing=OnMissing.FAIL)
    lost = a_resource_judgement(rule, RuleState.NO_DATA)
    step = a_step(8, judgements=(lost,))
    assert metrics_lost(step) is not None
    watched = replace(step, plan=replace(step.plan, purpose=Purpose.PROFILE))
    assert metrics_lost(watched) is None


def test_takes_logs_once_when_the_climb_has_ended() -> None:
    """After the last step that rises, before the first that checks."""
    plan = a_short_plan(ERRORS, search=SearchPlan(verify=True), profiling=PROFILING)
    events, _, logs = climb_hooked(plan, failing_above_16, logs_after_s=(0.5, 1.0))
    first_check = next(
        place
        for place, event in enumerate(events)
        if isinstance(event, StepStarted) and event.plan.purpose is Purpose.VERIFY
    )
    places = [place for place, event in enumerate(events) if isinstance(event, LogTaken)]
    assert len(logs.begun_s) == 1
    assert len(places) == 2
    assert min(places) > first_check


def test_waits_for_logs_before_the_end() -> None:
    """A climb without checks is over at once; the logs get their time all the same."""
    events, _, _ = climb_hooked(a_short_plan(), logs_after_s=(4.0,))
    assert isinstance(events[-2], LogTaken)


def test_logs_that_never_come_hold_up_nothing() -> None:
    """They are awaited for as long as they may take."""
    events, _, _ = climb_hooked(a_short_plan(), logs_after_s=(1e9,))
    assert end_of(events).end.reason is EndReason.LADDER


def test_takes_no_logs_after_ctrl_c() -> None:
    """Whoever asks for the end wants it soon."""
    _, _, logs = climb_hooked(a_short_plan(), logs_after_s=(0.5,), interrupt_at_s=112.0)
    assert logs.begun_s == []


def test_logs_that_fail_end_nothing() -> None:
    """The fault of a hook stays its own."""
    clock = FakeClock()
    watch = HookWatch(clock, None, ScriptedLogs(clock, 1.0, fault="begin"))
    events = climb_with(a_short_plan(), ScriptedEngine(clock, knee_at_8), clock, hooks=watch)
    assert end_of(events).end.reason is EndReason.LADDER


def test_a_profile_is_begun_once() -> None:
    """Whatever the climb asks."""
    clock = FakeClock()
    profiler = ScriptedProfiler(clock)
    watch = HookWatch(clock, profiler)
    watch.begin_profile(3)
    watch.begin_profile(4)
    HookWatch(clock).begin_profile(3)
    assert profiler.begun == [3]
