"""Tests that servers of known capacity are what they are called: closed loops without a clock."""

from math import exp

import pytest

from tests.known.models import Limiter, Model, Planned, Servers
from tests.known.services import KNOWN


def closed_loop(model: Model, users: int, until_s: float) -> tuple[float, float]:
    """Good and refused answers a second to users who never think, after a tenth of the time."""
    for user in range(users):
        model.arrive(0.001 * user, user)
    good = refused = 0
    request = users
    while (now_s := model.next_s()) is not None and now_s < until_s:
        for _, is_good in list(model.due(now_s)):
            if now_s > 0.1 * until_s:
                good += is_good
                refused += not is_good
            model.arrive(now_s, request)
            request += 1
    return good / (0.9 * until_s), refused / (0.9 * until_s)


@pytest.mark.parametrize(
    ("name", "users", "good_qps", "refused_qps"),
    [
        ("servers", 1, 100.0, 0.0),
        ("servers", 7, 700.0, 0.0),
        ("servers", 8, 800.0, 0.0),
        ("servers", 64, 800.0, 0.0),
        ("mm8", 1, 100.0, 0.0),
        ("mm8", 8, 800.0, 0.0),
        ("mm8", 64, 800.0, 0.0),
        ("usl", 1, 100.0, 0.0),
        ("usl", 16, 16 * 100 / 1.42, 0.0),
        ("usl", 44, 4400 / (1 + 0.02 * 43 + 0.0005 * 44 * 43), 0.0),
        ("usl", 256, 25_600 / (1 + 0.02 * 255 + 0.0005 * 256 * 255), 0.0),
        ("limiter", 4, 200.0, 0.0),
        ("limiter", 10, 500.0, 0.0),
        ("limiter", 16, 500.0, 300.0),
        ("gateway", 10, 500.0, 0.0),
        ("lock", 4, 400.0, 0.0),
        ("lock", 5, 500.0, 0.0),
        ("lock", 64, 500.0, 0.0),
    ],
)
def test_the_throughput_is_that_of_the_formula(
    name: str, users: int, good_qps: float, refused_qps: float
) -> None:
    """What is random is within three standard errors, what is not is exact to an answer."""
    seconds = 100.0
    good, refused = closed_loop(KNOWN[name].make(), users, seconds)
    is_random = name in ("mm8", "usl")
    error_qps = 3.0 * (good_qps / seconds) ** 0.5 if is_random else 2.0
    assert good == pytest.approx(good_qps, abs=error_qps)
    assert refused == pytest.approx(refused_qps, abs=2.0)


def test_the_truths() -> None:
    """Capacity and knee of each, by hand."""
    truths = {name: (known.capacity_qps, known.knee) for name, known in KNOWN.items()}
    usl_qps = 4400 / (1 + 0.02 * 43 + 0.0005 * 44 * 43)
    assert truths == {
        "servers": (800.0, 8.0),
        "mm8": (800.0, 8.0),
        "usl": (pytest.approx(usl_qps, rel=1e-3), pytest.approx(usl_qps / 100, rel=1e-3)),
        "limiter": (500.0, 10.0),
        "gateway": (500.0, 10.0),
        "lock": (500.0, 5.0),
    }


def test_service_times_of_mm8_are_exponential() -> None:
    """Of a thousand, as many are longer than their mean as e says."""
    model = KNOWN["mm8"].make()
    times_s = []
    for request in range(1000):
        model.arrive(float(request), request)
        done_s = model.next_s()
        assert done_s is not None
        times_s.append(done_s - request)
        assert list(model.due(done_s)) == [(request, True)]
    longer = sum(time_s > 0.010 for time_s in times_s) / 1000
    assert longer == pytest.approx(exp(-1), abs=0.045)


def test_a_late_process_does_not_slow_the_servers() -> None:
    """Answers of a past time leave at once, and the next ones are not pushed back by that."""
    model = Planned(Servers(1, lambda: 0.010).answer)
    model.arrive(0.0, 0)
    model.arrive(0.0, 1)
    assert model.next_s() == 0.010
    assert list(model.due(0.500)) == [(0, True), (1, True)]
    assert model.next_s() is None


def test_a_limiter_keeps_no_more_than_its_burst() -> None:
    """After a pause of any length so many are good at once, and no more."""
    limiter = Limiter(0.010, 500.0, burst=3.0, refused_s=0.001)
    assert [limiter.answer(100.0)[1] for _ in range(5)] == [True, True, True, False, False]
    assert limiter.answer(100.003) == (100.003 + 0.010, True)
    assert limiter.answer(100.003) == (100.003 + 0.001, False)
