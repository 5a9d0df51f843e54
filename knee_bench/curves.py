"""Which true curves are there to be found, and what is their knee?

Each maker draws a curve whose knee lies near a wanted one; the truth is then taken from the curve
itself. Networks are made in units of 1 / X_sup: there the demands of all stations add up to N*.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf

import numpy as np
from numpy.random import Generator

from knee_bench.model import Curve, Floats, Truth
from knee_bench.networks import Station, delay, pool, servers, thrashing, throughput

# Beyond this a network is not solved but continued.
N_SOLVED = 4096
_MOST_SERVERS = 64
_FASTEST_QPS = 50_000.0
# Integers as far as they are solved, then a fine grid as far as anybody could test.
_DENSE = np.unique(
    np.concatenate([np.arange(1.0, N_SOLVED + 1), np.geomspace(N_SOLVED, 2e7, 6000)])
)


def truth_of(curve: Curve) -> Truth:
    """N*, N95, X_sup and peak, by their definitions."""
    qps = curve.qps(_DENSE)
    top = int(np.argmax(qps))
    is_falling = bool(qps[-1] < (1 - 1e-3) * qps[top])
    ceiling = float(qps[top]) if curve.ceiling_qps is None else curve.ceiling_qps
    return Truth(
        knee=ceiling / float(qps[0]),
        n95=_first_reaching(qps, 0.95 * ceiling),
        saturation_qps=ceiling,
        peak=float(_DENSE[top]) if is_falling else None,
    )


def _first_reaching(qps: Floats, wanted: float) -> float:
    reached = np.nonzero(qps >= wanted)[0]
    if not reached.size:
        return inf
    after = int(reached[0])
    if after == 0:
        return 1.0
    share = (wanted - qps[after - 1]) / (qps[after] - qps[after - 1])
    return float(_DENSE[after - 1] + share * (_DENSE[after] - _DENSE[after - 1]))


def draw_curve(rng: Generator, kind: str, knee: float) -> Curve:
    """A curve of this kind with its knee near the wanted one, in some unit of time."""
    return MAKERS[kind](rng, knee)


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(max(high, low)))))


def _some_servers(rng: Generator, knee: float) -> int:
    return int(_log_uniform(rng, 1.0, min(_MOST_SERVERS, knee) + 0.999))


def _scale(rng: Generator, knee: float) -> float:
    """X_sup in requests per second of a service that answers a lone user within 1 to 300 ms."""
    return min(knee / _log_uniform(rng, 0.001, 0.3), _FASTEST_QPS)


def network_curve(
    kind: str, stations: Sequence[Station], *, knee: float, scale_qps: float, falls: bool = False
) -> Curve:
    """The exact curve of a network; `stations[0]` is its bottleneck.

    Beyond what is solved the shortfall from the bottleneck's own speed falls as 1 / N.
    """
    n_max = int(min(N_SOLVED, 4 * knee + 256))
    solved = throughput(stations, n_max)
    bottleneck = stations[0]
    end = np.array([float(n_max)])
    shortfall = 1.0 - solved[-1] * bottleneck.demand_s / float(bottleneck.speed(end)[0])

    def qps(n: Floats) -> Floats:
        inside = np.interp(n, np.arange(n_max + 1), solved)
        own = bottleneck.speed(n) / bottleneck.demand_s
        beyond = own * (1.0 - shortfall * n_max / np.maximum(n, n_max))
        return scale_qps * np.where(n <= n_max, inside, beyond)

    ceiling = float(bottleneck.speed(np.array([1e9]))[0]) / bottleneck.demand_s * scale_qps
    return Curve(kind, qps, None if falls else ceiling)


def _light_stations(rng: Generator, room: float, most: int) -> list[Station]:
    """Up to `most` stations that are busy to 10 to 95 % at saturation, if they fit into `room`."""
    stations: list[Station] = []
    for _ in range(int(rng.integers(0, most + 1))):
        count = int(rng.integers(1, 9))
        demand = float(rng.uniform(0.1, 0.95)) * count
        if demand < room:
            stations.append(servers(demand, count))
            room -= demand
    return stations


def _with_delay(stations: list[Station], knee: float) -> list[Station]:
    rest = knee - sum(station.demand_s for station in stations)
    return [*stations, delay(rest)] if rest > 1e-3 * knee else stations


def _servers(rng: Generator, knee: float) -> Curve:
    """One station, alone or with others that are less busy; half of the lone ones have no delay."""
    count = max(1, min(_MOST_SERVERS, round(knee)))
    others: list[Station] = []
    if rng.random() < 0.5:
        count = _some_servers(rng, knee)
        others = _light_stations(rng, knee - count, 3)
    stations = [servers(float(count), count), *others]
    if knee > _MOST_SERVERS or rng.random() < 0.6:
        stations = _with_delay(stations, knee)
    return network_curve("servers", stations, knee=knee, scale_qps=_scale(rng, knee))


def _cpu_and_lock(rng: Generator, knee: float) -> Curve:
    cores = _some_servers(rng, max(1.0, knee - 1.0))
    busy = float(rng.uniform(0.2, 0.95))
    lock, cpu = servers(1.0, 1), servers(busy * cores, cores)
    if rng.random() < 0.3:
        lock, cpu = servers(busy, 1), servers(float(cores), cores)
        stations = [cpu, lock]
    else:
        stations = [lock, cpu]
    if knee > 2 * (1 + cores) or rng.random() < 0.5:
        stations = _with_delay(stations, knee)
    return network_curve("cpu and lock", stations, knee=knee, scale_qps=_scale(rng, knee))


def _pool(rng: Generator, knee: float) -> Curve:
    """A CPU, then a pool of connections to a slower station; what waits for the pool is outside."""
    size = max(1, int(_log_uniform(rng, 1.0, min(256.0, knee) + 0.999)))
    behind = [servers(1.0, 1), delay(float(rng.uniform(0.2, 1.5)) * size)]
    gate = pool(behind, size)
    fastest = float(gate.speed(np.array([1e9]))[0])
    in_pool = fastest / float(gate.speed(np.array([1.0]))[0])
    unit = Station(fastest, gate.speed)
    stations = [unit, *_light_stations(rng, knee - in_pool, 2)]
    rest = knee - in_pool - sum(station.demand_s for station in stations[1:])
    if rest > 0.05 * knee:
        stations.append(delay(rest))
    return network_curve("pool", stations, knee=knee, scale_qps=_scale(rng, knee))


def _downstream(rng: Generator, knee: float) -> Curve:
    count = min(int(rng.integers(1, 9)), max(1, int(knee / 2)))
    stations = _with_delay([servers(float(count), count)], knee)
    return network_curve("downstream delay", stations, knee=knee, scale_qps=_scale(rng, knee))


def _bandwidth(rng: Generator, knee: float) -> Curve:
    stations = [servers(1.0, 1), *_light_stations(rng, 0.3 * (knee - 1.0), 1)]
    return network_curve(
        "bandwidth", _with_delay(stations, knee), knee=knee, scale_qps=_scale(rng, knee)
    )


def _think(rng: Generator, knee: float) -> Curve:
    share = float(rng.uniform(0.6, 0.98))
    room = (1.0 - share) * knee
    count = _some_servers(rng, max(1.0, room))
    stations = [servers(float(count), count), *_light_stations(rng, room - count, 3)]
    return network_curve(
        "think time", _with_delay(stations, knee), knee=knee, scale_qps=_scale(rng, knee)
    )


def _balanced(rng: Generator, knee: float) -> Curve:
    places = int(rng.integers(2, 6))
    count = max(1, min(_MOST_SERVERS, round(knee / places)))
    stations = [servers(float(count), count) for _ in range(places)]
    return network_curve("balanced", stations, knee=knee, scale_qps=_scale(rng, knee))


def _thrashing(rng: Generator, knee: float) -> Curve:
    count = _some_servers(rng, knee)
    loss = _log_uniform(rng, 0.002, 0.1) * count / knee
    stations = _with_delay([thrashing(float(count), count, loss)], knee)
    return network_curve("thrashing", stations, knee=knee, scale_qps=_scale(rng, knee), falls=True)


def usl_curve(kind: str, rate_qps: float, sigma: float, kappa: float) -> Curve:
    """Gunther's universal scalability law: X(N) = a N / (1 + s (N - 1) + k N (N - 1))."""
    ceiling = rate_qps / sigma if kappa == 0 else None
    return Curve(
        kind, lambda n: rate_qps * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)), ceiling
    )


