"""What of this machine would stand in the way of a load."""

import resource
from dataclasses import replace
from pathlib import Path

import pytest

from capacity.commands import check_machine
from capacity.commands.check_machine import Machine, machine_items, read_machine
from capacity.errors import MachineError
from capacity.model.check import CheckGroup, CheckHint, CheckItem, CheckState
from tests.unit.builders import a_plan

MACHINE = Machine(
    open_files_hard=4096,
    cpu_count=4,
    load_average=2.0,
    local_ports=28_232,
    free_bytes=200 * 1024 * 1024,
    folder_fault=None,
)


def item_for(what: str, machine: Machine, concurrency: int = 64) -> CheckItem:
    """The one item of a kind."""
    (item,) = (i for i in machine_items(machine, a_plan([1, concurrency])) if i.what == what)
    assert item.group is CheckGroup.GENERATOR
    return item


def test_a_machine_in_order_has_nothing_to_say() -> None:
    """Every item of it is OK."""
    states = [item.state for item in machine_items(MACHINE, a_plan())]
    assert states == [CheckState.OK] * 4


@pytest.mark.parametrize(
    ("hard", "concurrency", "state", "measured"),
    [
        (4096, 3996, CheckState.OK, "4,096 >= 4,096"),
        (4096, 3997, CheckState.FAILED, "4,096 < 4,097"),
        (resource.RLIM_INFINITY, 100_000, CheckState.OK, "unlimited >= 100,100"),
    ],
)
def test_open_files_bound_the_highest_step(
    hard: int, concurrency: int, state: CheckState, measured: str
) -> None:
    """Each connection is an open file, and the tool needs some itself."""
    item = item_for("open_files", replace(MACHINE, open_files_hard=hard), concurrency)
    assert (item.state, item.measured) == (state, measured)
    if state is CheckState.FAILED:
        assert item.hint == CheckHint("raise_open_files", {"needed": "4097"})


@pytest.mark.parametrize(("load", "state"), [(2.0, CheckState.OK), (2.01, CheckState.WARNING)])
def test_other_work_is_a_warning(load: float, state: CheckState) -> None:
    """From half of the CPUs on other work shows in what is measured."""
    item = item_for("load_average", replace(MACHINE, load_average=load))
    assert (item.state, item.measured) == (state, f"{load:.2f} / 4")


def test_ports_bound_the_connections_of_one_address() -> None:
    """One address has so many ports; a second one doubles them."""
    few = replace(MACHINE, local_ports=50)
    assert item_for("local_ports", few).state is CheckState.FAILED
    assert item_for("local_ports", few).measured == "50 < 64"
    plan = replace(a_plan([64]), source_addresses=("127.0.0.2", "127.0.0.3"))
    (item,) = (i for i in machine_items(few, plan) if i.what == "local_ports")
    assert (item.state, item.measured) == (CheckState.OK, "100 >= 64")


def test_ports_that_are_not_known_are_not_told() -> None:
    """What cannot be read is no fact."""
    items = machine_items(replace(MACHINE, local_ports=None), a_plan())
    assert "local_ports" not in {item.what for item in items}


def test_a_full_disk_is_a_warning() -> None:
    """A run of half an hour should fit."""
    item = item_for("folder", replace(MACHINE, free_bytes=1024))
    assert (item.state, item.measured) == (CheckState.WARNING, "1 KiB")
    assert item.hint == CheckHint("free_space", {"needed": "100 MiB"})


def test_a_folder_that_cannot_be_written_is_a_failure() -> None:
    """With the words that would end the run."""
    fault = MachineError("/x: results cannot be written here", hint="choose another one")
    item = item_for("folder", replace(MACHINE, free_bytes=None, folder_fault=fault))
    assert (item.state, item.measured) == (CheckState.FAILED, fault.message)
    assert item.hint == CheckHint("as_told", {"text": "choose another one"})


def test_free_space_that_is_not_known_is_no_warning() -> None:
    """Nothing is said about what was not measured."""
    item = item_for("folder", replace(MACHINE, free_bytes=None))
    assert (item.state, item.measured) == (CheckState.OK, "")


def test_reads_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of the kernel, and the folder of the results."""
    ports = tmp_path / "range"
    ports.write_text("32768\t60999\n")
    monkeypatch.setattr(check_machine, "_PORT_RANGE", ports)
    machine = read_machine(tmp_path)
    assert machine.local_ports == 28_232
    assert machine.open_files_hard == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert machine.cpu_count >= 1
    assert machine.load_average >= 0
    assert machine.free_bytes is not None
    assert machine.free_bytes > 0
    assert machine.folder_fault is None


@pytest.mark.parametrize("text", [None, "", "a b", "1"])
def test_a_range_of_ports_that_cannot_be_read_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """A kernel that tells something else is no fault."""
    if text is not None:
        (tmp_path / "range").write_text(text)
    monkeypatch.setattr(check_machine, "_PORT_RANGE", tmp_path / "range")
    assert read_machine(tmp_path).local_ports is None


def test_a_place_for_results_that_is_a_file_is_told(tmp_path: Path) -> None:
    """The fault is kept, and the list goes on."""
    (tmp_path / "file").write_text("x")
    machine = read_machine(tmp_path / "file")
    assert machine.folder_fault is not None
    assert machine.free_bytes is None
