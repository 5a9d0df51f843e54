"""Tests of capacity.search.validity."""

from dataclasses import replace

import pytest

from capacity.model.run import LittlesLaw, Step, Trust
from capacity.model.snapshot import (
    ConnectionCounts,
    Counts,
    FailureKind,
    GeneratorLoad,
    Schedule,
)
from capacity.search.validity import check_validity, is_generator_fault
from tests.unit.builders import a_latency, a_step

IDLE = GeneratorLoad(0.10, 0.01, 0.0004, suspended_s=0.0, steal_ratio=0.0, throttled_ratio=0.0)


def a_fine_step(load: GeneratorLoad | None = IDLE) -> Step:
    """A step of 27,000 good answers at 64 concurrent with a median of 10 ms."""
    latency = replace(a_latency(0.010), p50_s=0.010)
    return replace(a_step(), generator=load, latency=latency, running_ratio=1.0)


@pytest.mark.parametrize(
    ("load", "trust", "reason"),
    [
        pytest.param(IDLE, Trust.VALID, None, id="idle"),
        pytest.param(
            replace(IDLE, cpu_ratio=0.90),
            Trust.SUSPECT,
            "a load thread used 90% of a core (limit 85%)",
            id="busy thread",
        ),
        pytest.param(
            replace(IDLE, cpu_ratio=0.97),
            Trust.INVALID,
            "a load thread used 97% of a core (limit 95%)",
            id="full thread",
        ),
        pytest.param(
            replace(IDLE, runqueue_wait_ratio=0.10),
            Trust.SUSPECT,
            "a load thread waited for a core 10% of the time (limit 5%)",
            id="shared core",
        ),
        pytest.param(
            replace(IDLE, runqueue_wait_ratio=0.25),
            Trust.INVALID,
            "a load thread waited for a core 25% of the time (limit 20%)",
            id="starved",
        ),
        pytest.param(replace(IDLE, runqueue_wait_ratio=None), Trust.VALID, None, id="no waits"),
        pytest.param(
            replace(IDLE, loop_lag_s=0.002),
            Trust.SUSPECT,
            "a load thread woke up 2ms late (P99; limit 1ms)",
            id="late loop",
        ),
        pytest.param(
            replace(IDLE, loop_lag_s=0.020),
            Trust.INVALID,
            "a load thread woke up 20ms late (P99; limit 5ms)",
            id="very late loop",
        ),
        pytest.param(
            replace(IDLE, suspended_s=3.0),
            Trust.INVALID,
            "the machine was suspended for 3s within the hold (limit 0s)",
            id="suspended",
        ),
        pytest.param(
            replace(IDLE, steal_ratio=0.03),
            Trust.SUSPECT,
            "the hypervisor took 3% of this machine's CPU time (limit 2%)",
            id="some steal",
        ),
        pytest.param(
            replace(IDLE, steal_ratio=0.06),
            Trust.INVALID,
            "the hypervisor took 6% of this machine's CPU time (limit 5%)",
            id="much steal",
        ),
        pytest.param(
            replace(IDLE, throttled_ratio=0.01),
            Trust.SUSPECT,
            "a CPU quota held this machine back 1% of the time (limit 0%)",
            id="throttled",
        ),
        pytest.param(
            replace(IDLE, throttled_ratio=0.30),
            Trust.INVALID,
            "a CPU quota held this machine back 30% of the time (limit 5%)",
            id="throttled hard",
        ),
        pytest.param(None, Trust.SUSPECT, "the generator's own load is unknown", id="unknown"),
    ],
)
def test_generator_load_decides_trust(
    load: GeneratorLoad | None, trust: Trust, reason: str | None
) -> None:
    """The generator's own load makes a step suspect or invalid, with number and limit in words."""
    step = a_fine_step(load)
    validity = check_validity(step)
    assert (validity.trust, validity.reasons) == (trust, () if reason is None else (reason,))
    assert is_generator_fault(step) == (trust is Trust.INVALID)


@pytest.mark.parametrize(
    ("median_s", "lag_s", "trust"),
    [
        (0.200, 0.009, Trust.VALID),
        (0.200, 0.011, Trust.SUSPECT),
        (0.200, 0.041, Trust.INVALID),
        (0.001, 0.0009, Trust.VALID),
        (0.001, 0.006, Trust.INVALID),
    ],
)
def test_lateness_is_held_against_the_median(median_s: float, lag_s: float, trust: Trust) -> None:
    """A slow service forgives more lateness: 5 % of its median is doubtful, 20 % invalid."""
    step = a_fine_step(replace(IDLE, loop_lag_s=lag_s))
    latency = replace(a_latency(median_s), p50_s=median_s)
    assert check_validity(replace(step, latency=latency)).trust is trust


def test_without_a_good_answer_lateness_is_held_against_the_floors() -> None:
    """No median is no excuse."""
    step = replace(a_fine_step(replace(IDLE, loop_lag_s=0.006)), latency=None)
    assert check_validity(step).reasons == ("a load thread woke up 6ms late (P99; limit 5ms)",)


def test_books_that_do_not_balance_are_invalid() -> None:
    """One request without an end voids the step."""
    step = replace(a_fine_step(), counts=Counts(started=101, ok=100))
    validity = check_validity(step)
    assert validity.trust is Trust.INVALID
    assert validity.reasons == ("the books do not balance: 101 started, 100 ended",)
    assert is_generator_fault(step)


