"""Tests of capacity.commands.monitoring: which monitors a plan has, and what they say first."""

import asyncio
import os
from contextlib import ExitStack
from dataclasses import replace

import pytest

from capacity.commands.monitoring import (
    facts_lines,
    make_monitors,
    refuse_blind,
    refuse_unlimited,
    windows_of,
)
from capacity.errors import CapacityError, MonitorError
from capacity.model.plan import KubernetesScope, MonitorPlan, ProcessSource, RunPlan
from capacity.model.resources import MonitorFacts
from capacity.model.rules import OnMissing
from capacity.monitors.answers import ClockOffset, Fault, FaultKind
from capacity.monitors.first_look import QuantityLook
from capacity.search.ports import Monitor
from tests.monitors.sources import a_source
from tests.unit.builders import ERROR_RULE, a_plan
from tests.unit.monitors.builders import a_quantity, samples_of
from tests.unit.resource_builders import a_resource_rule


def a_watching_plan(pid: int) -> RunPlan:
    """A plan that reads a process of this machine."""
    source = ProcessSource(pid=pid, port=None)
    return replace(a_plan(), monitor=MonitorPlan(None, source, None, ()))


def made(plan: RunPlan, stack: ExitStack) -> tuple[Monitor, ...]:
    """The monitors of a plan."""
    return asyncio.run(make_monitors(plan, stack))


def test_a_plan_without_a_monitor_has_none() -> None:
    """Nothing is imported, started or closed for it."""
    with ExitStack() as stack:
        assert made(a_plan(), stack) == ()


def test_a_process_is_watched_by_one_monitor() -> None:
    """It is found before any load, and the monitor says which one it is."""
    with ExitStack() as stack:
        (monitor,) = made(a_watching_plan(os.getpid()), stack)
        assert monitor.facts.source.startswith(f"pid {os.getpid()} ")


def test_a_process_that_is_not_there_ends_the_run_before_any_load() -> None:
    """The error has a hint, like every other."""
    with ExitStack() as stack, pytest.raises(CapacityError) as caught:
        made(a_watching_plan(2**22 - 1), stack)
    assert caught.value.hint


@pytest.mark.parametrize(
    "scope", [None, KubernetesScope("shop", ("deploy/api",), ("api-.*",))], ids=["plain", "pods"]
)
def test_a_prometheus_that_is_not_there_is_told_in_the_notes(scope: KubernetesScope | None) -> None:
    """The run may go on without it; what its rules miss is said step by step."""
    source = a_source("http://127.0.0.1:1")
    plan = replace(a_plan(), monitor=MonitorPlan(source, None, scope, ()))
    with ExitStack() as stack:
        (monitor,) = made(plan, stack)
        assert monitor.facts.source == "Prometheus at http://127.0.0.1:1"
        assert monitor.facts.version is None
        (note,) = monitor.facts.notes
        assert note == "http://127.0.0.1:1: connection refused"
        assert facts_lines(monitor.facts)[1:] == (
            f"warning       {note}",
            "warning       until it answers, rules on what it tells have no verdict",
        )


@pytest.mark.parametrize("on_missing", [OnMissing.STOP, OnMissing.FAIL])
def test_a_rule_that_needs_a_prometheus_that_is_not_there_ends_the_run_before_any_load(
    on_missing: OnMissing,
) -> None:
    """The message has the fault and the rule, and the exit code is that of a failed check."""
    rule = a_resource_rule(on_missing=on_missing)
    monitor = MonitorPlan(a_source("http://127.0.0.1:1"), None, None, (a_quantity(samples_of()),))
    plan = replace(a_plan(rules=[ERROR_RULE, rule]), monitor=monitor)
    with ExitStack() as stack, pytest.raises(MonitorError) as caught:
        made(plan, stack)
    assert caught.value.message == (
        "http://127.0.0.1:1: connection refused; without it there is no verdict on cpu > 85%"
    )
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("on_missing", OnMissing)
def test_a_rule_that_needs_a_limit_that_is_not_set_ends_the_run_before_any_load(
    on_missing: OnMissing,
) -> None:
    """It could never be judged; one that marks can do without."""
    plan = a_plan(rules=[ERROR_RULE, a_resource_rule(on_missing=on_missing)])
    look = QuantityLook(
        quantity=a_quantity(samples_of()),
        fault=None,
        series_count=1,
        subjects=("shop/api/app",),
        spacing_s=1.0,
        lag_s=0.5,
        limits={},
        unlimited=("shop/api/app",),
        is_restamped=False,
        fixed_range_s=0.0,
    )
    refuse_unlimited([replace(look, limits={"shop/api/app": 0.5}, unlimited=())], plan)
    if on_missing is OnMissing.MARK:
        refuse_unlimited([look], plan)
        return
    with pytest.raises(MonitorError) as caught:
        refuse_unlimited([look], plan)
    assert caught.value.message == (
        "no limit is set for shop/api/app, so there is no verdict on cpu > 85%"
    )
    assert caught.value.exit_code == 3


def test_a_rule_on_something_else_does_not_need_prometheus() -> None:
    """What a process tells is not asked of Prometheus; and a rule that marks can do without."""
    fault = Fault(FaultKind.UNREACHABLE, "gone", is_permanent=False)
    monitor = MonitorPlan(None, None, None, (a_quantity(samples_of(), name="mem"),))
    rules = [a_resource_rule(on_missing=OnMissing.FAIL), a_resource_rule("mem")]
    plan = replace(a_plan(rules=rules), monitor=monitor)
    refuse_blind(fault, plan)
    refuse_blind(ClockOffset(0.0, 0.001), plan)
    refuse_blind(fault, replace(plan, monitor=None))


def test_windows_are_those_of_the_rules_on_resources() -> None:
    """A rule over the whole hold has none, and our own metrics are not the monitor's."""
    rules = (ERROR_RULE, a_resource_rule(over_s=15.0), a_resource_rule("mem"))
    assert windows_of(replace(a_plan(), rules=rules)) == (("cpu", 15.0),)


@pytest.mark.parametrize(
    ("version", "source"),
    [("2.42.0", "http://127.0.0.1:9090, 2.42.0"), (None, "http://127.0.0.1:9090")],
)
def test_what_a_monitor_found_out_is_told_before_the_load(version: str | None, source: str) -> None:
    """The source with its version if it told one, and each note on a line of its own."""
    notes = ("pods matched: 2", "hold >= 64 s")
    facts = MonitorFacts("http://127.0.0.1:9090", version, 0.0, 15.0, 1.0, (), notes)
    assert facts_lines(facts) == (
        f"watched by    {source}",
        "note          pods matched: 2",
        "note          hold >= 64 s",
    )
