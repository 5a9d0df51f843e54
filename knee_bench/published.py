"""What do we say of measurements that others have published, beside what they said?

The numbers are facts that have been published: two data sets of the R package `usl`, and two curves
of the paper on Kneedle, which are functions and no measurements.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import erf, sqrt

import numpy as np

from capacity.model.findings import CurveFit, Estimate, Knee, NoKnee
from capacity.model.measured import Measured
from knee_bench.noise import measured
from knee_bench.ours import knee_of


@dataclass(frozen=True, slots=True)
class Published:
    """A curve, one quantity that was published of it, and why ours may differ.

    `ours` takes the same quantity from our fit; None where there is none.
    """

    name: str
    rates: tuple[tuple[int, float], ...]
    quantity: str
    value: float
    ours: Callable[[CurveFit], Estimate | None]
    remark: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A published value beside ours; `state` is how our analysis calls the curve.

    `is_named` says whether we name a knee at all; without that the estimate is the fit's alone.
    """

    published: Published
    estimate: Estimate | None
    state: str
    is_named: bool

    @property
    def is_inside(self) -> bool | None:
        """Whether the published value lies inside our interval; None when we name none."""
        if self.estimate is None or not self.is_named:
            return None
        return self.estimate.low <= self.published.value <= self.estimate.high


SPEC_SDM91 = (
    (1, 64.9),
    (18, 995.9),
    (36, 1652.4),
    (72, 1853.2),
    (108, 1828.9),
    (144, 1775.0),
    (216, 1702.2),
)
RAYTRACER = (
    (1, 20.0),
    (4, 78.0),
    (8, 130.0),
    (12, 170.0),
    (16, 190.0),
    (20, 200.0),
    (24, 210.0),
    (28, 230.0),
    (32, 260.0),
    (48, 280.0),
    (64, 310.0),
)
# y = 5 - 1 / (x + 0.1) for x from 0 to 1 in ten points, raised by 5 and counted in hundredths:
# X = 10 N / (N + 10), a hyperbola whose asymptotes cross at 10. The point at 0 is no load.
KNEEDLE_FIGURE_2 = tuple((n, 10.0 * n / (n + 10.0)) for n in (11, 22, 33, 44, 56, 67, 78, 89, 100))
# The distribution function of N(50, 10), times 100.
KNEEDLE_NORMAL = tuple(
    (n, 50.0 * (1.0 + erf((n - 50.0) / (10.0 * sqrt(2.0))))) for n in range(20, 85, 5)
)

PUBLISHED: tuple[Published, ...] = (
    Published(
        "SPEC SDM91 (`specsdm91`)",
        SPEC_SDM91,
        "peak",
        96.5,
        lambda fit: fit.peak,
        "It fell by 8 % from 72 to 216 users. Without known errors of the steps we hold scatter "
        "for the likelier cause (a fall has 14 %) and name no peak; USL has but one shape.",
    ),
    Published(
        "SPEC SDM91 (`specsdm91`)",
        SPEC_SDM91,
        "X_sup",
        1883.9,
        lambda fit: fit.saturation_qps,
        "",
    ),
    Published(
        "ray tracer (`raytracer`)",
        RAYTRACER,
        "peak",
        449.0,
        lambda fit: fit.peak,
        "USL extrapolates from at most 64 processors. We name no peak and no knee beyond what was "
        "measured: throughput still grew there.",
    ),
    Published(
        "Kneedle, figure 2",
        KNEEDLE_FIGURE_2,
        "knee",
        22.2,
        lambda fit: fit.knee,
        "A hyperbola with 91 % of its ceiling at its last point: N* is 11, and 95 % comes at 190, "
        "beyond the points. Kneedle's knee is where it bends most once both axes are scaled to "
        "the points that happen to be there.",
    ),
    Published(
        "Kneedle, normal distribution",
        KNEEDLE_NORMAL,
        "knee",
        60.0,
        lambda fit: fit.knee,
        "It grows faster than in proportion up to 50, which the throughput of no service does: "
        "more users do not make each other quicker.",
    ),
)


def beside(published: Published) -> Beside:
    """Ask our analysis, which is told no errors: there are none in what was published."""
    found = knee_of(tuple(_step(i, *rate) for i, rate in enumerate(published.rates)))
    estimate = None if found.fit is None else published.ours(found.fit)
    return Beside(published, estimate, _state(found), is_named=isinstance(found, Knee))


def _state(found: Knee | NoKnee) -> str:
    if isinstance(found, NoKnee):
        return found.reason.value
    return "saturated, falling" if found.fit.is_retrograde else "saturated"


def _step(index: int, concurrency: int, qps: float) -> Measured:
    """A step of which nothing but its throughput is known."""
    step = measured(concurrency, np.array([qps]), index=index)
    return replace(step, hold_s=None, intervals=(), success_ratio=None, judged=None)


def all_beside() -> Sequence[Beside]:
    """Every published value."""
    return tuple(beside(published) for published in PUBLISHED)
