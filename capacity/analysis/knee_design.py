"""Which load, measured next, tells most about where the knee is?

The curves that the steps so far leave likely disagree on the knee and on the throughput at each
load. Where the two go together, measuring the throughput tells of the knee: the variance of ln N*
is expected to fall by cov(ln N*, ln X(c))^2 / (var ln X(c) + noise^2).
"""

from collections.abc import Sequence
from math import isfinite, log

from capacity.analysis.curve_posterior import curves_of
from capacity.analysis.curve_priors import BEYOND_RANGE
from capacity.analysis.curve_shapes import landmarks
from capacity.analysis.knee import MIN_LEVELS, usable
from capacity.analysis.throughput import Observation


def most_telling_level(
    observations: Sequence[Observation], candidates: Sequence[float]
) -> float | None:
    """The candidate that is expected to narrow ln N* most; None when no curve can be drawn yet."""
    import numpy as np

    kept, _ = usable(observations)
    levels = sorted({level for level in candidates if isfinite(level) and level > 0})
    if len({one.level for one in kept}) < MIN_LEVELS or not levels:
        return None
    posterior = curves_of(kept)
    last = float(posterior.steps.ln_n[-1])
    knees = landmarks(posterior.shapes, max(last, 0.0) + log(BEYOND_RANGE)).ln_knee
    ln_qps = posterior.ln_qps(np.log(np.array(levels)))
    knees = knees - np.mean(knees)
    away = ln_qps - np.mean(ln_qps, axis=0)
    together = np.mean(knees[:, None] * away, axis=0)
    noise = float(np.mean(posterior.noise_ratio**2) + np.mean(posterior.steps.variance))
    told = together**2 / (np.mean(away**2, axis=0) + noise)
    return levels[int(np.argmax(told))]
