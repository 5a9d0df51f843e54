"""Which shapes can good throughput over concurrency have, and where are the knees of each?

Residence time R(N) of a closed system, in units of R(1), with n = N as far as a cut C lets it:

    bend(n) = (1 + (n^p - 1) / K^p)^(1 / p)
    R(n)    = bend(n) + (n^q - 1) / Q^q
    X(N)    = n / R(n) before C, and d (N / C)^(-g) times that beyond it

K is where the asymptotes of the bend cross, p how sharply it bends. R(1) = 1 exactly, as R(1) of
the definition N* = X_sup * R(1) demands. Exact cases: p -> infinity is m servers without any other
wait (Denning and Buzen's bounds); p = 1 is K balanced stations in a row, X = N / (N + K - 1), and
the law of Amdahl; p = 1 with q = 2 is Gunther's Universal Scalability Law.

Families: PLAIN bends only; CUT is stopped at C by a pool or a limiter; FALLING has the term of Q,
UNIVERSAL is that with p = 1 and q = 2; DECLINING is cut and falls beyond (d = 1), CLIFF falls at
once.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.typing import NDArray

    Array = NDArray[float64]

# A large logarithm that still can be raised to a power.
_FAR = 60.0
# How finely the peak of a falling curve is looked for, in ln N.
_PEAK_STEPS = 48
_BISECTIONS = 22
LN_95 = log(0.95)


class Family(IntEnum):
    """What bounds throughput beside the bend."""

    PLAIN = 0
    CUT = 1
    FALLING = 2
    UNIVERSAL = 3
    DECLINING = 4
    CLIFF = 5


# Columns of the parameters of a shape: ln K; ln p; ln (C / K) or ln (Q / K); ln q or ln g; ln d;
# and ln of the steps' noise, which is no matter of the shape.
LN_BEND, LN_SHARPNESS, LN_ONSET, LN_EXTENT, LN_DROP, LN_NOISE = range(6)
COLUMNS = 6
# Which of them a family has.
COLUMNS_OF = {
    Family.PLAIN: (LN_BEND, LN_SHARPNESS, LN_NOISE),
    Family.CUT: (LN_BEND, LN_SHARPNESS, LN_ONSET, LN_NOISE),
    Family.FALLING: (LN_BEND, LN_SHARPNESS, LN_ONSET, LN_EXTENT, LN_NOISE),
    Family.UNIVERSAL: (LN_BEND, LN_ONSET, LN_NOISE),
    Family.DECLINING: (LN_BEND, LN_SHARPNESS, LN_ONSET, LN_EXTENT, LN_NOISE),
    Family.CLIFF: (LN_BEND, LN_SHARPNESS, LN_ONSET, LN_EXTENT, LN_DROP, LN_NOISE),
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Many shapes, one a row."""

    ln_bend: "Array"
    sharpness: "Array"
    ln_cut: "Array"
    ln_falling: "Array"
    power: "Array"
    decline: "Array"
    ln_drop: "Array"

    def ending(self, ln_end: "Array") -> "Shapes":
        """The same, but cut at an end of each at the latest."""
        import numpy as np

        return replace(self, ln_cut=np.minimum(self.ln_cut, ln_end))

    def take(self, rows: "NDArray[bool_]") -> "Shapes":
        """Some of them."""
        return Shapes(
            self.ln_bend[rows],
            self.sharpness[rows],
            self.ln_cut[rows],
            self.ln_falling[rows],
            self.power[rows],
            self.decline[rows],
            self.ln_drop[rows],
        )


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Logarithms of X_sup * R(1), which is N*, and of the other knees of each shape.

    `ln_peak` is where throughput is highest; for a curve that never falls that has no meaning.
    """

    ln_knee: "Array"
    ln_n95: "Array"
    ln_power: "Array"
    ln_peak: "Array"


def shapes_of(family: "NDArray[int64]", parameters: "Array") -> Shapes:
    """The shapes of rows of parameters."""
    import numpy as np

    onset = parameters[:, LN_BEND] + parameters[:, LN_ONSET]
    extent = np.exp(parameters[:, LN_EXTENT])
    is_cut = (family == Family.CUT) | (family >= Family.DECLINING)
    is_falling = (family == Family.FALLING) | (family == Family.UNIVERSAL)
    return Shapes(
        ln_bend=parameters[:, LN_BEND],
        sharpness=np.exp(parameters[:, LN_SHARPNESS]),
        ln_cut=np.where(is_cut, onset, np.inf),
        ln_falling=np.where(is_falling, onset, _FAR),
        power=np.where(is_falling, extent, 1.0),
        decline=np.where(family >= Family.DECLINING, extent, 0.0),
        ln_drop=parameters[:, LN_DROP],
    )


def ln_throughput(shapes: Shapes, ln_n: "Array") -> "Array":
    """Throughput as ln (X(N) * R(1)) of every shape; `ln_n` is one row for all, or one row each."""
    import numpy as np

    ln_k, p = shapes.ln_bend[:, None], shapes.sharpness[:, None]
    n = np.minimum(ln_n, shapes.ln_cut[:, None])
    ln_b = _ln_bend(n, ln_k, p)
    ln_x = n - ln_b
    falling = np.flatnonzero(shapes.ln_falling < _FAR)
    if falling.size:
        rows = ln_n if ln_n.shape[0] == 1 else ln_n[falling]
        q, ln_q = shapes.power[falling, None], shapes.ln_falling[falling, None]
        term = np.exp(np.minimum(q * (rows - ln_q), _FAR)) - np.exp(-q * ln_q)
        ln_x[falling] -= np.log(1 + np.maximum(term, 0.0) * np.exp(-ln_b[falling]))
    declining = np.flatnonzero(shapes.decline > 0)
    if declining.size:
        rows = ln_n if ln_n.shape[0] == 1 else ln_n[declining]
        beyond = np.maximum(rows - shapes.ln_cut[declining, None], 0.0)
        ln_x[declining] -= shapes.decline[declining, None] * beyond
        ln_x[declining] += np.where(beyond > 0, shapes.ln_drop[declining, None], 0.0)
    return ln_x


def _ln_bend(n: "Array", ln_k: "Array", p: "Array") -> "Array":
    """The bend, (1 + (n^p - 1) / K^p)^(1 / p), as a logarithm and without overflow."""
    import numpy as np

    t = p * (n - ln_k)
    above = np.maximum(t, 0.0)
    inner = np.exp(t - above) + np.exp(-above) * (1 - np.exp(-p * ln_k))
    ln_bend: Array = (above + np.log(inner)) / p
    return ln_bend


def landmarks(shapes: Shapes, ln_n_max: float) -> Landmarks:
    """Where the knees of each shape are; a falling one's peak is looked for up to `ln_n_max`."""
    import numpy as np

    ln_k, p = shapes.ln_bend, shapes.sharpness
    is_cut = np.isfinite(shapes.ln_cut)
    cut = np.where(is_cut, shapes.ln_cut, 0.0)[:, None]
    ln_top = np.where(is_cut, (cut - _ln_bend(cut, ln_k[:, None], p[:, None]))[:, 0], ln_k)
    ln_n95 = _ln_reaching(ln_k, p, ln_top + LN_95)
    # Of X^2 / N: (K^p - 1)^(1 / p), which is 0 for K = 1, and a cut may come before.
    above_one = np.maximum(1 - np.exp(-p * ln_k), np.exp(-p * ln_k))
    ln_power = np.minimum(ln_k + np.log(above_one) / p, shapes.ln_cut)
    ln_peak = np.where(is_cut, shapes.ln_cut, ln_n_max)
    falling = shapes.ln_falling < _FAR
    if falling.any():
        found = _search(shapes.take(falling), ln_n_max)
        ln_top[falling], ln_peak[falling] = found.ln_knee, found.ln_peak
        ln_n95[falling], ln_power[falling] = found.ln_n95, found.ln_power
    return Landmarks(ln_top, np.maximum(ln_n95, 0.0), np.maximum(ln_power, 0.0), ln_peak)


