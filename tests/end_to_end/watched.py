"""How does an end-to-end test climb a service of the lab, and read what was felt?"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.tool import (
    Ended,
    arguments,
    plain_environment,
    run_tool,
    undisturbed,
)
from tests.monitors.prometheus_server import wait_until

Json = dict[str, Any]


def profile(
    path: Path,
    *,
    url: str,
    prometheus: str | None,
    steps: Mapping[str, str],
    stop: Sequence[str],
    pods: tuple[str, str] | None = None,
    queries: Mapping[str, str] | None = None,
) -> Path:
    """Write the profile of a climb; `pods` are a namespace and a workload, None watches none."""
    monitor: Json = {"prometheus": {"url": prometheus, "timeout": "2s"}}
    if pods is not None:
        monitor["kubernetes"] = {"namespace": pods[0], "workloads": [pods[1]]}
    if queries is not None:
        monitor["queries"] = dict(queries)
    content: Json = {
        "version": 1,
        "name": "watched",
        "target": {"base_url": url},
        "scenarios": {"main": {"request": {"path": "/"}}},
        "steps": {"settle": "1s", **steps},
        "stop": [*stop],
    } | ({} if prometheus is None else {"monitor": monitor})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))  # which is YAML, too
    return path


def climb(path: Path) -> Ended:
    """Climb to the end, undisturbed."""
    return undisturbed(lambda out: run_tool(str(path), "-t", "1", out=out), path.parent / "out")


@contextmanager
def climbing(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A climb that goes on while the block does something else; its output is below `out-0`."""
    process = subprocess.Popen(
        arguments(str(path), "-t", "1", out=path.parent / "out-0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def end_of(process: subprocess.Popen[bytes], path: Path, *, within_s: float = 90) -> Ended:
    """What a climb left behind, once it has ended."""
    out, err = process.communicate(timeout=within_s)
    return Ended(process.returncode, out.decode(), err.decode(), path.parent / "out-0")


def wait_for_steps(count: int, process: subprocess.Popen[bytes], path: Path) -> None:
    """Wait until so many steps of a climb under way are complete, or it has ended."""
    wait_until(
        lambda: process.poll() is not None or _steps_on_disk(path) >= count, f"{count} steps"
    )


def wait_for_end(process: subprocess.Popen[bytes], path: Path) -> None:
    """Wait until a climb under way has written how it ended; its graphs may be still to come."""
    wait_until(lambda: process.poll() is not None or _has_ended(path), "end of the run")


def _on_disk(path: Path) -> list[Json]:
    return [json.loads(run.read_text()) for run in path.parent.glob("out-0/*/2*/run.json")]


def _steps_on_disk(path: Path) -> int:
    return max((len(run["steps"]) for run in _on_disk(path)), default=0)


def _has_ended(path: Path) -> bool:
    return any(run["end"]["reason"] != "not_finished" for run in _on_disk(path))


def judgement(step: Json, metric: str) -> Json:
    """What was made of the one rule on a metric in a step."""
    found: Json
    (found,) = [one for one in step["judgements"] if one["rule"]["metric"] == metric]
    return found


def reading(step: Json, name: str) -> Json:
    """What was read of a resource over a whole step."""
    found: Json
    (found,) = [one for one in step["resources"] if one["name"] == name]
    return found
