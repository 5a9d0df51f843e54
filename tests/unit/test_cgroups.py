"""Quotas, limits and counts of control groups, from files as the kernel writes them."""

from pathlib import Path

import pytest

from capacity.cgroups import (
    CpuQuota,
    MemoryLimit,
    Periods,
    cpu_quota,
    folders,
    memory_limit,
    oom_kills,
    throttling,
    working_set_bytes,
)


def write(folder: Path, **files: str) -> Path:
    """A group with these files; a double underscore stands for the dot in a name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_a_process_is_in_its_group_and_in_all_above_it(tmp_path: Path) -> None:
    """From its own to the root, in the hierarchy of the controller and in that of version 2."""
    memberships = tmp_path / "cgroup"
    memberships.write_text("4:memory:/x\n1:cpu,cpuacct:/pods/one\n0::/slice\n")
    root = tmp_path / "fs"

    assert folders(memberships, "cpu", root) == (
        root / "cpu,cpuacct" / "pods" / "one",
        root / "cpu,cpuacct" / "pods",
        root / "cpu,cpuacct",
        root / "slice",
        root,
    )


def test_without_control_groups_there_are_none(tmp_path: Path) -> None:
    """A kernel without them has no such file."""
    assert folders(tmp_path / "missing", "cpu", tmp_path) == ()


def test_the_tightest_quota_counts(tmp_path: Path) -> None:
    """Half a core in a slice of two; `max` and -1 are no quota."""
    slice_ = write(tmp_path / "slice", cpu__max="200000 100000\n")
    pod = write(slice_ / "pod", cpu__max="50000 100000\n")
    free = write(pod / "free", cpu__max="max 100000\n")

    assert cpu_quota((free, pod, slice_)) == CpuQuota(0.5, pod)
    assert cpu_quota((free,)) is None


@pytest.mark.parametrize(("quota", "wanted"), [("50000\n", 0.5), ("250000\n", 2.5), ("-1\n", None)])
def test_version_1_has_the_quota_in_two_files(
    tmp_path: Path, quota: str, wanted: float | None
) -> None:
    """Quota and period; -1 is none."""
    group = write(tmp_path / "a", cpu__cfs_quota_us=quota, cpu__cfs_period_us="100000\n")
    found = cpu_quota((group,))

    assert (None if found is None else found.cores) == wanted


def test_throttling_is_told_in_periods(tmp_path: Path) -> None:
    """Both versions name them alike; a group without a quota has none in version 2."""
    held = write(tmp_path / "a", cpu__stat="nr_periods 40\nnr_throttled 12\nthrottled_usec 9\n")
    free = write(tmp_path / "b", cpu__stat="usage_usec 7\n")

    assert throttling(held) == Periods(all=40, throttled=12)
    assert throttling(free) is None


def test_the_tightest_memory_limit_counts(tmp_path: Path) -> None:
    """`max` and the number that version 1 writes for none are no limit."""
    free = write(tmp_path / "a", memory__max="max\n")
    old = write(tmp_path / "b", memory__limit_in_bytes="9223372036854771712\n")
    tight = write(tmp_path / "c", memory__max="67108864\n")
    wide = write(tmp_path / "d", memory__limit_in_bytes="268435456\n")

    assert memory_limit((free, old, wide, tight)) == MemoryLimit(67108864, tight)
    assert memory_limit((free, old)) is None


def test_the_working_set_leaves_idle_pages_of_files_out(tmp_path: Path) -> None:
    """The kernel drops those before it kills anything; version 1 has the total of the group."""
    new = write(
        tmp_path / "a", memory__current="5000\n", memory__stat="anon 1\ninactive_file 700\n"
    )
    old = write(
        tmp_path / "b",
        memory__usage_in_bytes="5000\n",
        memory__stat="inactive_file 1\ntotal_inactive_file 900\n",
    )
    unknown = write(tmp_path / "c", memory__current="5000\n")

    assert [working_set_bytes(group) for group in (new, old, unknown)] == [4300, 4100, None]


def test_kills_are_counted_by_both_versions(tmp_path: Path) -> None:
    """In memory.events, or in memory.oom_control among other lines."""
    new = write(tmp_path / "a", memory__events="low 0\noom 3\noom_kill 2\n")
    old = write(tmp_path / "b", memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    unknown = write(tmp_path / "c")

    assert [oom_kills(group) for group in (new, old, unknown)] == [2, 1, None]
