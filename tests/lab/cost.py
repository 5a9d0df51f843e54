"""What does watching cost on the load path? Paired climbs with and without a monitor.

    python -m tests.lab.cost --rounds 6

Both climb the same nginx, in turn and in changing order, while the same Prometheus scrapes in both
cases. CPU is that of the whole process over one step, seen from outside; it is divided by the
requests of that step. Not a test: on a busy machine single rounds say little, medians do.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.end_to_end.nginx import nginx_server
from tests.end_to_end.watched import climbing, end_of, profile, wait_for_steps
from tests.lab.lab import EVERY_SECOND, Lab, lab, pod_name

HOLD_S = 10
CONCURRENCY = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one climb took for a request, and what its users felt."""

    cpu_us: float
    p50_us: float
    p99_us: float
    qps: float


def main(words: Sequence[str]) -> int:
    """Climb in pairs and print their medians and the ratio of the two."""
    parser = argparse.ArgumentParser(description="paired climbs with and without a monitor")
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args(words).rounds
    bare: list[Cost] = []
    watched: list[Cost] = []
    with (
        tempfile.TemporaryDirectory() as name,
        lab(Path(name) / "prometheus") as parts,
        nginx_server(Path(name), connections=256) as url,
        parts.replica(pod_name("idle"), "--work-ms", "1"),
    ):
        for index in range(rounds):
            folder = Path(name) / f"{index}"
            order = (bare, watched) if index % 2 == 0 else (watched, bare)
            for costs in order:
                costs.append(_climb(folder, parts, url, is_watched=costs is watched))
            _say(f"round {index + 1}: {bare[-1]} without, {watched[-1]} with a monitor")
    _say("\n| median of | without | with | ratio of pairs (median, lowest to highest) |")
    _say("|---|---|---|---|")
    for field in ("cpu_us", "p50_us", "p99_us", "qps"):
        pairs = [(getattr(a, field), getattr(b, field)) for a, b in zip(bare, watched, strict=True)]
        ratios = [with_it / without for without, with_it in pairs]
        without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
        middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
        _say(
            f"| {field} | {without:.1f} | {with_it:.1f} | {middle:.3f} ({low:.3f} to {high:.3f}) |"
        )
    return 0


def _climb(folder: Path, parts: Lab, url: str, *, is_watched: bool) -> Cost:
    """One climb of two steps, of which the second counts."""
    path = profile(
        folder / ("watched" if is_watched else "bare") / "cost.yaml",
        url=url,
        prometheus=parts.prometheus.url if is_watched else None,
        pods=(EVERY_SECOND, "deploy/idle") if is_watched else None,
        steps={
            "concurrency": f"{CONCURRENCY - 1},{CONCURRENCY}",
            "hold": f"{HOLD_S}s",
            "settle": "0s",
        },
        stop=["cpu > 95% over 5s"] if is_watched else ["error_rate > 50% over 5s"],
    )
    with climbing(path) as process:
        seen = psutil.Process(process.pid)
        wait_for_steps(1, process, path)
        before = seen.cpu_times()
        wait_for_steps(2, process, path)
        after = seen.cpu_times()
        ended = end_of(process, path)
    step: dict[str, Any] = ended.run_json["steps"][1]
    cpu_s = after.user + after.system - before.user - before.system
    latency = step["latency"]
    return Cost(
        cpu_us=cpu_s / step["counts"]["started"] * 1e6,
        p50_us=latency["p50_s"] * 1e6,
        p99_us=latency["p99_s"] * 1e6,
        qps=step["qps"],
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
