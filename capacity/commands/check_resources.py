"""Can the resources that a plan names be read, now and often enough?"""

import importlib

from capacity.commands.check_machine import item_of_error
from capacity.errors import CapacityError
from capacity.model.check import CheckGroup, CheckItem, CheckState
from capacity.model.plan import ProcessSource, RunPlan


def resource_items(plan: RunPlan) -> tuple[CheckItem, ...]:
    """What can be seen of a process."""
    monitor = plan.monitor
    if monitor is None:
        return ()
    return () if monitor.process is None else _process_items(monitor.process)


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
