"""Tests of `monitor`: what is read, what rules may be about, and what is missing."""

from pathlib import Path

import pytest

from capacity.model.plan import KubernetesScope, MonitorPlan, ProcessSource, RunPlan
from capacity.model.resources import Expression
from capacity.model.rules import OnMissing
from capacity.presets import kubernetes, local_process
from capacity.presets.catalogue import PRESETS
from capacity.profile.build_monitor import quantities_of
from capacity.profile.overrides import Overrides
from capacity.profile.schema import MonitorPart
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of

PROMETHEUS = "  prometheus: { url: 'http://p:9090' }\n"
POD_FLAGS = Overrides(prometheus="http://p:9090", namespace="shop", workloads=("deploy/api",))


def with_monitor(*lines: str) -> str:
    """A profile whose monitor has these lines, from line 5 on."""
    return f"{SMALL}monitor:\n" + "".join(f"  {line}\n" for line in lines)


def monitor_of(plan: RunPlan) -> MonitorPlan:
    """The monitor of a plan that has one."""
    assert plan.monitor is not None
    return plan.monitor


def test_without_a_word_about_it_nothing_is_read(tmp_path: Path) -> None:
    """No monitor, no rule on resources."""
    plan = load(tmp_path)
    assert plan.monitor is None
    assert [rule.metric for rule in plan.rules] == ["error_rate", "p99", "gain"]


def test_pods_bring_their_quantities_and_a_guard_of_the_cpu(tmp_path: Path) -> None:
    """The namespace and the workloads become the scope of the preset."""
    keys = "kubernetes: { namespace: ai, workloads: [deploy/gateway, statefulset/vllm] }"
    plan = load(tmp_path, with_monitor("prometheus: { url: 'http://p:9090' }", keys))
    scope = KubernetesScope(
        "ai",
        ("deploy/gateway", "statefulset/vllm"),
        ("^gateway-[a-z0-9]{1,10}-[a-z0-9]{5}$", "^vllm-[0-9]+$"),
    )
    monitor = monitor_of(plan)
    assert (monitor.kubernetes, monitor.process) == (scope, None)
    assert monitor.quantities == kubernetes.quantities(scope)
    assert plan.rules[-1].text == "cpu > 90% over 15s"


def test_pods_may_be_chosen_by_their_names(tmp_path: Path) -> None:
    """A regular expression stands alone or beside workloads; without either all pods count."""
    choices = {
        "pods: 'api-(a|b)-.*'": (("pods/api-(a|b)-.*",), ("^(?:api-(a|b)-.*)$",)),
        "workloads: [pod/x], pods: y": (("pod/x", "pods/y"), ("^x$", "^(?:y)$")),
        "workloads: []": ((), ()),
    }
    for keys, (words, patterns) in choices.items():
        lines = ("prometheus: { url: 'http://p' }", f"kubernetes: {{ namespace: a, {keys} }}")
        scope = monitor_of(load(tmp_path, with_monitor(*lines))).kubernetes
        assert scope == KubernetesScope("a", words, patterns)


def test_a_process_brings_its_own_quantities_and_the_same_guard(tmp_path: Path) -> None:
    """Nothing is asked of Prometheus, so the plan's own list stays empty."""
    plan = load(tmp_path, with_monitor("process: { port: 8080 }"))
    monitor = monitor_of(plan)
    assert monitor == MonitorPlan(None, ProcessSource(None, 8080), None, ())
    assert quantities_of(monitor) == local_process.quantities()
    assert plan.rules[-1].text == "cpu > 90% over 15s"


def test_the_built_in_service_is_watched_unless_something_else_is_said(tmp_path: Path) -> None:
    """Its port is known; a monitor of the profile takes its place."""
    demo = f"{SMALL}demo_service: {{ servers: 1, service_time: 1ms }}\n"
    assert monitor_of(load(tmp_path, demo)).process == ProcessSource(None, 8080)
    other = load(tmp_path, demo + "monitor: { process: { pid: 7 } }\n")
    assert monitor_of(other).process == ProcessSource(7, None)


def test_the_guard_of_the_cpu_is_a_default_like_the_others(tmp_path: Path) -> None:
    """A list of rules replaces it, and without a CPU there is none."""
    process = with_monitor("process: { pid: 7 }")
    assert load(tmp_path, f"{process}stop: []\n").rules == ()
    assert load(tmp_path, process, Overrides(default_stops=False)).rules == ()
    redis = with_monitor("prometheus: { url: 'http://p' }", "redis: {}")
    assert [rule.metric for rule in load(tmp_path, redis).rules] == ["error_rate", "p99", "gain"]


