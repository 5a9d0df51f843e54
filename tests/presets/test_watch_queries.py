"""What the environment watch asks, on synthetic clusters with two kube-state-metrics each."""

import json
from pathlib import Path

import pytest

from capacity.model.plan import KubernetesScope
from capacity.presets.kubernetes_watch import Watched, watch_queries
from tests.presets.synthetic import run_promtool

SHOP = KubernetesScope("shop", ("deploy/web", "sts/db"), ("web-[a-z0-9]+", "db-[0-9]+"))
BY_NAME = KubernetesScope("shop", ("pod/web-1",), ("web-1",))
POD, STRANGER = 'namespace="shop",pod="web-1"', 'namespace="test",pod="web-1"'
APP, OTHER = f'{POD},container="app"', 'namespace="shop",pod="batch-1",container="app"'
LAST_END = "kube_pod_container_status_last_terminated_reason"
HPA = "kube_horizontalpodautoscaler"


def named(name: str) -> str:
    """An autoscaler of the namespace."""
    return f'namespace="shop",horizontalpodautoscaler="{name}"'


SCALERS: dict[str, float] = {
    f"{HPA}_status_desired_replicas{{{named('web')}}}": 4,
    f"{HPA}_status_current_replicas{{{named('web')}}}": 2,
    f"{HPA}_spec_max_replicas{{{named('web')}}}": 8,
    f"{HPA}_status_desired_replicas{{{named('batch')}}}": 9,
    f'{HPA}_status_desired_replicas{{namespace="test",horizontalpodautoscaler="web"}}': 9,
    f'{HPA}_info{{{named("web")},scaletargetref_kind="Deployment",scaletargetref_name="web"}}': 1,
    f'{HPA}_info{{{named("batch")},scaletargetref_name="batch"}}': 1,
}
# What is asked, of which pods, the series with their values, and the answer.
CASES: dict[str, tuple[Watched, KubernetesScope, dict[str, float], dict[str, float]]] = {
    "pods with their uid and node": (
        Watched.PODS,
        SHOP,
        {
            f'kube_pod_info{{{POD},uid="u",node="n",pod_ip="10.0.0.1"}}': 1,
            f'kube_pod_info{{{STRANGER},uid="v",node="n"}}': 1,
            'kube_pod_info{namespace="shop",pod="batch-1",uid="w",node="n"}': 1,
        },
        {f'{POD},uid="u",node="n"': 1},
    ),
    "readiness": (
        Watched.READY,
        SHOP,
        {
            f'kube_pod_status_ready{{{POD},condition="true"}}': 0,
            f'kube_pod_status_ready{{{POD},condition="false"}}': 1,
        },
        {POD: 0},
    ),
    "restarts": (
        Watched.RESTARTS,
        SHOP,
        {f"kube_pod_container_status_restarts_total{{{one}}}": 3 for one in (APP, OTHER)},
        {APP: 3},
    ),
    "the last end was for want of memory": (
        Watched.OOM_KILLED,
        SHOP,
        {
            f'{LAST_END}{{{APP},reason="OOMKilled"}}': 1,
            f'{LAST_END}{{{POD},container="b",reason="Error"}}': 1,
        },
        {APP: 1},
    ),
    "events of the kernel, of containers only": (
        Watched.OOM_EVENTS,
        SHOP,
        {
            f"container_oom_events_total{{{APP}}}": 2,
            f"container_oom_events_total{{{POD}}}": 7,
            f'container_oom_events_total{{{POD},container="POD"}}': 7,
        },
        {APP: 2},
    ),
    "images": (
        Watched.IMAGES,
        SHOP,
        {f'kube_pod_container_info{{{APP},image="web:1",image_id="sha256:1",container_id="c"}}': 1},
        {f'{APP},image="web:1"': 1},
    ),
    "limits of CPU and memory": (
        Watched.LIMITS,
        SHOP,
        {
            f'kube_pod_container_resource_limits{{{APP},resource="cpu",unit="core"}}': 0.5,
            f'kube_pod_container_resource_limits{{{APP},resource="memory",unit="byte"}}': 1000,
            f'kube_pod_container_resource_limits{{{APP},resource="gpu",unit="integer"}}': 1,
        },
        {f'{APP},resource="cpu"': 0.5, f'{APP},resource="memory"': 1000},
    ),
    "wanted replicas of each named workload": (
        Watched.WANTED_REPLICAS,
        SHOP,
        {
            'kube_deployment_spec_replicas{namespace="shop",deployment="web"}': 4,
            'kube_deployment_spec_replicas{namespace="shop",deployment="batch"}': 9,
            'kube_statefulset_replicas{namespace="shop",statefulset="db"}': 3,
            'kube_statefulset_replicas{namespace="test",statefulset="db"}': 9,
            'kube_daemonset_status_desired_number_scheduled{namespace="shop",daemonset="log"}': 9,
        },
        {'namespace="shop",deployment="web"': 4, 'namespace="shop",statefulset="db"': 3},
    ),
    "ready replicas of each workload, whose names are not told": (
        Watched.READY_REPLICAS,
        BY_NAME,
        {
            'kube_deployment_status_replicas_available{namespace="shop",deployment="web"}': 2,
            'kube_statefulset_status_replicas_ready{namespace="shop",statefulset="db"}': 3,
            'kube_daemonset_status_number_ready{namespace="shop",daemonset="log"}': 1,
        },
        {
            'namespace="shop",deployment="web"': 2,
            'namespace="shop",statefulset="db"': 3,
            'namespace="shop",daemonset="log"': 1,
        },
    ),
    "what our autoscaler wants": (Watched.AUTOSCALER_WANTED, SHOP, SCALERS, {named("web"): 4}),
    "what our autoscaler has": (Watched.AUTOSCALER_NOW, SHOP, SCALERS, {named("web"): 2}),
    "what it may want at most": (Watched.AUTOSCALER_HIGHEST, SHOP, SCALERS, {named("web"): 8}),
    "every autoscaler, where the workload's name is not told": (
        Watched.AUTOSCALER_WANTED,
        BY_NAME,
        SCALERS,
        {named("web"): 4, named("batch"): 9},
    ),
    "an autoscaler that does not tell what it scales": (
        Watched.AUTOSCALER_WANTED,
        SHOP,
        {f"{HPA}_status_desired_replicas{{{named('web')}}}": 4},
        {named("web"): 4},
    ),
}


