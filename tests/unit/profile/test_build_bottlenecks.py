"""Tests of `monitor.bottlenecks`: what the profile's own resources become, and what is wrong."""

from pathlib import Path

import pytest

from capacity.model.resources import OwnResource, ResourceRole
from tests.unit.profile.builders import SMALL, full_problems_of, load, problems_of

MONITOR = """monitor:
  prometheus: { url: 'http://p:9090' }
  kubernetes: { namespace: ai, workloads: [deploy/gateway] }
  redis: {}
  queries: { waiting: 'sum(w)', gpu: { query: 'max(g)', unit: '%' } }
  bottlenecks:
"""


def with_bottlenecks(*entries: str) -> str:
    """A profile that names these resources, each on a line of its own from line 10 on."""
    return SMALL + MONITOR + "".join(f"    - {{ {entry} }}\n" for entry in entries)


def bottlenecks(folder: Path, *entries: str) -> tuple[OwnResource, ...]:
    """What the plan has of them."""
    monitor = load(folder, with_bottlenecks(*entries)).monitor
    assert monitor is not None
    return monitor.bottlenecks


def test_no_word_about_resources_names_none(tmp_path: Path) -> None:
    """The key may be left out."""
    monitor = load(tmp_path, (SMALL + MONITOR).replace("  bottlenecks:\n", "")).monitor
    assert monitor is not None
    assert monitor.bottlenecks == ()


def test_a_queue_that_grows_needs_no_value(tmp_path: Path) -> None:
    """A query of the profile belongs to the service unless its role is said."""
    (queue,) = bottlenecks(tmp_path, "name: engine queue, metric: prom.waiting, grows: true")
    assert queue == OwnResource(
        "engine queue", "prom.waiting", ResourceRole.SERVICE, None, grows=True
    )


def test_a_share_is_read_in_its_unit(tmp_path: Path) -> None:
    """95 % of a query with the unit % is 0.95, and so is 0.95 of a query without unit."""
    share, number = bottlenecks(
        tmp_path,
        "name: GPU, metric: prom.gpu, saturated_at: 95%",
        "name: KV cache, metric: prom.waiting, saturated_at: 0.95, role: pool",
    )
    assert share.full_at == 0.95
    assert (number.full_at, number.role, number.grows) == (0.95, ResourceRole.POOL, False)


def test_a_workload_of_the_monitor_chooses_its_pods(tmp_path: Path) -> None:
    """Only its pods count; whose a preset's quantity is follows from the preset."""
    cpu, redis = bottlenecks(
        tmp_path,
        "name: gateway CPU, metric: cpu, saturated_at: 85%, workload: deploy/gateway",
        "name: session store, metric: redis.memory, saturated_at: 90%",
    )
    assert (cpu.workload, cpu.pod_pattern) == (
        "deploy/gateway",
        "^gateway-[a-z0-9]{1,10}-[a-z0-9]{5}$",
    )
    assert (redis.role, redis.pod_pattern) == (ResourceRole.CACHE, None)


def test_a_local_process_has_resources_too(tmp_path: Path) -> None:
    """Without Prometheus what a process tells can be named."""
    text = (
        f"{SMALL}monitor:\n  process: {{ port: 8080 }}\n  bottlenecks:\n"
        "    - { name: descriptors, metric: fds, saturated_at: 900 }\n"
    )
    monitor = load(tmp_path, text).monitor
    assert monitor is not None
    assert monitor.bottlenecks == (
        OwnResource("descriptors", "fds", ResourceRole.SERVICE, 900.0, grows=False),
    )


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        (
            "metric: cpu, saturated_at: 85%",
            "the resource has no name",
            "write it like { name: GPU, metric: prom.gpu, saturated_at: 95% }",
        ),
        (
            "name: GPU, saturated_at: 95%",
            "nothing tells of the resource",
            "write it like { name: GPU, metric: prom.gpu, saturated_at: 95% }",
        ),
        (
            "name: CPU, metric: cpu, saturated_at: 85",
            "'85' needs a percent sign",
            "write 85%",
        ),
        (
            "name: CPU, metric: cpu, saturated_at: 0%",
            "nothing is full at 0%",
            "write it like 90%",
        ),
        (
            "name: CPU, metric: cpu",
            "a resource shows that it is full at a value, or by growing: one of the two",
            "write saturated_at: 90%, or grows: true",
        ),
        (
            "name: queue, metric: prom.waiting, saturated_at: 5, grows: true",
            "a resource shows that it is full at a value, or by growing: one of the two",
            "write saturated_at: 64, or grows: true",
        ),
        (
            "name: GPU, metric: prom.gpus, saturated_at: 95%",
            "'prom.gpus' is nothing that is read",
            "did you mean prom.gpu? a query of your own, below queries:, is called prom.NAME",
        ),
        (
            "name: GPU, metric: xyz, saturated_at: 95%",
            "'xyz' is nothing that is read",
            "a query of your own, below queries:, is called prom.NAME",
        ),
        (
            "name: heap, metric: jvm.heap, saturated_at: 95%",
            "jvm.heap is not read by this monitor",
            "write jvm: below monitor, beside prometheus:",
        ),
        (
            "name: db CPU, metric: cpu, saturated_at: 85%, workload: statefulset/db",
            "statefulset/db is not read",
            "name it below kubernetes: workloads:, or leave it out here",
        ),
        (
            "name: db CPU, metric: cpu, saturated_at: 85%, workload: db",
            "'db' is not a workload",
            "write it like deploy/gateway, statefulset/db, daemonset/agent, pod/NAME or pods/REGEX",
        ),
        (
            "name: ' ', metric: cpu, saturated_at: 85%",
            "a name has 1 to 60 printable characters",
            "shorten it",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    tmp_path: Path, entry: str, message: str, hint: str
) -> None:
    """Each slip has a message, and what to write instead."""
    (problem,) = full_problems_of(tmp_path, with_bottlenecks(entry))
    assert problem.place.split(":")[-2] == "10"
    assert (problem.message, problem.hint) == (message, hint)


def test_a_metric_of_the_run_itself_is_no_resource(tmp_path: Path) -> None:
    """The P99 is what callers felt, not what ran out."""
    entry = "name: latency, metric: p99, grows: true"
    (problem,) = full_problems_of(tmp_path, with_bottlenecks(entry))
    assert "p99 is measured by the run itself and is no resource" in problem.message
    assert problem.hint.startswith("name what a monitor reads: cpu, throttle, mem")


def test_two_resources_have_two_names(tmp_path: Path) -> None:
    """The second of the same name is refused."""
    entry = "name: GPU, metric: prom.gpu, saturated_at: 95%"
    ((place, message),) = problems_of(tmp_path, with_bottlenecks(entry, entry))
    assert place.startswith("shop.yaml:11:")
    assert "'GPU' is the name of two resources" in message
