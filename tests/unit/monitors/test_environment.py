"""What two looks at the pods under test say about the time between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from capacity.model.plan import KubernetesScope
from capacity.model.resources import Change, ChangeKind
from capacity.monitors.answers import Answer, Fault, FaultKind, Series
from capacity.monitors.environment import MOST_CHANGES, KubernetesSurroundings
from capacity.monitors.surroundings import Snapshot
from capacity.presets.kubernetes_watch import Watched, watch_queries

SCOPE = KubernetesScope("shop", ("deploy/api",), ("api-[a-z0-9]+-[a-z0-9]{5}",))
AT_UNIX_S = 1700.0
CONTAINER = ("shop", "api-1", "api")
Values = Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Cluster:
    """What each query is answered; labels in the order of the query's."""

    told: Mapping[Watched, Values] = field(default_factory=dict)

    def but(self, **changed: Values) -> "Cluster":
        """The same, with other answers to some queries."""
        return replace(self, told={**self.told, **{Watched(k): v for k, v in changed.items()}})

    def snapshot(self, faults: Mapping[Watched, Fault] | None = None) -> Snapshot:
        """Every query's answer; one without series where nothing is told."""
        labels = {name: query.labels for name, query in watch_queries(SCOPE).items()}
        answers: dict[str, Answer | Fault] = {
            name.value: Answer(
                tuple(
                    Series(dict(zip(names, key, strict=True)), ((AT_UNIX_S, value),))
                    for key, value in self.told.get(name, {}).items()
                )
            )
            for name, names in labels.items()
        }
        return answers | {name.value: fault for name, fault in (faults or {}).items()}


STEADY = Cluster(
    {
        Watched.PODS: {("shop", "api-1", "u1", "n1"): 1, ("shop", "api-2", "u2", "n2"): 1},
        Watched.READY: {("shop", "api-1"): 1, ("shop", "api-2"): 1},
        Watched.RESTARTS: {CONTAINER: 1, ("shop", "api-2", "api"): 0},
        Watched.OOM_KILLED: {CONTAINER: 1},
        Watched.OOM_EVENTS: {CONTAINER: 4},
        Watched.IMAGES: {(*CONTAINER, "api:1"): 1, ("shop", "api-2", "api", "api:1"): 1},
        Watched.LIMITS: {(*CONTAINER, "cpu"): 0.5, (*CONTAINER, "memory"): 512 << 20},
        Watched.WANTED_REPLICAS: {("shop", "api", "", ""): 2},
        Watched.READY_REPLICAS: {("shop", "api", "", ""): 2},
        Watched.AUTOSCALER_NOW: {("shop", "api-hpa"): 2},
        Watched.AUTOSCALER_WANTED: {("shop", "api-hpa"): 2},
        Watched.AUTOSCALER_HIGHEST: {("shop", "api-hpa"): 5},
    }
)


def changes(before: Cluster, after: Cluster) -> tuple[Change, ...]:
    """What happened between the two."""
    return KubernetesSurroundings(SCOPE).changes(before.snapshot(), after.snapshot(), AT_UNIX_S)


def said(before: Cluster, after: Cluster) -> list[tuple[ChangeKind, str, str]]:
    """The same without its time."""
    return [(change.kind, change.subject, change.detail) for change in changes(before, after)]


def test_the_queries_are_those_of_the_catalogue() -> None:
    """By name, restricted to the pods of the scope."""
    queries = KubernetesSurroundings(SCOPE).queries

    assert set(queries) == {name.value for name in Watched}
    assert queries["pods"] == watch_queries(SCOPE)[Watched.PODS].query


