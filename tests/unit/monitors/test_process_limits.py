"""What a process may use, with limits written into control groups of the test's own."""

from pathlib import Path

import psutil

from capacity.cgroups import Periods, folders
from capacity.monitors.process_limits import read_allowance
from capacity.monitors.process_looks import Basis
from tests.unit.monitors.looks import MIB

OURS = Path("/proc/self/cgroup")


def write(cgroups: Path, controller: str, **files: str) -> None:
    """Files of the uppermost group that this process is in; a double underscore is a dot."""
    group = folders(OURS, controller, cgroups)[-1]
    group.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (group / name.replace("__", ".")).write_text(text)


def test_without_limits_the_machine_is_the_limit(tmp_path: Path) -> None:
    """The CPUs that the process may run on, and all memory."""
    process = psutil.Process()
    allowance = read_allowance(process, tmp_path)

    assert allowance.limits.cores == len(process.cpu_affinity() or ())
    assert allowance.limits.cores_basis is Basis.AFFINITY
    assert allowance.limits.memory_bytes == psutil.virtual_memory().total
    assert allowance.limits.memory_basis is Basis.MACHINE
    assert (allowance.periods, allowance.oom_kills, allowance.holds_for_us) == (None, None, False)
    assert allowance.charged_bytes(5 * MIB) == 5 * MIB


def test_limits_of_a_group_count_with_what_it_has_used(tmp_path: Path) -> None:
    """And they hold for this program, which is in the same group."""
    write(tmp_path, "cpu", cpu__max="50000 100000", cpu__stat="nr_periods 9\nnr_throttled 4\n")
    write(
        tmp_path,
        "memory",
        memory__max=f"{64 * MIB}",
        memory__current=f"{40 * MIB}",
        memory__stat=f"inactive_file {8 * MIB}\n",
        memory__events="oom_kill 2\n",
    )
    allowance = read_allowance(psutil.Process(), tmp_path)

    assert (allowance.limits.cores, allowance.limits.cores_basis) == (0.5, Basis.QUOTA)
    assert allowance.limits.memory_bytes == 64 * MIB
    assert allowance.limits.memory_basis is Basis.MEMORY_LIMIT
    assert allowance.periods == Periods(9, 4)
    assert allowance.oom_kills == 2
    assert allowance.charged_bytes(5 * MIB) == 32 * MIB
    assert allowance.holds_for_us


def test_limits_above_what_the_machine_has_are_none(tmp_path: Path) -> None:
    """A quota of a thousand cores is never used up."""
    write(tmp_path, "cpu", cpu__max="100000000 100000")
    write(tmp_path, "memory", memory__max=f"{1 << 50}")
    limits = read_allowance(psutil.Process(), tmp_path).limits

    assert (limits.cores_basis, limits.memory_basis) == (Basis.AFFINITY, Basis.MACHINE)
