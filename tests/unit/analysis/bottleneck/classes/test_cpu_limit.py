"""Is a service at its CPU limit named, and nothing else taken for one?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.classes.cpu_limit import CPU_LIMIT, judge
from capacity.model.bottleneck import Candidate, SubjectKind
from capacity.model.confidence import Confidence
from capacity.model.resources import ReadingState, ResourceScope
from capacity.model.snapshot import FailureKind
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    Value,
    a_case,
    case_of,
    steps_with,
)
from tests.unit.builders import a_latency
from tests.unit.resource_builders import POD

FULL = {"cpu": [0.3, 0.6, 0.97, 0.98, 0.98], "throttle": [0.0, 0.1, 0.9, 0.95, 1.0]}


def named(
    resources: Mapping[str, Sequence[Value]], *, qps: float = 400.0, sample_count: int = 6
) -> Candidate:
    """The one candidate of a case."""
    (found,) = judge(a_case(resources, qps=qps, sample_count=sample_count))
    return found


def test_cpu_at_its_limit_and_held_back_is_high() -> None:
    """Used up, waited for, at the right time, and throughput stopped."""
    found = named({**FULL, "pod.cores": [0.15, 0.3, 0.48, 0.49, 0.49]})
    assert found.confidence == Confidence.HIGH
    assert (found.subject.kind, found.subject.name) == (SubjectKind.SERVICE, POD)
    assert found.first_level == 4.0
    assert [
        f"{POD} used 98% of its CPU limit (0.49 cores of 0.5 cores) at 8 concurrent; throughput "
        "stopped at 400 qps",
        f"{POD} was held back in 95% of the scheduler's periods at 8 concurrent",
    ] == [sentence.text() for sentence in found.evidence]
    assert (
        f"并发 8 时，{POD} 用掉了 CPU 限额的 98%（0.5 核中的 0.49 核）；吞吐量停在 400 qps"
        == found.evidence[0].text("zh")
    )
    assert "one core carries about 816 qps" in found.advice.text()


def test_the_figures_have_the_query_and_the_window_they_came_from() -> None:
    """So that they can be looked up; the value is as it was read."""
    first, second = named(FULL).evidence
    assert next(one.value for one in first.figures if one.name == "value") == 0.98
    sources = [sentence.source for sentence in (first, second)]
    assert [source and source.query for source in sources] == ["query_of_cpu", "query_of_throttle"]
    assert [source and source.sample_count for source in sources] == [6, 6]


def test_tasks_that_wait_for_a_cpu_are_held_back_too() -> None:
    """Pressure stall information speaks where no periods are counted."""
    found = named({"cpu": FULL["cpu"], "pod.psi_cpu": [0.0, 0.1, 0.4, 0.5, 0.6]})
    assert found.confidence == Confidence.HIGH
    assert (
        f"tasks of {POD} waited for a CPU 50% of the time at 8 concurrent"
        == found.evidence[1].text()
    )


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"cpu": [0.3, 0.6, 0.95, 0.95, 0.95]}, Confidence.MEDIUM, id="not held back"),
        pytest.param({"cpu": [0.3, 0.6, 0.85, 0.85, 0.85]}, Confidence.MEDIUM, id="busy"),
        pytest.param(
            {"cpu": [0.1, 0.1, 0.1, 0.1, 0.95], "throttle": [0.0, 0.0, 0.0, 0.0, 0.9]},
            Confidence.LOW,
            id="long after throughput had stopped to grow",
        ),
    ],
)
def test_less_evidence_is_less_sure(
    resources: Mapping[str, Sequence[Value]], expected: Confidence
) -> None:
    """Without waiting, below the limit, or too late, it is not high."""
    assert expected == named(resources).confidence


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"cpu": [None] * 5}, id="no data"),
        pytest.param({"cpu": [ReadingState.NO_LIMIT] * 5}, id="no limit"),
        pytest.param({"cpu": [ReadingState.ERROR] * 5}, id="error"),
        pytest.param({"cpu": [0.3, 0.6, 0.79, 0.79, 0.79]}, id="just below"),
        pytest.param({"cpu": [0.9, 0.95, 0.95, 0.97, 0.97]}, id="background"),
        pytest.param({"cpu": [{DATABASE_POD: 0.98}] * 5}, id="the database's"),
    ],
)
def test_nothing_is_named_without_a_cpu_that_got_full(
    resources: Mapping[str, Sequence[Value]],
) -> None:
    """No data is no claim, and what was high from the start is background."""
    assert judge(a_case(resources)) == ()


def test_few_samples_support_a_claim_without_making_it_sure() -> None:
    """Three samples of a pod are at most medium."""
    assert named(FULL, sample_count=3).confidence == Confidence.MEDIUM


def test_a_quota_that_a_single_caller_uses_up_is_no_background() -> None:
    """Throughput did not grow from the first level on, and the limit was full there."""
    case = a_case({"cpu": [0.99] * 5, "throttle": [0.97] * 5}, qps=100.0)
    (found,) = judge(case)
    assert (case.turn, found.confidence, found.first_level) == (0, Confidence.HIGH, 1.0)


def test_throttling_alone_tells_of_the_limit_where_no_share_was_read() -> None:
    """As without kube-state-metrics, whose limits the shares are of."""
    found = named({"cpu": [None] * 5, "throttle": FULL["throttle"]})
    assert found.confidence == Confidence.MEDIUM
    assert (
        f"{POD} had used up its CPU quota in 100% of the scheduler's periods at 16 concurrent; "
        "its share of the limit was not read"
    ) == found.evidence[0].text()


def test_throttling_alone_says_nothing_where_the_share_was_read() -> None:
    """Below the limit it is another class."""
    assert judge(a_case({"cpu": [0.1] * 5, "throttle": FULL["throttle"]})) == ()


def test_growth_that_did_not_stop_leaves_less_marks() -> None:
    """At 16 concurrent throughput still grew: no time can be right."""
    found = named(FULL, qps=100_000)
    assert found.confidence == Confidence.MEDIUM
    assert f"{POD} used 98% of its CPU limit at 8 concurrent" == found.evidence[0].text()


def of_process(resources: Mapping[str, Sequence[Value]]) -> Candidate:
    """The one candidate of a process that is watched."""
    steps = [
        replace(
            step,
            resources=tuple(replace(r, scope=ResourceScope.PROCESS) for r in step.resources),
        )
        for step in steps_with(resources)
    ]
    (found,) = judge(case_of(steps))
    return found


def test_a_watched_process_tells_its_cores_under_another_name() -> None:
    """It is one member, so its cores are those of its share; a pod's are not."""
    cores: dict[str, Sequence[Value]] = {"process.cores": [0.4, 1.0, 1.8, 1.9, 1.9]}
    share: list[Value] = [{"pid 7 app": value} for value in (0.2, 0.5, 0.9, 0.95, 0.95)]
    found = of_process({"cpu": share, **cores})
    assert "of the CPU that it may use (1.9 cores of 2 cores)" in found.evidence[0].text()
    assert "used 98% of its CPU limit at 8" in named({**FULL, **cores}).evidence[0].text()