def test_nothing_happened_to_steady_pods() -> None:
    """A restart count, an old out-of-memory kill and events of before are no news."""
    assert changes(STEADY, STEADY) == ()


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        pytest.param(
            {
                "pods": {
                    **STEADY.told[Watched.PODS],
                    ("shop", "api-3", "u3", "n1"): 1,
                    ("shop", "api-4", "u4", ""): 1,
                }
            },
            [
                (ChangeKind.POD_JOINED, "shop/api-3", "on n1"),
                (ChangeKind.POD_JOINED, "shop/api-4", "on no node yet"),
            ],
            id="pods joined",
        ),
        pytest.param(
            {"pods": {("shop", "api-1", "u1", "n1"): 1}},
            [(ChangeKind.POD_LEFT, "shop/api-2", "on n2")],
            id="a pod left",
        ),
        pytest.param(
            {"pods": {("shop", "api-1", "u1", "n1"): 1, ("shop", "api-2", "u9", "n1"): 1}},
            [
                (
                    ChangeKind.RESTARTED,
                    "shop/api-2",
                    "replaced by a new pod of the same name",
                )
            ],
            id="a pod was made anew",
        ),
        pytest.param(
            {"pods": {("shop", "api-1", "u1", "n1"): 1, ("shop", "api-2", "u2", ""): 1}},
            [],
            id="the node is told late",
        ),
        pytest.param(
            {"restarts": {CONTAINER: 1, ("shop", "api-2", "api"): 2}},
            [(ChangeKind.RESTARTED, "shop/api-2/api", "restarts: 0 -> 2")],
            id="a container restarted",
        ),
        pytest.param(
            {"restarts": {CONTAINER: 2, ("shop", "api-2", "api"): 0}},
            [
                (ChangeKind.RESTARTED, "shop/api-1/api", "restarts: 1 -> 2"),
                (
                    ChangeKind.OOM_KILLED,
                    "shop/api-1/api",
                    "killed for want of memory; restarts: 1 -> 2",
                ),
            ],
            id="a container was killed for want of memory",
        ),
        pytest.param(
            {"restarts": {CONTAINER: 0, ("shop", "api-2", "api"): 0}}, [], id="a counter was reset"
        ),
        pytest.param(
            {"oom_events": {CONTAINER: 5}},
            [(ChangeKind.OOM_KILLED, "shop/api-1/api", "out-of-memory events: 4 -> 5")],
            id="a process of a container was killed",
        ),
        pytest.param(
            {"images": {(*CONTAINER, "api:1"): 1, ("shop", "api-3", "api", "api:2"): 1}},
            [(ChangeKind.IMAGE_CHANGED, "shop/api", "api:1 -> api:1, api:2")],
            id="a rollout began",
        ),
        pytest.param(
            {"limits": {(*CONTAINER, "cpu"): 1.0, (*CONTAINER, "memory"): 512 << 20}},
            [(ChangeKind.LIMIT_CHANGED, "shop/api", "cpu: 0.5 cores -> 1 cores")],
            id="a limit was raised",
        ),
        pytest.param(
            {"limits": {("shop", "other", "other", "cpu"): 1.0}},
            [
                (
                    ChangeKind.LIMIT_CHANGED,
                    "shop/api",
                    "cpu: 0.5 cores -> none; memory: 512 MiB -> none",
                ),
            ],
            id="limits were taken away",
        ),
        pytest.param(
            {"wanted_replicas": {("shop", "api", "", ""): 3}},
            [(ChangeKind.SCALED, "shop/api", "wanted replicas: 2 -> 3")],
            id="somebody scaled",
        ),
        pytest.param(
            {
                "wanted_replicas": {("shop", "api", "", ""): 3},
                "ready_replicas": {("shop", "api", "", ""): 1},
            },
            [(ChangeKind.SCALED, "shop/api", "wanted replicas: 2 -> 3; ready replicas: 2 -> 1")],
            id="two changes of one subject are one",
        ),
        pytest.param(
            {"ready": {("shop", "api-1"): 0, ("shop", "api-2"): 1}},
            [(ChangeKind.SCALED, "shop/api-1", "is no longer ready")],
            id="a pod is not ready",
        ),
        pytest.param(
            {"autoscaler_wanted": {("shop", "api-hpa"): 5}},
            [
                (
                    ChangeKind.SCALED,
                    "shop/api-hpa",
                    "replicas that the autoscaler wants: 2 -> 5; has 2 replicas, wants 5 of at "
                    "most 5",
                )
            ],
            id="the autoscaler is at work",
        ),
    ],
)
def test_each_change_is_told_with_from_and_to(
    after: dict[str, Values], wanted: list[tuple[ChangeKind, str, str]]
) -> None:
    """What was asked for and answered on both sides."""
    assert said(STEADY, STEADY.but(**after)) == wanted


