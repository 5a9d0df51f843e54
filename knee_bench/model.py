"""What are a true curve, a case of the bench and an answer to it?

The definitions are those of docs/knee.md: N* = X_sup / X(1), N95 the least concurrency with 95 % of
X_sup, and a curve is retrograde in a range when it has fallen by 5 % or more at the range's end.
Where a curve is near an edge between two words either is right, and it counts for neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from capacity.model.findings import Estimate
from capacity.model.measured import Measured

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Good throughput over concurrency without noise; `qps` takes concurrencies of at least 1.

    `ceiling_qps` is the supremum when it is known in closed form; None: the highest value is it.
    `failing_ratio` is the share of answers that are errors; None: there are none.
    """

    kind: str
    qps: Callable[[Floats], Floats]
    ceiling_qps: float | None
    failing_ratio: Callable[[Floats], Floats] | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """What there is to find in a curve; `n95` is infinite where it lies beyond all that we solve.

    `peak` is where the highest throughput is, None when the curve never falls.
    """

    knee: float
    n95: float
    saturation_qps: float
    peak: float | None


class State(StrEnum):
    """What a range of loads shows of a curve; BETWEEN: either of two words is right."""

    SATURATED = "saturated"
    NOT_REACHED = "not_reached"
    BELOW_RANGE = "below_range"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Noise:
    """How measured throughput differs from the true one.

    `step_ratio` is the standard deviation of a step's own factor, `second_ratio` that of the
    seconds' rate with correlation `r` from second to second. On top counts scatter with
    `poisson_share` of the variance of Poisson's. With `outlier_probability` a step is an outlier,
    which has lost 15 to 60 % of its throughput.
    """

    step_ratio: float
    second_ratio: float
    r: float
    outlier_probability: float
    poisson_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """One curve, the steps that were measured on it, and what is true in their range.

    `is_retrograde` is None where the fall is so small that either word is right.
    """

    seed: int
    curve: Curve
    truth: Truth
    grid: str
    noise: Noise
    steps: tuple[Measured, ...]
    state: State
    is_retrograde: bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method says of a case; None is what it does not speak of.

    `state` is SATURATED when it names a knee.
    """

    state: State
    knee: Estimate | None
    n95: Estimate | None
    saturation_qps: Estimate | None
    is_retrograde: bool | None
    took_s: float = 0.0
