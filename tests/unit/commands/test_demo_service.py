"""The arithmetic of the demo service's queue, on given times."""

import pytest

from capacity.commands.demo_options import DemoOptions
from capacity.commands.demo_service import WorkQueue


def test_an_idle_server_answers_after_its_service_time() -> None:
    """A request that finds a free server is answered one service time later."""
    queue = WorkQueue(DemoOptions(servers=2, service_time_s=0.5))

    assert queue.arrive(100.0) == 100.5


def test_requests_beyond_the_servers_wait_their_turn() -> None:
    """Five requests at once on two servers are answered two by two, in whole service times."""
    queue = WorkQueue(DemoOptions(servers=2, service_time_s=0.5))

    assert [queue.arrive(100.0) for _ in range(5)] == [100.5, 100.5, 101.0, 101.0, 101.5]


def test_late_notice_costs_no_capacity_under_saturation() -> None:
    """A server that was busy starts its next request when it was free, not when we looked."""
    queue = WorkQueue(DemoOptions(servers=1, service_time_s=0.25))
    queue.arrive(10.0)

    assert queue.arrive(10.125) == 10.5


def test_an_idle_time_is_not_made_up_for() -> None:
    """After a pause the work starts at the arrival, not at the time the server became free."""
    queue = WorkQueue(DemoOptions(servers=1, service_time_s=0.25))
    queue.arrive(10.0)

    assert queue.arrive(20.0) == 20.25


def test_requests_above_the_failing_point_are_refused() -> None:
    """With two in flight allowed, the third is refused and takes no server."""
    queue = WorkQueue(DemoOptions(servers=1, service_time_s=1.0, fail_above=2))

    assert [queue.arrive(0.0) for _ in range(3)] == [1.0, 2.0, None]

    queue.leave(refused=True)
    queue.leave(refused=False)
    assert queue.arrive(1.0) == 3.0


def test_requests_above_the_slow_point_are_late_but_cost_no_capacity() -> None:
    """The extra time delays the answer only; the next request is served as if it were not."""
    queue = WorkQueue(DemoOptions(servers=1, service_time_s=1.0, slow_above=1, slow_time_s=10.0))

    assert [queue.arrive(0.0) for _ in range(2)] == [1.0, 12.0]

    queue.leave(refused=False)
    queue.leave(refused=False)
    assert queue.arrive(2.0) == 3.0


def test_stats_are_exact() -> None:
    """Every request is answered, refused or in flight, and the peak is remembered."""
    queue = WorkQueue(DemoOptions(servers=4, service_time_s=0.01, fail_above=3))
    for _ in range(5):
        queue.arrive(0.0)
    queue.leave(refused=True)
    queue.leave(refused=False)

    assert queue.stats() == {
        "requests": 5,
        "answered": 1,
        "failed": 1,
        "in_flight": 3,
        "max_in_flight": 5,
        "servers": 4,
        "service_time_s": 0.01,
    }


@pytest.mark.parametrize(
    ("servers", "service_time_s", "expected_qps"),
    [(8, 0.010, 800.0), (1, 0.5, 2.0), (100, 0.002, 50_000.0)],
)
def test_capacity_is_servers_per_service_time(
    servers: int, service_time_s: float, expected_qps: float
) -> None:
    """The promised capacity is K / S."""
    options = DemoOptions(servers=servers, service_time_s=service_time_s)

    assert options.capacity_qps == pytest.approx(expected_qps)
