"""The environment watch through a real Prometheus, over samples of a rollout that went wrong."""

import time
from collections.abc import Iterator

import pytest

from capacity.commands.process import SystemClock
from capacity.model.plan import KubernetesScope
from capacity.model.resources import Asked, Change, ChangeKind, ResourceNews
from capacity.monitors.answers import ClockOffset, Fault
from capacity.monitors.environment import KubernetesSurroundings
from capacity.monitors.first_look import first_look
from capacity.monitors.prometheus import PrometheusMonitor
from capacity.monitors.prometheus_api import PrometheusApi
from capacity.monitors.surroundings import Snapshot
from capacity.presets.kubernetes import quantities
from tests.monitors.prometheus_server import PrometheusServer, prometheus_server, wait_until
from tests.monitors.sources import a_source
from tests.unit.builders import a_plan

START_UNIX_S = 1_700_000_000
END_UNIX_S = START_UNIX_S + 60
EVERY_S = 15
SCOPE = KubernetesScope("shop", ("deploy/api",), ("api-[a-z0-9]+",))

_POD = 'namespace="shop",pod="{pod}"'
_API = 'namespace="shop",pod="api-old",container="api"'
_NEW = 'namespace="shop",pod="api-new",container="api"'
_LIMIT = "kube_pod_container_resource_limits"
# Each series with its values at 0, 15, 30, 45 and 60 s; None: it is not told then. Two exporters
# tell of the same pod, one pod belongs to somebody else.
SERIES: tuple[tuple[str, tuple[float | None, ...]], ...] = (
    ('kube_pod_info{namespace="shop",pod="api-old",uid="u1",node="n1"}', (1,) * 5),
    ('kube_pod_info{namespace="shop",pod="api-old",uid="u1",node="n1",job="ha"}', (1,) * 5),
    ('kube_pod_info{namespace="shop",pod="api-new",uid="u2",node="n2"}', (None, None, 1, 1, 1)),
    ('kube_pod_info{namespace="shop",pod="web-1",uid="u3",node="n2"}', (None, 1, 1, 1, 1)),
    (f"kube_pod_container_status_restarts_total{{{_API}}}", (3, 3, 4, 4, 4)),
    (f"kube_pod_container_status_restarts_total{{{_NEW}}}", (None, None, 0, 0, 0)),
    (
        f'kube_pod_container_status_last_terminated_reason{{{_API},reason="OOMKilled"}}',
        (None, None, 1, 1, 1),
    ),
    (f'container_oom_events_total{{{_API},id="/a"}}', (1, 1, 2, 2, 2)),
    (f'kube_pod_container_info{{{_API},image="api:1"}}', (1,) * 5),
    (f'kube_pod_container_info{{{_NEW},image="api:2"}}', (None, None, 1, 1, 1)),
    (f'{_LIMIT}{{{_API},resource="cpu",unit="core"}}', (0.5,) * 5),
    (f'{_LIMIT}{{{_NEW},resource="cpu",unit="core"}}', (None, None, 1, 1, 1)),
    ('kube_deployment_spec_replicas{namespace="shop",deployment="api"}', (1, 2, 2, 2, 2)),
    ('kube_deployment_spec_replicas{namespace="shop",deployment="web"}', (1, 5, 5, 5, 5)),
)


