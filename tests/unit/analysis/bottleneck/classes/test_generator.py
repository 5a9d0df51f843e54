"""Tests of the generator as the limit: only where it was."""

import pytest

from capacity.analysis.bottleneck import thresholds
from capacity.analysis.bottleneck.classes.generator import judge
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.search import validity
from tests.unit.analysis.bottleneck.curves import (
    GENERATOR_END,
    case_of,
    curve,
    disbelieved,
    with_failures,
    with_generator,
    with_idle_cpu,
    with_readings,
)
from tests.unit.builders import a_step

GROWING = ((1, 1000.0), (2, 1990.0), (4, 3900.0))
FLAT = ((1, 1000.0), (2, 1990.0), (4, 2000.0), (8, 2010.0))
# docs/bottlenecks.md: a client of one thread against a server that carries ten times as much.
CLIENT_BOUND = ((1, 3015.0), (4, 3043.0), (16, 4140.0), (64, 4115.0), (256, 4553.0))
CLIENT_CPU = (0.84, 0.93, 0.95, 0.97, 0.98)


def spoilt(concurrency: int, qps: float, cpu_ratio: float = 0.98) -> Step:
    """A step on which a load thread had no more to give."""
    return disbelieved(with_generator(a_step(concurrency, qps, index=9), cpu_ratio))


def test_a_climb_that_the_generator_ended_is_a_lower_bound() -> None:
    """Throughput still grew at the last level that can be believed."""
    (found,) = judge(case_of((*curve(GROWING), spoilt(8, 5000.0)), end=GENERATOR_END))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 8.0
    assert [one.text() for one in found.evidence] == [
        "a load thread of the generator used 98% of its core at 8 concurrent",
        "the service carries at least 3,900/s, as it did at 4 concurrent",
    ]
    assert [one.text("zh") for one in found.evidence] == [
        "并发 8 时，压测端的一个线程用掉了所在核的 98%",
        "服务至少能承受 3,900/s，即并发 4 时的实测值",
    ]
    assert "more threads" in found.advice.text()


def test_a_limit_that_was_reached_below_stands() -> None:
    """Three levels without growth were believed; what came above takes nothing back."""
    assert judge(case_of((*curve(FLAT), spoilt(64, 2000.0)), end=GENERATOR_END)) == ()


def test_a_limit_that_a_later_step_outdid_was_none() -> None:
    """Throughput at the step that cannot be believed is a tenth above the plateau."""
    assert len(judge(case_of((*curve(FLAT), spoilt(64, 2300.0)), end=GENERATOR_END))) == 1


@pytest.mark.parametrize(
    ("last_qps", "last_cpu", "is_named"),
    [(2300.0, 0.95, False), (2300.0, 0.80, True), (3900.0, 0.95, True)],
    ids=["full and falls behind", "has CPU left", "keeps up"],
)
def test_a_cpu_that_was_full_where_throughput_fell_behind_stands(
    last_qps: float, last_cpu: float, *, is_named: bool
) -> None:
    """A climb may end at the very level where the service is at its limit."""
    steps = with_readings(curve((*GROWING[:2], (4, last_qps))), "cpu", [0.4, 0.8, last_cpu])
    above = spoilt(8, 1.02 * last_qps)
    assert bool(judge(case_of((*steps, above), end=GENERATOR_END))) is is_named


def test_a_spoilt_step_among_believed_ones_is_no_limit() -> None:
    """The levels above it were carried."""
    assert judge(case_of((*curve(GROWING), spoilt(3, 2500.0)))) == ()


def test_a_run_without_a_step_to_believe_has_no_lower_bound() -> None:
    """The first step already was too much."""
    (found,) = judge(case_of((spoilt(1, 5000.0),), end=GENERATOR_END))
    assert len(found.evidence) == 1


@pytest.mark.parametrize(
    ("step", "sentence", "advice"),
    [
        (
            with_generator(a_step(8, 5000.0), 0.3, throttled_ratio=0.4),
            "a CPU quota held the generator back 40% of the time at 8 concurrent",
            "cores of its own",
        ),
        (
            with_generator(a_step(8, 5000.0), 0.3, steal_ratio=0.2),
            "the hypervisor took 20% of the generator's CPU time at 8 concurrent",
            "cores of its own",
        ),
        (
            with_generator(a_step(8, 5000.0), 0.3, runqueue_wait_ratio=0.35),
            "a load thread of the generator waited for a core 35% of the time at 8 concurrent",
            "cores of its own",
        ),
        (
            with_generator(a_step(8, 5000.0), 0.3, loop_lag_s=0.03),
            "a load thread of the generator woke up 30ms late (P99) at 8 concurrent",
            "more threads",
        ),
        (
            with_failures(a_step(8, 5000.0), 7, kind=FailureKind.LOCAL_FD),
            "7 requests failed at 8 concurrent because the generator had no file descriptor left",
            "ulimit -n",
        ),
        (
            with_failures(a_step(8, 5000.0), 9, kind=FailureKind.LOCAL_PORTS),
            "9 requests failed at 8 concurrent because the generator had no local port left",
            "source addresses",
        ),
        (
            a_step(8, 5000.0, cpu_ratio=None),
            "the step at 8 concurrent cannot be believed, for reasons of the generator's own",
            "more threads",
        ),
    ],
    ids=["quota", "steal", "no core", "late", "descriptors", "ports", "another reason"],
)
def test_says_what_the_generator_ran_out_of(step: Step, sentence: str, advice: str) -> None:
    """Each cause has its figure and its remedy."""
    (found,) = judge(case_of((*curve(GROWING), disbelieved(step)), end=GENERATOR_END))
    assert found.evidence[0].text() == sentence
    assert advice in found.advice.text()


