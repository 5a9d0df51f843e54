"""What does the tool say of a server whose truth is known, in one run?

The server counts for itself, so a trial also says whether tool and server saw the same requests.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.tool import Ended, free_of_other_work, plain_environment
from tests.known.services import KNOWN, Known

MOST_S = 900.0
_PATH_TRIES = 5
# An answer, none because the first step broke a limit, none because this machine was the limit.
_WITH_ANSWER = (0, 4, 5)


@dataclass(frozen=True, slots=True)
class Range:
    """A number with the range in which the tool says that it lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: what was said, by which steps, and how long it took.

    `capacity` and `knee` are None when none was named. `missed` is how many requests the server
    counted beyond those that the tool did.
    """

    server: str
    duration_s: float
    exit_code: int
    end: str
    capacity: Range | None
    knee: Range | None
    checks: tuple[str, ...]
    steps: tuple[str, ...]
    said: str
    missed: int

    @property
    def is_void(self) -> bool:
        """Whether the tool said that this machine was its limit."""
        return self.exit_code == 5 or self.end == "generator"

    def is_capacity_right(self, known: Known) -> bool:
        """Whether the capacity is as near to the truth as was asked."""
        if self.capacity is None:
            return False
        return abs(self.capacity.value / known.capacity_qps - 1.0) <= known.tolerance_ratio

    def is_knee_inside(self, known: Known, path_s: float) -> bool:
        """Whether the true knee lies in the range.

        It is known as well as the way there and back, which is between nothing and `path_s`.
        """
        if self.knee is None:
            return False
        return self.knee.low <= known.knee_with(path_s) and known.knee <= self.knee.high


@contextmanager
def known_server(known: Known) -> Iterator[str]:
    """The URL of the server as a process of its own, kept free of other work like the tool."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.known.server", known.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(PermissionError):
            os.sched_setscheduler(process.pid, os.SCHED_RR, os.sched_param(1))
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.stdin.close()


def measured_path_s() -> float:
    """The way to a server and back, by another program: its one user, less the time of service.

    The quickest of some tries, for other work of the machine only makes it longer.
    """
    known = KNOWN["servers"]
    with known_server(known) as url:
        latencies_s = [_latency_by_wrk_s(url) for _ in range(_PATH_TRIES)]
    return min(latencies_s) - known.knee / known.capacity_qps


def _latency_by_wrk_s(url: str) -> float:
    command = [*free_of_other_work(), "wrk", "-t1", "-c1", "-d1s", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Latency +([0-9.]+)ms", told)
    if found is None:
        message = f"wrk told no latency in milliseconds: {told}"
        raise RuntimeError(message)
    return float(found.group(1)) / 1000.0


def counted(url: str) -> dict[str, int]:
    """What the server counted."""
    with urllib.request.urlopen(f"{url}stats", timeout=5) as answer:  # noqa: S310  # loopback
        loaded: dict[str, int] = json.loads(answer.read())
        return loaded


def play(known: Known, *flags: str, out: Path) -> Trial:
    """Let the tool find out about a fresh server, with these flags and nothing else said."""
    with known_server(known) as url:
        begin_s = time.monotonic()
        ended = _run(url, "--name", known.name, *flags, out=out)
        duration_s = time.monotonic() - begin_s
        seen = counted(url)
    if ended.code not in _WITH_ANSWER:
        message = f"the tool ended with exit code {ended.code}\n{ended.err}"
        raise RuntimeError(message)
    run = ended.run_json
    return _trial(known, ended, run, duration_s, seen["good"] + seen["refused"])


def _run(*words: str, out: Path) -> Ended:
    """Call `capacity run` with its own defaults."""
    command = [sys.executable, "-m", "capacity", "run", *words, "-o", str(out)]
    ended = subprocess.run(
        [*free_of_other_work(), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MOST_S,
        env=plain_environment(),
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr, out)


def _trial(
    known: Known, ended: Ended, run: dict[str, Any], duration_s: float, answered: int
) -> Trial:
    return Trial(
        server=known.name,
        duration_s=duration_s,
        exit_code=ended.code,
        end=_end_text(run["end"]),
        capacity=_capacity(run["capacity"]),
        knee=_knee(run["knee"]),
        checks=_checks(run["capacity"]),
        steps=tuple(map(_step_text, run["steps"])),
        said=ended.out,
        missed=answered - run["totals"]["started"],
    )


def _end_text(end: dict[str, Any]) -> str:
    return str(end["reason"])


def _capacity(capacity: dict[str, Any]) -> Range | None:
    if not capacity["found"]:
        return None
    held = capacity["qps_range"] or {"low": capacity["qps"], "high": capacity["qps"]}
    return Range(capacity["qps"], held["low"], held["high"])


def _knee(knee: dict[str, Any]) -> Range | None:
    return Range(knee["concurrency"], knee["low"], knee["high"]) if knee["found"] else None


def _checks(capacity: dict[str, Any]) -> tuple[str, ...]:
    if not capacity["found"]:
        return ()
    names = ("verification", "confirmation", "recovery")
    return tuple(f"{name} {capacity[name]['state']}" for name in names)


def _step_text(step: dict[str, Any]) -> str:
    level = step["concurrency"] if step["concurrency"] is not None else f"{step['rate_qps']:g}/s"
    words = [step["purpose"], f"{level}:", f"{step['qps']:.1f}/s", step["trust"]]
    if step["trust"] == "invalid":
        words.append(f"({'; '.join(step['trust_reasons'])})")
    if step["ended_early"]:
        words.append("cut")
    steadiness = step["steadiness"]
    if steadiness is not None and steadiness["state"] != "steady":
        words.append(steadiness["state"])
    if steadiness is not None and steadiness["extended_s"]:
        words.append(f"+{steadiness['extended_s']:.1f}s")
    broken = [one["rule"]["text"] for one in step["judgements"] if one["state"] == "breach"]
    return " ".join(map(str, [*words, *broken]))