def test_an_autoscaler_that_has_not_finished_is_told_again() -> None:
    """It wanted more before and still does: the step is not steady."""
    working = STEADY.but(autoscaler_wanted={("shop", "api-hpa"): 4}, autoscaler_highest={})

    assert said(working, working) == [
        (ChangeKind.SCALED, "shop/api-hpa", "has 2 replicas, wants 4")
    ]


def test_a_pod_that_joined_and_crashes_restarted() -> None:
    """All of its restarts are new; those of a pod that was there and is told now may be old."""
    joined = {**STEADY.told[Watched.PODS], ("shop", "api-3", "u3", "n1"): 1}
    restarts = {**STEADY.told[Watched.RESTARTS], ("shop", "api-3", "api"): 2}
    told_late = STEADY.but(restarts={("shop", "api-2", "api"): 0})

    assert said(STEADY, STEADY.but(pods=joined, restarts=restarts)) == [
        (ChangeKind.POD_JOINED, "shop/api-3", "on n1"),
        (ChangeKind.RESTARTED, "shop/api-3/api", "restarts: 0 -> 2"),
    ]
    assert said(told_late, STEADY) == []


def test_a_ready_pod_is_told_too() -> None:
    """More pods share the load than before."""
    before = STEADY.but(ready={("shop", "api-1"): 0, ("shop", "api-2"): 1})

    assert said(before, STEADY) == [(ChangeKind.SCALED, "shop/api-1", "became ready")]


def test_changes_have_the_time_they_were_seen() -> None:
    """That of the later look."""
    (change,) = changes(STEADY, STEADY.but(oom_events={CONTAINER: 5}))

    assert change.seen_at_unix_s == AT_UNIX_S


def test_a_query_that_failed_is_unknown_and_no_change() -> None:
    """On either side; the others are compared, and what failed is said."""
    surroundings = KubernetesSurroundings(SCOPE)
    fault = Fault(FaultKind.TIMEOUT, "no answer within 5s", is_permanent=False)
    before = STEADY.snapshot()
    after = STEADY.but(oom_events={CONTAINER: 5}).snapshot({Watched.PODS: fault})

    assert [c.kind for c in surroundings.changes(before, after, AT_UNIX_S)] == [
        ChangeKind.OOM_KILLED
    ]
    assert surroundings.unknown(before, after) == ("pods: no answer within 5s",)
    assert surroundings.unknown(after, before) == ("pods: no answer within 5s",)
    assert surroundings.unknown(before, before) == ()


def test_what_is_no_longer_told_is_unknown() -> None:
    """An exporter that died looks as if every pod had left; the reason of kills may well go."""
    surroundings = KubernetesSurroundings(SCOPE)
    before, after = STEADY.snapshot(), STEADY.but(pods={}, oom_killed={}).snapshot()

    assert surroundings.changes(before, after, AT_UNIX_S) == ()
    assert surroundings.unknown(before, after) == ("pods: it is no longer told",)


def test_what_was_not_asked_is_unknown() -> None:
    """A snapshot that was never taken compares with nothing."""
    unknown = KubernetesSurroundings(SCOPE).unknown({}, STEADY.snapshot())

    names = [name.value for name in Watched]
    assert unknown == (f"{', '.join(names[:3])} and {len(names) - 3} more: not asked",)


def test_values_that_are_no_numbers_are_left_out() -> None:
    """Nothing grows from NaN, and nothing to infinity."""
    odd = STEADY.but(oom_events={CONTAINER: float("nan")}, restarts={CONTAINER: float("inf")})

    assert said(STEADY, odd) == []


def test_a_large_rollout_does_not_fill_the_report() -> None:
    """150 pods joined and 2 left; what is left out is counted."""
    surroundings = KubernetesSurroundings(SCOPE)
    many: Values = {("shop", f"new-{number}", f"u{number}", "n1"): 1 for number in range(150)}
    before, after = STEADY.snapshot(), STEADY.but(pods=many).snapshot()

    assert len(surroundings.changes(before, after, AT_UNIX_S)) == MOST_CHANGES
    assert surroundings.unknown(before, after) == ("52 more changes",)
