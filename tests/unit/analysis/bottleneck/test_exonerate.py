"""Is only what was seen at ease cleared, and is everything else said not to be known?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.exonerate import Acquittal, acquit
from capacity.analysis.bottleneck.resources import RESOURCE_BY_NAME, RESOURCES, Resource
from capacity.model.bottleneck import (
    Candidate,
    Exonerated,
    Marks,
    Sentence,
    Source,
    Subject,
    SubjectKind,
)
from capacity.model.confidence import Confidence
from capacity.model.resources import Aspect, OwnResource, ReadingState, ResourceRole
from tests.unit.analysis.bottleneck.cases import (
    CACHE_POD,
    DATABASE_POD,
    INGRESS_POD,
    Value,
    a_case,
    case_of,
    case_of_run,
    steps_with,
)
from tests.unit.builders import a_run
from tests.unit.report.reading_builders import a_monitored_plan
from tests.unit.resource_builders import (
    HOLD_END_UNIX_S,
    HOLD_START_UNIX_S,
    POD,
    a_member,
)

WORDS = Sentence("words", "词")
PODS = (POD, DATABASE_POD, CACHE_POD, INGRESS_POD)
# Where low values are bad, these are the good ones.
HIGH_IS_GOOD = {"postgresql.cache_hits": 0.99, "postgresql.up": 1.0}
EVERYTHING: Mapping[str, Sequence[Value]] = {
    quantity: [{pod: HIGH_IS_GOOD.get(quantity, 0.0) for pod in PODS}] * 5
    for resource in RESOURCES
    for quantity in resource.quantities
    if not quantity.startswith("generator.")
}


def a_candidate(kind: str, *queries: str) -> Candidate:
    """A candidate whose evidence rests on these queries."""
    evidence = tuple(replace(WORDS, source=Source(query, 0.0, 1.0, 6)) for query in queries)
    subject = Subject(SubjectKind.SERVICE)
    return Candidate(kind, WORDS, subject, Confidence.HIGH, Marks(), (WORDS, *evidence), WORDS)


def names(acquittal: Acquittal) -> tuple[list[str], list[str]]:
    """The resources that are cleared, and those of which nothing is known."""
    return (
        [one.resource for one in acquittal.exonerated],
        [one.resource for one in acquittal.not_observed],
    )


def reason(case: Case, resource: str, *candidates: Candidate) -> tuple[str, str]:
    """Why nothing is known of a resource, in both languages; fails if something is."""
    acquittal = acquit(case, candidates)
    found = next(one for one in acquittal.not_observed if one.resource == resource)
    return found.reason.text(), found.reason.text("zh")


def test_everything_that_is_at_ease_is_cleared() -> None:
    """Of every resource of the table, in its order; nothing is left over."""
    cleared, unknown = names(acquit(a_case(EVERYTHING), ()))
    assert cleared == [one.name for one in RESOURCES]
    assert unknown == []


@pytest.mark.parametrize("resource", RESOURCES[:-1], ids=lambda one: one.name)
@pytest.mark.parametrize("gone", ["not asked", "no data", "error", "no limit", "few samples"])
def test_what_was_removed_is_never_cleared(resource: Resource, gone: str) -> None:
    """It is told as not observed, and so is whatever else the same quantities tell of."""
    kept = {name: values for name, values in EVERYTHING.items() if name not in resource.quantities}
    states: dict[str, Value] = {
        "no data": ReadingState.NO_DATA,
        "error": ReadingState.ERROR,
        "no limit": ReadingState.NO_LIMIT,
    }
    case = a_case(kept)
    if gone in states:
        case = a_case({**kept, **{name: [states[gone]] * 5 for name in resource.quantities}})
    if gone == "few samples":
        case = a_case(EVERYTHING, sample_count=3)
    cleared, unknown = names(acquit(case, ()))
    assert resource.name in unknown
    assert resource.name not in cleared
    assert sorted(cleared + unknown) == sorted(one.name for one in RESOURCES)


def test_the_highest_value_is_told_with_its_place() -> None:
    """Of all levels, with the pod and where it can be looked up."""
    memory: list[Value] = [0.1, 0.2, {POD: 0.3, "shop/api-b42/app": 0.4}, 0.2, 0.2]
    found = acquit(a_case({"mem": memory}), ()).exonerated[0]
    assert found == Exonerated(
        resource="service_memory",
        title=RESOURCE_BY_NAME["service_memory"].title,
        quantity="mem",
        highest=0.4,
        unit=found.unit,
        subject="shop/api-b42/app",
        level=4.0,
        full_at=0.9,
        source=Source("query_of_mem", HOLD_START_UNIX_S, HOLD_END_UNIX_S, 6),
    )
    assert found.unit.value == "%"


def test_a_generator_at_ease_is_cleared_without_a_query() -> None:
    """Its load is measured here."""
    (found,) = acquit(a_case({}), ()).exonerated
    assert (found.resource, found.highest, found.source) == ("generator", 0.12, None)


@pytest.mark.parametrize(
    ("values", "is_cleared"),
    [
        ([0.1, 0.2, 0.7, 0.76, 0.7], True),
        ([0.1, 0.2, 0.7, 0.77, 0.7], False),
        ([0.1, 0.2, None, 0.3, None], True),
        ([0.1, 0.2, None, None, None], False),
        ([None, None, None, None, 0.2], True),
        ([0.8, 0.2, 0.2, 0.2, 0.2], False),
    ],
)
def test_at_ease_is_far_from_full_where_throughput_stopped(
    values: list[Value], *, is_cleared: bool
) -> None:
    """Below 85 % of 90 % at every level, and read at the turn or beyond."""
    cleared, unknown = names(acquit(a_case({"cpu": values}), ()))
    assert ("service_cpu" in cleared) is is_cleared
    assert ("service_cpu" in unknown) is not is_cleared


def test_without_a_turn_the_last_level_counts() -> None:
    """Throughput still grew: what was read before says nothing of the end."""
    last = names(acquit(a_case({"cpu": [None, None, None, None, 0.3]}, qps=9999.0), ()))[0]
    before = names(acquit(a_case({"cpu": [0.1, 0.2, 0.2, 0.2, None]}, qps=9999.0), ()))[0]
    assert "service_cpu" in last
    assert "service_cpu" not in before


def test_low_values_come_near_from_above() -> None:
    """95 % of hits is the least; 96 % is not far from it."""
    for hits, is_cleared in ((0.99, True), (0.955, False)):
        cleared, _ = names(acquit(a_case({"postgresql.cache_hits": [hits] * 5}), ()))
        assert ("database_cache" in cleared) is is_cleared


def test_where_no_step_is_believed_the_blamed_resource_is_not_unknown() -> None:
    """A generator at its limit makes its own steps unbelievable."""
    _, unknown = names(acquit(case_of(()), (a_candidate("generator"),)))
    assert "generator" not in unknown
    assert len(unknown) == len(RESOURCES) - 1


def test_what_a_candidate_blames_is_neither_cleared_nor_unknown() -> None:
    """Its quantity is near to full, or it is what the evidence rests on."""
    full = a_case({"cpu": [0.2, 0.5, 0.95, 0.95, 0.95]})
    low = a_case({"cpu": [0.2, 0.3, 0.3, 0.3, 0.3]})
    for case, candidate in (
        (full, a_candidate("cpu_limit")),
        (low, a_candidate("cpu_limit", "query_of_cpu")),
    ):
        cleared, unknown = names(acquit(case, (candidate,)))
        assert "service_cpu" not in (*cleared, *unknown)


def test_a_restart_seen_as_a_change_is_not_cleared_by_a_counter_read_before() -> None:
    """Its evidence has no query, and the last reading of the counter is from before the kill."""
    killed = replace(a_candidate("restart"), marks=Marks(is_unambiguous=True))
    restarts = a_case({"restarts": [0.0] * 5})
    in_place = {
        name: replace(one, aspect=Aspect.ERRORS) for name, one in restarts.resources.items()
    }
    cleared, unknown = names(acquit(replace(restarts, resources=in_place), (killed,)))
    assert "service_restarts" not in (*cleared, *unknown)


def test_what_only_the_curve_blames_is_still_cleared_or_unknown() -> None:
    """A pool is named by the client's numbers; the pool that was read was not full, or not read."""
    candidate = a_candidate("pool", "query_of_cpu")
    cleared, _ = names(acquit(a_case({"jvm.pool": [0.1] * 5}), (candidate,)))
    assert "service_connection_pool" in cleared
    _, unknown = names(acquit(a_case({}), (candidate,)))
    assert "service_connection_pool" in unknown


