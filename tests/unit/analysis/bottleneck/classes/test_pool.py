"""Tests of the pool: full by its own metric, or by the curve and an idle CPU."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.pool import judge
from capacity.model.bottleneck import Candidate
from capacity.model.confidence import Confidence
from capacity.model.resources import OwnResource, ResourceRole
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit
from tests.unit.analysis.bottleneck.curves import (
    case_naming,
    case_of,
    curve,
    latency_of,
    with_failures,
    with_idle_cpu,
    with_readings,
)
from tests.unit.builders import a_step

# docs/bottlenecks.md: a pool of 4 whose requests take 20 ms, as it was measured.
POOL_OF_4 = ((1, 48.0), (2, 95.0), (4, 187.0), (8, 187.0), (16, 186.0), (32, 183.0), (64, 180.0))


def judged(steps: tuple[Step, ...]) -> Candidate | None:
    """The one candidate, if there is one."""
    found = judge(case_of(steps))
    assert len(found) <= 1
    return found[0] if found else None


def figures(candidate: Candidate, sentence: int = 0) -> dict[str, float | str]:
    """The numbers of one sentence of the evidence."""
    return {figure.name: figure.value for figure in candidate.evidence[sentence].figures}


def test_measured_pool_of_four_is_medium_with_an_idle_cpu() -> None:
    """The measured row: slots of 3.9 are a pool of 4, and the sentence says the arithmetic."""
    found = judged(with_idle_cpu(curve(POOL_OF_4, unloaded_s=0.0208), 0.05))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert figures(found)["whole"] == 4.0
    assert figures(found)["slots"] == pytest.approx(186 * 0.0208)
    assert found.first_level == 4.0
    assert found.evidence[0].text() == (
        "about 4 requests are served at a time (186/s x 20.8ms = 3.87): a pool of 4 fits"
    )
    assert found.evidence[1].text() == "shop/api-7f9/app used at most 5% of its CPU meanwhile"


def test_is_low_where_no_cpu_was_seen() -> None:
    """Four cores at work look alike, so the curve alone is never more than low."""
    found = judged(curve(POOL_OF_4, unloaded_s=0.0208))
    assert found is not None
    assert found.confidence is Confidence.LOW
    assert "not observed" in found.evidence[1].text()
    assert "未观测" in found.evidence[1].text("zh")


def test_a_service_that_uses_its_cpu_is_no_pool() -> None:
    """Half of its CPU is no idle service."""
    assert (
        judged(with_readings(curve(POOL_OF_4), "cpu", [0.1, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5])) is None
    )


def test_an_idle_cpu_just_below_half_is_a_pool() -> None:
    """The near miss of the case before."""
    steps = with_readings(curve(POOL_OF_4), "cpu", [0.1, 0.3, 0.49, 0.49, 0.49, 0.49, 0.49])
    assert judged(steps) is not None


@pytest.mark.parametrize("name", ["process.hot_thread", "throttle"])
def test_a_thread_at_its_core_or_a_quota_is_no_pool(name: str) -> None:
    """The mean of the CPU does not tell of either."""
    steps = with_idle_cpu(curve(POOL_OF_4))
    assert judged(with_readings(steps, name, [0.2, 0.5, 0.95, 0.95, 0.95, 0.95, 0.95])) is None


def test_slots_between_whole_numbers_are_no_pool() -> None:
    """3.5 slots are neither 3 nor 4."""
    steps = curve(((1, 50.0), (2, 100.0), (4, 175.0), (8, 175.0), (16, 175.0)))
    assert judged(with_idle_cpu(steps)) is None


def test_slots_a_little_off_are_a_pool_only_with_a_cpu_seen() -> None:
    """3.7 slots are within 10 % of 4, but not within 5 %."""
    steps = curve(((1, 50.0), (2, 100.0), (4, 185.0), (8, 185.0), (16, 185.0)))
    assert judged(steps) is None
    assert judged(with_idle_cpu(steps)) is not None


def test_one_slot_is_no_pool() -> None:
    """A single server is one core, a lock or a thread: other classes say which."""
    assert judged(with_idle_cpu(curve(((1, 100.0), (2, 100.0), (4, 100.0), (8, 100.0))))) is None


@pytest.mark.parametrize(
    ("rows", "confidence"),
    [
        (((1, 50.0), (4, 200.0), (8, 397.0), (16, 396.0), (32, 396.5)), Confidence.MEDIUM),
        (((1, 50.0), (4, 200.0), (8, 400.0), (16, 420.0), (32, 380.0)), None),
        (((1, 50.0), (4, 200.0), (8, 400.0), (16, 400.0)), None),
    ],
    ids=["as steady as a pool", "scatters by more than 2 %", "too few levels to tell"],
)
def test_from_five_slots_on_steadiness_must_carry_it(
    rows: tuple[tuple[int, float], ...], confidence: Confidence | None
) -> None:
    """Every number is near a whole one there."""
    found = judged(with_idle_cpu(curve(rows)))
    assert (None if found is None else found.confidence) is confidence


def test_from_five_slots_on_nothing_is_said_without_a_cpu_seen() -> None:
    """Steadiness alone tells nothing of what was not looked at."""
    rows = ((1, 50.0), (4, 200.0), (8, 400.0), (16, 400.0), (32, 401.0))
    assert judged(curve(rows)) is None


@pytest.mark.parametrize("place", [0, 2], ids=["for one caller", "where growth stopped"])
def test_uneven_latencies_are_no_pool_where_no_cpu_was_seen(place: int) -> None:
    """A quota that runs out in the middle of the work shows so, and so do cores that are shared."""
    steps = list(curve(POOL_OF_4, unloaded_s=0.0208))
    steps[place] = a_step_with_tail(steps[place], 2.5)
    assert judged(tuple(steps)) is None
    assert judged(with_idle_cpu(steps)) is not None


def test_too_few_answers_for_a_percentile_are_no_pool_where_no_cpu_was_seen() -> None:
    """Whether latencies are even is not known then."""
    steps = list(curve(POOL_OF_4, unloaded_s=0.0208))
    steps[0] = replace(steps[0], latency=latency_of(0.0208, count=90))
    assert judged(tuple(steps)) is None


def a_step_with_tail(step: Step, tail: float) -> Step:
    """The step with a P99 so many times its median."""
    assert step.latency is not None
    return replace(step, latency=latency_of(step.latency.p50_s, tail=tail))


def test_is_low_where_the_knee_is_not_at_the_slots() -> None:
    """Throughput that comes late, at 16 for 8 slots, bends more slowly than a pool does."""
    rows = ((1, 50.0), (4, 180.0), (8, 350.0), (16, 400.0), (32, 401.0), (64, 400.0))
    assert judged(with_idle_cpu(curve(rows))) is None
    four = ((1, 50.0), (2, 95.0), (4, 170.0), (8, 200.0), (16, 200.0))
    found = judged(with_idle_cpu(curve(four)))
    assert found is not None
    assert found.confidence is Confidence.LOW


def test_is_low_where_throughput_is_exactly_a_round_number() -> None:
    """200/s x 20 ms are 4 slots as well, but a scatter of 0.1 % is rather a limiter's."""
    rows = ((1, 50.0), (2, 100.0), (4, 199.8), (8, 200.1), (16, 200.0))
    found = judged(with_idle_cpu(curve(rows)))
    assert found is not None
    assert found.confidence is Confidence.LOW


