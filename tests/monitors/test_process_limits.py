"""A process in a real CPU quota and in a real memory limit, against the kernel's own counts."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capacity.cgroups import CGROUPS
from capacity.model.resources import ChangeKind
from tests.lab.cpu_group import cpu_group, why_no_limits
from tests.monitors.processes import Obedient, obedient
from tests.monitors.watching import ended, kinds, reading, value, watching

WHY_NO_QUOTA = why_no_limits()
MIB = 1 << 20


@pytest.fixture
def service() -> Iterator[Obedient]:
    """A process that waits for orders."""
    with obedient() as one:
        yield one


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[Path]:
    """A control group with a memory limit; OSError where it is not allowed."""
    is_v2 = (CGROUPS / "cgroup.controllers").exists()
    top = CGROUPS if is_v2 else CGROUPS / "memory"
    folder = top / f"capacity-test-{os.getpid()}"
    folder.mkdir()
    try:
        limit = folder / ("memory.max" if is_v2 else "memory.limit_in_bytes")
        limit.write_text(str(limit_bytes))
        yield folder
    finally:
        folder.rmdir()


def why_no_memory_limits() -> str | None:
    """Why this machine lets us set no memory limit, None if it does."""
    try:
        with memory_group(64 * MIB):
            return None
    except OSError as fault:
        return f"no memory limit can be set here: {fault} (root and a controller are needed)"


WHY_NO_MEMORY_LIMIT = why_no_memory_limits()


@pytest.mark.skipif(WHY_NO_QUOTA is not None, reason=WHY_NO_QUOTA or "")
def test_cpu_is_a_share_of_the_quota_and_throttling_is_the_kernels(service: Obedient) -> None:
    """A process that wants a whole core and may use a fifth is full, and was held back."""
    with cpu_group("capacity-process", 0.2) as group:
        group.add(service.pid)
        watch = watching(pid=service.pid)
        before = group.count()
        watch.begin(0, time.time())
        service.do("burn(0.3)")
        news = ended(watch)
        after = group.count()
        service.kill()

    used_s = after.usage_s - before.usage_s
    elapsed_s = after.at_unix_s - before.at_unix_s
    throttled_ratio = (after.throttled - before.throttled) / (after.periods - before.periods)
    assert value(news, "process.cores") == pytest.approx(used_s / elapsed_s, abs=0.02)
    assert value(news, "cpu") == pytest.approx(used_s / elapsed_s / 0.2, abs=0.10)
    assert value(news, "throttle") == pytest.approx(throttled_ratio, abs=0.15)
    assert value(news, "throttle") > 0.5
    assert "0.2 cores (cgroup quota)" in reading(news, "cpu").query


@pytest.mark.skipif(WHY_NO_QUOTA is not None, reason=WHY_NO_QUOTA or "")
def test_a_quota_that_is_set_during_a_hold_is_a_change(service: Obedient) -> None:
    """The step before it and the step after it are not the same service."""
    with cpu_group("capacity-process", 0.5) as group:
        watch = watching(pid=service.pid)
        watch.begin(0, time.time())
        group.add(service.pid)
        news = ended(watch)
        service.kill()

    assert kinds(news) == [ChangeKind.LIMIT_CHANGED]
    assert news.changes[0].detail.endswith("-> 0.5 cores")


@pytest.mark.skipif(WHY_NO_MEMORY_LIMIT is not None, reason=WHY_NO_MEMORY_LIMIT or "")
def test_memory_is_a_share_of_the_limit_by_the_groups_own_count(service: Obedient) -> None:
    """40 of 64 MiB that were taken inside the group."""
    with memory_group(64 * MIB) as folder:
        (folder / "cgroup.procs").write_text(str(service.pid))
        watch = watching(pid=service.pid)
        watch.begin(0, time.time())
        service.do(f"kept.append(b'x' * {40 * MIB}) or len(kept)")
        news = ended(watch)
        service.kill()

    assert value(news, "mem") == pytest.approx(40 / 64, abs=0.05)
    assert "64 MiB (cgroup limit)" in reading(news, "mem").query


@pytest.mark.skipif(WHY_NO_MEMORY_LIMIT is not None, reason=WHY_NO_MEMORY_LIMIT or "")
def test_a_child_killed_for_want_of_memory_is_told(service: Obedient) -> None:
    """The head of the tree lives on; its limit has killed one of its own."""
    with memory_group(64 * MIB) as folder:
        (folder / "cgroup.procs").write_text(str(service.pid))
        watch = watching(pid=service.pid)
        watch.begin(0, time.time())
        service.do("os.waitpid(os.fork() or len(b'x' * (256 << 20)) and os._exit(0), 0)")
        news = ended(watch)
        service.kill()

    assert kinds(news) == [ChangeKind.OOM_KILLED]
    assert "1 killed" in news.changes[0].detail