def test_presets_are_narrowed_by_their_labels(tmp_path: Path) -> None:
    """Each word brings its quantities in the order of the catalogue, beside the user's own."""
    plan = load(
        tmp_path,
        with_monitor(
            "prometheus: { url: 'http://p' }",
            "queries: { a: x }",
            "ingress-nginx: { namespace: shop, ingress: api }",
            "redis: { instance: 'cache-.*' }",
            "go: { job: api }",
        ),
    )
    asked = monitor_of(plan).quantities
    assert asked == (
        *PRESETS["redis"].quantities({"instance": "cache-.*"}),
        *PRESETS["ingress-nginx"].quantities({"namespace": "shop", "ingress": "api"}),
        *PRESETS["go"].quantities({"job": "api"}),
        asked[-1],
    )
    assert (asked[-1].name, asked[-1].source) == ("prom.a", Expression("x"))


def test_every_preset_of_the_catalogue_can_be_named() -> None:
    """A new preset needs its key in the file format."""
    fields = {field.alias or name for name, field in MonitorPart.model_fields.items()}
    assert fields - {"prometheus", "kubernetes", "process", "queries", "bottlenecks"} == set(
        PRESETS
    )


@pytest.mark.parametrize(
    ("lines", "place", "message", "hint"),
    [
        (["prometheus: { url: 'http://p' }"], "5:22", "nothing is asked of Prometheus", "name the"),
        (["redis: {}"], "4:1", "what is to be read needs a Prometheus to ask", "write prometheus"),
        (["queries: { a: x }"], "4:1", "what is to be read needs a Prometheus", "write prom"),
        (["queries: {}"], "4:1", "monitor names nothing to read", "name the pods: "),
        (["process: {}"], "5:3", "a process is named by its pid or by the port", "write process"),
        (["process: { pid: 1, port: 2 }"], "5:3", "a process is named by its pid or", "write pro"),
        (["process: { pid: 0 }"], "5:19", "no process has the id 0", "`ps` tells the ids"),
        (["process: { port: 65536 }"], "5:20", "port 65536 does not exist", "write a number"),
        (
            ["prometheus: { url: 'http://p' }", "kubernetes: {}"],
            "6:15",
            "monitor.kubernetes.namespace is missing",
            "write namespace: NAME",
        ),
        (
            ["prometheus: { url: 'http://p' }", "kubernetes: { namespace: a, workloads: [b] }"],
            "6:43",
            "'b' is not a workload",
            "write it like deploy/gateway",
        ),
        (
            [
                "prometheus: { url: 'http://p' }",
                "kubernetes: { namespace: a }",
                "process: { pid: 1 }",
            ],
            "7:3",
            "kubernetes and process both read cpu, and a rule could mean either",
            "keep one of them",
        ),
        (
            ["prometheus: { url: 'http://p' }", "kubernetes: { namespace: a, pods: '(' }"],
            "6:37",
            "'(' is not a regular expression",
            "write it like",
        ),
        (
            ["prometheus: { url: 'http://p' }", "redis: { instnce: x }"],
            "6:12",
            "unknown key 'instnce' in monitor.redis",
            "did you mean 'instance'?",
        ),
        (
            ["prometheus: { url: 'http://p' }", "redis: { instance: '(' }"],
            "6:22",
            "'(' is not a regular expression",
            "write it like",
        ),
        (
            ["prometheus: { url: 'http://p' }", "go: {}"],
            "6:7",
            "go alone means every process that tells such numbers, Prometheus too",
            "choose by a regular expression, like go: { instance: '...' }",
        ),
    ],
)
def test_refuses_with_a_remedy(
    tmp_path: Path, lines: list[str], place: str, message: str, hint: str
) -> None:
    """One slip gives one problem at its line and column."""
    (problem,) = full_problems_of(tmp_path, with_monitor(*lines))
    assert problem.place == f"{tmp_path}/shop.yaml:{place}"
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize(
    ("rule", "hints"),
    [
        ("cpu > 80%", ["--prometheus URL --namespace NAME", "--watch-pid PID"]),
        ("pod.cores > 1cores", ["--prometheus URL --namespace NAME"]),
        ("process.hot_thread > 80%", ["--watch-pid PID"]),
        ("redis.memory > 80%", ["write redis: below monitor, beside prometheus:"]),
    ],
)
def test_a_rule_on_what_nobody_reads_says_how_to_read_it(
    tmp_path: Path, rule: str, hints: list[str]
) -> None:
    """The name is known, so what is missing is the monitor."""
    (problem,) = full_problems_of(tmp_path, SMALL, Overrides(stops=(rule,)))
    assert problem.message == f"{rule.split(maxsplit=1)[0]} needs a monitor that reads it"
    assert [hint for hint in hints if hint not in problem.hint] == []