def test_local_failures_are_invalid_and_named() -> None:
    """Our own ports running out is never the target's failure."""
    counts = Counts(started=103, ok=100, failures={FailureKind.LOCAL_PORTS: 3})
    step = replace(a_fine_step(), counts=counts)
    validity = check_validity(step)
    assert validity.trust is Trust.INVALID
    assert validity.reasons == ("3 requests failed on our own side: local.ports (limit 0)",)
    assert is_generator_fault(step)


def test_step_in_which_everything_was_cut_is_invalid_but_not_our_fault() -> None:
    """No request ended: there is nothing to believe, and nobody to blame here."""
    step = replace(a_fine_step(), counts=Counts(started=5, cut=5), latency=None)
    assert check_validity(step).reasons == (
        "no request that began in the hold has ended; hold longer",
    )
    assert not is_generator_fault(step)


def test_target_failures_leave_the_step_valid() -> None:
    """A failing service is a result, not a fault of the measurement."""
    counts = Counts(started=30_000, ok=3_000, failures={FailureKind.HTTP_STATUS: 27_000})
    step = replace(a_fine_step(), counts=counts)
    assert check_validity(step).trust is Trust.VALID
    assert not is_generator_fault(step)


def test_too_few_good_answers_make_the_step_doubtful() -> None:
    """Fewer than ten samples would lie above its P99."""
    step = replace(a_fine_step(), latency=a_latency(0.010, count=999))
    validity = check_validity(step)
    assert (validity.trust, validity.reasons) == (
        Trust.SUSPECT,
        ("P99 needs 1,000 samples, has 999",),
    )


def test_idle_slots_void_a_step_in_which_nothing_failed() -> None:
    """Load that was promised and not made is the generator's fault."""
    step = replace(a_fine_step(), running_ratio=0.97)
    assert check_validity(step).reasons == (
        "97% of the slots were running at 64 concurrent (limit 99%)",
    )
    assert is_generator_fault(step)
    assert check_validity(replace(step, running_ratio=0.99)).trust is Trust.VALID


@pytest.mark.parametrize(
    ("failures", "attempts_failed"),
    [({FailureKind.CONN_REFUSED: 3}, 3), ({}, 2)],
    ids=["failed requests", "failed connects"],
)
def test_slots_that_wait_after_failures_are_not_our_fault(
    failures: dict[FailureKind, int], attempts_failed: int
) -> None:
    """Waiting before the next attempt is what a client owes a service that is down."""
    step = replace(
        a_fine_step(),
        counts=Counts(started=27_003, ok=27_003 - sum(failures.values()), failures=failures),
        connections=ConnectionCounts(opened=64, attempts_failed=attempts_failed),
        running_ratio=0.60,
    )
    assert check_validity(step).reasons == (
        "60% of the slots were running at 64 concurrent: the others waited after failures",
    )
    assert not is_generator_fault(step)


def test_slots_of_a_hold_that_was_cut_short_are_not_asked() -> None:
    """The load ends a moment before the hold does."""
    step = replace(a_fine_step(), running_ratio=0.90, ended_early=True)
    assert check_validity(step).trust is Trust.VALID


def test_sums_that_do_not_add_up_are_bookkeeping_faults() -> None:
    """64 running slots whose times sum up to 62 were not all measured."""
    step = replace(a_fine_step(), littles_law=LittlesLaw(64.0, 61.0, 62.08))
    assert check_validity(step).reasons == (
        "bookkeeping: 64 slots ran, but X * (R + G) is 61 to 62.08, 3% off (limit 0.5%)",
    )
    assert is_generator_fault(step)
    inside = replace(step, littles_law=LittlesLaw(64.0, 64.2, 65.0))
    assert check_validity(inside).trust is Trust.VALID


def test_late_sends_of_an_open_loop_are_held_to_the_same_bounds() -> None:
    """A start that we made too late is our lateness, whatever its cause."""
    lag = replace(a_latency(0.0001), p99_s=0.002)
    step = replace(a_fine_step(), send_lag=lag)
    assert check_validity(step).reasons == ("requests were sent 2ms late (P99; limit 1ms)",)
    worse = replace(step, send_lag=replace(lag, p99_s=0.006))
    assert is_generator_fault(worse)


def test_a_queue_of_the_service_excuses_no_lateness_of_ours() -> None:
    """What counts is the service's own time, not the time since the planned start."""
    step = replace(
        a_fine_step(replace(IDLE, loop_lag_s=0.006)),
        latency=a_latency(2.0),
        service_latency=a_latency(0.010),
    )
    assert is_generator_fault(step)


@pytest.mark.parametrize(
    ("late", "trust"), [(0, Trust.VALID), (200, Trust.SUSPECT), (400, Trust.INVALID)]
)
def test_starts_dropped_because_we_were_late_are_ours(late: int, trust: Trust) -> None:
    """Up to one planned start in a hundred is doubtful, more is invalid; no slot is another's."""
    step = a_fine_step()
    started = step.counts.started
    schedule = Schedule(started + late + 500, 500, late, 0)
    validity = check_validity(replace(step, schedule=schedule))
    assert validity.trust is trust


def test_a_schedule_that_does_not_balance_is_invalid() -> None:
    """Each planned start was made or has a reason why not."""
    step = replace(a_fine_step(), schedule=Schedule(27_002, 1, 0, 0))
    assert check_validity(step).reasons == (
        "the schedule does not balance: 27002 planned, 27000 started, 1 not started",
    )