def _usl(rng: Generator, knee: float) -> Curve:
    return usl_curve("USL", _scale(rng, knee) / knee, 1.0 / max(knee, 1.01), 0.0)


def _usl_retrograde(rng: Generator, knee: float) -> Curve:
    sigma = float(rng.uniform(0.0, 0.9)) / max(knee, 1.1)
    peak = max(knee, 1.1) * _log_uniform(rng, 1.2, 6.0)
    return usl_curve("USL, falling", _scale(rng, knee) / knee, sigma, (1.0 - sigma) / peak**2)


def sharp_curve(kind: str, knee: float, ceiling_qps: float, loss: float = 0.0) -> Curve:
    """Two straight lines; past the bend it falls to 1 / (1 + loss (N / N* - 1)) of its ceiling."""

    def qps(n: Floats) -> Floats:
        u = n / knee
        return ceiling_qps * np.minimum(u, 1.0) / (1.0 + loss * np.maximum(u - 1.0, 0.0))

    return Curve(kind, qps, ceiling_qps if loss == 0 else None)


def _sharp(rng: Generator, knee: float) -> Curve:
    return sharp_curve("two lines", knee, _scale(rng, knee))


def _limited(rng: Generator, knee: float, loss: float, kind: str) -> Curve:
    """A service whose good answers a limiter caps before its own bottleneck does."""
    share = float(rng.uniform(0.3, 0.9))
    own = _servers(rng, min(knee / share, N_SOLVED / 4))
    cap = share * (own.ceiling_qps or 1.0)

    def qps(n: Floats) -> Floats:
        free = own.qps(n)
        return np.minimum(free, cap) / (1.0 + loss * np.maximum(n / knee - 1.0, 0.0) * (free > cap))

    def failing(n: Floats) -> Floats:
        return np.maximum(0.0, 1.0 - cap / own.qps(n))

    return Curve(kind, qps, cap if loss == 0 else None, failing)


