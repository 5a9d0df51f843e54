"""Do the derived numbers of each level come out as computed by hand?"""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.numbers import (
    constancy_ratio,
    step_numbers,
    unloaded_median_s,
)
from capacity.analysis.bottleneck.series import all_series
from capacity.model.bottleneck import StepNumbers
from capacity.model.resources import Population
from capacity.model.run import Step
from capacity.model.snapshot import FailureKind
from capacity.units import Unit
from tests.unit.builders import a_latency, a_step
from tests.unit.rate_builders import a_rate_step
from tests.unit.resource_builders import a_member, a_reading


def numbers(*steps: Step) -> tuple[StepNumbers, ...]:
    """What follows from the numbers of these levels."""
    return step_numbers(steps, all_series(steps))


def with_median(step: Step, p50_s: float, p99_s: float) -> Step:
    """The step with these percentiles."""
    assert step.latency is not None
    return replace(step, latency=replace(step.latency, p50_s=p50_s, p99_s=p99_s))


def test_slots_of_a_pool_of_four() -> None:
    """187/s and 20.8 ms without load are 3.89 requests at a time (measured)."""
    first = with_median(a_step(1, 48.0), 0.0208, 0.0225)
    last = with_median(a_step(16, 187.0, index=1), 0.0855, 0.11)
    unloaded, loaded = numbers(first, last)
    assert loaded.slots == pytest.approx(3.89, abs=0.005)
    assert unloaded.slots == pytest.approx(48 * 0.0208)
    assert (loaded.level, loaded.step_index, loaded.qps) == (16, 1, 187.0)


def test_slots_of_a_limiter_are_far_below_one() -> None:
    """200/s that take 0.4 ms each are 0.08 at a time (measured)."""
    first = with_median(a_step(1, 200.1), 0.0004, 0.0005)
    last = with_median(a_step(4, 199.6, index=1), 0.020, 0.024)
    assert numbers(first, last)[1].slots == pytest.approx(0.0798, abs=0.0001)


def test_queueing_is_what_the_median_has_beyond_the_unloaded_one() -> None:
    """Of 85.5 ms 20.8 ms are work: 75.7 % is waiting; without load nothing waits."""
    first = with_median(a_step(1, 48.0), 0.0208, 0.0225)
    last = with_median(a_step(16, 187.0, index=1), 0.0855, 0.11)
    assert [one.queueing_ratio for one in numbers(first, last)] == pytest.approx(
        [0.0, 0.7567], abs=0.0001
    )


def test_tail_of_a_cpu_quota_is_ten_times_the_median_without_load() -> None:
    """55.8 ms over 5.6 ms (measured)."""
    (one,) = numbers(with_median(a_step(1, 91.0), 0.0056, 0.0558))
    assert one.tail_ratio == pytest.approx(9.96, abs=0.01)


def test_fast_errors_are_a_small_share_of_the_good_answers() -> None:
    """A 503 after 2 ms beside answers of 49.4 ms at the median."""
    step = a_step(8, 162.0, failures={FailureKind.HTTP_STATUS: 3000})
    failed = replace(a_latency(0.002), p50_s=0.002)
    (one,) = numbers(replace(with_median(step, 0.0494, 0.06), failed_latency=failed))
    assert one.error_speed_ratio == pytest.approx(0.0405, abs=0.0001)


def test_littles_ratio_counts_good_and_failed_requests() -> None:
    """300 good ones of 80 ms and 100 failed ones of 60 ms in 2 users' 30 s are half of them."""
    step = a_step(2, 10.0, failures={FailureKind.HTTP_STATUS: 100}, mean_s=0.08)
    step = replace(step, failed_latency=a_latency(0.06, count=100))
    (one,) = numbers(step)
    assert one.littles_ratio == pytest.approx((300 * 0.08 + 100 * 0.06) / 60.0)
    (plain,) = numbers(a_step(8, 400.0))
    assert plain.littles_ratio == pytest.approx(1.0)


def test_littles_ratio_is_not_known_where_times_are_missing() -> None:
    """Planned starts, failures without a latency, no answer at all, or no time to measure in."""
    failing = a_step(2, 10.0, failures={FailureKind.HTTP_STATUS: 100})
    unknown = (
        a_rate_step(100.0),
        replace(failing, failed_latency=None),
        a_step(2, 0.0),
        replace(a_step(2, 10.0), end_s=5.0, start_s=5.0),
    )
    for step in unknown:
        (one,) = numbers(step)
        assert one.littles_ratio is None


