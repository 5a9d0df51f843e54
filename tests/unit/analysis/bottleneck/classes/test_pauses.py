"""Is a service that stands still again and again told from one whose quota runs out?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.classes.pauses import judge
from capacity.model.confidence import Confidence
from capacity.model.resources import ChangeKind
from capacity.model.run import Stalls
from tests.unit.analysis.bottleneck.cases import Value, a_case, a_change, case_of, steps_with
from tests.unit.builders import a_latency
from tests.unit.resource_builders import POD

LONG = Stalls(longest_gap_s=0.15, gap_ratio=0.14, overlapping=28)
SHORT = Stalls(longest_gap_s=0.1, gap_ratio=0.3, overlapping=28)
GC: list[Value] = [0.01, 0.05, 0.12, 0.14, 0.15]


def stalled(
    stalls: Stalls | None = LONG,
    *,
    resources: Mapping[str, Sequence[Value]] | None = None,
    p50_s: float = 0.01,
    p99_s: float = 0.2,
    count: int = 20_000,
) -> Case:
    """The built service with the same stalls at each level, seen by two callers' slots."""
    latency = replace(a_latency(p50_s / 0.95, p99_s=p99_s, count=count))
    return case_of(
        [
            replace(step, stalls=stalls, latency=latency, mean_in_flight=2.0)
            for step in steps_with({} if resources is None else resources)
        ]
    )


def test_a_collector_at_work_for_a_fifth_of_the_time_is_high() -> None:
    """All else waits meanwhile; the heap is told beside it."""
    resources = {
        "jvm.gc": [0.02, 0.08, 0.21, 0.23, 0.23],
        "jvm.heap": [0.5, 0.7, 0.9, 0.92, 0.92],
    }
    (found,) = judge(a_case(resources))
    assert (found.confidence, found.first_level) == (Confidence.HIGH, 4.0)
    assert [sentence.text() for sentence in found.evidence] == [
        f"{POD} stood still for its collector 23% of the time at 8 concurrent",
        "its heap was 92% full at 8 concurrent",
    ]


def test_a_collector_at_work_for_a_tenth_of_the_time_is_medium() -> None:
    """It is a part of it."""
    (found,) = judge(a_case({"go.gc": GC}))
    assert (found.confidence, len(found.evidence)) == (Confidence.MEDIUM, 1)


def test_callers_that_feel_it_make_that_high() -> None:
    """Two who do not know of each other say the same."""
    (found,) = judge(stalled(resources={"jvm.gc": GC}))
    assert found.confidence is Confidence.HIGH
    assert "nothing was answered for up to 150ms" in found.evidence[1].text()


def test_a_share_that_is_there_from_the_start_and_doubles_is_no_background() -> None:
    """It answers to the load."""
    (found,) = judge(a_case({"jvm.gc": [0.3, 0.45, 0.6, 0.8, 0.9]}))
    assert found.confidence is Confidence.HIGH


def test_callers_alone_are_medium() -> None:
    """No runtime tells why."""
    (found,) = judge(stalled())
    assert (found.confidence, found.first_level) == (Confidence.MEDIUM, 1.0)
    assert found.evidence[0].text() == (
        "nothing was answered for up to 150ms again and again, 14% of the time at 1 concurrent; so "
        "it was at 5 loads"
    )


def test_short_pauses_are_low_where_throughput_grew_on() -> None:
    """A quota that has run out is used up, and gives no more; at the last levels it may be one."""
    (found,) = judge(stalled(SHORT))
    assert found.confidence is Confidence.LOW
    assert found.evidence[0].text().endswith("so it was at 2 loads")


def test_short_pauses_are_medium_where_the_quota_was_seen_at_ease() -> None:
    """Then it is none."""
    (found,) = judge(stalled(SHORT, resources={"throttle": [0.0] * 5}))
    assert found.confidence is Confidence.MEDIUM
    assert found.evidence[0].text().endswith("so it was at 5 loads")


def test_a_step_too_short_for_a_99th_percentile_has_its_slowest_answer() -> None:
    """Of two hundred answers none is withheld."""
    (found,) = judge(stalled(count=200))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(stalled(None), id="not measured"),
        pytest.param(stalled(replace(LONG, longest_gap_s=0.04)), id="too short to matter"),
        pytest.param(stalled(replace(SHORT, gap_ratio=0.15)), id="short, and not often"),
        pytest.param(stalled(replace(LONG, gap_ratio=0.04)), id="hardly ever"),
        pytest.param(stalled(replace(LONG, overlapping=2)), id="once"),
        pytest.param(stalled(p99_s=0.04), id="no tail"),
        pytest.param(
            stalled(resources={"throttle": [0.0, 0.1, 0.3, 0.3, 0.3]}), id="a quota runs out"
        ),
        pytest.param(a_case({"jvm.gc": [0.01, 0.05, 0.09, 0.09, 0.09]}), id="just below"),
        pytest.param(a_case({"jvm.gc": [0.12, 0.12, 0.13, 0.13, 0.13]}), id="background"),
        pytest.param(a_case({"jvm.gc": [None] * 5}), id="no data"),
        pytest.param(a_case({}), id="never asked"),
    ],
)
def test_nothing_is_named_otherwise(case: Case) -> None:
    """Callers need long pauses that come back; the collector a part of the time that grew."""
    assert judge(case) == ()


def test_pauses_at_a_few_of_the_levels_that_could_show_them_are_chance() -> None:
    """A machine is disturbed now and then."""
    steps = [
        replace(step, stalls=LONG if place < 2 else None, latency=a_latency(0.01, p99_s=0.2))
        for place, step in enumerate(steps_with({}))
    ]
    assert judge(case_of(steps)) == ()


def test_a_step_in_which_the_service_ended_shows_no_pauses() -> None:
    """It was away."""
    steps = [
        replace(
            step,
            stalls=LONG,
            latency=a_latency(0.01, p99_s=0.2) if place else None,
            changes=(a_change(ChangeKind.RESTARTED),),
        )
        for place, step in enumerate(steps_with({}))
    ]
    assert judge(case_of(steps)) == ()


def test_few_samples_are_at_most_medium() -> None:
    """Three samples do not make it sure."""
    (found,) = judge(a_case({"jvm.gc": [0.02, 0.08, 0.3, 0.3, 0.3]}, sample_count=3))
    assert found.confidence is Confidence.MEDIUM
