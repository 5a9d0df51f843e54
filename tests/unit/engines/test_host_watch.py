"""What a hypervisor and a CPU quota take, from files as the kernel writes them."""

from dataclasses import replace
from pathlib import Path

import pytest

from capacity.engines.host_watch import HostWatch
from capacity.model.snapshot import GeneratorLoad
from tests.unit.builders import a_snapshot


class Machine:
    """Files of a made-up machine, and a clock that moves only when told to."""

    def __init__(self, root: Path, clock: pytest.MonkeyPatch) -> None:
        self.proc = root / "proc"
        self.cgroups = root / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        self.cgroups.mkdir()
        self.now_s = 100.0
        clock.setattr("time.monotonic", lambda: self.now_s)

    def write_stat(self, *ticks: int) -> None:
        """The first two lines of /proc/stat."""
        line = " ".join(str(count) for count in ticks)
        (self.proc / "stat").write_text(f"cpu  {line}\ncpu0 {line}\n")

    def join(self, *lines: str) -> None:
        """The cgroups this process is in."""
        (self.proc / "self" / "cgroup").write_text("".join(f"{line}\n" for line in lines))

    def write_cpu_stat(self, place: str, text: str) -> None:
        """The cpu.stat of one cgroup."""
        folder = self.cgroups / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cpu.stat").write_text(text)

    def watch(self) -> HostWatch:
        """A watch over these files."""
        return HostWatch(self.proc, self.cgroups)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without any file yet."""
    return Machine(tmp_path, monkeypatch)


def shares(watch: HostWatch) -> tuple[float | None, float | None]:
    """What the watch has to say about one second of load."""
    load = watch.complete(a_snapshot()).generator
    assert load is not None
    return load.steal_ratio, load.throttled_ratio


def test_steal_is_a_share_of_all_cpu_time(machine: Machine) -> None:
    """6 of 200 ticks went to another machine; guest time, a part of user, is not counted twice."""
    machine.write_stat(100, 0, 50, 800, 5, 0, 5, 40, 30, 0)
    watch = machine.watch()
    machine.write_stat(150, 0, 70, 920, 5, 0, 9, 46, 60, 0)

    assert shares(watch) == pytest.approx((6 / 200, None))


def test_throttled_time_of_version_2_is_a_share_of_the_wall(machine: Machine) -> None:
    """150 ms of 2 s, found in the cgroup above ours, which has no quota of its own."""
    machine.join("0::/pods/one")
    machine.write_cpu_stat("pods/one", "usage_usec 7\nnr_throttled 0\nthrottled_usec 0\n")
    machine.write_cpu_stat("pods", "usage_usec 7\nnr_throttled 3\nthrottled_usec 100000\n")
    watch = machine.watch()
    machine.now_s += 2.0
    machine.write_cpu_stat("pods", "usage_usec 9\nnr_throttled 5\nthrottled_usec 250000\n")

    assert shares(watch) == pytest.approx((None, 0.075))


def test_throttled_time_of_version_1_is_found_by_its_controller(machine: Machine) -> None:
    """The line of the cpu controller names the folder; the other lines do not matter."""
    machine.join("4:memory:/x", "1:cpu,cpuacct:/pod", "0::/")
    machine.write_cpu_stat("cpu,cpuacct/pod", "nr_periods 9\nthrottled_time 1000000000\n")
    watch = machine.watch()
    machine.now_s += 1.0
    machine.write_cpu_stat("cpu,cpuacct/pod", "nr_periods 9\nthrottled_time 1500000000\n")

    assert shares(watch) == pytest.approx((None, 0.5))


@pytest.mark.parametrize(
    "stat", ["", "cpu  1 2 3\n", "cpu  a b c d e f g h\n"], ids=["empty", "short", "no numbers"]
)
def test_what_cannot_be_read_is_not_known(machine: Machine, stat: str) -> None:
    """An unreadable file is no proof that nothing was taken."""
    (machine.proc / "stat").write_text(stat)
    machine.join("0::/")
    machine.write_cpu_stat("", "usage_usec broken line\n")

    assert shares(machine.watch()) == (None, None)


def test_a_machine_without_these_files_tells_nothing(machine: Machine) -> None:
    """Other systems have no /proc."""
    assert shares(machine.watch()) == (None, None)


def test_no_tick_in_between_is_not_known(machine: Machine) -> None:
    """Two looks within one tick of the kernel: nothing divided by nothing."""
    machine.write_stat(100, 0, 50, 800, 5, 0, 5, 40, 30, 0)

    assert shares(machine.watch()) == (None, None)


def test_rows_of_stragglers_are_left_alone(machine: Machine) -> None:
    """They have no length; the time since the last look goes to the next full row."""
    machine.write_stat(100, 0, 50, 800, 5, 0, 5, 40, 30, 0)
    watch = machine.watch()
    machine.write_stat(190, 0, 50, 800, 5, 0, 5, 50, 30, 0)

    late = a_snapshot(span_s=0.0)
    unknown = replace(a_snapshot(), generator=None)
    assert watch.complete(late) == late
    assert watch.complete(unknown) == unknown
    assert shares(watch) == pytest.approx((0.1, None))


def test_the_rest_of_the_load_stays(machine: Machine) -> None:
    """Only the two shares are filled in."""
    load = GeneratorLoad(0.5, 0.1, 0.001, 0.0001, 2.0)
    completed = machine.watch().complete(replace(a_snapshot(), generator=load))

    assert completed.generator == load
