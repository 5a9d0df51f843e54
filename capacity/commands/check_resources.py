"""Can the resources that a plan names be read, now and often enough?"""

import importlib
import time

from capacity.commands.check_machine import item_of_error
from capacity.errors import CapacityError
from capacity.model.check import CheckGroup, CheckItem, CheckState
from capacity.model.plan import MonitorPlan, ProcessSource, RunPlan


def resource_items(plan: RunPlan) -> tuple[CheckItem, ...]:
    """What Prometheus knows of each quantity, and what can be seen of a process."""
    monitor = plan.monitor
    if monitor is None:
        return ()
    of_process = () if monitor.process is None else _process_items(monitor.process)
    return (*_prometheus_items(plan, monitor), *of_process)


def _prometheus_items(plan: RunPlan, monitor: MonitorPlan) -> tuple[CheckItem, ...]:
    """Imported when it is needed: a client of Prometheus costs a third of a second."""
    if monitor.prometheus is None:
        return ()
    api = importlib.import_module("capacity.monitors.prometheus_api")
    first_look = importlib.import_module("capacity.monitors.first_look")
    check_look = importlib.import_module("capacity.monitors.check_look")
    prometheus = api.PrometheusApi(monitor.prometheus)
    try:
        look = first_look.first_look(prometheus, monitor.quantities, time.time())
    finally:
        prometheus.close()
    items: tuple[CheckItem, ...] = check_look.look_items(look, plan)
    return items


def _process_items(source: ProcessSource) -> tuple[CheckItem, ...]:
    process = importlib.import_module("capacity.monitors.process")
    try:
        monitor = process.ProcessMonitor(source, ())
    except CapacityError as error:
        return (item_of_error(CheckGroup.PROCESS, "process", error),)
    facts = monitor.facts
    monitor.close()
    notes = (_of_process("note", note) for note in facts.notes)
    return (_of_process("process", facts.source), *notes)


def _of_process(what: str, measured: str) -> CheckItem:
    return CheckItem(CheckGroup.PROCESS, CheckState.OK, what, "", measured)
