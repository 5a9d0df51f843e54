"""What do the usual ways to name a knee say of the same steps?

Each sees what a user would give it: concurrency and mean throughput of each step, no errors. Where
a method has no word for a quantity, the nearest that its users take stands in: the highest measured
throughput for X_sup, and for Kneedle its knee for N95, too.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from time import process_time

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares

from capacity.model.findings import Estimate
from capacity.model.measured import Measured
from knee_bench.model import Answer, Floats, State

_FINE = 4000
_FALL = 0.05


def rates_of(steps: Sequence[Measured]) -> tuple[Floats, Floats]:
    """Concurrencies and throughputs, ascending."""
    pairs = sorted((step.load.level, step.qps) for step in steps if step.qps is not None)
    levels, qps = zip(*pairs, strict=True)
    return np.array(levels, dtype=np.float64), np.array(qps, dtype=np.float64)


def ask_kneed(steps: Sequence[Measured]) -> Answer:
    """Kneedle with its default options (Satopaa and others 2011), by the package `kneed`."""
    locator = import_module("kneed").KneeLocator  # only `make knee-bench` installs it
    levels, qps = rates_of(steps)
    begin = process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = locator(levels, qps, curve="concave", direction="increasing").knee
    took_s = process_time() - begin
    if found is None:
        return Answer(State.NOT_REACHED, None, None, None, None, took_s)
    knee = _point(float(found))
    return Answer(State.SATURATED, knee, knee, _point(float(qps.max())), None, took_s)


def ask_power(steps: Sequence[Measured]) -> Answer:
    """The maximum of X^2 / N (Kleinrock 1979) on a monotone interpolation of ln X over ln N."""
    levels, qps = rates_of(steps)
    begin = process_time()
    fine = np.geomspace(levels[0], levels[-1], _FINE)
    ln_qps = np.log(np.maximum(qps, 1e-9))
    curve = np.exp(PchipInterpolator(np.log(levels), ln_qps)(np.log(fine)))
    top = int(np.argmax(curve**2 / fine))
    n95 = float(fine[np.argmax(curve >= 0.95 * curve.max())])
    state = State.SATURATED
    if top == len(fine) - 1:
        state = State.NOT_REACHED
    elif top == 0:
        state = State.BELOW_RANGE
    answer = (_point(float(fine[top])), _point(n95), _point(float(qps.max())))
    return Answer(state, *answer, is_retrograde=None, took_s=process_time() - begin)


def fit_usl(levels: Floats, qps: Floats) -> Floats:
    """Least squares of a N / (1 + s (N - 1) + k N (N - 1)): a, s and k, none below zero."""

    def misfit(parameters: Floats) -> Floats:
        rate, sigma, kappa = np.exp(parameters)
        misses: Floats = (usl(levels, rate, sigma, kappa) - qps) / qps.max()
        return misses

    rate = max(float(np.max(qps / levels)), 1e-9)
    starts = [(0.1, 1e-3), (0.01, 1e-6), (1.0 / levels[-1], 1.0 / levels[-1] ** 2)]
    fits = [
        least_squares(
            misfit,
            np.log([rate, sigma, kappa]),
            bounds=(np.log([rate / 1e3, 1e-9, 1e-14]), np.log([rate * 1e3, 10.0, 10.0])),
        )
        for sigma, kappa in starts
    ]
    best = min(fits, key=lambda fit: float(fit.cost))
    parameters: Floats = np.exp(np.asarray(best.x, dtype=np.float64))
    return parameters


def usl(levels: Floats, rate: float, sigma: float, kappa: float) -> Floats:
    """Gunther's law."""
    qps: Floats = rate * levels / (1 + sigma * (levels - 1) + kappa * levels * (levels - 1))
    return qps


def ask_usl(steps: Sequence[Measured]) -> Answer:
    """N*, N95 and X_sup of the universal scalability law (Gunther 1993) that fits best."""
    levels, qps = rates_of(steps)
    begin = process_time()
    rate, sigma, kappa = (float(value) for value in fit_usl(levels, qps))
    dense = np.geomspace(1.0, 1e9, 20_000)
    curve = usl(dense, rate, sigma, kappa)
    ceiling = float(curve.max())
    n95 = float(dense[np.argmax(curve >= 0.95 * ceiling)])
    state = State.SATURATED
    if n95 > levels[-1]:
        state = State.NOT_REACHED
    elif n95 < levels[0]:
        state = State.BELOW_RANGE
    within = curve[(dense >= levels[0]) & (dense <= levels[-1])]
    return Answer(
        state,
        knee=_point(ceiling / rate),
        n95=_point(n95),
        saturation_qps=_point(ceiling),
        is_retrograde=bool(within[-1] <= (1 - _FALL) * within.max()),
        took_s=process_time() - begin,
    )


def _point(value: float) -> Estimate:
    """A value without an interval."""
    return Estimate(value, value, value)


RIVALS: Mapping[str, Callable[[Sequence[Measured]], Answer]] = {
    "kneed": ask_kneed,
    "USL": ask_usl,
    "power": ask_power,
}


def is_here(name: str) -> bool:
    """Whether a rival can be asked on this machine."""
    return name != "kneed" or find_spec("kneed") is not None
