"""Does a busy machine ever get a wrong number past the verdict? `python -m tests.truth.burners`.

Each round measures one step against a service that knows its own latencies, beside 0 to 4 CPU
burners and a quota on the tool. A step that is VALID and whose P99 is more than 10 % off is the
worst fault there is. On a quiet machine nearly every round without a disturbance must be VALID.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.truth.disturbances import QUOTAS, Quota, burners, busy_s, quota

MAX_OFF_RATIO = 0.10
QUIET_VALID_RATIO = 0.95
# More than this of the machine's CPU time used by others is not a quiet machine.
QUIET_ELSEWHERE_RATIO = 0.05
# So many requests a second that the service, in Python, has time for each.
RATE_QPS = 500
ROUND_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """Latencies of the service: log-normal, or constant when `sigma` is 0."""

    median_s: float
    sigma: float

    @property
    def concurrency(self) -> int:
        """The load that makes about RATE_QPS."""
        return max(1, round(RATE_QPS * self.median_s))


# A fast and constant one shows every delay of our own in its P99; in the others it drowns.
SERVICES = (Service(0.002, 0.0), Service(0.015, 0.25), Service(0.060, 0.25))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one round measures, and what it is disturbed by."""

    seed: int
    service: Service
    burners: int
    quota: Quota

    @property
    def is_undisturbed(self) -> bool:
        """Whether nothing of ours runs beside the tool."""
        return self.burners == 0 and self.quota.stopped_s <= 0


@dataclass(frozen=True, slots=True)
class Round:
    """What came of it: the verdict, both P99s, and how busy the rest of the machine was."""

    conditions: Conditions
    trust: str
    reasons: tuple[str, ...]
    true_p99_s: float
    measured_p99_s: float | None
    elsewhere_ratio: float

    @property
    def off_ratio(self) -> float | None:
        """How far the measured P99 is from the true one; None while it was withheld."""
        if self.measured_p99_s is None:
            return None
        return self.measured_p99_s / self.true_p99_s - 1

    @property
    def is_false_valid(self) -> bool:
        """Whether a wrong number was called right."""
        off = self.off_ratio
        return self.trust == "valid" and off is not None and abs(off) > MAX_OFF_RATIO

    @property
    def is_quiet(self) -> bool:
        """Whether neither we nor anybody else disturbed the tool."""
        return self.conditions.is_undisturbed and self.elsewhere_ratio <= QUIET_ELSEWHERE_RATIO


