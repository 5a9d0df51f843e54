"""Tests with a real Go program: the hot function, the cores, the raw file, and two profilers."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity.hooks.profiler import ThreadedProfiler
from capacity.model.hooks import HookState, PprofSource, ProfilePlan
from capacity.model.run import ProfileTaken
from tests.hooks.go_service import GoService, build, busy, go_service, why_no_go

WHY_NO_GO = why_no_go()
pytestmark = pytest.mark.skipif(WHY_NO_GO is not None, reason=WHY_NO_GO or "")
LASTS_S = 2.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoService]:
    """The program, built once."""
    with go_service(build(tmp_path_factory.mktemp("go"))) as running:
        yield running


def taken_of(service: GoService, lasts_s: float = LASTS_S) -> ProfileTaken:
    """A profile of it."""
    source = PprofSource(service.url, "http", "127.0.0.1", service.port)
    profiler = ThreadedProfiler(ProfilePlan(source, lasts_s))
    profiler.begin(0)
    while (taken := profiler.poll()) is None:
        time.sleep(0.01)
    return taken


def test_finds_the_hot_function_and_its_cores(service: GoService, tmp_path: Path) -> None:
    """What burns is first, the cores are the kernel's, and pprof itself reads the same."""
    with busy(service):
        before_s, begun_s = service.cpu_s(), time.monotonic()
        taken = taken_of(service)
        cores = (service.cpu_s() - before_s) / (time.monotonic() - begun_s)
    profile = taken.profile
    assert profile.state is HookState.TAKEN, profile.reason
    assert profile.flat[0].name == "main.burn"
    assert profile.flat[0].flat_ratio > 0.9
    assert {"net/http.(*conn).serve", "main.main.func1"} <= {
        function.name for function in profile.cumulative
    }
    assert profile.cores == pytest.approx(cores, rel=0.1)
    assert profile.covered_s == pytest.approx(LASTS_S, rel=0.1)
    raw = tmp_path / "profile.pb.gz"
    raw.write_bytes(taken.content)
    command = ["go", "tool", "pprof", "-top", "-nodecount=1", str(service.program), str(raw)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flat, _, flat_percent = listed.splitlines()[-1].split()[:3]
    assert listed.splitlines()[-1].endswith("main.burn")
    assert flat.endswith("s")
    assert float(flat_percent.rstrip("%")) == pytest.approx(
        100 * profile.flat[0].flat_ratio, abs=0.1
    )


def test_tells_that_another_profiler_is_at_work(service: GoService) -> None:
    """Go takes one CPU profile at a time: the second one is refused, and told in those words."""
    first: list[ProfileTaken] = []
    thread = threading.Thread(target=lambda: first.append(taken_of(service)))
    thread.start()
    time.sleep(0.5)
    second = taken_of(service, 1.0).profile
    thread.join()
    assert second.state is HookState.FAILED
    assert second.reason.startswith("another profiler is at work there, and only one can be")
    assert "cpu profiling already in use" in second.reason


def test_an_idle_service_has_no_samples(service: GoService) -> None:
    """Nothing ran, so nothing can be said; the file is kept."""
    profile = taken_of(service, 1.0).profile
    if profile.state is HookState.FAILED:
        assert "it has no sample" in profile.reason
    else:
        assert profile.cores is not None
        assert profile.cores < 0.1
    assert profile.file == "profile.pb.gz"