@pytest.mark.parametrize(
    "step",
    [
        with_failures(a_step(8, 5000.0), 100, kind=FailureKind.TLS_NOT_TLS),
        a_step(8, 0.0),
    ],
    ids=["a wrong address", "nothing has ended"],
)
def test_steps_that_are_not_believed_for_other_reasons_say_nothing(step: Step) -> None:
    """They are no word about the generator's strength."""
    assert judge(case_of((*curve(GROWING), disbelieved(step)))) == ()


def test_a_step_in_which_all_failed_for_want_of_ports_is_the_generators() -> None:
    """No request ended, and it was our side."""
    step = disbelieved(with_failures(a_step(8, 0.0), 100, kind=FailureKind.LOCAL_PORTS))
    assert len(judge(case_of((*curve(GROWING), step)))) == 1


def test_measured_client_is_the_limit() -> None:
    """The measured row: from 16 users on a thread was at its core, and could not be believed."""
    loaded = [
        with_generator(step, cpu, loop_lag_p50_s=0.02)
        for step, cpu in zip(curve(CLIENT_BOUND), CLIENT_CPU, strict=True)
    ]
    believed = loaded[:3]
    (found,) = judge(case_of((*believed, *(disbelieved(step) for step in loaded[3:]))))
    assert found.confidence is Confidence.HIGH
    assert found.evidence[1].text() == (
        "the service carries at least 4,140/s, as it did at 16 concurrent"
    )


def test_a_client_that_is_busy_where_growth_stopped_is_medium() -> None:
    """Four fifths of a core, and usually late: every step was believed all the same."""
    (found,) = judge(
        case_of(tuple(with_generator(step, 0.9, loop_lag_p50_s=0.005) for step in curve(FLAT)))
    )
    assert found.confidence is Confidence.MEDIUM
    assert found.first_level == 2.0


def test_is_high_where_a_thread_had_no_core_left_when_growth_stopped() -> None:
    """95 % of a core is all of it."""
    (found,) = judge(case_of(tuple(with_generator(step, 0.95) for step in curve(FLAT))))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 2.0


@pytest.mark.parametrize(
    ("cpu_ratio", "usual_s", "worst_s", "is_named"),
    [
        (0.81, 0.002, 0.0, True),
        (0.81, 0.0, 0.0, False),
        (0.79, 0.002, 0.0, False),
        (0.30, 0.002, 0.050, True),
        (0.30, 0.0, 0.050, False),
    ],
    ids=["busy and late", "busy", "nearly busy", "late all the time", "late now and then"],
)
def test_busy_and_late_together_are_needed(
    cpu_ratio: float, usual_s: float, worst_s: float, *, is_named: bool
) -> None:
    """A noisy neighbour makes the tail late; a thread at its end is late every time."""
    steps = tuple(
        with_generator(step, cpu_ratio, loop_lag_p50_s=usual_s, loop_lag_s=worst_s)
        for step in curve(FLAT)
    )
    assert bool(judge(case_of(steps))) is is_named


def test_a_service_that_is_busy_itself_may_be_the_limit() -> None:
    """Above 70 % of its CPU the generator is not blamed for being busy."""
    steps = tuple(with_generator(step, 0.95) for step in curve(FLAT))
    assert judge(case_of(with_readings(steps, "cpu", [0.2, 0.5, 0.75, 0.75]))) == ()
    assert len(judge(case_of(with_idle_cpu(steps)))) == 1


def test_an_easy_generator_is_not_the_limit() -> None:
    """The near miss of all of the above."""
    assert judge(case_of(curve(FLAT))) == ()
    assert judge(case_of(())) == ()


def test_the_ends_are_those_of_a_steps_validity() -> None:
    """What makes a step unbelievable is what is told here."""
    assert thresholds.GENERATOR_CPU_AT_END_RATIO == validity.CPU_INVALID_RATIO
    assert thresholds.GENERATOR_WAIT_AT_END_RATIO == validity.RUNQUEUE_INVALID_RATIO
    assert thresholds.GENERATOR_TAKEN_AT_END_RATIO == validity.TAKEN_INVALID_RATIO
    assert thresholds.GENERATOR_LAG_AT_END_RATIO == validity.LAG_INVALID_RATIO
    assert thresholds.GENERATOR_LAG_AT_END_S == validity.LAG_INVALID_FLOOR_S
