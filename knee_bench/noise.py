"""What would a tool have measured on a true curve?"""

import numpy as np
from numpy.random import Generator

from capacity.model.load import ClosedLoop
from capacity.model.measured import Believed, Interval, Measured
from capacity.model.plan import Purpose
from knee_bench.model import Curve, Floats, Noise


def draw_noise(rng: Generator) -> Noise:
    """1 to 10 % from step to step, up to 8 % from second to second with r up to 0.8."""
    return Noise(
        step_ratio=float(np.exp(rng.uniform(np.log(0.01), np.log(0.10)))),
        second_ratio=float(rng.uniform(0.0, 0.08)),
        r=float(rng.uniform(0.0, 0.8)),
        outlier_probability=0.03,
    )


def draw_quiet_noise(rng: Generator) -> Noise:
    """A service that does the same every second, on a machine with nothing else to do."""
    return Noise(
        step_ratio=float(np.exp(rng.uniform(np.log(0.001), np.log(0.01)))),
        second_ratio=float(rng.uniform(0.0, 0.01)),
        r=float(rng.uniform(0.0, 0.8)),
        outlier_probability=0.01,
        poisson_share=float(rng.uniform(0.0, 1.0)),
    )


def seconds_of(rng: Generator, noise: Noise, *, true_qps: float, hold_s: int) -> Floats:
    """How many good answers ended in each second of a hold."""
    factor = float(np.exp(noise.step_ratio * rng.standard_normal()))
    if rng.random() < noise.outlier_probability:
        factor *= float(rng.uniform(0.4, 0.85))
    shocks = rng.standard_normal(hold_s)
    wander = np.empty(hold_s)
    wander[0] = shocks[0]
    for second in range(1, hold_s):
        fresh = np.sqrt(1.0 - noise.r**2) * shocks[second]
        wander[second] = noise.r * wander[second - 1] + fresh
    rate = true_qps * factor * np.maximum(0.0, 1.0 + noise.second_ratio * wander)
    scatter = np.sqrt(noise.poisson_share) * (rng.poisson(rate) - rate)
    counts: Floats = np.maximum(0.0, np.round(rate + scatter))
    return counts


def measured_at(
    curve: Curve,
    concurrency: int,
    *,
    index: int,
    hold_s: int,
    noise: Noise,
    rng: Generator,
    purpose: Purpose = Purpose.LADDER,
) -> Measured:
    """One step on a curve; its mean time follows from Little's law."""
    true_qps = float(curve.qps(np.array([float(concurrency)]))[0])
    counts = seconds_of(rng, noise, true_qps=true_qps, hold_s=hold_s)
    return measured(concurrency, counts, index=index, purpose=purpose)


def measured(
    concurrency: int, counts: Floats, *, index: int, purpose: Purpose = Purpose.LADDER
) -> Measured:
    """A step of which the good answers of each second are known, and nothing else."""
    hold_s, total = float(len(counts)), float(counts.sum())
    return Measured(
        index=index,
        load=ClosedLoop(concurrency),
        purpose=purpose,
        hold_s=hold_s,
        qps=total / hold_s,
        intervals=intervals_of(concurrency, counts),
        steadiness=None,
        mean_s=concurrency * hold_s / total if total else None,
        latency=None,
        success_ratio=1.0,
        judged=int(total),
        judgements=(),
        believed=Believed.YES,
        doubts=(),
        is_usable=True,
    )


def intervals_of(concurrency: float, counts: Floats) -> tuple[Interval, ...]:
    """The seconds of a hold; their mean time follows from Little's law."""
    return tuple(
        Interval(1.0, int(count), concurrency / float(count) if count else None) for count in counts
    )