def test_a_process_without_a_limit_has_the_cpu_of_its_machine() -> None:
    """That is what its share is of."""
    found = of_process(FULL)
    assert f"{POD} used 98% of the CPU that it may use" in found.evidence[0].text()


@pytest.mark.parametrize(
    ("latency_s", "expected"),
    [
        pytest.param(0.0001, Confidence.LOW, id="refused at once"),
        pytest.param(5.0, Confidence.HIGH, id="given up after a long time"),
    ],
)
def test_cpu_that_went_into_refusals_is_low(latency_s: float, expected: Confidence) -> None:
    """A limiter that says no a thousand times is busy, and not the limit of what is accepted."""
    steps = [
        replace(
            step,
            counts=replace(step.counts, failures={FailureKind.HTTP_STATUS: 9 * step.counts.ok}),
            failed_latency=a_latency(latency_s),
        )
        if place > 1
        else step
        for place, step in enumerate(steps_with(FULL))
    ]
    (found,) = judge(case_of(steps))
    assert found.confidence is expected


def test_the_class_is_scored_and_looks_at_the_cpu_of_the_service() -> None:
    """Its stable name and number."""
    assert (
        CPU_LIMIT.kind,
        CPU_LIMIT.number,
        CPU_LIMIT.looks_at,
    ) == ("cpu_limit", "1", ("service_cpu",))


def test_a_climb_that_its_rule_on_cpu_ended_is_high_all_the_same() -> None:
    """Throughput was not seen to stop, but the limit was reached where the climb ended."""
    case = a_case(
        {"cpu": [0.3, 0.65, 0.99], "throttle": [0.0, 0.0, 0.9]}, levels=(1, 2, 4), qps=100_000.0
    )
    (found,) = judge(case)
    assert (case.turn, found.confidence) == (None, Confidence.HIGH)
    assert found.evidence[0].text() == f"{POD} used 99% of its CPU limit at 4 concurrent"


def test_each_workload_at_its_limit_is_a_candidate() -> None:
    """Ties list all; a third one at ease is none."""
    orders = "shop/orders-5d9c7b6f4d-x1a2b/app"
    other = "shop/stock-5d9c7b6f4d-x1a2b/app"
    cpu: list[Value] = [
        {POD: value, orders: value - 0.02, other: 0.2} for value in (0.3, 0.6, 0.97, 0.98, 0.98)
    ]
    throttle: list[Value] = [{POD: value, orders: 0.5} for value in (0.0, 0.1, 0.8, 0.9, 0.9)]
    found = judge(a_case({"cpu": cpu, "throttle": throttle}))
    assert [(one.subject.name, one.confidence) for one in found] == [
        (POD, Confidence.HIGH),
        (orders, Confidence.HIGH),
    ]


def test_cpu_that_got_full_long_after_throughput_had_stopped_is_medium() -> None:
    """Near its limit before that, it may have been both."""
    found = named({"cpu": [0.2, 0.4, 0.81, 0.82, 0.95], "throttle": [0.0, 0.0, 0.0, 0.0, 0.4]})
    assert (found.confidence, found.first_level) == (Confidence.MEDIUM, 4.0)


@pytest.mark.parametrize(("other", "expected"), [(0.2, "medium"), (None, "high")])
def test_one_of_several_workloads_that_was_full_at_once_is_not_sure(
    other: float | None, expected: str
) -> None:
    """A single caller may have filled it, or work that no caller asked for."""
    beside = {} if other is None else {"shop/stock-5d9c7b6f4d-x1a2b/app": other}
    found = named({"cpu": [{POD: 0.97} | beside] * 5, "throttle": [0.6] * 5}, qps=100.0)
    assert found.confidence.value == expected
