"""Is a class no surer than its data, where they leave room for another cause?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.catalogue import CLASSES
from capacity.analysis.bottleneck.diagnosis import diagnose
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.cases import Value, a_case, case_of, steps_with
from tests.unit.analysis.bottleneck.curves import (
    curve,
    with_failures,
    with_generator,
    with_readings,
)

HOT, COLD = "shop/api-7f9c8d6b5-aaaaa/app", "shop/api-7f9c8d6b5-bbbbb/app"
IDLE: Sequence[Value] = (0.1, 0.2, 0.3, 0.3, 0.3)
FULL_CPU: Mapping[str, Sequence[Value]] = {
    "cpu": (0.3, 0.6, 0.97, 0.98, 0.98),
    "throttle": (0.0, 0.1, 0.5, 0.6, 0.6),
}


def sure(kind: str, case: Case) -> str | None:
    """How sure a class is; None where it names nothing."""
    judge = next(one.judge for one in CLASSES if one.kind == kind)
    return next((one.confidence.value for one in judge(case)), None)


@pytest.mark.parametrize(
    ("pool", "waiting", "expected"),
    [
        pytest.param([0.1, 0.5, 1.0, 1.0, 1.0], [0, 0, 2, 6, 14], "high", id="at the turn"),
        pytest.param([0.1, 0.2, 0.3, 0.5, 1.0], [0, 0, 0, 0, 8], "low", id="long after it"),
        pytest.param([None, 1.0, 1.0, 1.0, 1.0], [0, 0, 2, 6, 14], "medium", id="never seen low"),
        pytest.param([1.0, 0.1, 0.1, 0.1, 0.1], [5, 0, 0, 0, 0], "low", id="by its curve only"),
    ],
)
def test_a_pool_is_sure_only_if_it_filled_up_when_growth_stopped(
    pool: Sequence[Value], waiting: Sequence[Value], expected: str
) -> None:
    """Threads fill up before every slow part, some loads later."""
    seen = {"jvm.pool": pool, "jvm.pool_waiting": waiting, "cpu": IDLE}
    assert sure("pool", a_case(seen)) == expected


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [([0, 0, 9.0, 9.0, 9.0], "high"), ([0, 0, 0, 9.0, 9.0], "high"), ([0, 0, 0, 0, 9.0], "low")],
)
def test_locks_are_sure_only_if_somebody_waited_when_growth_stopped(
    blocked: Sequence[Value], expected: str
) -> None:
    """What waits well after that waits for what was there before."""
    assert sure("contention", a_case({"jvm.blocked_threads": blocked, "cpu": IDLE})) == expected


def test_late_locks_beside_a_fall_leave_the_fall() -> None:
    """It speaks by itself."""
    steps = curve(((1, 300.0), (2, 290.0), (4, 200.0), (8, 190.0), (16, 180.0)))
    for name, values in (("postgresql.lock_waits", [0, 0, 0, 0, 9.0]), ("cpu", [0.1] * 5)):
        steps = with_readings(steps, name, values)
    assert sure("contention", case_of(steps)) == "medium"


@pytest.mark.parametrize(
    ("cpu", "expected", "meaning"),
    [
        (IDLE, "high", "this is a configured limit, not the capacity"),
        (FULL_CPU["cpu"], "medium", "a limit refuses them, perhaps because the CPU was busy"),
    ],
)
def test_refusals_after_a_busy_cpu_are_not_said_to_be_set(
    cpu: Sequence[Value], expected: str, meaning: str
) -> None:
    """A service that sheds load says 429, too."""
    steps = list(steps_with({"cpu": cpu}))
    steps[4] = with_failures(steps[4], 2_000, status=429)
    case = case_of(steps)
    found = diagnose(case.run, case.knee, case.capacity).candidates[0]
    assert (found.kind, found.confidence.value) == ("rate_limit", expected)
    assert meaning in found.evidence[0].text()


def test_accepted_throughput_that_grew_is_not_called_the_same() -> None:
    """It is told what it was."""
    steps = [with_failures(step, 2_000, status=429) for step in steps_with({})]
    case = case_of(steps)
    text = diagnose(case.run, case.knee, case.capacity).candidates[0].evidence[0].text
    assert "400/s were accepted, not as many as at 1 concurrent (100/s)" in text()
    assert "与并发 1 时（100/s）不同" in text("zh")


@pytest.mark.parametrize(
    ("qps", "expected"), [pytest.param(400.0, "low"), pytest.param(100.0, "high")]
)
def test_a_replica_that_is_full_whatever_the_load_is_has_other_work(
    qps: float, expected: str
) -> None:
    """Unless one caller alone fills it, and throughput does not grow."""
    cpu: list[Value] = [{HOT: 0.95, COLD: 0.1}] * 5
    assert sure("imbalance", a_case({"cpu": cpu}, qps=qps)) == expected


@pytest.mark.parametrize(("status", "expected"), [(500, "high"), (400, "medium"), (429, "medium")])
def test_a_full_volume_is_sure_only_beside_errors_of_the_service(
    status: int, expected: str
) -> None:
    """What the caller has done wrong fails without a disk."""
    steps = list(steps_with({"pod.volume": [0.9, 0.93, 0.96, 0.97, 0.97]}))
    steps[3:] = [with_failures(step, 900, status=status) for step in steps[3:]]
    assert sure("disk", case_of(steps)) == expected


@pytest.mark.parametrize(
    ("steal", "expected"),
    [([0, 0, 0.06, 0.07, 0.08], "high"), ([0, 0.06, 0.06, 0.01, 0.0], "medium")],
)
def test_steal_alone_is_sure_only_if_it_rose_with_the_load(
    steal: Sequence[Value], expected: str
) -> None:
    """A little of it that comes and goes is no end of the CPU."""
    assert sure("node_cpu", a_case({"node.steal": steal, "cpu": IDLE}, host="10.0.0.7")) == expected


def streamed(resources: Mapping[str, Sequence[Value]], *, sample_count: int = 6) -> list[Step]:
    """A service whose answers take their time to come in, at one rate of bytes."""
    return [
        replace(
            step,
            transfer=step.latency,
            counts=replace(step.counts, received_bytes=100_000 * step.counts.ok),
        )
        for step in steps_with(resources, sample_count=sample_count)
    ]


@pytest.mark.parametrize(
    ("more", "sample_count", "expected"),
    [
        pytest.param({}, 6, "high", id="an idle CPU"),
        pytest.param({}, 2, "medium", id="few samples of it"),
        pytest.param({"node.disk": (0.1, 0.5, 0.97, 0.97, 0.97)}, 6, "medium", id="a busy disk"),
        pytest.param(
            {"node.network_transmit_share": (0.1, 0.5, 0.97, 0.97, 0.97)}, 2, "medium", id="link"
        ),
    ],
)
def test_a_slow_stream_is_a_slow_link_only_if_nothing_else_makes_it_slow(
    more: Mapping[str, Sequence[Value]], sample_count: int, expected: str
) -> None:
    """A disk that is read from, for one."""
    case = case_of(streamed({"cpu": IDLE, **more}, sample_count=sample_count))
    assert sure("bandwidth", case) == expected


def test_a_busy_generator_does_not_hide_what_was_used_up_by_then() -> None:
    """A thread at 85 % goes on working while Redis cannot."""
    thread: Sequence[Value] = (0.2, 0.5, 0.97, 0.98, 0.98)
    late: Sequence[Value] = (0.2, 0.2, 0.2, 0.2, 0.98)
    named = []
    for values in (thread, late):
        steps = steps_with({"redis.main_thread": values, "cpu": IDLE})
        case = case_of([with_generator(one, 0.85, loop_lag_p50_s=0.002) for one in steps])
        named.append(sure("generator", case))
    assert named == [None, "medium"]
