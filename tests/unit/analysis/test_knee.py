"""Tests of capacity.analysis.knee: known services, bad input, and what must not matter."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log, nan
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.analysis import knee as module
from capacity.analysis.knee import MIN_LEVELS, find_knee
from capacity.analysis.throughput import Observation
from capacity.model.confidence import Confidence
from capacity.model.findings import CurveFit, Estimate, Knee, NoKnee, NoKneeReason

Pairs = Sequence[tuple[float, float]]
TOO_SLOW = [HealthCheck.too_slow]
FEW = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=TOO_SLOW)


def steps(pairs: Pairs, error_ratio: float | None = None) -> list[Observation]:
    """Steps as (concurrency, QPS), all with one error."""
    return [Observation(level, qps, error_ratio) for level, qps in pairs]


def found(pairs: Pairs, error_ratio: float | None = None) -> Knee:
    """The knee of steps that have one."""
    knee = find_knee(steps(pairs, error_ratio))
    assert isinstance(knee, Knee)
    return knee


def absent(pairs: Pairs) -> NoKnee:
    """The absence of a knee in steps that have none."""
    knee = find_knee(steps(pairs))
    assert isinstance(knee, NoKnee)
    return knee


def has(estimate: Estimate | None, truth: float) -> bool:
    """Whether an interval has the truth; 0.1 % beside it is inside for what is exact."""
    assert estimate is not None
    return estimate.low * 0.999 <= truth <= estimate.high * 1.001


def width(estimate: Estimate) -> float:
    """How wide an interval is, as a factor."""
    return estimate.high / estimate.low


def eight_servers(*levels: float) -> Pairs:
    """Eight servers of 10 ms: exactly 100 N up to 800."""
    return [(n, 100.0 * min(n, 8.0)) for n in levels]


KNOWN = [
    pytest.param(eight_servers(1, 4, 16, 64, 256), 8.0, 800.0, id="eight servers, by four"),
    pytest.param(eight_servers(1, 2, 4, 8, 16, 32), 8.0, 800.0, id="eight servers, doubling"),
    pytest.param(
        [(1, 99.6), (4, 398.5), (16, 798), (64, 800.5), (6, 598), (8, 796), (11, 800)],
        8.0,
        800.0,
        id="eight servers, refined",
    ),
    pytest.param(
        [(n, 1000 * n / (n + 9)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)],
        10.0,
        1000.0,
        id="ten balanced stations",
    ),
    pytest.param(
        [(n, 50 * n / (1 + 0.05 * (n - 1) + 0.0004 * n * (n - 1))) for n in (1, 4, 16, 32, 64)]
        + [(128, 50 * 128 / (1 + 0.05 * 127 + 0.0004 * 128 * 127))],
        11.29,
        564.4,
        id="USL that falls",
    ),
    pytest.param([(1, 500), (4, 501), (16, 499), (64, 500), (256, 500)], 1.0, 500.0, id="one lock"),
    pytest.param(
        [(1, 100), (4, 400), (16, 500), (64, 501), (256, 499)], 5.0, 500.0, id="limiter of 500/s"
    ),
    pytest.param(
        [(1, 100), (2, 200), (4, 400), (8, 800), (16, 1200), (32, 1200), (64, 1200)],
        12.0,
        1200.0,
        id="between two steps",
    ),
]


@pytest.mark.parametrize(("pairs", "knee", "saturation_qps"), KNOWN)
def test_known_services_lie_inside_the_intervals(
    pairs: Pairs, knee: float, saturation_qps: float
) -> None:
    """N* = X_sup * R(1) and X_sup of exact curves, measured to 0.5 %."""
    fit = found(pairs, 0.005).fit
    assert has(fit.knee, knee)
    assert has(fit.saturation_qps, saturation_qps)
    assert fit.knee.value == pytest.approx(knee, rel=0.1)
    assert fit.p_saturated > 0.8
    assert fit.p_saturated + fit.p_not_reached + fit.p_below_range == pytest.approx(1.0)


def test_practical_saturation_is_that_of_the_curve() -> None:
    """N95 of two straight lines is 0.95 N*; of ten balanced stations 0.95 * 9 / 0.05 = 171."""
    sharp = found(eight_servers(1, 2, 4, 6, 7, 8, 9, 12, 16, 32), 0.005).fit
    assert has(sharp.n95, 7.6)
    soft = [(n, 1000 * n / (n + 9)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)]
    fit = found(soft, 0.005).fit
    assert has(fit.n95, 171.0)
    assert has(fit.n_power, 9.0)


def test_falling_throughput_has_a_peak() -> None:
    """USL with its peak at 48.7 falls by more than 5 % up to 256."""
    levels = (1, 4, 8, 16, 32, 48, 64, 128, 256)
    pairs = [(n, 50 * n / (1 + 0.05 * (n - 1) + 0.0004 * n * (n - 1))) for n in levels]
    fit = found(pairs, 0.005).fit
    assert fit.is_retrograde
    assert fit.p_retrograde > 0.95
    assert has(fit.peak, 48.7)
    assert fit.collapsed == ()


def test_flat_throughput_has_no_peak() -> None:
    """Where nothing falls no peak is named."""
    fit = found(eight_servers(1, 2, 4, 8, 16, 32)).fit
    assert not fit.is_retrograde
    assert fit.peak is None


def test_collapse_is_left_out_and_ends_the_range() -> None:
    """A service that breaks down beyond 32 keeps its knee, and it is seen that nothing was left."""
    pairs = [*eight_servers(1, 2, 4, 8, 16, 32), (64, 60.0), (128, 20.0), (256, 0.0)]
    fit = found(pairs, 0.005).fit
    assert fit.collapsed == (64.0, 128.0, 256.0)
    assert (fit.is_retrograde, fit.p_retrograde, fit.p_not_reached) == (True, 1.0, 0.0)
    assert has(fit.knee, 8.0)
    assert fit.step_count == 6
    assert fit.peak is not None
    assert 8 < fit.peak.value < 64


def test_collapse_before_any_saturation_bounds_the_knee() -> None:
    """Growing in a line up to 16 and dead at 32: what there was lies between the two."""
    pairs = [(1, 100.0), (2, 200.0), (4, 400.0), (8, 800.0), (16, 1600.0), (32, 10.0)]
    fit = found(pairs, 0.005).fit
    assert 15 < fit.knee.low <= fit.knee.high < 34


def test_collapse_that_leaves_too_little_is_part_of_the_curve() -> None:
    """With two levels before it the fall itself is drawn."""
    pairs = [(4, 400.0), (16, 800.0), (64, 30.0), (128, 20.0), (256, 15.0)]
    knee = find_knee(steps(pairs, 0.01))
    assert knee.fit is not None
    assert (knee.fit.collapsed, knee.fit.step_count) == ((), 5)
    assert knee.fit.is_retrograde


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        pytest.param([], NoKneeReason.TOO_FEW_STEPS, id="nothing"),
        pytest.param([(1, 100)], NoKneeReason.TOO_FEW_STEPS, id="one step"),
        pytest.param([(4, 90), (4, 91), (4, 92), (4, 93)], NoKneeReason.TOO_FEW_STEPS, id="equal"),
        pytest.param([(1, 100), (2, 200), (2, 201)], NoKneeReason.TOO_FEW_STEPS, id="two levels"),
        pytest.param([(1, 0), (2, 0), (4, 0), (8, 0)], NoKneeReason.TOO_FEW_STEPS, id="all zero"),
        pytest.param(
            [(1, nan), (2, inf), (4, -3), (nan, 5), (0, 5)], NoKneeReason.TOO_FEW_STEPS, id="no X"
        ),
        pytest.param(
            [(1e300, 5), (1, 5), (2, 1e300), (4, 5)], NoKneeReason.TOO_FEW_STEPS, id="no service"
        ),
        pytest.param(
            [(1, 100), (2, 200), (4, 400), (8, 800)], NoKneeReason.NOT_REACHED, id="still linear"
        ),
        pytest.param(
            [(n, 1000 * n / (n + 100)) for n in (1, 2, 4, 8, 16, 32, 64)],
            NoKneeReason.NOT_REACHED,
            id="bending but growing",
        ),
        pytest.param(
            [(n, 1000 * n / (n + 16)) for n in (16, 17, 18, 19)],
            NoKneeReason.NOT_REACHED,
            id="narrow steps on a slope",
        ),
        pytest.param(
            [(50, 800), (100, 805), (200, 798), (400, 801)], NoKneeReason.BELOW_RANGE, id="flat"
        ),
        pytest.param(
            [(50, 800), (100, 700), (200, 600), (400, 300)], NoKneeReason.BELOW_RANGE, id="falling"
        ),
        pytest.param(
            [(1, 300), (2, 20), (4, 900), (8, 77), (16, 4), (32, 1100), (64, 9), (128, 200)],
            NoKneeReason.UNCLEAR,
            id="pure noise",
        ),
    ],
)
def test_no_knee_is_invented(pairs: Pairs, reason: NoKneeReason) -> None:
    """Where the steps show no bend the answer says so, with the reason."""
    assert absent(pairs).reason is reason


def test_errors_that_are_none_are_not_used() -> None:
    """A step whose error is no number is not known."""
    levels = (1.0, 2.0, 4.0)
    knee = find_knee([Observation(n, 9.0, e) for n, e in zip(levels, (nan, -1, inf), strict=True)])
    assert isinstance(knee, NoKnee)
    assert knee.detail == "usable steps at 0 different concurrencies; a knee needs at least 3"


def test_absence_is_said_with_its_numbers() -> None:
    """Each sentence has the load and how likely the state is."""
    growing = absent([(1, 100), (2, 200), (4, 400), (8, 800), (16, 1600)])
    assert growing.fit is not None
    assert growing.fit.p_not_reached > 0.97
    assert growing.detail == (
        f"throughput had not levelled off at 16 concurrent ({growing.fit.p_not_reached:.0%} "
        "likely): no knee in the range tested"
    )
    assert absent([(50, 800), (100, 805), (200, 798), (400, 801)]).detail == (
        "the service was saturated at the first step, 50 concurrent (100% likely); start lower"
    )


def test_scatter_is_said_with_its_numbers() -> None:
    """Noise names its size, and steps that no curve has their count."""
    wild = [(1, 30), (2, 170), (4, 100), (8, 700), (16, 300), (32, 1100), (64, 350), (128, 1300)]
    noisy = absent(wild)
    assert noisy.reason is NoKneeReason.UNCLEAR
    assert noisy.fit is not None
    assert noisy.detail == (
        f"the steps scatter by {noisy.fit.noise_ratio:.0%} about any curve, "
        "more than 20%: they show none"
    )
    off = [*eight_servers(1, 2, 4, 8, 16, 32, 64), (3, 90), (12, 240), (24, 200), (48, 90)]
    scattered = absent(off)
    assert scattered.detail == "4 of 11 steps are off any curve that fits the others"


@pytest.mark.parametrize(
    ("levels", "least"),
    [
        pytest.param((1.0, 4.0, 16.0, 64.0), 0.55, id="two levels beyond the knee"),
        pytest.param((1.0, 4.0, 16.0, 16.0), 0.55, id="one level beyond it, measured twice"),
        pytest.param((1.0, 2.0, 4.0, 64.0), 0.83, id="one step beyond it"),
    ],
)
def test_between_two_states_none_is_said(levels: tuple[float, ...], least: float) -> None:
    """A knee must be likelier than 55 %, and than 83 % where one step alone tells of it."""
    fit = found(eight_servers(1, 4, 16, 64)).fit
    assert module._absence(replace(fit, p_saturated=least + 0.01), levels) is None
    share = least - 0.01
    hardly = replace(fit, p_saturated=share, p_not_reached=0.9 - share, p_below_range=0.1)
    assert module._absence(hardly, levels) == (
        NoKneeReason.UNCLEAR,
        f"saturated in the range {least - 0.01:.0%} likely, not reached {0.91 - least:.0%}, "
        "below it 10%: no state is likely",
    )


def test_a_collapse_beyond_the_last_level_is_a_second_witness() -> None:
    """Where throughput collapsed further up, one step beyond the knee is not alone."""
    fit = replace(found(eight_servers(1, 4, 16, 64)).fit, p_saturated=0.6, p_not_reached=0.3)
    assert module._absence(fit, (1.0, 2.0, 4.0, 64.0)) is not None
    assert module._absence(replace(fit, collapsed=(256.0,)), (1.0, 2.0, 4.0, 64.0)) is None


@pytest.mark.parametrize("level", [1.0, 4.0, 16.0, 64.0])
@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_one_step_out_by_a_hundred_is_never_sure(level: float, factor: float) -> None:
    """Wherever it is, the others keep their knee, or nothing is said, and confidence is low."""
    pairs = [(n, x * (factor if n == level else 1)) for n, x in eight_servers(1, 2, 4, 8, 16, 64)]
    knee = find_knee(steps(pairs, 0.01))
    assert isinstance(knee, NoKnee) or knee.confidence is Confidence.LOW


def test_confidence_is_high_where_all_agrees() -> None:
    """Many quiet steps, a narrow interval and a plain method inside it."""
    assert found(eight_servers(1, 2, 4, 6, 8, 10, 16, 32), 0.01).confidence is Confidence.HIGH


def test_confidence_falls_with_the_steps() -> None:
    """Four steps of the same service are fewer than five."""
    assert found(eight_servers(1, 4, 16, 64), 0.01).confidence is Confidence.MEDIUM


def test_confidence_is_low_where_the_interval_is_wide() -> None:
    """Errors of 30 % leave the knee open by more than a factor of two."""
    knee = found(eight_servers(1, 2, 4, 8, 16, 32, 64, 128), 0.3)
    assert width(knee.fit.knee) > 2
    assert knee.confidence is Confidence.LOW


def test_curve_spans_the_levels_with_its_band() -> None:
    """Sixty points from the first to the last level, the band around each, X where it was seen."""
    fit = found(eight_servers(1, 2, 4, 8, 16, 32), 0.005).fit
    assert len(fit.curve) == 60
    assert fit.curve[0].concurrency == pytest.approx(1.0)
    assert fit.curve[-1].concurrency == pytest.approx(32.0)
    assert all(0 < p.low_qps <= p.qps <= p.high_qps for p in fit.curve)
    assert fit.curve[0].qps == pytest.approx(100.0, rel=0.01)
    assert fit.curve[-1].qps == pytest.approx(800.0, rel=0.01)


def test_no_knee_is_known_better_than_the_way_to_the_service() -> None:
    """Steps without any scatter leave 2 % to either side, so that 8 servers 0.1 ms away are 8."""
    knee = found([(n, min(n / 0.0101, 800.0)) for n in (1, 4, 9, 16, 64, 256)], 0.0005).fit.knee
    assert knee.value == pytest.approx(8.08, rel=0.005)
    assert knee.low <= knee.value / 1.02 <= 8.0
    assert knee.high >= knee.value * 1.02


def test_noisier_steps_have_wider_intervals() -> None:
    """The same knee from scattered steps is less sure."""
    clean = found(eight_servers(1, 2, 4, 8, 16, 32), 0.005).fit
    noisy = found([(1, 92), (2, 211), (4, 377), (8, 830), (16, 760), (32, 815)]).fit
    assert width(noisy.knee) > 2 * width(clean.knee) - 1
    assert noisy.noise_ratio > 2 * clean.noise_ratio


LEVELS = st.lists(st.integers(1, 2000).map(float), min_size=MIN_LEVELS, max_size=9, unique=True)
THROUGHPUTS = st.one_of(st.floats(0.0, 1e6), st.sampled_from([nan, inf, -1.0, 0.0]))


@FEW
@given(st.lists(st.tuples(st.floats(0.0, 1e5), THROUGHPUTS), max_size=10))
def test_any_steps_have_a_state(pairs: Pairs) -> None:
    """Whatever is given, the answer is a knee or the lack of one, and its numbers are numbers."""
    fit = find_knee(steps(pairs)).fit
    if fit is not None:
        assert 0 < fit.knee.low <= fit.knee.value <= fit.knee.high < inf
        assert 0 < fit.saturation_qps.low <= fit.saturation_qps.high < inf


@FEW
@given(LEVELS, st.randoms(use_true_random=False))
def test_order_and_copies_do_not_matter(levels: list[float], rng: Random) -> None:
    """Shuffled steps, with any of them written down twice, give the same answer to the byte."""
    pairs = [(n, 1000 * n / (n + 50)) for n in levels]
    shuffled = [*pairs, *rng.sample(pairs, 2)]
    rng.shuffle(shuffled)
    assert find_knee(steps(shuffled)) == find_knee(steps(pairs))


@FEW
@given(LEVELS, st.floats(1e-3, 1e3))
def test_scaled_throughput_scales_throughput_alone(levels: list[float], factor: float) -> None:
    """Counting in another unit changes X_sup and the curve by that factor, and nothing else."""
    pairs = [(n, min(n, 40.0) * 9 + n % 3) for n in levels]
    one = find_knee(steps(pairs)).fit
    other = find_knee(steps([(n, x * factor) for n, x in pairs])).fit
    assert one is not None
    assert other is not None
    assert values(other) == pytest.approx(values(one), rel=1e-6)
    assert other.saturation_qps.value == pytest.approx(one.saturation_qps.value * factor, rel=1e-6)
    assert other.curve[30].qps == pytest.approx(one.curve[30].qps * factor, rel=1e-6)


def values(fit: CurveFit) -> list[float]:
    """What does not depend on the unit of throughput."""
    states = [fit.p_saturated, fit.p_not_reached, fit.p_below_range, fit.p_retrograde]
    return [*states, fit.knee.low, fit.knee.value, fit.knee.high, fit.n95.value, fit.noise_ratio]


@pytest.mark.parametrize("factor", [2.0, 5.0])
def test_scaled_concurrency_scales_the_knee(factor: float) -> None:
    """Counting in pairs or fives moves the answer by less than half of its interval.

    Not exactly by the factor: theory ties the sharpness of the bend to the number of servers.
    """
    pairs = [(20, 196.0), (40, 405.0), (80, 780.0), (160, 1190.0), (320, 1210.0), (640, 1195.0)]
    one = found(pairs, 0.01).fit.knee
    other = found([(n * factor, x) for n, x in pairs], 0.01).fit.knee
    assert one.low < other.value / factor < one.high
    assert other.value / factor == pytest.approx(one.value, rel=0.05)


def test_a_real_repetition_narrows_the_interval() -> None:
    """Measuring the same levels once more, with other noise, tells more."""
    once = [(1, 101), (4, 396), (16, 806), (64, 795)]
    again = [(1, 99.2), (4, 403), (16, 797), (64, 802)]
    narrow, wide = found([*once, *again], 0.01).fit.knee, found([*once], 0.01).fit.knee
    assert width(narrow) < width(wide)


def test_intervals_are_a_tenth_wider_than_the_curves_have_them() -> None:
    """In the logarithm, about the median, and never below what the quantity can be."""
    ln_values = np.linspace(0.0, 1.0, 101)
    estimate = module._estimate(ln_values)
    ends = [log(estimate.low), log(estimate.value), log(estimate.high)]
    assert ends == pytest.approx([0.5 - 1.1 * 0.45, 0.5, 0.5 + 1.1 * 0.45])
    assert module._estimate(ln_values - 0.3, ln_least=0.0).low == 1.0
