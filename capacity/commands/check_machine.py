"""Can this machine make the load of a plan, and what else is going on here?"""

import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from capacity.commands.preflight import SPARE_DESCRIPTORS
from capacity.errors import CapacityError
from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from capacity.model.plan import RunPlan
from capacity.storage.run_folder import check_writable
from capacity.units import format_bytes

# A run of half an hour writes a few megabytes; this leaves room for what else is written.
_LEAST_FREE_BYTES = 100 * 1024 * 1024
# From here on other work takes so much CPU time that it shows in our latencies.
_MOST_LOAD_OF_OTHERS = 0.5
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, slots=True)
class Machine:
    """What was read of it; None is not known."""

    open_files_hard: int
    cpu_count: int
    load_average: float
    local_ports: int | None
    free_bytes: int | None
    folder_fault: CapacityError | None


def read_machine(out: Path) -> Machine:
    """Look at this machine, and at the folder where results would go."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    fault: CapacityError | None = None
    free_bytes: int | None = None
    try:
        check_writable(out)
        free_bytes = shutil.disk_usage(out).free
    except CapacityError as error:
        fault = error
    return Machine(
        open_files_hard=hard,
        cpu_count=len(os.sched_getaffinity(0)),
        load_average=os.getloadavg()[0],
        local_ports=_local_ports(),
        free_bytes=free_bytes,
        folder_fault=fault,
    )


def _local_ports() -> int | None:
    try:
        first, last = _PORT_RANGE.read_text().split()
        return int(last) - int(first) + 1
    except (OSError, ValueError):
        return None


def machine_items(machine: Machine, plan: RunPlan) -> tuple[CheckItem, ...]:
    """The items of this machine; a limit that the plan's highest step goes over is a failure."""
    items = [_open_files(machine, plan), _load_of_others(machine)]
    if machine.local_ports is not None:
        items.append(_ports(machine.local_ports, plan))
    items.append(_folder(machine))
    return tuple(items)


def _open_files(machine: Machine, plan: RunPlan) -> CheckItem:
    needed = plan.ladder.max_in_flight + SPARE_DESCRIPTORS
    hard = machine.open_files_hard
    if hard == resource.RLIM_INFINITY or needed <= hard:
        shown = "unlimited" if hard == resource.RLIM_INFINITY else f"{hard:,}"
        return _item(CheckState.OK, "open_files", f"{shown} >= {needed:,}")
    hint = CheckHint("raise_open_files", {"needed": str(needed)})
    return _item(CheckState.FAILED, "open_files", f"{hard:,} < {needed:,}", hint)


def _load_of_others(machine: Machine) -> CheckItem:
    measured = f"{machine.load_average:.2f} / {machine.cpu_count}"
    if machine.load_average <= _MOST_LOAD_OF_OTHERS * machine.cpu_count:
        return _item(CheckState.OK, "load_average", measured)
    return _item(CheckState.WARNING, "load_average", measured, CheckHint("busy_machine"))


def _ports(local_ports: int, plan: RunPlan) -> CheckItem:
    """Each connection to one address needs a port of its own, for each address it comes from."""
    available = local_ports * max(1, len(plan.source_addresses))
    needed = plan.ladder.max_in_flight
    if needed <= available:
        return _item(CheckState.OK, "local_ports", f"{available:,} >= {needed:,}")
    hint = CheckHint("more_ports")
    return _item(CheckState.FAILED, "local_ports", f"{available:,} < {needed:,}", hint)


def _folder(machine: Machine) -> CheckItem:
    fault = machine.folder_fault
    if fault is not None:
        return item_of_error(CheckGroup.GENERATOR, "folder", fault)
    if machine.free_bytes is None:
        return _item(CheckState.OK, "folder", "")
    measured = format_bytes(machine.free_bytes)
    if machine.free_bytes >= _LEAST_FREE_BYTES:
        return _item(CheckState.OK, "folder", measured)
    hint = CheckHint("free_space", {"needed": format_bytes(_LEAST_FREE_BYTES)})
    return _item(CheckState.WARNING, "folder", measured, hint)


def item_of_error(group: CheckGroup, what: str, error: CapacityError) -> CheckItem:
    """What would end a run, with its own words."""
    hint = CheckHint("as_told", {"text": error.hint})
    return CheckItem(group, CheckState.FAILED, what, "", error.message, hint)


def _item(state: CheckState, what: str, measured: str, hint: CheckHint | None = None) -> CheckItem:
    return CheckItem(CheckGroup.GENERATOR, state, what, "", measured, hint)