def conditions_of(seed: int) -> Conditions:
    """Every mix of service, burners and quota comes once in 75 seeds; first without a quota."""
    service = SERVICES[seed % len(SERVICES)]
    return Conditions(seed, service, seed % 5, QUOTAS[seed // 5 % len(QUOTAS)])


def quiet_conditions_of(seed: int) -> Conditions:
    """The same services without a disturbance of ours."""
    return Conditions(seed, SERVICES[seed % len(SERVICES)], 0, QUOTAS[0])


def measure(conditions: Conditions, *, hold_s: float) -> Round:
    """One round: service, tool, disturbances; then both sides are compared."""
    began_s, busy_before_s, ours_before_s = time.monotonic(), busy_s(), _ours_s()
    with tempfile.TemporaryDirectory() as folder:
        stamps = Path(folder) / "stamps"
        with _service(conditions, stamps) as port, burners(conditions.burners):
            told = _tell(port, conditions, hold_s)
        latencies_s = latencies_between(stamps.read_bytes(), told["start_s"], told["end_s"])
    elsewhere_s = busy_s() - busy_before_s - (_ours_s() - ours_before_s)
    machine_s = (time.monotonic() - began_s) * (os.cpu_count() or 1)
    return Round(
        conditions=conditions,
        trust=told["trust"],
        reasons=tuple(told["reasons"]),
        true_p99_s=nearest_rank(latencies_s, 0.99),
        measured_p99_s=told["p99_s"],
        elsewhere_ratio=max(elsewhere_s, 0.0) / machine_s,
    )


@contextmanager
def _service(conditions: Conditions, stamps: Path) -> Iterator[int]:
    """The service as a process; on leaving it has written its stamps."""
    service = conditions.service
    words = [str(service.median_s), str(service.sigma), str(conditions.seed), str(stamps)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.truth.known_service", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.communicate(timeout=ROUND_LIMIT_S)


def _tell(port: int, conditions: Conditions, hold_s: float) -> dict[str, Any]:
    """What the tool says of its step, made under a quota."""
    words = [str(port), str(conditions.service.concurrency), str(hold_s)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.truth.watched_step", *words],
        stdout=subprocess.PIPE,
        text=True,
    )
    with quota(process.pid, conditions.quota):
        out, _ = process.communicate(timeout=ROUND_LIMIT_S)
    told: dict[str, Any] = json.loads(out)
    return told


def _ours_s() -> float:
    """CPU time of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def latencies_between(stamps: bytes, start_s: float, end_s: float) -> list[float]:
    """Seconds from arrival to answer of each request that arrived in this time."""
    pairs = array("q", stamps)
    return [
        (answered_ns - arrived_ns) / 1e9
        for arrived_ns, answered_ns in zip(pairs[::2], pairs[1::2], strict=True)
        if start_s <= arrived_ns / 1e9 < end_s
    ]


def nearest_rank(values: Sequence[float], quantile: float) -> float:
    """The plain definition, by sorting."""
    return sorted(values)[math.ceil(quantile * len(values)) - 1]


def table_line(one: Round) -> str:
    """One round as a line of the table."""
    off = "-" if one.off_ratio is None else f"{one.off_ratio:+.1%}"
    measured = "-" if one.measured_p99_s is None else f"{one.measured_p99_s * 1e3:.1f}"
    return (
        f"{one.conditions.seed:4} {one.conditions.service.median_s * 1e3:5.0f}ms "
        f"{one.conditions.burners:7} {one.conditions.quota.name:>9} "
        f"{one.elsewhere_ratio:9.0%} {one.trust:>8} {one.true_p99_s * 1e3:9.1f} {measured:>9} "
        f"{off:>8} {'WRONG' if one.is_false_valid else '':5}  {'; '.join(one.reasons)}"
    ).rstrip()


HEADER = (
    "seed service burners     quota elsewhere  verdict  true P99  measured   off by        "
    "(P99 in ms)"
)


def summary(rounds: Sequence[Round]) -> tuple[str, bool]:
    """The last lines of a long run, and whether it passed."""
    wrong = [one for one in rounds if one.is_false_valid]
    quiet = [one for one in rounds if one.is_quiet]
    valid = [one for one in quiet if one.trust == "valid"]
    trusts = Counter(one.trust for one in rounds)
    counted = ", ".join(f"{count} {trust}" for trust, count in sorted(trusts.items()))
    passed = not wrong and len(valid) >= QUIET_VALID_RATIO * len(quiet)
    return (
        f"{len(rounds)} rounds: {counted}\n"
        f"VALID with a P99 more than {MAX_OFF_RATIO:.0%} off: {len(wrong)} (limit 0)\n"
        f"quiet rounds that were VALID: {len(valid)} of {len(quiet)} "
        f"(limit {QUIET_VALID_RATIO:.0%})",
        passed,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run the rounds and print the table; the exit code says whether the verdict held."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.burners")
    parser.add_argument("--seeds", type=int, default=100, help="rounds beside disturbances")
    parser.add_argument("--quiet", type=int, default=20, help="rounds without a disturbance")
    parser.add_argument("--hold", type=float, default=3.0, help="seconds of each hold")
    options = parser.parse_args(words)
    rounds = []
    sys.stdout.write(f"{HEADER}\n")
    mixes = [conditions_of(seed) for seed in range(options.seeds)]
    mixes += [quiet_conditions_of(1_000 + seed) for seed in range(options.quiet)]
    for mix in mixes:
        rounds.append(measure(mix, hold_s=options.hold))
        sys.stdout.write(f"{table_line(rounds[-1])}\n")
        sys.stdout.flush()
    text, passed = summary(rounds)
    sys.stdout.write(f"{text}\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