def test_cpu_per_request_is_that_of_all_pods() -> None:
    """0.25 and 0.15 cores for 200 answers a second, failed ones included, are 2 ms each."""
    pods = [a_member(0.25, "shop/api-1/app"), a_member(0.15, "shop/api-2/app")]
    reading = a_reading(name="pod.cores", unit=Unit.CORES, members=pods)
    step = a_step(4, 150.0, failures={FailureKind.HTTP_STATUS: 1500})
    (one,) = numbers(replace(step, resources=(reading,)))
    assert one.cpu_s_per_request == pytest.approx(0.002)


def test_cpu_per_request_is_not_known_of_the_worst_pods_alone() -> None:
    """Of 40 pods of which some are listed no sum is known; nor without an answer or a reading."""
    some = replace(
        a_reading(name="pod.cores", unit=Unit.CORES), population=Population(40, 0.2, 0.5)
    )
    (one,) = numbers(replace(a_step(4, 150.0), resources=(some,)))
    assert one.cpu_s_per_request is None
    whole = a_reading(name="process.cores", unit=Unit.CORES)
    (silent,) = numbers(replace(a_step(4, 0.0), resources=(whole,)))
    assert silent.cpu_s_per_request is None
    assert numbers(a_step(4, 150.0))[0].cpu_s_per_request is None


def test_a_step_without_an_answer_has_no_numbers() -> None:
    """Every one of them is unknown rather than zero."""
    (one,) = numbers(a_step(1, 0.0))
    assert (one.slots, one.queueing_ratio, one.tail_ratio) == (None, None, None)
    assert (one.error_speed_ratio, one.littles_ratio) == (None, None)


def test_few_answers_have_no_tail() -> None:
    """A P99 that is withheld gives no ratio."""
    (one,) = numbers(a_step(1, 10.0))
    assert one.tail_ratio is None


def test_a_hold_without_length_has_no_cost_of_a_request() -> None:
    """Nothing is divided by zero."""
    step = replace(a_step(1, 100.0), start_s=5.0, end_s=5.0)
    (one,) = numbers(replace(step, resources=(a_reading(name="pod.cores", unit=Unit.CORES),)))
    assert one.cpu_s_per_request is None
    assert one.qps == 0.0


def test_one_request_at_a_time_waits_for_no_other() -> None:
    """Its median is that without load, however many more levels there are."""
    step = a_step(1, 100.0)
    assert step.latency is not None
    assert unloaded_median_s([step]) == step.latency.p50_s
    assert unloaded_median_s([step, a_step(2, 100.0)]) == step.latency.p50_s


def test_a_higher_first_level_is_unloaded_only_with_room_to_spare() -> None:
    """Then throughput doubles with the load; where it does not, requests waited already."""
    first = a_step(32, 100.0)
    assert first.latency is not None
    assert unloaded_median_s([first, a_step(64, 195.0)]) == first.latency.p50_s
    assert unloaded_median_s([first, a_step(64, 150.0)]) is None
    assert unloaded_median_s([first]) is None
    assert unloaded_median_s([a_step(32, 0.0), a_step(64, 100.0)]) is None
    assert unloaded_median_s([]) is None


def test_slots_are_not_known_without_an_unloaded_level() -> None:
    """Latency that has waiting in it says nothing about how many are served at a time."""
    first, last = numbers(a_step(32, 100.0), a_step(64, 101.0))
    assert (first.slots, last.slots, last.queueing_ratio) == (None, None, None)


def test_constancy_is_the_scatter_of_three_levels_or_more() -> None:
    """200.1, 199.6 and 198.7 scatter by 0.3 % (measured)."""
    assert constancy_ratio([200.1, 199.6, 198.7]) == pytest.approx(0.0029, abs=0.0001)
    assert constancy_ratio([200.0, 200.0]) is None
    assert constancy_ratio([0.0, 0.0, 0.0]) is None


def test_a_first_level_that_was_cold_is_not_what_takes_no_waiting() -> None:
    """100 ms alone and 20 ms beside another: then 20 ms are the work, and four fit into 195/s."""
    cold = with_median(a_step(1, 10.0), 0.100, 0.110)
    warm = with_median(a_step(2, 97.0, index=1), 0.0204, 0.022)
    full = with_median(a_step(8, 195.0, index=2), 0.041, 0.045)
    assert unloaded_median_s([cold, warm, full]) == 0.0204
    assert numbers(cold, warm, full)[2].slots == pytest.approx(3.98, abs=0.005)
    alike = with_median(a_step(1, 48.0), 0.0208, 0.022)
    assert unloaded_median_s([alike, warm, full]) == 0.0208


def test_a_first_level_without_a_good_answer_has_no_median() -> None:
    """Nor is that of a loaded one taken in its place."""
    nothing = replace(a_step(1, 0.0), latency=None)
    assert unloaded_median_s([nothing, a_step(2, 100.0)]) is None