def test_background_is_neither_cleared_nor_unknown() -> None:
    """It is told in the order of what moved."""
    cleared, unknown = names(acquit(a_case({"node.cpu": [0.95] * 5}), ()))
    assert "node_cpu" not in (*cleared, *unknown)


def test_why_nothing_is_known() -> None:
    """Each reason in words, with what the monitor said."""
    assert reason(a_case({}), "redis") == ("no monitor reads it", "没有监控读取它")
    assert reason(case_of(()), "redis") == ("no step can be believed", "没有可信的台阶")
    assert reason(a_case({"cpu": [0.1] * 5}), "database_cpu") == (
        "none of the pods or processes that are read belongs to it",
        "所读取的 pod 或进程都不属于它",
    )
    assert reason(a_case({"mem": [None] * 5}), "service_memory") == (
        "mem was asked for in vain: the series is empty",
        "查询 mem 没有得到数据：序列为空",
    )
    no_limit: list[Value] = [ReadingState.NO_LIMIT] * 5
    assert reason(a_case({"cpu": no_limit}), "service_cpu") == (
        "nothing limits it, so that it is no share of anything: the series is empty",
        "它没有限额，因此无从计算占比：序列为空",
    )
    error: list[Value] = [ReadingState.ERROR] * 5
    assert reason(a_case({"cpu": error}), "service_cpu")[0] == (
        "cpu could not be read: the series is empty"
    )


