"""Tests of capacity.search.runner with planned starts: whole climbs without time."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from capacity.errors import UsageError
from capacity.model.load import Arrivals
from capacity.model.plan import RunPlan
from capacity.model.rules import Absolute, Rule
from capacity.model.run import EndReason, Event, RunFinished, Step, StepFinished, Trust
from capacity.model.snapshot import Schedule
from capacity.search.ports import Engine
from capacity.search.runner import find_capacity
from tests.fakes.planned import PlannedEngine, Served
from tests.fakes.scripted import Behaviour, FakeClock, ScriptedEngine, ScriptedInterrupt
from tests.unit.builders import GAIN_RULE, a_rule, an_environment
from tests.unit.rate_builders import DROPPED_RULE, a_rate_plan

DROPPED = replace(DROPPED_RULE, over_s=2.0)
SLOW = a_rule("p99", limit=Absolute(0.1), over_s=2.0, text="p99 > 100ms over 2s")


def a_short_plan(*rules: Rule, rates_qps: tuple[float, ...] = (100.0, 200.0, 400.0)) -> RunPlan:
    """1 s settle and 4 s hold."""
    return a_rate_plan(rates_qps, rules=rules, max_in_flight=64, settle_s=1.0, hold_s=4.0)


def climb(
    plan: RunPlan, serve: Callable[[float], Served]
) -> tuple[list[Step], RunFinished, PlannedEngine]:
    """Run a whole climb against a played service."""
    clock = FakeClock()
    engine = PlannedEngine(clock, serve)
    events = run_with(plan, engine, clock)
    last = events[-1]
    assert isinstance(last, RunFinished)
    return [event.step for event in events if isinstance(event, StepFinished)], last, engine


def run_with(plan: RunPlan, engine: Engine, clock: FakeClock) -> list[Event]:
    """Every event of a climb with this engine."""

    async def collect() -> list[Event]:
        run = find_capacity(plan, an_environment(), engine, clock, ScriptedInterrupt(clock))
        return [event async for event in run]

    return asyncio.run(collect())


def fast(_: float) -> Served:
    """A service that is never slow."""
    return Served()


def test_each_rate_is_planned_from_its_settle_on() -> None:
    """One change of the load a step, no waiting for connections, and an end of all starts."""
    steps, last, engine = climb(a_short_plan(), fast)
    assert [step.plan.load.level for step in steps] == [100.0, 200.0, 400.0]
    assert [call for call in engine.calls if not call.startswith("begin")][:4] == [
        "set_rate(100, poisson, 64)",
        "set_rate(200, poisson, 64)",
        "set_rate(400, poisson, 64)",
        "set_concurrency(0)",
    ]
    assert last.end.reason is EndReason.LADDER
    assert engine.is_closed


def test_planned_starts_are_accounted_for_in_whole_numbers() -> None:
    """Planned = started + dropped + late + not started, in every step."""
    steps, _, _ = climb(a_short_plan(), lambda rate: Served(dropped_ratio=rate / 10_000))
    assert [step.schedule for step in steps] == [
        Schedule(400, 4, 0, 0),
        Schedule(800, 16, 0, 0),
        Schedule(1600, 64, 0, 0),
    ]
    assert [step.counts.started for step in steps] == [396, 784, 1536]
    assert Trust.INVALID not in {step.validity.trust for step in steps}


def test_rules_take_the_time_from_the_planned_start() -> None:
    """The service answers in 10 ms all along; what its users wait for is what stops the climb."""

    def queueing(rate_qps: float) -> Served:
        return Served(response_s=0.5 if rate_qps > 100 else 0.010)

    steps, last, _ = climb(a_short_plan(SLOW), queueing)
    assert (last.end.rule, len(steps)) == ("p99 > 100ms over 2s", 2)
    assert last.end.detail == "p99 was 500ms at 200/s planned"
    latency, service = steps[1].latency, steps[1].service_latency
    assert latency is not None
    assert service is not None
    assert (latency.p50_s, service.p50_s) == pytest.approx((0.5, 0.010), rel=1e-3)


def test_missing_slots_stop_the_climb_as_the_services_limit() -> None:
    """No free slot means that too many answers are outstanding: it is not the generator's fault."""

    def serve(rate_qps: float) -> Served:
        return Served(dropped_ratio=0.3 if rate_qps > 200 else 0.0)

    steps, last, _ = climb(a_short_plan(DROPPED), serve)
    assert (last.end.reason, last.end.rule) == (EndReason.RULE, "dropped_rate > 1% over 10s")
    assert last.end.detail == "dropped_rate was 30% at 400/s planned"
    assert steps[-1].validity.trust is not Trust.INVALID


def test_starts_that_we_were_too_late_for_are_the_generators_fault() -> None:
    """The climb ends without a word on the service."""

    def serve(rate_qps: float) -> Served:
        return Served(late_ratio=0.05 if rate_qps > 100 else 0.0)

    steps, last, _ = climb(a_short_plan(DROPPED), serve)
    assert last.end.reason is EndReason.GENERATOR
    assert [step.validity.trust for step in steps][-1] is Trust.INVALID


def test_growth_is_measured_per_doubling_of_the_rate() -> None:
    """A service that gives 200/s whatever is planned no longer grows from there on."""

    def serve(rate_qps: float) -> Served:
        return Served(dropped_ratio=max(0.0, 1 - 200 / rate_qps) if rate_qps else 0.0)

    plan = a_short_plan(GAIN_RULE, rates_qps=(100.0, 200.0, 400.0, 800.0, 1600.0))
    steps, last, _ = climb(plan, serve)
    assert last.end.rule == "gain < 3% for 2 steps"
    assert [step.plan.load.level for step in steps] == [100.0, 200.0, 400.0, 800.0]


def test_an_engine_of_user_loops_refuses() -> None:
    """Nothing has been sent by then, and the engine is closed."""
    clock = FakeClock()
    engine = ScriptedEngine(clock, lambda _: Behaviour(0.0))
    with pytest.raises(UsageError, match="100/s planned: no open loop"):
        run_with(a_short_plan(), engine, clock)
    assert (engine.calls, engine.is_closed) == ([], True)


def test_the_way_starts_are_spread_reaches_the_engine() -> None:
    """Even distances where they were asked for."""
    plan = a_rate_plan((50.0,), arrivals=Arrivals.CONSTANT, rules=(), settle_s=1.0, hold_s=2.0)
    _, _, engine = climb(plan, fast)
    assert engine.calls[0] == "set_rate(50, constant, 1024)"