def test_failures_at_the_turn_are_no_pool() -> None:
    """Requests that are refused do not wait for a place, but some may fail in the end."""
    steps = with_idle_cpu(curve(POOL_OF_4))
    refused = tuple(with_failures(step, 500, status=503) for step in steps[2:])
    assert judged((*steps[:2], *refused)) is None
    assert judged((*steps[:3], *refused[1:])) is None
    assert judged((*steps[:-1], refused[-1])) is not None


def test_answers_that_take_their_time_to_come_in_are_no_pool() -> None:
    """Bandwidth makes the same curve."""
    steps = tuple(replace(step, transfer=step.latency) for step in curve(POOL_OF_4))
    assert judged(with_idle_cpu(steps)) is None


def test_nothing_is_said_while_throughput_grows() -> None:
    """No turn, no slots."""
    assert judged(with_idle_cpu(curve(((1, 50.0), (2, 100.0), (4, 200.0))))) is None


def test_nothing_is_said_where_the_first_load_waited_already() -> None:
    """R(1) is not known of a run that begins beyond its knee."""
    assert judged(with_idle_cpu(curve(((8, 200.0), (16, 200.0), (32, 200.0))))) is None


def test_nothing_is_said_without_a_good_answer_at_the_first_load() -> None:
    """There is no unloaded latency then."""
    first = a_step(1, 0.0, failures={FailureKind.CHECK_FAILED: 10})
    assert judged((first, *curve(POOL_OF_4)[1:])) is None