def _ln_reaching(ln_k: "Array", p: "Array", ln_x: "Array") -> "Array":
    """Where a bend has throughput x, as ln N: N^p (1 - (x / K)^p) = x^p (1 - K^-p)."""
    import numpy as np

    left = -np.expm1(np.minimum(p * (ln_x - ln_k), -1e-12))
    right = np.maximum(-np.expm1(-p * ln_k), 1e-12)
    return ln_x + (np.log(right) - np.log(left)) / p


def _search(shapes: Shapes, ln_n_max: float) -> Landmarks:
    """Knees of falling shapes, by a grid and then closer."""
    import numpy as np

    grid = np.linspace(0.0, ln_n_max, _PEAK_STEPS)[None, :]
    ln_x = ln_throughput(shapes, grid)
    ln_peak = _maximum(shapes, grid[0], ln_x, 1.0, 0.0)
    ln_top = ln_throughput(shapes, ln_peak[:, None])[:, 0]
    ln_power = _maximum(shapes, grid[0], 2 * ln_x - grid, 2.0, -1.0)
    low, high = np.zeros_like(ln_peak), ln_peak.copy()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        reached = ln_throughput(shapes, middle[:, None])[:, 0] >= ln_top + LN_95
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return Landmarks(ln_top, high, ln_power, ln_peak)


def _maximum(shapes: Shapes, grid: "Array", seen: "Array", a: float, b: float) -> "Array":
    """Where a ln X + b ln N is highest: five points round the best of the grid, five times."""
    import numpy as np

    width = float(grid[1] - grid[0])
    best: Array = grid[np.argmax(seen, axis=1)]
    offsets = np.linspace(-1.0, 1.0, 5)
    for _ in range(5):
        around = np.maximum(best[:, None] + width * offsets[None, :], 0.0)
        value = a * ln_throughput(shapes, around) + b * around
        best = np.take_along_axis(around, np.argmax(value, axis=1)[:, None], axis=1)[:, 0]
        width /= 2
    return best
