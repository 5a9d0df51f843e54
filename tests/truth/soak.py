"""Does the tool grow while it works? `python -m tests.truth.soak --seconds 3600`.

Half of the load that the truth server carries at most, as planned starts through the product's own
engine. Afterwards every request has been counted on both sides, and memory and descriptors are what
they were at the beginning. The server is the one of crates/truth, which must have been built.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from capacity.engines.native import NativeEngine
from capacity.model.load import Arrivals, OpenLoop
from capacity.model.snapshot import Counts
from tests.contract.driving import plan_for

SERVER = Path(__file__).parents[2] / "target" / "checked" / "truth-server"
SLOTS = 64
LIMIT_SEARCH_S = 2.0
# What an interpreter may take for a buffer or an arena, once, without growing.
MEMORY_SLACK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """How large this process was at one moment."""

    memory_bytes: int
    descriptors: int

    @classmethod
    def now(cls) -> "Sample":
        """Look at this process."""
        resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
        return cls(resident_pages * os.sysconf("SC_PAGESIZE"), descriptors)


@dataclass(slots=True)
class Soak:
    """What was counted and seen."""

    counts: Counts = field(default_factory=Counts)
    read: int = 0
    answered: int = 0
    rate_qps: float = 0.0
    samples: list[Sample] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is not as it should be; the first half of the samples is the standard."""
        half = len(self.samples) // 2
        before, after = self.samples[half // 2 : half], self.samples[half:]
        grown_bytes = _most_memory(after) - _most_memory(before)
        counts = self.counts
        claims = {
            f"{counts.started} started, {self.read} read": counts.started == self.read,
            f"{counts.ok} ok, {self.answered} answered": counts.ok == self.answered,
            f"{counts.started} started, {counts.ok} ok": counts.started == counts.ok,
            f"memory grew by {grown_bytes} bytes": grown_bytes <= MEMORY_SLACK_BYTES,
            f"descriptors: {sorted({each.descriptors for each in after})}": (
                {each.descriptors for each in after} == {each.descriptors for each in before}
            ),
        }
        return [claim for claim, is_true in claims.items() if not is_true]


def _most_memory(samples: list[Sample]) -> int:
    return max(sample.memory_bytes for sample in samples)


@contextmanager
def counting_server(soak: Soak) -> Iterator[int]:
    """The truth server without a log; its port. Afterwards its counts are in `soak`."""
    with subprocess.Popen(
        [SERVER, "count", "service=constant:500"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
            server.stdin.close()
            _, read, _, answered = server.stdout.read().split()
            soak.read, soak.answered = int(read), int(answered)
        finally:
            server.kill()


def run(seconds: float) -> Soak:
    """Find the limit for some seconds, then keep half of it."""
    soak = Soak()
    with counting_server(soak) as port:
        plan = plan_for(port, highest=SLOTS)
        plan = replace(plan, fuses=replace(plan.fuses, max_requests=1 << 53))
        engine = NativeEngine(plan, (("127.0.0.1", port),))
        engine.start()
        try:
            asyncio.run(_load(engine, soak, seconds))
        finally:
            engine.close()
    return soak


async def _load(engine: NativeEngine, soak: Soak, seconds: float) -> None:
    engine.set_concurrency(SLOTS)
    await _read(engine, soak, LIMIT_SEARCH_S)
    soak.rate_qps = soak.counts.ok / LIMIT_SEARCH_S / 2
    engine.set_rate(OpenLoop(soak.rate_qps, Arrivals.CONSTANT, SLOTS))
    await _read(engine, soak, seconds, samples=soak.samples)
    engine.set_concurrency(0)
    engine.begin_window(1)
    left = 1
    while left:
        row = await engine.poll(1.0)
        if row is not None:
            soak.counts += row.counts
            left = row.in_flight if row.window == 0 and row.window_over else left


async def _read(
    engine: NativeEngine, soak: Soak, seconds: float, samples: list[Sample] | None = None
) -> None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        row = await engine.poll(min(left_s, 0.5))
        if row is not None:
            soak.counts += row.counts
        if samples is not None:
            samples.append(Sample.now())


def main() -> int:
    """Run, tell, and exit with 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    soak = run(parser.parse_args().seconds)
    before, after = soak.samples[len(soak.samples) // 4], soak.samples[-1]
    sys.stdout.write(
        f"{soak.counts.ok} requests, half load {soak.rate_qps:.0f}/s; "
        f"memory {before.memory_bytes >> 10} KiB, at the end {after.memory_bytes >> 10} KiB; "
        f"descriptors {before.descriptors}, at the end {after.descriptors}\n"
    )
    for fault in soak.faults:
        sys.stdout.write(f"not as it should be: {fault}\n")
    return 1 if soak.faults else 0


if __name__ == "__main__":
    sys.exit(main())
