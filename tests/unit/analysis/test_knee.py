"""Tests of capacity.analysis.knee."""

import pytest

from capacity.analysis.knee import find_knee
from capacity.analysis.throughput import Observation
from capacity.model.findings import Knee, NoKnee, NoKneeReason


def rates(*pairs: tuple[int, float]) -> tuple[Observation, ...]:
    """Steps as (concurrency, QPS)."""
    return tuple(Observation(concurrency, qps) for concurrency, qps in pairs)


@pytest.mark.parametrize(
    ("steps", "truth"),
    [
        pytest.param(
            [(1, 100), (2, 200), (4, 400), (8, 800), (16, 800), (32, 800)],
            8.0,
            id="sharp, on a step",
        ),
        pytest.param(
            [(1, 100), (2, 200), (4, 400), (8, 800), (16, 1200), (32, 1200), (64, 1200)],
            12.0,
            id="sharp, between steps",
        ),
        pytest.param(
            [(n, 1000 * n / (n + 10)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)],
            10.0,
            id="hyperbola",
        ),
        pytest.param(
            [(1, 95), (2, 192), (4, 371), (8, 742), (16, 806), (32, 795), (64, 801)],
            8.4,
            id="noise of the demo service",
        ),
        pytest.param(
            [(1, 100), (2, 198), (4, 390), (8, 760), (16, 800), (32, 640), (64, 300)],
            8.0,
            id="collapse after the peak",
        ),
    ],
)
def test_knee_is_the_crossing_of_the_asymptotes(
    steps: list[tuple[int, float]], truth: float
) -> None:
    """N* lies within 12 % of X_sup * R(1), and inside its own range."""
    knee = find_knee(rates(*steps))
    assert isinstance(knee, Knee)
    assert knee.fit.knee.value == pytest.approx(truth, rel=0.12)
    assert knee.fit.knee.low <= knee.fit.knee.value <= knee.fit.knee.high


def test_saturation_throughput_is_reported() -> None:
    """X_sup of eight servers of 10 ms is 800/s."""
    knee = find_knee(rates((1, 100), (2, 200), (4, 400), (8, 798), (16, 800), (32, 800)))
    assert isinstance(knee, Knee)
    assert knee.fit.saturation_qps.value == pytest.approx(800, rel=0.02)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        pytest.param([], NoKneeReason.TOO_FEW_STEPS, id="nothing"),
        pytest.param([(1, 100)], NoKneeReason.TOO_FEW_STEPS, id="one step"),
        pytest.param([(1, 0), (2, 0), (4, 0)], NoKneeReason.TOO_FEW_STEPS, id="no throughput"),
        pytest.param(
            [(1, 100), (2, 200), (2, 201)], NoKneeReason.TOO_FEW_STEPS, id="two concurrencies"
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
    ],
)
def test_no_knee_is_invented(steps: list[tuple[int, float]], reason: NoKneeReason) -> None:
    """Where the steps show no bend the answer says so, with the reason."""
    answer = find_knee(rates(*steps))
    assert isinstance(answer, NoKnee)
    assert answer.reason is reason


def test_absent_knee_is_said_with_its_number() -> None:
    """The sentence names the last concurrency and how likely the state is."""
    answer = find_knee(rates((1, 100), (2, 200), (4, 400), (8, 800)))
    assert isinstance(answer, NoKnee)
    assert answer.detail == (
        "throughput had not levelled off at 8 concurrent (100% likely): no knee in the range tested"
    )


def test_fewer_or_noisier_steps_widen_the_range() -> None:
    """The same knee from scattered steps has a wider range."""
    clean = find_knee(rates((1, 100), (2, 200), (4, 400), (8, 799), (16, 800), (32, 800)))
    noisy = find_knee(rates((1, 92), (2, 211), (4, 377), (8, 830), (16, 760), (32, 815)))
    assert isinstance(clean, Knee)
    assert isinstance(noisy, Knee)
    of_noisy, of_clean = noisy.fit.knee, clean.fit.knee
    assert of_noisy.high / of_noisy.low > of_clean.high / of_clean.low
