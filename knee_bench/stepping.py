"""Do the steps of a climb teach more than as many seconds of fixed steps?

On each curve ten geometric steps of the default length are held against a climb that may spend
half of their time. The knee of both is drawn by the same analysis. A class of curves is as good as
fixed when the median error of the climb is at most that of the fixed steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.random import Generator

from capacity.model.plan import SearchPlan
from knee_bench import curves
from knee_bench.climbs import a_plan, climb
from knee_bench.model import Answer, Curve, Noise, Truth
from knee_bench.noise import measured_at
from knee_bench.ours import ask_ours
from knee_bench.score import factor_log

FIXED_LEVELS = tuple(round(1024 ** (place / 9)) for place in range(10))
FIXED_SETTLE_S, FIXED_HOLD_S = 5.0, 30.0
FIXED_S = len(FIXED_LEVELS) * (FIXED_SETTLE_S + FIXED_HOLD_S)
# The default ladder; shorter holds, because many short steps at the right loads teach more.
LADDER = (1, 4, 16, 64, 256, 1024)
HOLD_S = 10.0
SETTLE_S = HOLD_S / 3
CLIMB_S = FIXED_S / 2

CLASSES: dict[str, tuple[str, ...]] = {
    "queues": ("servers", "balanced", "cpu and lock"),
    "delays": ("downstream delay", "bandwidth", "think time"),
    "pools": ("pool",),
    "USL": ("USL",),
    "falling": ("USL, falling", "thrashing"),
    "limiters and cliffs": ("limiter, flat", "limiter, falling", "cliff"),
    "two lines": ("two lines",),
}


@dataclass(frozen=True, slots=True)
class Duel:
    """One curve: the errors of N* as |ln(estimate / truth)|, infinite where no knee was named."""

    seed: int
    curve: Curve
    truth: Truth
    fixed: Answer
    climbed: Answer
    climb_steps: int
    climb_s: float

    @property
    def fixed_error(self) -> float:
        """The error of the ten fixed steps."""
        return _error(self.fixed, self.truth)

    @property
    def climb_error(self) -> float:
        """The error of the climb."""
        return _error(self.climbed, self.truth)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A class of curves: median and 90th percentile of both errors, and of the climb's time.

    `as_good` is the share of curves on which the climb's error was no larger.
    """

    curves: int
    fixed: tuple[float, float]
    climbed: tuple[float, float]
    as_good: float
    mean_steps: float
    mean_s: float

    @property
    def ratio(self) -> float:
        """Median error of the climb as a multiple of that of the fixed steps."""
        fixed = float(np.expm1(self.fixed[0]))
        return float(np.expm1(self.climbed[0])) / fixed if fixed > 0 else inf


def duel(seed: int, name: str) -> Duel:
    """Both ways of measuring on the curve of a seed, of this class."""
    rng = np.random.default_rng((seed, list(CLASSES).index(name)))
    kind = str(rng.choice(CLASSES[name]))
    while True:
        wanted = float(np.exp(rng.uniform(np.log(1.5), np.log(600.0))))
        curve = curves.draw_curve(rng, kind, wanted)
        truth = curves.truth_of(curve)
        if 1.2 <= truth.n95 <= 800.0:
            break
    noise = _noise(rng)
    steps = [
        measured_at(curve, level, index=i, hold_s=int(FIXED_HOLD_S), noise=noise, rng=rng)
        for i, level in enumerate(FIXED_LEVELS)
    ]
    search = SearchPlan(recheck=True, budget_s=CLIMB_S)
    plan = a_plan(LADDER, search, settle_s=SETTLE_S, hold_s=HOLD_S)
    climbed = climb(plan, curve, noise, rng)
    return Duel(
        seed=seed,
        curve=curve,
        truth=truth,
        fixed=ask_ours(steps),
        climbed=ask_ours(climbed.measured),
        climb_steps=len(climbed.steps),
        climb_s=climbed.took_s,
    )


def compare(duels: Sequence[Duel]) -> Comparison:
    """The figures of a class."""
    return Comparison(
        curves=len(duels),
        fixed=_quantiles([one.fixed_error for one in duels]),
        climbed=_quantiles([one.climb_error for one in duels]),
        as_good=float(np.mean([one.climb_error <= one.fixed_error for one in duels])),
        mean_steps=float(np.mean([one.climb_steps for one in duels])),
        mean_s=float(np.mean([one.climb_s for one in duels])),
    )


def _noise(rng: Generator) -> Noise:
    """Quieter than the noise of the table: 0.5 to 4 % from step to step, on a quiet machine."""
    return Noise(
        step_ratio=float(np.exp(rng.uniform(np.log(0.005), np.log(0.04)))),
        second_ratio=float(rng.uniform(0.0, 0.08)),
        r=float(rng.uniform(0.0, 0.8)),
        outlier_probability=0.02,
    )


def _error(answer: Answer, truth: Truth) -> float:
    return inf if answer.knee is None else factor_log(answer.knee.value, truth.knee)


def _quantiles(errors: Sequence[float]) -> tuple[float, float]:
    median, p90 = np.percentile(errors, [50.0, 90.0], method="higher")
    return float(median), float(p90)