def _limiter(rng: Generator, knee: float) -> Curve:
    return _limited(rng, knee, 0.0, "limiter, flat")


def _falling_limiter(rng: Generator, knee: float) -> Curve:
    return _limited(rng, knee, _log_uniform(rng, 0.005, 0.1), "limiter, falling")


def _cliff(rng: Generator, knee: float) -> Curve:
    """A service that collapses when the load is well beyond its saturation."""
    own = _servers(rng, knee)
    edge = max(2.0, truth_of(own).n95) * float(rng.uniform(1.2, 3.0))
    left, slope = float(rng.uniform(0.03, 0.4)), float(rng.uniform(0.0, 1.0))

    def qps(n: Floats) -> Floats:
        return own.qps(n) * np.where(n > edge, left * (edge / n) ** slope, 1.0)

    return Curve("cliff", qps, None, lambda n: np.where(n > edge, 0.6, 0.0))


MAKERS: Mapping[str, Callable[[Generator, float], Curve]] = {
    "servers": _servers,
    "cpu and lock": _cpu_and_lock,
    "pool": _pool,
    "downstream delay": _downstream,
    "bandwidth": _bandwidth,
    "think time": _think,
    "balanced": _balanced,
    "thrashing": _thrashing,
    "USL": _usl,
    "USL, falling": _usl_retrograde,
    "two lines": _sharp,
    "limiter, flat": _limiter,
    "limiter, falling": _falling_limiter,
    "cliff": _cliff,
}
# How often each kind is drawn.
WEIGHTS: Mapping[str, float] = {
    "servers": 18,
    "cpu and lock": 9,
    "pool": 9,
    "downstream delay": 8,
    "bandwidth": 6,
    "think time": 8,
    "balanced": 5,
    "thrashing": 8,
    "USL": 6,
    "USL, falling": 10,
    "two lines": 6,
    "limiter, flat": 4,
    "limiter, falling": 4,
    "cliff": 6,
}
