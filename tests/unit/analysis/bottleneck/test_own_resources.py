"""Are the resources that a profile names seen over the loads, and only their own pods?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from capacity.analysis.bottleneck.case import Case
from capacity.analysis.bottleneck.own_resources import own_resources
from capacity.model.resources import OwnResource, ResourceRole
from tests.unit.analysis.bottleneck.cases import (
    DATABASE_POD,
    Value,
    a_case,
    case_of_run,
    steps_with,
)
from tests.unit.builders import a_run
from tests.unit.report.reading_builders import a_monitored_plan
from tests.unit.resource_builders import POD

PATTERN = "^api-[a-z0-9]+$"


def case_with(
    own: Sequence[OwnResource],
    resources: Mapping[str, Sequence[Value]],
    *,
    sample_count: int = 6,
) -> Case:
    """The built service, under a profile that names these resources."""
    plan = a_monitored_plan()
    assert plan.monitor is not None
    plan = replace(plan, monitor=replace(plan.monitor, bottlenecks=tuple(own)))
    steps = steps_with(resources, sample_count=sample_count)
    return case_of_run(a_run(steps, plan=plan))


def test_without_a_word_in_the_profile_there_are_none() -> None:
    """Nor without any monitor."""
    assert own_resources(a_case({})) == ()
    assert own_resources(case_with((), {})) == ()


def test_a_value_says_from_where_on_it_is_full() -> None:
    """A pool of 20 connections of which all are in use at 8."""
    pool = OwnResource("pool", "prom.used", ResourceRole.POOL, 20.0, grows=False)
    (own,) = own_resources(case_with([pool], {"prom.used": [1, 2, 11, 20, 20]}))
    assert own.resource is pool
    assert own.full_from == 3
    assert [point.value for point in own.series.read] == [1, 2, 11, 20, 20]


def test_a_queue_is_full_where_it_grows_faster_than_the_load() -> None:
    """In-flight requests that follow the load are no queue."""
    queue = OwnResource("queue", "prom.waiting", ResourceRole.POOL, None, grows=True)
    (grown,) = own_resources(case_with([queue], {"prom.waiting": [0, 0, 0, 4, 12]}))
    (level,) = own_resources(case_with([queue], {"prom.waiting": [1, 2, 4, 8, 16]}))
    (absent,) = own_resources(case_with([queue], {}))
    assert (grown.full_from, level.full_from, absent.full_from) == (3, None, None)
    assert absent.series.read == ()


def test_a_role_chooses_among_them() -> None:
    """Whoever asks for pools gets the pools, in the profile's order."""
    names = [
        (OwnResource(role.value, "prom.x", role, 1.0, grows=False))
        for role in (ResourceRole.POOL, ResourceRole.LOCKS, ResourceRole.DATABASE)
    ]
    case = case_with(names, {})
    chosen = own_resources(case, ResourceRole.DATABASE, ResourceRole.POOL)
    assert [one.resource.name for one in chosen] == ["pool", "database"]


def test_only_the_pods_of_its_workload_count() -> None:
    """The database's pod is hotter, and none of its business."""
    own = OwnResource("api CPU", "cpu", ResourceRole.SERVICE, 0.9, grows=False, pod_pattern=PATTERN)
    both: list[Value] = [{POD: value, DATABASE_POD: 0.99} for value in (0.1, 0.2, 0.4, 0.5, 0.6)]
    (seen,) = own_resources(case_with([own], {"cpu": both}))
    assert [point.value for point in seen.series.read] == [0.1, 0.2, 0.4, 0.5, 0.6]
    assert seen.full_from is None
    alone: list[Value] = [{DATABASE_POD: 0.99}] * 5
    (none,) = own_resources(case_with([own], {"cpu": alone}))
    assert none.series.read == ()