def test_why_what_was_read_does_not_clear() -> None:
    """Near to full, too few samples, at other loads only, or not by what could."""
    near = a_case({"cpu": [0.2, 0.4, 0.8, 0.85, 0.8]})
    assert reason(near, "service_cpu") == (
        f"{POD} was at 85% at 8 concurrent (threshold 90%): neither cleared nor named",
        f"并发 8 时，{POD} 为 85%（阈值 90%）：既不能排除，也不能认定",
    )
    few = a_case({"cpu": [0.2] * 5}, sample_count=3)
    assert reason(few, "service_cpu") == (
        "too few samples at 4 concurrent: 3",
        "并发 4 时样本太少：3 个",
    )
    early = a_case({"cpu": [0.2, 0.2, None, None, None]})
    assert reason(early, "service_cpu") == (
        "it was not read where throughput stopped to grow, nor beyond",
        "在吞吐量停止增长处及之后没有读到它",
    )
    other = a_case({"pod.psi_cpu": [0.0] * 5})
    assert reason(other, "service_cpu") == (
        "only pod.psi_cpu was read, which cannot clear it",
        "只读到 pod.psi_cpu，不足以排除它",
    )


def test_a_pod_that_could_not_be_judged_clears_nothing() -> None:
    """Another pod is at ease, but this one may not be."""
    steps = steps_with({"cpu": [0.2] * 5})
    doubtful = [
        replace(
            step,
            resources=tuple(
                replace(
                    one,
                    doubtful=(a_member(0.9, "shop/api-new/app", sample_count=1),),
                    reason="1 pod has 1 sample",
                )
                for one in step.resources
            ),
        )
        for step in steps
    ]
    assert reason(case_of(doubtful), "service_cpu") == (
        "it could not be judged at 4 concurrent: 1 pod has 1 sample",
        "并发 4 时无法判断：1 pod has 1 sample",
    )


def test_samples_that_cover_too_little_clear_nothing() -> None:
    """The monitor itself says that they decide nothing, and why."""
    steps = [
        replace(
            step,
            resources=tuple(
                replace(one, may_stop=False, reason="2s of 30s") for one in step.resources
            ),
        )
        for step in steps_with({"cpu": [0.2] * 5}, sample_count=None)
    ]
    assert reason(case_of(steps), "service_cpu")[0] == (
        "it could not be judged at 4 concurrent: 2s of 30s"
    )


def test_a_resource_of_the_profile_is_cleared_by_its_own_name() -> None:
    """A queue that did not grow is at ease; one that grew and is named by nobody is unclear."""
    plan = a_monitored_plan()
    assert plan.monitor is not None
    own = (OwnResource("engine queue", "prom.waiting", ResourceRole.POOL, None, grows=True),)
    plan = replace(plan, monitor=replace(plan.monitor, bottlenecks=own))

    def case(*waiting: float) -> Case:
        return case_of_run(a_run(steps_with({"prom.waiting": list(waiting)}), plan=plan))

    still = acquit(case(0, 0, 1, 0, 1), ()).exonerated[-1]
    assert (still.resource, still.full_at, still.highest) == ("engine queue", None, 1)
    assert reason(case(0, 0, 0, 4, 12), "engine queue") == (
        f"{POD} grew to 1200% at 16 concurrent: neither cleared nor named",
        f"并发 16 时，{POD} 增长到 1200%：既不能排除，也不能认定",
    )
    cleared, unknown = names(acquit(case(0, 0, 0, 4, 12), (a_candidate("pool"),)))
    assert "engine queue" not in (*cleared, *unknown)
