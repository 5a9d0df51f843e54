"""Which servers of known capacity are there, and what is the truth about each?

The truth is by construction. Of the knee it is N* = X_sup * R(1): `knee` has the R(1) of the
service alone; the way there and back, some 0.1 ms on loopback, is waited for by users, too.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from tests.known.models import Limiter, Lock, Model, Planned, Servers, Usl

SEED = 20_261_121


@dataclass(frozen=True, slots=True)
class Known:
    """A server with its truth; `tolerance_ratio` is how far a capacity may be off."""

    name: str
    what: str
    make: Callable[[], Model]
    capacity_qps: float
    knee: float
    tolerance_ratio: float

    def knee_with(self, path_s: float) -> float:
        """The knee as users see it who wait `path_s` for the way there and back."""
        return self.knee + self.capacity_qps * path_s


def _eight_servers() -> Model:
    return Planned(Servers(8, lambda: 0.010).answer)


def _exponential() -> Model:
    dice = random.Random(SEED)  # noqa: S311 - no secret
    return Planned(Servers(8, lambda: dice.expovariate(100.0)).answer)


def _usl() -> Usl:
    return Usl(rate_qps=100.0, sigma=0.02, kappa=0.0005, seed=SEED)


def _limiter() -> Model:
    return Planned(Limiter(0.020, 500.0, burst=50.0, refused_s=0.020).answer)


def _gateway() -> Model:
    return Planned(Limiter(0.020, 500.0, burst=50.0, refused_s=0.0).answer)


def _lock() -> Model:
    return Planned(Lock(0.008, 0.002).answer)


def _usl_peak_qps() -> float:
    model = _usl()
    peak = round(sqrt((1.0 - 0.02) / 0.0005))
    return max(model.throughput_qps(inside) for inside in (peak - 1, peak, peak + 1))


KNOWN = {
    known.name: known
    for known in (
        Known("servers", "8 servers of 10 ms", _eight_servers, 800.0, 8.0, 0.02),
        Known("mm8", "M/M/8, mean 10 ms", _exponential, 800.0, 8.0, 0.05),
        Known(
            "usl",
            "USL 100/s, sigma 0.02, kappa 0.0005",
            _usl,
            _usl_peak_qps(),
            _usl_peak_qps() / 100.0,
            0.05,
        ),
        Known("limiter", "20 ms, 429 after it above 500/s", _limiter, 500.0, 10.0, 0.02),
        Known("gateway", "20 ms, 429 at once above 500/s", _gateway, 500.0, 10.0, 0.02),
        Known("lock", "10 ms with a lock of 2 ms", _lock, 500.0, 5.0, 0.02),
    )
}