def _samples() -> str:
    """The series as OpenMetrics text, those of one metric beside one another."""
    lines: list[str] = []
    former = ""
    for series, values in SERIES:
        metric = series.partition("{")[0]
        family = metric.removesuffix("_total")
        if metric != former:
            lines.append(f"# TYPE {family} {'counter' if family != metric else 'gauge'}")
        former = metric
        lines += [
            f"{series} {value} {START_UNIX_S + EVERY_S * index}.000"
            for index, value in enumerate(values)
            if value is not None
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus that has seen the rollout."""
    with prometheus_server(tmp_path_factory.mktemp("rollout"), samples=_samples()) as running:
        yield running


@pytest.fixture
def prometheus(server: PrometheusServer) -> Iterator[PrometheusApi]:
    """A client of it."""
    api = PrometheusApi(a_source(server.url))
    yield api
    api.close()


def snapshot(prometheus: PrometheusApi, at_unix_s: float) -> Snapshot:
    """What the watch is answered at one moment."""
    queries = KubernetesSurroundings(SCOPE).queries
    return {name: prometheus.vector(query, at_unix_s) for name, query in queries.items()}


def test_a_rollout_and_a_kill_are_told_of_the_scope_alone(prometheus: PrometheusApi) -> None:
    """A new pod with another image and limit, a scaled deployment, a container out of memory."""
    surroundings = KubernetesSurroundings(SCOPE)
    before, after = snapshot(prometheus, START_UNIX_S), snapshot(prometheus, END_UNIX_S)
    changes = surroundings.changes(before, after, END_UNIX_S)

    assert [(change.kind, change.subject, change.detail) for change in changes] == [
        (ChangeKind.POD_JOINED, "shop/api-new", "on n2"),
        (ChangeKind.RESTARTED, "shop/api-old/api", "restarts: 3 -> 4"),
        (
            ChangeKind.OOM_KILLED,
            "shop/api-old/api",
            "killed for want of memory; restarts: 3 -> 4; out-of-memory events: 1 -> 2",
        ),
        (ChangeKind.IMAGE_CHANGED, "shop/api", "api:1 -> api:1, api:2"),
        (ChangeKind.LIMIT_CHANGED, "shop/api", "cpu: 0.5 cores -> 0.5 cores, 1 cores"),
        (ChangeKind.SCALED, "shop/api", "wanted replicas: 1 -> 2"),
    ]
    assert surroundings.unknown(before, after) == ()


def test_after_the_rollout_all_is_steady(prometheus: PrometheusApi) -> None:
    """The old kill is still told of, and is no news."""
    before, after = snapshot(prometheus, START_UNIX_S + 30), snapshot(prometheus, END_UNIX_S)

    assert KubernetesSurroundings(SCOPE).changes(before, after, END_UNIX_S) == ()


def test_an_exporter_that_died_is_unknown(prometheus: PrometheusApi) -> None:
    """Ten minutes later nothing is told any more: no pod has left because of that."""
    surroundings = KubernetesSurroundings(SCOPE)
    before, after = snapshot(prometheus, END_UNIX_S), snapshot(prometheus, END_UNIX_S + 600)

    assert surroundings.changes(before, after, END_UNIX_S + 600) == ()
    (unknown,) = surroundings.unknown(before, after)
    assert unknown == "pods, restarts, oom_events and 3 more: it is no longer told"


class _PastApi(PrometheusApi):
    """Its clock shows the end of the rollout."""

    def clock_offset(self) -> ClockOffset | Fault:
        return ClockOffset(END_UNIX_S - time.time(), 0.0)


def changes_of(
    monitor: PrometheusMonitor, step_index: int, start_unix_s: float, end_unix_s: float
) -> tuple[Change, ...]:
    """What is told with the end of one hold."""
    monitor.begin_hold(step_index, start_unix_s)
    monitor.end_hold(step_index, end_unix_s)
    told: list[ResourceNews] = []

    def has_come() -> bool:
        told.extend(news for news in monitor.poll() if news.asked is Asked.AT_END)
        return bool(told)

    wait_until(has_come, "news at the end")
    return told[0].changes


def test_what_happened_between_two_holds_belongs_to_the_later_step(
    server: PrometheusServer,
) -> None:
    """The rollout lies between the first hold and the second; the third is steady."""
    source = a_source(server.url, every_s=1.0)
    api = _PastApi(source)
    restarts = [one for one in quantities(SCOPE) if one.name == "restarts"]
    look = first_look(api, restarts, time.time())
    surroundings = KubernetesSurroundings(SCOPE)
    monitor = PrometheusMonitor(api, source, look, a_plan(), SystemClock(), surroundings)
    monitor.start()
    moved_s = time.time() - END_UNIX_S + START_UNIX_S
    told = [
        [
            change.kind
            for change in changes_of(monitor, step_index, since_s + moved_s, until_s + moved_s)
        ]
        for step_index, (since_s, until_s) in enumerate(((0, 10), (32, 44), (48, 60)))
    ]
    monitor.close()

    assert told == [
        [],
        [
            ChangeKind.POD_JOINED,
            ChangeKind.RESTARTED,
            ChangeKind.OOM_KILLED,
            ChangeKind.IMAGE_CHANGED,
            ChangeKind.LIMIT_CHANGED,
            ChangeKind.SCALED,
        ],
        [],
    ]