def test_what_a_missing_value_means_is_said_once_or_for_each_rule(tmp_path: Path) -> None:
    """The default stands beside the URL; a rule's own word wins, in either form."""
    text = with_monitor(
        "prometheus: { url: 'http://p', on_missing: stop }", "kubernetes: { namespace: a }"
    )
    text += (
        "stop:\n  - cpu > 85%\n  - mem > 85% on_missing fail\n"
        "  - { rule: throttle > 25%, on_missing: mark }\n"
    )
    rules = load(tmp_path, text).rules
    assert [(rule.metric, rule.on_missing) for rule in rules] == [
        ("cpu", OnMissing.STOP),
        ("mem", OnMissing.FAIL),
        ("throttle", OnMissing.MARK),
    ]
    assert [rule.text for rule in rules] == [
        "cpu > 85% on_missing stop",
        "mem > 85% on_missing fail",
        "throttle > 25%",
    ]


def test_what_prometheus_lacks_says_nothing_about_a_process(tmp_path: Path) -> None:
    """The default beside the URL is for what is asked there."""
    text = with_monitor(
        "prometheus: { url: 'http://p', on_missing: fail }", "redis: {}", "process: { pid: 7 }"
    )
    rules = load(tmp_path, f"{text}stop: [cpu > 85%, redis.memory > 85%]\n").rules
    assert [rule.on_missing for rule in rules] == [OnMissing.MARK, OnMissing.FAIL]


@pytest.mark.parametrize(
    ("stop", "place", "message"),
    [
        ("{ on_missing: stop }", "4:8", "the rule is missing"),
        ("{ rule: p98 > 1s }", "4:16", "'p98' is not a metric"),
        (
            "{ rule: p99 > 1s, on_missing: fail }",
            "4:16",
            "p99 is measured by the run itself and cannot be missing",
        ),
    ],
)
def test_the_long_form_of_a_rule_is_checked_like_the_short_one(
    tmp_path: Path, stop: str, place: str, message: str
) -> None:
    """The place is that of the rule's text."""
    text = f"{SMALL}stop: [{stop}]\n"
    assert problems_of(tmp_path, text) == [(f"shop.yaml:{place}", message)]


def test_flags_name_pods_without_a_profile_knowing_them(tmp_path: Path) -> None:
    """Three flags are a whole monitor."""
    monitor = monitor_of(load(tmp_path, SMALL, POD_FLAGS))
    assert monitor.prometheus is not None
    assert monitor.prometheus.url == "http://p:9090"
    assert monitor.kubernetes == KubernetesScope(
        "shop", ("deploy/api",), ("^api-[a-z0-9]{1,10}-[a-z0-9]{5}$",)
    )


def test_flags_replace_what_the_profile_watches(tmp_path: Path) -> None:
    """A pid takes the place of a port, workloads that of other workloads; the rest stays."""
    process = with_monitor("process: { port: 8080 }")
    by_pid = load(tmp_path, process, Overrides(watch_pid=7))
    assert monitor_of(by_pid).process == ProcessSource(7, None)
    by_port = load(tmp_path, with_monitor("process: { pid: 7 }"), Overrides(watch_port=80))
    assert monitor_of(by_port).process == ProcessSource(None, 80)
    pods = with_monitor(
        "prometheus: { url: 'http://p', every: 5s }",
        "kubernetes: { namespace: a, workloads: [deploy/x, deploy/y] }",
    )
    monitor = monitor_of(load(tmp_path, pods, POD_FLAGS))
    assert monitor.kubernetes is not None
    assert (monitor.kubernetes.namespace, monitor.kubernetes.workloads) == ("shop", ("deploy/api",))
    assert monitor.prometheus is not None
    assert (monitor.prometheus.url, monitor.prometheus.every_s) == ("http://p:9090", 5.0)


@pytest.mark.parametrize(
    ("overrides", "place", "message"),
    [
        (Overrides(prometheus="h:9090", namespace="a"), "--prometheus", "the URL does not begin"),
        (Overrides(prometheus="http://p"), "--prometheus", "nothing is asked of Prometheus"),
        (Overrides(prometheus="http://p", namespace="A"), "--namespace", "'A' is not a namespace"),
        (
            Overrides(prometheus="http://p", namespace="a", workloads=("deploy/x", "y")),
            "--workload",
            "'y' is not a workload",
        ),
        (Overrides(watch_pid=0), "--watch-pid", "no process has the id 0"),
        (Overrides(watch_port=0), "--watch-port", "port 0 does not exist"),
    ],
)
def test_a_problem_names_the_flag(
    tmp_path: Path, overrides: Overrides, place: str, message: str
) -> None:
    """The place of a wrong flag is the flag, not the profile."""
    ((found_place, found_message),) = problems_of(tmp_path, SMALL, overrides)
    assert found_place == place
    assert found_message.startswith(message)


def test_a_monitor_that_is_no_mapping_stays_wrong(tmp_path: Path) -> None:
    """Flags do not paper over it."""
    assert problems_of(tmp_path, f"{SMALL}monitor: 5\n", Overrides(watch_pid=7)) == [
        ("shop.yaml:4:10", "monitor must be a mapping")
    ]
