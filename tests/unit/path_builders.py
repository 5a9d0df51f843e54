"""How does a test get two runs of one service over two paths, with what matters spelled out?"""

from collections.abc import Sequence
from dataclasses import replace

from capacity.analysis.measure import measure
from capacity.analysis.paths import PathSource
from capacity.model.findings import (
    Capacity,
    CapacityKind,
    Estimate,
    Findings,
    Knee,
    NoCapacity,
    NoKnee,
)
from capacity.model.load import ClosedLoop
from capacity.model.run import Run, Step
from tests.unit.builders import KNEE, a_latency, a_plan, a_run, a_step

LEVELS = (1, 4, 16, 64)


def a_path_step(
    concurrency: int,
    qps: float,
    *,
    index: int = 0,
    p50_s: float = 0.010,
    connect_s: float | None = None,
    tls_s: float | None = None,
    connects: int = 0,
) -> Step:
    """A step whose parts are known: nine tenths of the mean until the first byte, the rest after.

    `connects` connections were opened in its hold, each in `connect_s` and `tls_s`.
    """
    step = a_step(concurrency, qps, index=index, mean_s=p50_s / 0.95)
    ok = step.counts.ok
    mean_s = p50_s / 0.95
    return replace(
        step,
        first_byte=a_latency(0.9 * mean_s, count=ok),
        transfer=a_latency(0.1 * mean_s, count=ok),
        connect=None if connect_s is None else a_latency(connect_s, count=connects),
        tls=None if tls_s is None else a_latency(tls_s, count=connects),
        connections=replace(step.connections, opened=connects),
    )


def a_path_run(steps: Sequence[Step], *, port: int = 8080, scheme: str = "http") -> Run:
    """A run of these steps against this address."""
    plan = a_plan([int(step.plan.load.level) for step in steps])
    target = replace(plan.target, port=port, scheme=scheme)
    return a_run(steps, plan=replace(plan, target=target))


def a_capacity(
    qps: float, spread: float = 1.03, *, kind: CapacityKind = CapacityKind.SATURATED
) -> Capacity:
    """A capacity whose interval is `spread` times wide to either side."""
    about = Estimate(qps, qps / spread, qps * spread)
    return Capacity(ClosedLoop(16), qps, 0.02, 1.0, None, kind=kind, qps_range=about)


def a_source(
    name: str = "outside",
    qps: float = 400.0,
    *,
    run: Run | None = None,
    capacity: Capacity | NoCapacity | None = None,
    knee: Knee | NoKnee = KNEE,
    exit_code: int = 0,
    p50_s: float = 0.010,
) -> PathSource:
    """A finished run that saturates at `qps`, unless its capacity is given."""
    if run is None:
        steps = [
            a_path_step(n, min(n / p50_s, qps), index=i, p50_s=max(p50_s, n / qps))
            for i, n in enumerate(LEVELS)
        ]
        run = a_path_run(steps, port=443 if name == "outside" else 8080)
    found = Findings(None, knee, a_capacity(qps) if capacity is None else capacity, exit_code)
    return PathSource(name, [measure(step) for step in run.steps], found, run)
