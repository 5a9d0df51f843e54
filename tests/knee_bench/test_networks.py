"""Tests of the exact solution of closed networks, against closed forms and plain recursions."""

from collections.abc import Sequence
from math import factorial

import numpy as np
import pytest

from knee_bench.networks import (
    Station,
    delay,
    light_load_s,
    pool,
    servers,
    thrashing,
    throughput,
)


def test_one_server_alone_is_always_busy() -> None:
    """With one station and no delay X(N) is its rate at every N."""
    assert throughput([servers(0.02, 1)], 5) == pytest.approx([0.0, 50.0, 50.0, 50.0, 50.0, 50.0])


def test_many_servers_alone_are_two_straight_lines() -> None:
    """With one station of 4 servers X(N) = min(N, 4) / s."""
    assert throughput([servers(0.1, 4)], 6) == pytest.approx([0, 10, 20, 30, 40, 40, 40])


def test_two_balanced_stations_share_the_requests() -> None:
    """X(N) = mu N / (N + 1), by symmetry."""
    wanted = [100.0 * n / (n + 1) for n in range(21)]
    assert throughput([servers(0.01, 1), servers(0.01, 1)], 20) == pytest.approx(wanted)


@pytest.mark.parametrize("think_s", [0.05, 1.0, 20.0])
def test_machine_repairman(think_s: float) -> None:
    """One server and think time: the finite-source queue M/M/1//N, from its own formula."""
    service_s, users = 0.1, 30
    ratio = service_s / think_s
    empty = 1 / sum(factorial(users) / factorial(users - n) * ratio**n for n in range(users + 1))
    solved = throughput([servers(service_s, 1), delay(think_s)], users)
    assert solved[users] == pytest.approx((1 - empty) / service_s, rel=1e-12)


def mean_value_analysis(demands_s: Sequence[float], think_s: float, users: int) -> list[float]:
    """Reiser and Lavenberg's recursion for single servers: another way to the same numbers."""
    queues = [0.0] * len(demands_s)
    rates = [0.0]
    for n in range(1, users + 1):
        times_s = [d * (1 + q) for d, q in zip(demands_s, queues, strict=True)]
        rate = n / (think_s + sum(times_s))
        queues = [rate * time_s for time_s in times_s]
        rates.append(rate)
    return rates


def test_agrees_with_mean_value_analysis() -> None:
    """Convolution and mean value analysis are two ways to one solution."""
    stations = [servers(0.01, 1), servers(0.007, 1), servers(0.003, 1), delay(0.5)]
    wanted = mean_value_analysis((0.01, 0.007, 0.003), 0.5, 300)
    assert throughput(stations, 300) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_stays_within_the_asymptotic_bounds(seed: int) -> None:
    """N / (Z + N D) <= X(N) <= min(N / R(1), 1 / D_max) for single servers and think time."""
    rng = np.random.default_rng(seed)
    demands_s = rng.uniform(0.001, 0.1, 3)
    think_s = float(rng.uniform(0.0, 3.0))
    stations = [*(servers(float(d), 1) for d in demands_s), delay(think_s)]
    n = np.arange(1, 201)
    solved = throughput(stations, 200)[1:]
    light_s = light_load_s(stations)
    assert light_s == pytest.approx(think_s + demands_s.sum())
    assert solved[0] == pytest.approx(1 / light_s)
    assert (solved <= np.minimum(n / light_s, 1 / demands_s.max()) * (1 + 1e-12)).all()
    assert (solved >= n / (think_s + n * demands_s.sum()) * (1 - 1e-12)).all()


def test_keeps_its_digits_in_large_networks() -> None:
    """64 servers behind a delay worth 2,000 of their requests: where plain doubles overflow."""
    solved = throughput([servers(64.0, 64), delay(2000.0)], 4096)
    assert solved[-1] == pytest.approx(1.0, rel=1e-9)
    assert (np.diff(solved) > -1e-12).all()
    assert solved[1] == pytest.approx(1 / 2064)


def test_a_pool_bounds_what_is_behind_it() -> None:
    """Behind a pool of 3 a delay of 10 ms serves 300 a second, however many wait outside."""
    assert throughput([pool([delay(0.01)], 3)], 5) == pytest.approx([0, 100, 200, 300, 300, 300])


def test_a_wide_pool_changes_nothing() -> None:
    """A pool that nobody waits for is not there: the part is as if it stood in the open."""
    inside = [servers(0.01, 1), delay(0.05)]
    apart = throughput([pool(inside, 40), servers(0.002, 1)], 40)
    assert apart == pytest.approx(throughput([*inside, servers(0.002, 1)], 40), rel=1e-12)


def test_thrashing_servers_lose_speed_with_each_that_waits() -> None:
    """Two servers that lose half per waiting pair: speed 2 / (1 + 0.5 (n - 2) / 2) at n > 2."""
    station = thrashing(0.1, 2, 0.5)
    assert isinstance(station, Station)
    assert throughput([station], 4) == pytest.approx([0, 10, 20, 20 / 1.25, 20 / 1.5])
