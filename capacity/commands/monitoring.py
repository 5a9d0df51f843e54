"""Which monitors watch the service in this run, and what do they say before any load?"""

import asyncio
import importlib
from collections.abc import Sequence
from contextlib import ExitStack

from capacity.commands.process import SystemClock
from capacity.errors import MonitorError
from capacity.model.plan import MonitorPlan, ProcessSource, PrometheusSource, RunPlan
from capacity.model.resources import MonitorFacts
from capacity.model.rules import OnMissing, Scope
from capacity.monitors.answers import ClockOffset, Fault
from capacity.monitors.first_look import QuantityLook
from capacity.monitors.members import name_some
from capacity.search.ports import Monitor

_NEEDED = {OnMissing.STOP, OnMissing.FAIL}
_BLIND = "until it answers, rules on what it tells have no verdict"


async def make_monitors(plan: RunPlan, stack: ExitStack) -> tuple[Monitor, ...]:
    """The monitors of the plan, not started yet; `stack` closes them.

    Raises before anything is sent when what shall be watched does not exist. What takes long is
    asked in a thread, so that Ctrl-C ends it.
    """
    monitors: list[Monitor] = []
    if plan.monitor is not None and plan.monitor.process is not None:
        monitors.append(_process_monitor(plan, plan.monitor.process))
        stack.callback(monitors[-1].close)
    if plan.monitor is not None and plan.monitor.prometheus is not None:
        made = await _prometheus_monitor(plan, plan.monitor, plan.monitor.prometheus, stack)
        monitors.append(made)
        stack.callback(made.close)
    return tuple(monitors)


def facts_lines(facts: MonitorFacts) -> tuple[str, ...]:
    """What a monitor has found out, as lines of the plan; one that is blind warns."""
    source = facts.source if facts.version is None else f"{facts.source}, {facts.version}"
    is_blind = facts.clock_offset_s is None
    label = "warning" if is_blind else "note"
    notes = (*facts.notes, _BLIND) if is_blind else facts.notes
    return (f"{'watched by':<14}{source}", *(f"{label:<14}{note}" for note in notes))


def refuse_blind(clock: ClockOffset | Fault, plan: RunPlan) -> None:
    """MonitorError if Prometheus cannot be asked and a rule is not to be without it."""
    if not isinstance(clock, Fault) or plan.monitor is None:
        return
    asked = {quantity.name for quantity in plan.monitor.quantities}
    for rule in plan.rules:
        if rule.metric in asked and rule.on_missing in _NEEDED:
            raise MonitorError(
                f"{clock.detail}; without it there is no verdict on {rule.text}",
                hint="`capacity check` tells more; a rule with on_missing mark can do without",
            )


def refuse_unlimited(looks: Sequence[QuantityLook], plan: RunPlan) -> None:
    """MonitorError if a rule that is not to be without its verdict can never have one."""
    unlimited = {one.quantity.name: one.unlimited for one in looks if one.has_no_limit}
    for rule in plan.rules:
        if rule.metric in unlimited and rule.on_missing in _NEEDED:
            raise MonitorError(
                f"no limit is set for {name_some(unlimited[rule.metric])}, so there is no verdict "
                f"on {rule.text}",
                hint="set the limit, or write the rule with on_missing mark; cores are shown all "
                "the same",
            )


def windows_of(plan: RunPlan) -> tuple[tuple[str, float], ...]:
    """The quantities that rules want to see inside a hold, with the lengths of their windows."""
    rules = (rule for rule in plan.rules if rule.scope is Scope.RESOURCE)
    return tuple((rule.metric, rule.over_s) for rule in rules if rule.over_s is not None)


def _process_monitor(plan: RunPlan, source: ProcessSource) -> Monitor:
    module = importlib.import_module("capacity.monitors.process")
    monitor: Monitor = module.ProcessMonitor(source, windows_of(plan))
    return monitor


async def _prometheus_monitor(
    plan: RunPlan, monitor: MonitorPlan, source: PrometheusSource, stack: ExitStack
) -> Monitor:
    """Look at Prometheus once; closing its session ends a look that hangs."""
    api = importlib.import_module("capacity.monitors.prometheus_api").PrometheusApi(source)
    stack.callback(api.close)
    clock = SystemClock()
    look = importlib.import_module("capacity.monitors.first_look").first_look
    found = await asyncio.to_thread(look, api, monitor.quantities, clock.unix_s())
    refuse_blind(found.clock_offset, plan)
    refuse_unlimited(found.quantities, plan)
    surroundings = None
    if monitor.kubernetes is not None:
        environment = importlib.import_module("capacity.monitors.environment")
        surroundings = environment.KubernetesSurroundings(monitor.kubernetes)
    module = importlib.import_module("capacity.monitors.prometheus")
    made: Monitor = module.PrometheusMonitor(api, source, found, plan, clock, surroundings)
    return made