def test_a_full_pool_with_waiting_threads_is_high() -> None:
    """Its own metric, with the query to look it up."""
    steps = with_idle_cpu(curve(POOL_OF_4, unloaded_s=0.0208))
    steps = with_readings(steps, "jvm.pool", [0.2, 0.4, 1.0, 1.0, 1.0, 1.0, 1.0], subject="hikari")
    steps = with_readings(
        steps, "jvm.pool_waiting", [0, 0, 0, 4, 12, 28, 60], unit=Unit.COUNT, subject="hikari"
    )
    found = judged(steps)
    assert found is not None
    assert found.confidence is Confidence.HIGH
    assert found.subject.name == "hikari"
    assert [one.text() for one in found.evidence][:2] == [
        "100% of hikari was in use at 4 concurrent",
        "60 waited for it at 64 concurrent",
    ]
    assert found.evidence[0].text("zh") == "并发 4 时，hikari 的占用为 100%"
    assert found.evidence[0].source is not None
    assert found.evidence[0].source.query == "query_of_jvm.pool"


def test_a_pool_just_below_full_is_judged_by_its_curve() -> None:
    """94 % in use is not full: the near miss."""
    steps = with_readings(curve(POOL_OF_4), "jvm.pool", [0.2, 0.4, 0.94, 0.94, 0.94, 0.94, 0.94])
    found = judged(steps)
    assert found is not None
    assert found.confidence is Confidence.LOW


def test_a_pool_that_was_full_from_the_first_load_on_is_background() -> None:
    """It says nothing of the load."""
    steps = with_readings(curve(((1, 50.0), (2, 75.0), (4, 75.0))), "jvm.tomcat_threads", [1.0] * 3)
    assert judged(steps) is None


def test_a_full_pool_before_a_busy_cpu_is_a_symptom() -> None:
    """What stands behind the pool is the limit; it is named, but low."""
    steps = with_readings(curve(POOL_OF_4), "cpu", [0.2, 0.5, 0.97, 0.97, 0.97, 0.97, 0.97])
    found = judged(with_readings(steps, "jvm.pool", [0.2, 0.4, 1.0, 1.0, 1.0, 1.0, 1.0]))
    assert found is not None
    assert found.confidence is Confidence.LOW


def test_few_samples_never_make_it_high() -> None:
    """Three samples may support a claim, and no more."""
    steps = with_idle_cpu(curve(POOL_OF_4))
    found = judged(
        with_readings(steps, "jvm.pool", [0.2, 0.4, 1.0, 1.0, 1.0, 1.0, 1.0], sample_count=3)
    )
    assert found is not None
    assert found.confidence is Confidence.MEDIUM


OWN_QUEUE = OwnResource("engine queue", "prom.waiting", ResourceRole.POOL, None, grows=True)
OWN_POOL = OwnResource("db pool", "prom.in_use", ResourceRole.POOL, 8.0, grows=False)


def test_a_pool_of_the_profile_is_high_by_its_value() -> None:
    """The profile knows the size: eight in use are all of them."""
    steps = with_readings(curve(POOL_OF_4), "prom.in_use", [1, 2, 8, 8, 8, 8, 8], unit=Unit.NUMBER)
    (found,) = judge(case_naming(steps, OWN_POOL))
    assert found.confidence is Confidence.HIGH
    assert found.subject.name == "db pool"
    assert found.first_level == 4.0
    assert found.evidence[0].text() == "8 of db pool was in use at 4 concurrent"


def test_a_queue_of_the_profile_is_a_pool_once_it_grows() -> None:
    """Where it began to grow is where the pool was full."""
    steps = with_readings(
        curve(POOL_OF_4), "prom.waiting", [0, 0, 0.2, 4, 12, 28, 60], unit=Unit.NUMBER
    )
    (found,) = judge(case_naming(steps, OWN_QUEUE))
    assert found.confidence is Confidence.HIGH
    assert found.first_level == 8.0
    assert found.evidence[0].text() == "60 waited for engine queue at 64 concurrent"
    assert found.evidence[0].text("zh") == "并发 64 时，engine queue 的等待数为 60"


def test_a_queue_of_the_profile_that_stays_short_says_nothing() -> None:
    """The curve is judged then."""
    steps = with_readings(curve(POOL_OF_4), "prom.waiting", [0.5] * 7, unit=Unit.NUMBER)
    (found,) = judge(case_naming(steps, OWN_QUEUE))
    assert found.confidence is Confidence.LOW


def test_a_full_pool_without_a_known_concurrency_has_no_slots() -> None:
    """While throughput grows there is nothing to multiply."""
    steps = with_readings(curve(POOL_OF_4[:3]), "jvm.pool", [0.2, 0.4, 1.0])
    (found,) = judge(case_of(steps))
    assert found.confidence is Confidence.LOW
    assert len(found.evidence) == 1
