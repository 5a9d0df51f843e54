"""What does the tool say of a target in one short run, and is it what the instruments say?

The product is called by its command and read by its files, as its users do.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.tool import LADDER_ALONE, Ended, free_of_other_work, plain_environment
from tests.lab.cpu_group import CpuGroup, cpu_group
from tests.lab.lab import Lab
from tests.targets.target import Playing, Target

Json = dict[str, Any]

SETTLE = "1s"
HOLD = "4s"
_TOOL_WITHIN_S = 240.0
# An answer, none because the first step broke a limit, none because this machine was the limit.
_WITH_ANSWER = (0, 4, 5)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A figure of the first candidate's evidence beside what the instruments saw."""

    figure: str
    told: float
    seen: float

    @property
    def ratio(self) -> float:
        """How far the told value is off, as a share of the true one."""
        if self.seen == 0:
            return 0.0 if self.told == 0 else float("inf")
        return self.told / self.seen - 1.0


@dataclass(frozen=True, slots=True)
class Play:
    """One run: what was named first and how surely, and how true its figures are.

    `named` is the state of the diagnosis where it names nothing. `void_because` says why the run
    is no answer, empty where it is one.
    """

    target: str
    is_watched: bool
    named: str
    confidence: str
    others: tuple[str, ...]
    deviations: tuple[Deviation, ...]
    exit_code: int
    void_because: str
    duration_s: float
    said: str
    run_json: Path


def play(target: Target, lab: Lab, out: Path, *, is_watched: bool) -> Play:
    """Start the service, let the tool find out about it, and hold its evidence to the truth."""
    begin_s = time.monotonic()
    with target.start(lab) as playing:
        ended = _run(target, playing, out, is_watched=is_watched)
        if ended.code not in _WITH_ANSWER:
            message = f"{target.name}: the tool ended with exit code {ended.code}\n{ended.err}"
            raise RuntimeError(message)
        run = ended.run_json
        deviations = tuple(_deviations(run, playing))
    diagnosis: Json = run["bottleneck"]
    candidates: list[Json] = diagnosis["candidates"]
    first = candidates[0] if candidates else {"kind": diagnosis["state"], "confidence": ""}
    return Play(
        target=target.name,
        is_watched=is_watched,
        named=first["kind"],
        confidence=first["confidence"],
        others=tuple(f"{one['kind']} {one['confidence']}" for one in candidates[1:]),
        deviations=deviations,
        exit_code=ended.code,
        void_because="" if target.kind == "generator" else _void_because(ended, run),
        duration_s=time.monotonic() - begin_s,
        said=ended.out,
        run_json=ended.run_folder / "run.json",
    )