def file_of(
    watched: Watched,
    scope: KubernetesScope,
    series: dict[str, float],
    wanted: dict[str, float],
) -> str:
    """The file that promtool reads: everything is told by two kube-state-metrics."""
    told = [
        {"series": f'{text[:-1]},instance="{ksm}"}}', "values": f"{value}x20"}
        for text, value in series.items()
        for ksm in ("ksm-0", "ksm-1")
    ]
    found = [{"labels": f"{{{labels}}}", "value": value} for labels, value in wanted.items()]
    query = watch_queries(scope)[watched].query
    check = {"expr": query, "eval_time": "300s", "exp_samples": found}
    group = {"interval": "15s", "input_series": told, "promql_expr_test": [check]}
    return json.dumps({"rule_files": [], "evaluation_interval": "15s", "tests": [group]})


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What promtool says of each case."""
    folder: Path = tmp_path_factory.mktemp("watch")
    return run_promtool(folder, {about: file_of(*case) for about, case in CASES.items()})


@pytest.mark.parametrize("about", CASES)
def test_the_answer_is_what_is_wanted(about: str, said: dict[str, str]) -> None:
    """Each thing once, with the labels that were promised, and nothing of others."""
    assert said[about].strip() == "SUCCESS"
    watched, scope, _, wanted = CASES[about]
    promised = set(watch_queries(scope)[watched].labels)
    assert all({pair.split("=")[0] for pair in one.split(",")} <= promised for one in wanted)


def test_everything_watched_has_a_case() -> None:
    """A query that no series was ever tried on is not shipped."""
    assert {watched for watched, *_ in CASES.values()} == set(Watched)
