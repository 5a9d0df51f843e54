"""What is the throughput of a closed queueing network, exactly?

Product-form networks (Baskett, Chandy, Muntz and Palacios 1975) with load-dependent stations,
solved by the normalisation constants of Buzen's convolution (1973): X(N) = G(N - 1) / G(N). That is
the same exact solution as mean value analysis with marginal probabilities, without its loss of
digits at many servers. Extended precision, because G spans thousands of powers of e.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from knee_bench.model import Floats


@dataclass(frozen=True, slots=True)
class Station:
    """A station: the work that a request brings, and how fast n requests there are served.

    `speed(n)` is in units of one server; a delay has speed n.
    """

    demand_s: float
    speed: Callable[[Floats], Floats]


def servers(demand_s: float, count: int) -> Station:
    """A queue with `count` equal servers."""
    return Station(demand_s, lambda n: np.minimum(n, float(count)))


def delay(demand_s: float) -> Station:
    """Time without a queue: think time, a downstream service that always takes as long."""
    return Station(demand_s, lambda n: n)


def thrashing(demand_s: float, count: int, loss: float) -> Station:
    """`count` servers that lose speed with each request that waits: contention, paging."""
    return Station(
        demand_s,
        lambda n: np.minimum(n, float(count)) / (1.0 + loss * np.maximum(n - count, 0.0) / count),
    )


def pool(stations: Sequence[Station], size: int) -> Station:
    """A part of the network that at most `size` requests may be in; the others wait outside.

    The part is replaced by one station with its throughput (Chandy, Herzog and Woo 1975).
    """
    inside = throughput(stations, size)
    return Station(1.0, lambda n: inside[np.minimum(n, float(size)).astype(int)])


def throughput(stations: Sequence[Station], n_max: int) -> Floats:
    """X(0), X(1), ..., X(n_max) in requests per second."""
    n = np.arange(1, n_max + 1, dtype=np.float64)
    unit_s = max(station.demand_s / float(station.speed(n)[-1]) for station in stations)
    constants = np.zeros(n_max + 1, dtype=np.longdouble)
    constants[0] = 1.0
    for station in stations:
        logs = np.log(np.asarray(station.demand_s / unit_s / station.speed(n), np.longdouble))
        weights = np.exp(np.concatenate([[np.longdouble(0.0)], np.cumsum(logs)]))
        constants = np.convolve(constants, weights)[: n_max + 1]
    ratios = constants[:-1] / constants[1:] / unit_s
    return np.concatenate([[0.0], ratios.astype(np.float64)])


def light_load_s(stations: Sequence[Station]) -> float:
    """R(1): the time of a request that meets no other."""
    one = np.ones(1)
    return sum(station.demand_s / float(station.speed(one)[0]) for station in stations)