def _run(target: Target, playing: Playing, out: Path, *, is_watched: bool) -> Ended:
    out.mkdir(parents=True, exist_ok=True)
    profile = out / "profile.yaml"
    profile.write_text(json.dumps(_profile(target, playing, is_watched=is_watched)))
    flags = [*playing.flags, *(playing.monitor_flags if is_watched else ())]
    command = [sys.executable, "-m", "capacity", "run", str(profile), *LADDER_ALONE, "-t", "1"]
    with _tool_group(playing.tool_cores) as group:
        process = subprocess.Popen(
            [*command, *flags, "-o", str(out)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=plain_environment(),
        )
        try:
            _wait(process, lambda: any(out.glob("*/2*/run.json")))
            if group is None:
                _prefer(process.pid, *free_of_other_work()[1:])
            else:
                group.add(process.pid)
            _wait(process, lambda: _has_ended(out))
            if group is None and free_of_other_work():
                _prefer(process.pid, "--other", "0")
            told, errors = process.communicate(timeout=_TOOL_WITHIN_S)
        finally:
            process.kill()
            process.wait()
    return Ended(process.returncode, told, errors, out)


def _wait(process: "subprocess.Popen[str]", is_so: Callable[[], bool]) -> None:
    """Until something is so, or the tool has ended."""
    deadline_s = time.monotonic() + _TOOL_WITHIN_S
    while process.poll() is None and not is_so():
        assert time.monotonic() < deadline_s, "the tool does not go on"
        time.sleep(0.05)


def _has_ended(out: Path) -> bool:
    runs = [json.loads(path.read_text()) for path in out.glob("*/2*/run.json")]
    return any(run["end"]["reason"] != "not_finished" for run in runs)


def _prefer(pid: int, *policy: str) -> None:
    """Give all threads of the tool a policy; only its load must not wait for other work.

    Its start and its graphs would take the cores from others that are played side by side.
    """
    if policy:
        subprocess.run(
            ["chrt", "--all-tasks", policy[0], "--pid", policy[1], f"{pid}"],
            capture_output=True,
            check=False,  # it may have ended by now
        )


@contextmanager
def _tool_group(tool_cores: float | None) -> Iterator[CpuGroup | None]:
    """A group that holds the tool to a CPU limit, None where it has none."""
    if tool_cores is None:
        yield None
        return
    with cpu_group("capacity-tool", tool_cores) as group:
        yield group


def _profile(target: Target, playing: Playing, *, is_watched: bool) -> Json:
    place = urlsplit(playing.url)
    content: Json = {
        "version": 1,
        "name": target.name,
        "target": {"base_url": f"{place.scheme}://{place.netloc}"},
        "scenarios": {"main": {"request": {"path": place.path or "/"}}},
        "steps": {"concurrency": target.concurrencies, "settle": SETTLE, "hold": HOLD},
    }
    if is_watched and playing.monitor:
        content["monitor"] = dict(playing.monitor)
    return content


def _void_because(ended: Ended, run: Json) -> str:
    """Why this machine was the limit; steps that cannot be believed are no evidence either way."""
    if ended.was_disturbed:
        return str(run["end"]["detail"] or "this machine was the limit")
    invalid = [step for step in run["steps"] if step["trust"] == "invalid"]
    if len(invalid) * 3 > len(run["steps"]):
        reasons = "; ".join(
            sorted({reason for step in invalid for reason in step["trust_reasons"]})
        )
        return f"{len(invalid)} of {len(run['steps'])} steps cannot be believed: {reasons}"
    return ""


def _deviations(run: Json, playing: Playing) -> Iterator[Deviation]:
    """Every figure of the first candidate that the instruments have too, in its own window.

    A figure that is called `value` is what was read of a resource, and goes by that one's name.
    """
    for candidate in run["bottleneck"]["candidates"][:1]:
        for sentence in candidate["evidence"]:
            reading = _reading(run, sentence["source"])
            window = _window(run, sentence, reading)
            if window is None:
                continue
            seen = playing.instruments(*window)
            for name, figure in sentence["figures"].items():
                known = reading["name"] if name == "value" and reading is not None else name
                if known not in seen or isinstance(figure["value"], str):
                    continue
                told = float(figure["value"])
                step = _step_of_qps(run, told) if known == "qps" else None
                then = seen if step is None else playing.instruments(*step_window(step))
                yield Deviation(known, told, then[known])


def _step_of_qps(run: Json, qps: float) -> Json | None:
    """The step that carried just this: beside a reading a sentence may tell of another one's."""
    found: Json | None = next((step for step in run["steps"] if step["qps"] == qps), None)
    return found


def _reading(run: Json, source: Json | None) -> Json | None:
    """What a sentence was read from, None where it rests on the tool's own numbers."""
    if source is None:
        return None
    for step in run["steps"]:
        for reading in step["resources"]:
            is_then = reading["window_start_unix_s"] == source["start_unix_s"]
            if is_then and reading["query"] == source["query"] and reading["members"]:
                found: Json = reading
                return found
    return None


def _window(run: Json, sentence: Json, reading: Json | None) -> tuple[float, float] | None:
    """Of the sentence's source; else the hold of the step of its level; None without either."""
    if reading is not None:
        return _spanned(reading)
    figures = sentence["figures"]
    level = figures.get("level", figures.get("peak"))
    if level is None:
        return None
    for step in run["steps"]:
        load = step["concurrency"] if step["concurrency"] is not None else step["rate_qps"]
        if load == level["value"]:
            return step_window(step)
    return None


def _spanned(reading: Json) -> tuple[float, float]:
    """What the samples of a reading span, which on a busy machine differs from the whole hold."""
    begin_unix_s = float(reading["window_start_unix_s"])
    end_unix_s = float(reading["window_end_unix_s"])
    worst = max(reading["members"], key=lambda member: float(member["value"]))
    if worst["age_s"] is None or worst["coverage_ratio"] is None:
        return begin_unix_s, end_unix_s
    newest_unix_s = end_unix_s - worst["age_s"]
    oldest_unix_s = newest_unix_s - worst["coverage_ratio"] * (end_unix_s - begin_unix_s)
    return oldest_unix_s, newest_unix_s


def step_window(step: Json) -> tuple[float, float]:
    """The hold of a step, in wall clock time: as readings have it, or as the plan would."""
    for reading in step["resources"]:
        if reading["over_s"] is None:
            return float(reading["window_start_unix_s"]), float(reading["window_end_unix_s"])
    begin_unix_s = float(step["started_at_unix_s"]) + step["settle_s"]
    return begin_unix_s, begin_unix_s + step["measured_s"]
