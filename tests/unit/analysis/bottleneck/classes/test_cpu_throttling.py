"""Is throttling below the CPU limit told from a limit that is reached?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.cpu_throttling import judge
from capacity.model.bottleneck import Candidate
from capacity.model.confidence import Confidence
from capacity.model.run import Step
from tests.unit.analysis.bottleneck.cases import Value, case_of, steps_with
from tests.unit.builders import a_latency
from tests.unit.resource_builders import POD

BURSTS = {"cpu": [0.2, 0.4, 0.6, 0.6, 0.6], "throttle": [0.0, 0.08, 0.30, 0.34, 0.34]}
RISING_P99_S = (0.02, 0.04, 0.10, 0.15, 0.16)


def with_p99(steps: Sequence[Step], p99s_s: Sequence[float]) -> tuple[Step, ...]:
    """The steps with other 99th percentiles."""
    return tuple(
        replace(step, latency=a_latency(0.01, p99_s=p99_s))
        for step, p99_s in zip(steps, p99s_s, strict=True)
    )


def judged(
    resources: Mapping[str, Sequence[Value]],
    p99s_s: Sequence[float] = RISING_P99_S,
    *,
    sample_count: int = 6,
) -> tuple[Candidate, ...]:
    """What the rule says of these resources and latencies."""
    return judge(case_of(with_p99(steps_with(resources, sample_count=sample_count), p99s_s)))


def test_throttled_bursts_with_a_p99_that_rises_are_high() -> None:
    """The case that was measured: 34 % of the periods at 60 % of the limit."""
    (found,) = judged(BURSTS)
    assert (found.confidence, found.first_level) == (Confidence.HIGH, 4.0)
    assert [
        f"34% of the scheduler's periods of {POD} were throttled at 8 concurrent though its mean "
        "CPU was 60% of the limit: bursts exceed the quota",
        "P99 rose with it: 20ms with 0% of the periods throttled, 160ms with 34% at 16 concurrent",
    ] == [sentence.text() for sentence in found.evidence]
    assert "并发 8 时" in found.evidence[0].text("zh")


def test_without_a_rise_of_the_p99_it_is_medium() -> None:
    """Throttled, but nobody feels it more than before."""
    (found,) = judged(BURSTS, (0.02, 0.02, 0.02, 0.02, 0.02))
    assert (found.confidence, len(found.evidence)) == (Confidence.MEDIUM, 1)


def test_a_p99_that_rises_while_the_throttling_does_not_is_no_effect_of_it() -> None:
    """From 12 % to 20 % is too little of a change to compare with."""
    (found,) = judged({**BURSTS, "throttle": [0.09, 0.12, 0.15, 0.18, 0.18]})
    assert (found.confidence, len(found.evidence)) == (Confidence.MEDIUM, 1)


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"cpu": BURSTS["cpu"], "throttle": [None] * 5}, id="no data"),
        pytest.param({"throttle": BURSTS["throttle"]}, id="share of the limit not known"),
        pytest.param({**BURSTS, "throttle": [0.0, 0.0, 0.09, 0.09, 0.09]}, id="just below"),
        pytest.param({**BURSTS, "throttle": [0.3, 0.3, 0.3, 0.3, 0.3]}, id="background"),
        pytest.param({**BURSTS, "cpu": [0.2, 0.4, 0.9, 0.98, 0.98]}, id="at the limit: class 1"),
    ],
)
def test_nothing_is_named_otherwise(resources: Mapping[str, Sequence[Value]]) -> None:
    """It must be throttled, known to be below its limit, and not from the start."""
    assert judged(resources) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    (found,) = judged(BURSTS, sample_count=3)
    assert found.confidence == Confidence.MEDIUM


def test_latencies_that_were_not_measured_are_no_rise() -> None:
    """A level without a percentile cannot be compared."""
    steps = [replace(step, latency=None) for step in steps_with(BURSTS)]
    (found,) = judge(case_of(steps))
    assert len(found.evidence) == 1
