"""Tests of the slots and the evenness of throughput that no longer grows."""

from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.plateau import (
    is_latency_even,
    is_mostly_transfer,
    is_queueing,
    nearest_round,
    plateau_of,
    steadiness_sentence,
    transfer_share,
)
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.curves import case_of, curve, latency_of
from tests.unit.builders import a_step
from tests.unit.rate_builders import a_rate_run, a_rate_step

POOL = ((1, 48.0), (2, 95.0), (4, 187.0), (8, 187.0), (16, 186.0), (32, 183.0), (64, 180.0))


def test_slots_are_median_throughput_times_unloaded_latency() -> None:
    """186/s x 20.8 ms, as computed by hand."""
    found = plateau_of(case_of(curve(POOL, unloaded_s=0.0208)))
    assert found is not None
    assert (found.qps, found.typical.plan.load.level) == (186.0, 16.0)
    assert found.slots == pytest.approx(3.8688)
    assert found.whole_slots == 4
    assert found.slots_off_ratio == pytest.approx(0.0328)
    assert found.is_sharp
    assert not found.is_from_first
    assert found.constancy_ratio == pytest.approx(0.014776, abs=1e-6)


def test_of_an_even_number_of_levels_the_lower_middle_is_typical() -> None:
    """It is a level that was measured, and no mean of two."""
    found = plateau_of(case_of(curve(((1, 50.0), (2, 98.0), (4, 100.0)))))
    assert found is not None
    assert found.qps == 98.0


def test_a_first_level_that_still_rises_is_left_out_of_the_scatter() -> None:
    """Four levels, of which the first lacks 4 %; of three it would be needed."""
    rows = ((1, 50.0), (2, 100.0), (4, 192.0), (8, 200.0), (16, 200.0), (32, 200.0))
    found = plateau_of(case_of(curve(rows)))
    assert found is not None
    assert found.constancy_ratio == 0.0
    fewer = plateau_of(case_of(curve(rows[:5])))
    assert fewer is not None
    assert fewer.constancy_ratio == pytest.approx(0.0191, abs=1e-4)


def test_a_bend_that_comes_late_is_not_sharp() -> None:
    """4 slots, but all of the throughput at 8 only."""
    found = plateau_of(case_of(curve(((1, 50.0), (4, 170.0), (8, 200.0), (16, 200.0)))))
    assert found is not None
    assert not found.is_sharp


def test_planned_rates_and_growing_throughput_have_none() -> None:
    """Slots belong to a number of requests in flight."""
    steps = tuple(
        a_rate_step(rate, dropped=max(0, round(30 * (rate - 100)))) for rate in (100, 200, 400)
    )
    assert plateau_of(case_of((), run=a_rate_run(steps))) is None
    assert plateau_of(case_of(curve(POOL[:3]))) is None
    assert plateau_of(case_of(())) is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(199.6, 200.0), (187.0, 200.0), (0.0301, 0.03), (9.9, 10.0), (1.0, 1.0), (125.0, 120.0)],
)
def test_round_numbers_are_those_that_people_type(value: float, wanted: float) -> None:
    """Of the same decade, or the next one's first."""
    assert nearest_round(value) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("qps", "scatter", "is_set"),
    [
        ((200.0, 200.4, 199.8), "exact", True),
        ((200.6, 200.6, 200.6), "off by 0.3 %", False),
        ((198.0, 200.0, 202.0), "scatters by 0.8 %", False),
    ],
)
def test_a_number_is_set_when_it_is_round_and_constant(
    qps: tuple[float, ...], scatter: str, *, is_set: bool
) -> None:
    """A quarter of a percent, and half of one over the levels."""
    rows = tuple(zip((1, 2, 4), qps, strict=True))
    found = plateau_of(case_of(curve(rows)))
    assert found is not None, scatter
    assert found.is_set is is_set


def test_queueing_is_told_by_the_highest_level() -> None:
    """30 % of its latency is waiting."""
    assert is_queueing(case_of(curve(POOL)))
    assert not is_queueing(case_of(curve(POOL[:3])))
    assert not is_queueing(case_of(()))


def test_latency_is_even_when_the_slow_take_hardly_longer() -> None:
    """P90 within 15 % of the median; unknown is not even."""
    latency = replace(latency_of(0.1), p90_s=0.114)
    step = replace(a_step(), latency=latency)
    assert is_latency_even(step)
    assert not is_latency_even(replace(step, latency=replace(latency, p90_s=0.116)))
    assert not is_latency_even(replace(step, latency=replace(latency, p90_s=None)))
    assert not is_latency_even(replace(step, latency=None))


def sending(step: Step, share: float) -> Step:
    """The step with a transfer of so much of its mean latency."""
    assert step.latency is not None
    return replace(step, transfer=latency_of(share * step.latency.mean_s))


def test_the_share_of_the_transfer_is_that_of_the_means() -> None:
    """Unknown where either is."""
    step = a_step()
    assert transfer_share(sending(step, 0.4)) == pytest.approx(0.4)
    assert transfer_share(step) is None
    assert transfer_share(replace(sending(step, 0.4), latency=None)) is None


def test_levels_beyond_the_turn_tell_whether_it_is_mostly_transfer() -> None:
    """On average, of those that know."""
    flat = curve(((1, 50.0), (2, 50.0), (4, 50.0)))
    steps = (sending(flat[0], 0.4), sending(flat[1], 0.6), flat[2])
    assert is_mostly_transfer(case_of(steps), 0.5)
    assert not is_mostly_transfer(case_of(steps), 0.51)
    assert not is_mostly_transfer(case_of(flat), 0.5)


def test_steadiness_is_told_from_three_levels_on() -> None:
    """Two do not scatter."""
    three = plateau_of(case_of(curve(((1, 50.0), (2, 50.0), (4, 50.0)))))
    two = plateau_of(case_of(curve(((1, 50.0), (2, 50.0)))))
    assert three is not None
    assert two is not None
    sentence = steadiness_sentence(three)
    assert sentence is not None
    assert sentence.text() == "throughput scatters by 0% over 3 levels"
    assert sentence.text("zh") == "3 级负载下吞吐的离散度为 0%"
    assert steadiness_sentence(two) is None
